/**
 * What stands around the tasks: the document's head, reusable parts, schedule and evaluation.
 */
import type { Static } from 'typebox'
import { AuthenticationPolicy } from './authentication.ts'
import {
  anyObject,
  choice,
  closed,
  expression,
  list,
  mapOf,
  mark,
  open,
  optional,
  reference,
  text,
} from './describe.ts'
import { duration, timeout } from './duration.ts'
import { endpoint } from './endpoint.ts'
import type { ErrorDefinition } from './error.ts'
import { events, readAs } from './event.ts'
import type { RetryPolicy } from './retry.ts'
import { taskList } from './task_list.ts'
import type { Task } from './task.ts'

const namePattern = '^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$'
const nameTitle = 'a name of at most 63 letters, digits and inner hyphens'
const identifier = String.raw`(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)`
const versionPattern = String.raw`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-${identifier}(?:\.${identifier})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$`

/** Versions of the language whose documents are accepted. */
export const dslVersions = ['1.0.0', '1.0.1', '1.0.2', '1.0.3'] as const

const plain = mark({ text: 'plain' })

export const DocumentHead = closed('document head', 'What the workflow is called.', {
  dsl: choice(dslVersions, 'The version of the workflow language.', plain),
  namespace: text('Groups workflows.', { title: nameTitle, pattern: namePattern, ...plain }),
  name: text('The name of the workflow in its namespace.', {
    title: nameTitle,
    pattern: namePattern,
    ...plain,
  }),
  version: text('The version of the workflow.', {
    title: 'a semantic version such as 1.0.0',
    pattern: versionPattern,
    ...plain,
  }),
  title: optional(text('A title for people.', plain)),
  summary: optional(text('A summary in Markdown.', plain)),
  tags: optional(anyObject('Names and values to find it by.', plain)),
  metadata: optional(anyObject('Facts about the workflow, for tools.', plain)),
})
export type DocumentHead = Static<typeof DocumentHead>

const extensionTargets = [
  'call',
  'composite',
  'emit',
  'for',
  'listen',
  'raise',
  'run',
  'set',
  'switch',
  'try',
  'wait',
  'all',
] as const

const Extension = closed('extension', 'Tasks around other tasks.', {
  extend: choice(extensionTargets, 'The kind of task that is extended.'),
  when: optional(expression('Applies only when this is true.')),
  before: optional(taskList('Tasks to run before it.')),
  after: optional(taskList('Tasks to run after it.')),
})
export type Extension = Static<typeof Extension>

const Catalog = open('catalog', 'Where shared functions are found.', { endpoint: endpoint('Its root.') })

export const Use = closed('use', 'Parts that the workflow uses by name.', {
  authentications: optional(mapOf(AuthenticationPolicy, 'Authentication policies.')),
  errors: optional(mapOf(reference<ErrorDefinition>('error', 'An error.'), 'Errors to raise.')),
  extensions: optional(
    list(
      mapOf(Extension, 'One extension with its name.', {
        title: 'item of the extensions',
        minProperties: 1,
        maxProperties: 1,
      }),
      'Tasks around other tasks.',
    ),
  ),
  functions: optional(mapOf(reference<Task>('task', 'A function.'), 'Tasks to call by name.')),
  retries: optional(mapOf(reference<RetryPolicy>('retry', 'A retry policy.'), 'Retry policies.')),
  secrets: optional(
    list(text('The name of a secret.', plain), 'Names of the secrets that the workflow needs.'),
  ),
  timeouts: optional(mapOf(timeout('A timeout.'), 'Timeouts.')),
  catalogs: optional(mapOf(Catalog, 'Catalogs of functions.')),
})
export type Use = Static<typeof Use>

export const Schedule = closed(
  'schedule',
  'When the workflow runs by itself.',
  {
    every: optional(duration('Each time this much has passed, whether the last run has ended or not.')),
    cron: optional(text('At the times that a cron expression says.', plain)),
    after: optional(duration('This long after the last run has ended.')),
    on: optional(events('When these events have come.')),
    read: optional(readAs('What is taken of each event; its data by default.')),
  },
  { minProperties: 1, dependentRequired: { read: ['on'] } },
)
export type Schedule = Static<typeof Schedule>

export const Evaluate = closed('evaluate', 'How expressions are evaluated.', {
  language: optional(choice(['jq'], 'The language of expressions; jq is the only one.', { default: 'jq' })),
  mode: optional(
    choice(['strict', 'loose'], 'strict: only `${ … }` is an expression. loose: any text may be one.', {
      default: 'strict',
    }),
  ),
})
export type Evaluate = Static<typeof Evaluate>
