/** The iteration patterns: arbitrary cycles, structured loops, recursion. */
import { afterAll, expect, test } from 'vitest'
import { setup } from './world.ts'

const world = await setup()
afterAll(() => world.close())

test('10 Arbitrary Cycles: a cycle is entered at two places, goes round in two ways, and is left at two places', async () => {
  const inTheMiddle = await world.play('10-arbitrary-cycles', { text: 'old' })
  for (const verdict of ['ask another', 'rewrite', 'print it']) await inTheMiddle.signal('reviewed', verdict)
  const printed = await inTheMiddle.story()
  expect(printed.of('write', 'review', 'print', 'give_up').filter((line) => line.endsWith('starts'))).toEqual(
    ['review starts', 'review starts', 'write starts', 'review starts', 'print starts'],
  )
  expect(printed.record.output).toEqual({ printed: 'draft 1' })

  const atTheTop = await world.play('10-arbitrary-cycles')
  for (let round = 0; round < 3; round++) await atTheTop.signal('reviewed', 'rewrite')
  const givenUp = await atTheTop.story()
  expect(givenUp.times('write')).toBe(4)
  expect(givenUp.times('review')).toBe(3)
  expect(givenUp.of('review', 'write', 'print', 'give_up').slice(-4)).toEqual([
    'write starts',
    'write ends',
    'give_up starts',
    'give_up ends',
  ])
})

test('21 Structured Loop: while … do runs not at all where it need not, repeat … until at least once', async () => {
  const story = await world.tell('21-structured-loop', { litres: 3 })
  expect(story.of('scoop')).toEqual(['scoop starts', 'scoop ends', 'scoop starts', 'scoop ends'])
  const scoops = story.record.tasks.filter(({ name }) => name === 'scoop')
  expect(scoops[1]?.input).toEqual(scoops[0]?.output)
  expect(story.of('dive')).toHaveLength(6)
  expect(story.record.output).toEqual({ scoops: 2, dives: 3 })

  const dry = await world.tell('21-structured-loop', { litres: 0, dives: 7 })
  expect(dry.times('scoop')).toBe(0)
  expect(dry.times('dive')).toBe(1)
})

const bicycle = {
  price: 100,
  parts: [{ price: 20, parts: [{ price: 3 }, { price: 4, parts: [{ price: 1 }] }] }, { price: 50 }],
}

test('22 Recursion: a function calls itself as deep as the data is, and each call ends after those inside it', async () => {
  const story = await world.tell('22-recursion', { part: bicycle })
  expect(story.record.output).toEqual({ cost: 178 })
  const calls = story.record.tasks.filter(({ name }) => name === 'cost_of_part').map(({ path }) => path)
  expect(calls).toHaveLength(6)
  expect(Math.max(...calls.map((path) => path.split('/function/').length - 1))).toBe(4)
  const ends = story.record.events.filter(({ type }) => type.endsWith('task.completed.v1'))
  const order = ends.map(({ subject }) => subject).filter((path) => calls.includes(path))
  for (const [index, path] of order.entries()) {
    expect(order.slice(0, index).filter((earlier) => path.startsWith(`${earlier}/`))).toEqual([])
  }
})
