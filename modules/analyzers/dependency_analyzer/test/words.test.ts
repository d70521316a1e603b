/** Steps in words: what each edge rests on. */
import { expect, test } from 'vitest'
import { graphOf } from './world.ts'

const edges = async (...texts: string[]): Promise<string[]> => {
  const graph = await graphOf({ tasks: texts.map((text, at) => ({ name: `${at + 1}`, text })) })
  return graph.edges.map(({ from, to, why }) => `${from} → ${to} ${why}`)
}

test('steps that ask for things of their own need nothing', async () => {
  expect(
    await edges('Retrieve the weather of "Oslo"', "Scan the endpoint '10.0.0.1'", 'Fetch the price of gold'),
  ).toEqual([])
})

test('a step that points back needs the one before it', async () => {
  expect(await edges('Download the report', 'Fetch the pages of these chapters', 'Then print')).toEqual([
    '1 → 2 words: "these" points back',
    '2 → 3 words: "then" points back',
  ])
})

test('a step that names another needs that one', async () => {
  expect(await edges('Find "A"', 'Find "B"', 'Add up step 1 and 2')).toEqual([
    '1 → 3 words: it names the step',
    '2 → 3 words: it names the step',
  ])
})

test('a step that brings things together needs all that nobody needs yet', async () => {
  expect(await edges('Retrieve the rent in "Oslo"', 'Retrieve wages in "Rome"', 'Compare them')).toEqual([
    '1 → 3 words: it brings together what is there',
    '2 → 3 words: it brings together what is there',
  ])
})

test('steps that speak of the same thing belong together', async () => {
  expect(await edges('Retrieve the invoices of "May"', 'Check the invoices for "Rome"')).toEqual([
    '1 → 2 words: both speak of invoic',
  ])
})

test('a step that names something needs the one before it, where that looks for what something is called', async () => {
  expect(
    await edges('Identify the country where the river ends', 'Determine how many people live in Egypt'),
  ).toEqual(['1 → 2 words: it names what the step before looks for'])
  expect(await edges('Retrieve the invoices of "May"', 'Determine how many people live in Egypt')).toEqual([])
})

test('two steps of one name are refused', async () => {
  const tasks = [
    { name: 'a', text: 'x' },
    { name: 'a', text: 'y' },
  ]
  await expect(graphOf({ tasks })).rejects.toThrow('Two steps have the same name')
})
