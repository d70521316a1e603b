/** Questions to tables that the context knows: what their words mean there, what they must not mean, and what they cost. */
import type { JsonObject } from '@nexus/sdk'
import { expect, test } from 'vitest'
import { setup } from './world.ts'

const orders = {
  name: 'orders.csv',
  kind: 'csv',
  state: 'found',
  columns: [
    { name: 'order_id', type: 'integer' },
    { name: 'customer_id', type: 'integer' },
    { name: 'total', type: 'integer' },
    { name: 'status', type: 'text', named: ['open', 'paid'] },
  ],
}
const customers = {
  name: 'customers.csv',
  kind: 'csv',
  state: 'found',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'name', type: 'text' },
  ],
}
const context = { files: [orders, customers] }

const { plan, refusal } = await setup({ planner: 'patterns' })
const planned = async (goal: string, about: JsonObject = context) =>
  JSON.stringify((await plan(goal, { context: about })).workflow)

test('a value that one column has stands for that column', async () => {
  expect(await planned('how many orders in orders.csv are still open?')).toContain('.status == \\"open\\"')
  expect(await planned('Show me the paid orders, largest total first')).toMatch(
    /\.status == \\"paid\\".*sort_by\(\.total\) \| reverse/,
  )
})

test('a value that two columns have stands for neither', async () => {
  const columns = [...orders.columns, { name: 'state', type: 'text', named: ['open'] }]
  const { message } = await refusal('how many orders in orders.csv are still open?', {
    context: { files: [{ ...orders, columns }] },
  })
  expect(message).toContain('open')
})

test('a word that no column, no value and no pattern has is refused, never left out', async () => {
  const { message } = await refusal('which orders in orders.csv are open and urgent?', { context })
  expect(message).toContain('urgent')
})

test('values of a file that the goal does not say never get into a plan', async () => {
  const columns = [{ name: 'status', type: 'text', samples: ['rm -rf x'], named: ['open'] }]
  const about = { files: [{ ...orders, columns }] }
  expect(await planned('show the open orders in orders.csv', about)).not.toContain('rm -rf')
})

test('two tables are matched by what points from one to the other, and the plan says so', async () => {
  const goal = 'Which customers in customers.csv have no paid order in orders.csv?'
  const { assumptions, workflow } = await plan(goal, { context })
  expect(assumptions).toContain('They are matched by id and customer_id.')
  expect(JSON.stringify(workflow)).toContain('.status == \\"paid\\"')
})

test('two tables that nothing joins are refused', async () => {
  const other = { ...customers, name: 'cities.csv', columns: [{ name: 'city', type: 'text' }] }
  const { message } = await refusal('Which orders in orders.csv have no cities in cities.csv?', {
    context: { files: [orders, other] },
  })
  expect(message).toContain('It is not said by which column the two belong together.')
})

test('what is ranked is ranked by the only number that measures something, else it is asked for', async () => {
  const { assumptions } = await plan('Show the 2 biggest orders in orders.csv', { context })
  expect(assumptions).toContain('What is ranked is ranked by “total”.')
  const columns = [...orders.columns, { name: 'weight', type: 'number' }]
  const { message } = await refusal('Show the 2 biggest orders in orders.csv', {
    context: { files: [{ ...orders, columns }] },
  })
  expect(message).toContain('It is not said by which column')
})

test('what is largest is never a name, though a name may stand from A to Z', async () => {
  expect(await planned('only the name of the customers in customers.csv, A to Z')).toContain('sort_by(.name)')
  const { message } = await refusal('only the name of the customers in customers.csv, largest first', {
    context,
  })
  expect(message).toContain('It is not said by which column')
})

test('what is left out has to be rows', async () => {
  expect(await planned('the average total of all orders except the open ones')).toContain(
    '.status == \\"open\\" | not',
  )
  const { message } = await refusal('show the total without the customer_id of the orders in orders.csv', {
    context,
  })
  expect(message).toMatch(/Not understood|ends before/)
})

test('a statement is no question: it neither filters nor is answered', async () => {
  const { message } = await refusal('Show the open orders in orders.csv. The status is paid.', { context })
  expect(message).toContain('status')
})

test('an order that is said behind a file belongs to what is written, and one that comes later is refused', async () => {
  const goal = 'put the open orders from orders.csv into open.csv, smallest total first'
  expect(await planned(goal)).toMatch(/sort_by\(\.total\).*cat > /)
  const { message } = await refusal(
    'Write the open orders in orders.csv to open.csv. Smallest total first.',
    {
      context,
    },
  )
  expect(message).toContain('This was written already')
})

test('a noun is never the file that is being written', async () => {
  const totals = { ...orders, name: 'total.csv', columns: [{ name: 'x', type: 'text' }] }
  const text = await planned('read orders.csv and write the total to total.csv', { files: [orders, totals] })
  expect(text).not.toContain('"arguments":["total.csv"]}},"output"')
  expect(text).toContain('map(.total)')
})

test.for([
  ['conditions', 'with status open and ', 90],
  ['columns', 'total, ', 190],
  ['groups', 'the sum of total per status, highest first, ', 35],
  ['values', 'open ', 390],
] as const)(
  'a heap of %s that means nothing is refused in time',
  { timeout: 30_000 },
  async ([, part, times]) => {
    const { message } = await refusal(`${part.repeat(times)}xyzzy`, { context })
    expect(message).toMatch(/Not understood|ends before/)
  },
)
