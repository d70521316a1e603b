/** The flow through task lists and graphs. */
import { describe, expect, test } from 'vitest'
import { parseMarked, told, withTask, withTasks } from './documents.ts'

const step = 'set: {x: 1}'

describe('`then` must lead somewhere', () => {
  test.each([
    [`  - fetch: {${step}, then: »stroe}\n  - store: {${step}}\n`, 'Did you mean `store`?'],
    [`  - a: {${step}, then: »nowhere}\n`, 'It can be: `a`, `continue`, `exit`, `end`.'],
    [`  - a: {do: [{inner: {${step}}}]}\n  - b: {${step}, then: »inner}\n`, 'is in another list'],
    [
      `  - a: {switch: [{x: {when: .x, then: »bb}}]}\n  - other: {${step}}\n`,
      'no task of this list has that name',
    ],
    [`  - a: {try: [], catch: {then: »recver}}\n  - recover: {${step}}\n`, 'Did you mean `recover`?'],
    [`  - a: {fork: {branches: [{x: {${step}, then: »y}}, {y: {${step}}}]}}\n`, 'do not follow each other'],
  ])('%s', (tasks, message) => {
    const { parsed, place } = parseMarked(withTasks(tasks))
    expect(told(parsed)).toHaveLength(1)
    expect(told(parsed)[0]).toContain(`${place} unknown_target`)
    expect(told(parsed)[0]).toContain(message)
  })
})

test('two tasks of one name in a list are refused at the second', () => {
  const { parsed, place } = parseMarked(withTasks(`  - a: {${step}}\n  - »a: {${step}}\n`))
  expect(told(parsed)).toEqual([expect.stringContaining(`${place} duplicate_task`)])
})

describe('tasks that follow each other without end are refused', () => {
  test.each([
    [`  - a: {${step}}\n  - b: {${step}, then: »a}\n`, '`a` → `b` → `a`'],
    [`  - a: {${step}, then: »a}\n`, '`a` → `a`'],
    [`  - a: {${step}}\n  - b: {switch: [{x: {when: .x, then: »a}}, {y: {then: b}}]}\n`, '`a` → `b` → `a`'],
    [`  - a: {do: [{x: {${step}}}, {y: {${step}, then: »x}}]}\n`, '`x` → `y` → `x`'],
  ])('%s', (tasks, cycle) => {
    const { parsed, place } = parseMarked(withTasks(tasks))
    expect(told(parsed)).toEqual([expect.stringContaining(`${place} endless_cycle`)])
    expect(told(parsed)[0]).toContain(cycle)
  })
})

describe('a cycle with a way out is accepted', () => {
  test.each([
    `  - a: {${step}}\n  - b: {${step}, if: .again, then: a}\n`,
    `  - a: {${step}}\n  - b: {switch: [{again: {when: .x, then: a}}]}\n`,
    `  - a: {${step}}\n  - b: {switch: [{again: {when: .x, then: a}}, {done: {then: end}}]}\n`,
    `  - a: {do: [{x: {${step}, if: .done, then: end}}], then: a}\n`,
    `  - a: {do: [{x: {raise: {error: {type: https://x, status: 500}}, if: .bad}}], then: a}\n`,
    `  - a: {try: [], catch: {then: b}, then: a}\n  - b: {${step}}\n`,
  ])('%s', (tasks) => {
    expect(told(parseMarked(withTasks(tasks)).parsed)).toEqual([])
  })
})

test('a task that nothing leads to gets a warning and the document is accepted', () => {
  const { parsed, place } = parseMarked(withTasks(`  - a: {${step}, then: end}\n  - »b: {${step}}\n`))
  expect(told(parsed)).toEqual([expect.stringContaining(`${place} unreachable_task`)])
  expect(parsed.document).toBeDefined()
})

const dag = (tasks: string, after = '{}'): string =>
  withTask(`{call: nexus.dag, with: {tasks: [${tasks}], after: ${after}}}`)

describe('the tasks of a nexus.dag', () => {
  test('may not wait for each other', () => {
    const { parsed, place } = parseMarked(dag(`{a: {${step}}}, {b: {${step}}}`, '{a: [b], b: [»a]}'))
    expect(told(parsed)).toEqual([
      expect.stringContaining(
        `${place} endless_cycle These tasks wait for each other: \`a\` → \`b\` → \`a\`.`,
      ),
    ])
  })

  test('may not wait for each other by what they read', () => {
    const { parsed } = parseMarked(dag("{a: {set: '${ $tasks.b }'}}, {b: {set: '${ $tasks.a }'}}"))
    expect(told(parsed)).toEqual([expect.stringContaining('`a` → `b` → `a`')])
  })

  test('may only read and wait for tasks that are there', () => {
    const { parsed, place } = parseMarked(dag("{load: {set: {x: 1}}}, {b: {set: »'${ $tasks.lod }'}}"))
    expect(told(parsed)).toEqual([expect.stringContaining(`${place} unknown_task`)])
    expect(told(parsed)[0]).toContain('Did you mean `$tasks.load`?')
    const after = parseMarked(dag('{load: {set: {x: 1}}}', '{»lod: [load]}'))
    expect(told(after.parsed)).toEqual([expect.stringContaining(`${after.place} unknown_task`)])
  })

  test('in a graph of their own are apart from those around it', () => {
    const inner = "{call: nexus.dag, with: {tasks: [{x: {set: {v: 1}}}, {y: {set: '${ $tasks.x }'}}]}}"
    expect(told(parseMarked(dag(`{a: ${inner}}, {b: {set: '\${ $tasks.a }'}}`)).parsed)).toEqual([])
  })
})
