/** `for` in whole documents, on the real engine with the real expressions. */
import { expect, test } from 'vitest'
import { pathsOf, run, runInTwoLives } from '@nexus/nexus/testing'

const append = { set: { seen: '${ (.seen // []) + [$letter] }' } }

test('a loop goes through a list, with the output of each iteration as the input of the next', async () => {
  const gather = { set: { seen: '${ { letters: (.seen.letters + [$letter]), at: (.seen.at + [$index]) } }' } }
  const loop = { for: { each: 'letter', in: '.letters' }, do: [{ gather }] }
  const record = await run([{ loop }], { input: { letters: ['x', 'y', 'z'] } })
  expect(record).toMatchObject({
    status: 'completed',
    output: { seen: { letters: ['x', 'y', 'z'], at: [0, 1, 2] } },
  })
  expect(pathsOf(record, 'set')).toEqual([0, 1, 2].map((index) => `/do/0/loop/for/${index}/do/0/gather`))
  expect(record.tasks.find(({ kind }) => kind === 'set')?.reference).toBe('/do/0/loop/do/0/gather')
})

test('`while` sees the data so far, `exit` ends an iteration, and a later task gets the loop’s output', async () => {
  const loop = {
    for: { each: 'letter', in: ['a', 'b', '${ .last }', 'd'] },
    while: '(.seen // []) | length < 3',
    do: [{ append: { ...append, then: 'exit' } }, { never: { set: { seen: 'not reached' } } }],
  }
  const record = await run([{ loop }, { after: { set: { joined: '${ .seen | join("") }' } } }], {
    input: { last: 'c' },
  })
  expect(record).toMatchObject({ status: 'completed', output: { joined: 'abc' } })
})

test('`end` in a loop ends the workflow', async () => {
  const stop = { if: '$letter == "b"', set: { stopped: '${ $letter }' }, then: 'end' }
  const loop = { for: { each: 'letter', in: '["a", "b", "c"]' }, do: [{ stop }] }
  const record = await run([{ loop }, { never: { set: { reached: true } } }])
  expect(record).toMatchObject({ status: 'completed', output: { stopped: 'b' } })
})

test('items that are no list fault the loop, and the error says where and what', async () => {
  const record = await run([{ loop: { for: { each: 'letter', in: '.nothing' }, do: [{ append }] } }])
  expect(record).toMatchObject({ status: 'faulted', error: { status: 400, instance: '/do/0/loop' } })
  expect(record.error?.detail).toContain('(.nothing) gave null')
})

test('a loop that was closed in the middle goes on there, and what was recorded is not done again', async () => {
  const loop = {
    for: { each: 'letter', in: '.letters' },
    do: [{ append }, { pause: { if: '$letter == "b"', wait: { hours: 1 } } }],
  }
  const { before, after } = await runInTwoLives([{ loop }], { input: { letters: ['a', 'b', 'c'] } })
  expect(before.status).toBe('running')
  expect(pathsOf(before, 'set')).toHaveLength(2)
  expect(after).toMatchObject({ status: 'completed', output: { seen: ['a', 'b', 'c'] } })
  expect(after.tasks.filter(({ kind }) => kind === 'set').map(({ attempts }) => attempts)).toEqual([1, 1, 1])
})
