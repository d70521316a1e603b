/**
 * Runs on the wire: what a list shows, the whole record with its tasks and events, and what is asked for.
 */
import { Type, type Static } from 'typebox'
import {
  anyObject,
  anything,
  choice,
  closed,
  flag,
  list,
  moment,
  named,
  nullable,
  optional,
  text,
  whole,
} from './words.ts'

export const runStatuses = [
  'pending',
  'running',
  'waiting',
  'suspended',
  'cancelled',
  'faulted',
  'completed',
] as const

const status = choice(runStatuses, 'The status, as the specification names it.')
const input = anything('The input, before `input.from`.')
const workflow = Type.Object(
  { namespace: text('Its namespace.'), name: text('Its name.'), version: text('Its version.') },
  { description: 'The workflow that runs.' },
)
const times = {
  started_at: nullable(moment('When it began.')),
  ended_at: nullable(moment('When it ended.')),
}
const parent = nullable(text('The run that began it.'))
const priority = whole('Where runs have to wait for their turn, the higher one begins first.')

export const RunSummary = named('RunSummary', 'A run, as a list shows it.', {
  id: text('A UUIDv7.'),
  status,
  workflow,
  created_at: moment('When it was accepted.'),
  parent,
  priority,
  ...times,
})
export type RunSummary = Static<typeof RunSummary>

const before = (what: string) => optional(moment(what))

/** What is removed for good. */
export const Forgetting = closed({
  ended_before: optional(
    closed(
      {
        completed: before('Runs that completed before that.'),
        faulted: before('Runs that faulted before that.'),
        cancelled: before('Runs that were cancelled before that.'),
      },
      { description: 'Ended runs, with all that belongs to them.' },
    ),
  ),
  accepted_before: before('Events for all runs that were accepted before that.'),
  dry_run: optional(flag('Only say what would go; blobs are then not counted.')),
})

export const Forgotten = named('Forgotten', 'What is gone.', {
  runs: whole('Runs, with those that lived with them.'),
  events: whole('Accepted events.'),
  blobs: whole('Blobs that nobody names any more.'),
  blob_bytes: whole('Their size in bytes.'),
})
export type Forgotten = Static<typeof Forgotten>

/** The specification's error object. */
export const RunError = named('Error', "The specification's error object.", {
  type: text('The kind of error.'),
  status: whole('Its status.'),
  title: optional(text('The kind of error in words.')),
  detail: optional(text('What happened.')),
  instance: optional(text('The JSON pointer of the task that failed.')),
})

export const Task = named('Task', 'One execution of a task.', {
  path: text('Which execution it is: the reference, and which time around.'),
  reference: text('The JSON pointer of the task in its document.'),
  name: text('Its name.'),
  kind: text('What it asks for: `set`, `do`, `run.script`, `http`…'),
  module: nullable(text('The module that did it; null where Nexus did it itself.')),
  version: nullable(text('The version of the module.')),
  status,
  attempts: whole('How many times it was begun.'),
  started_at: moment('When its first attempt began.'),
  ended_at: nullable(moment('When it ended.')),
  input: anything('Its input.'),
  output: anything('Its output; null until it completes.'),
  error: nullable(RunError),
  child_run: nullable(text('The run that it began.')),
})
export type Task = Static<typeof Task>

export const LifecycleEvent = named(
  'LifecycleEvent',
  "One of the specification's lifecycle events: a CloudEvent.",
  {
    specversion: Type.Literal('1.0'),
    id: text('The run and its place in the log of the run.'),
    source: text('The run.'),
    type: text('Such as `io.serverlessworkflow.task.completed.v1`.'),
    subject: text('The path of the task, or `/` for the run.'),
    time: moment('When it happened.'),
    datacontenttype: Type.Literal('application/json'),
    data: anyObject('What it says, as the specification has it.'),
  },
)
export type LifecycleEvent = Static<typeof LifecycleEvent>

export const Run = named('Run', 'A run with its tasks and its lifecycle events.', {
  id: text('A UUIDv7.'),
  status,
  workflow,
  input,
  output: anything('The output; null until it completes.'),
  error: nullable(RunError),
  parent,
  priority,
  ...times,
  tasks: list(Task, 'In the order of their first start.'),
  events: list(LifecycleEvent, 'What happened, in order.'),
})
export type Run = Static<typeof Run>

export const RunList = named('RunList', 'Runs, newest first.', { runs: list(RunSummary, 'The runs.') })

/** Texts of workflows that are handed in with one that runs them. */
export const others = list(
  Type.String(),
  'Texts of workflows that it may run, besides those that are deployed.',
  {
    maxItems: 1_000,
  },
)

export const keyLengthMax = 255

const priorityMax = 1_000
/** The words, as numbers. */
export const priorityWords = { low: -10, normal: 0, high: 10 } as const
export type PriorityWord = keyof typeof priorityWords

export const NewRun = closed(
  {
    workflow: optional(
      Type.Unsafe<string | Record<string, unknown>>({
        type: ['string', 'object'],
        description:
          'A deployed workflow as `namespace/name:version`, or `namespace/name` for the newest; or a document as an object.',
      }),
    ),
    workflow_text: optional(text('A workflow document as text, YAML or JSON.')),
    goal: optional(text('What is wanted, in words: it is planned, and the plan is run.', { minLength: 1 })),
    context: optional(anything('What is known, for a goal.')),
    constraints: optional(
      anything(
        'Bounds of a goal: max_retries, max_replans, depth, budget {tokens, usd}, approve, ask_human, expect; or a text or list for the planner.',
      ),
    ),
    max_steps: optional(whole('How many tasks the plans of a goal may have.', { minimum: 1 })),
    workflows: optional(others),
    input: optional(input),
    priority: optional(
      Type.Unsafe<number | PriorityWord>({
        description: `Where as many runs are in progress as may be, it is pending until its turn comes: the higher one begins first, and those of one priority in the order of asking. \`low\` is ${priorityWords.low}, \`normal\` ${priorityWords.normal}, \`high\` ${priorityWords.high}.`,
        anyOf: [
          { type: 'integer', minimum: -priorityMax, maximum: priorityMax },
          { type: 'string', enum: Object.keys(priorityWords) },
        ],
      }),
    ),
    idempotency_key: optional(
      text('Whoever asks again with the same key is given the run that the first one began.', {
        minLength: 1,
        maxLength: keyLengthMax,
      }),
    ),
  },
  {
    title: 'NewRun',
    description: 'A run that is asked for: of exactly one of `workflow`, `workflow_text` and `goal`.',
    oneOf: [{ required: ['workflow'] }, { required: ['workflow_text'] }, { required: ['goal'] }],
    dependentSchemas: Object.fromEntries(
      ['context', 'constraints', 'max_steps'].map((key) => [key, { required: ['goal'] }]),
    ),
  },
)
export type NewRun = Static<typeof NewRun>

export const Fork = closed(
  {
    path: text('The path of a completed task: what is recorded up to its result is shared.'),
    workflow_text: optional(text('Go on with this document instead.')),
    workflows: optional(others),
    input: optional(anything('Go on with this input instead.')),
  },
  { title: 'Fork', description: 'A new run that shares the past of another.' },
)
export type Fork = Static<typeof Fork>
