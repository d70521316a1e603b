/** A plan as it is shown before a person decides about it. */
import { expect, test } from 'vitest'
import { planView, type PlanView } from '../src/output/plan_view.ts'
import { terminal } from '../src/output/terminal.ts'

const io = { ...terminal(process), columns: 100, style: (_style: unknown, text: string) => text }
const workflow = { do: [{ ask: { call: 'llm.chat', with: { model: 'tiny' } } }, { keep: { set: { a: 1 } } }] }
const shownOf = (view: PlanView, yaml = false): string =>
  planView({ planner: 'model', workflow, ...view }, io, { yaml })

test('what is not known of a plan is said to be unknown', () => {
  const estimate = {
    makespan_ms: { p50: null, p90: null },
    known_ms: { p50: 1_200, p90: 2_500 },
    unknown: ['a', 'b', 'c', 'd'],
    total: { memory_mb: 0, memory_unknown: ['llm.chat'], cost_usd: null },
    assumptions: ['"each" goes over 10 items.'],
  }
  expect(shownOf({ needs: [], estimate })).toBe(`Plan (by model)
├─ ask  llm.chat  model: tiny
└─ keep  set

Reaches
  nothing that can be seen beforehand

Takes
  time    not known: a, b, c and 1 more have not run here yet; the rest about 1.2 s, in nine of ten cases less than 2.5 s
  memory  not known: nobody says what llm.chat needs
  money   not known

Taken for granted
  -  "each" goes over 10 items.

`)
  expect(shownOf({})).toContain('Takes\n  not estimated\n')
})

test('tasks stand below the task that they are in, and those for when it fails in a branch of their own', () => {
  const show = { show: { set: 'failed' } }
  const guard = { try: [{ a: { set: 1 } }, { b: { set: 2 } }], catch: { do: [show] } }
  const fork = { fork: { branches: [{ left: { set: 1 } }, { right: { set: 2 } }] } }
  expect(shownOf({ workflow: { do: [{ guard }, { fork }] } })).toContain(`
├─ guard  try
│  ├─ a  set
│  ├─ b  set
│  └─ if that fails
│     └─ show  set
└─ fork  fork
   ├─ left  set
   └─ right  set
`)
})

test('what is known stands in columns, each thing that is reached once', () => {
  const needs = [
    { step: 'b', run: 'cat' },
    { step: 'a', network: '*' },
    { step: 'a', read: 'sales.csv' },
    { step: 'c', run: 'cat' },
  ]
  const estimate = { makespan_ms: { p50: 90, p90: 90 }, total: { memory_mb: 64, cost_usd: 0.0123 } }
  const shown = shownOf({ needs, estimate }, true)
  expect(shown.startsWith('do:\n')).toBe(true)
  expect(shown).toContain(`Reaches
  read     sales.csv                a
  network  known only when it runs  a
  run      cat                      b, c

Takes
  time    about 90 ms
  memory  up to 64 MB, as its modules ask for it
  money   about 0.012 US dollars
`)
})

test('a plan cannot make a terminal show something else', () => {
  const evil = '\u001B[2J\u202Emr\r'
  const list = [{ [evil]: { run: { shell: { command: `echo ${evil}\nrm` } } } }]
  const shown = shownOf({ planner: evil, workflow: { do: list }, needs: [{ step: evil, run: evil }] }, true)
  // oxlint-disable-next-line no-control-regex -- those are the characters that it is about
  expect(shown).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/)
  expect(shown).toContain(String.raw`\x1b[2J\u202emr`)
})
