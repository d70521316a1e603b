/**
 * Everything that can be asked for over HTTP, a group a resource.
 */
import { Type } from 'typebox'
import { eventStreamMediaType, operation } from './operation.ts'
import { CloudEvent, EventDraft } from './schema/event.ts'
import { Health } from './schema/health.ts'
import {
  ConfigQuery,
  GenerationList,
  HolderList,
  Module,
  ModuleChange,
  ModuleConfig,
  ModuleList,
  ModuleSwap,
  Receipt,
  ReceiptList,
} from './schema/module.ts'
import {
  Forgetting,
  Forgotten,
  Fork,
  LifecycleEvent,
  NewRun,
  Run,
  RunList,
  runStatuses,
  RunSummary,
} from './schema/run.ts'
import { choice, closed, flag, list, optional, text, whole } from './schema/words.ts'
import { NewWorkflow, Workflow, WorkflowList } from './schema/workflow.ts'

/** The longest that a request waits for the end of a run; whoever wants to wait longer asks again. */
export const waitSecondsMax = 60
/** The most runs that are listed at once. */
export const listedMax = 1_000

const runId = closed({ id: text('The id of a run.') })
const noRun = 'There is no such run.'
const summary = (description: string) => ({ description, schema: RunSummary })
const stream = (description: string) => ({
  description,
  schema: LifecycleEvent,
  media: eventStreamMediaType,
})

const runs = {
  start: operation({
    method: 'POST',
    path: '/runs',
    summary: 'Begin a run',
    description:
      'The run is on disk when this is answered. With the idempotency key of a run that is there already, that run is answered with 200.',
    tag: 'runs',
    body: NewRun,
    answer: { status: 201, ...summary('The run has begun.') },
    others: { 200: 'A run with this key was there already.' },
    errors: {
      404: 'No such workflow is deployed.',
      422: 'The key was used for another workflow or another input.',
    },
  }),
  list: operation({
    method: 'GET',
    path: '/runs',
    summary: 'List runs',
    tag: 'runs',
    query: closed({
      status: optional(list(choice(runStatuses, 'A status.'), 'Only those with one of these statuses.')),
      parent: optional(text('Only those that this run began.')),
      all: optional(flag('Also those that live with the run that began them.')),
      limit: optional(whole('How many at most.', { minimum: 1, maximum: listedMax })),
    }),
    answer: { description: 'Newest first.', schema: RunList },
  }),
  get: operation({
    method: 'GET',
    path: '/runs/{id}',
    summary: 'Show a run',
    description: 'With `wait`, once it ends or is suspended, and after so many seconds in any case.',
    tag: 'runs',
    params: runId,
    query: closed({
      wait: optional(
        Type.Number({ description: 'Seconds to wait at most.', minimum: 0, maximum: waitSecondsMax }),
      ),
    }),
    answer: { description: 'The run with its tasks and its events.', schema: Run },
    errors: { 404: noRun },
  }),
  events: operation({
    method: 'GET',
    path: '/runs/{id}/events',
    summary: 'Follow a run',
    description:
      'Its lifecycle events from the first, as they come, until it ends or is suspended. With the header Last-Event-ID those after that one.',
    tag: 'runs',
    params: runId,
    answer: stream('Server-sent events: `id` is that of the event, `data` the event.'),
    others: { 204: 'It has ended, and there is nothing after that event.' },
    errors: { 404: noRun },
  }),
  cancel: operation({
    method: 'POST',
    path: '/runs/{id}/cancel',
    summary: 'Cancel a run',
    description: 'Answered once that is on disk. One that has ended stays as it is.',
    tag: 'runs',
    params: runId,
    answer: summary('How it stands now.'),
    errors: { 404: noRun },
  }),
  suspend: operation({
    method: 'POST',
    path: '/runs/{id}/suspend',
    summary: 'Suspend a run',
    description: 'It stops where it is, with all that live together with it, until it is resumed.',
    tag: 'runs',
    params: runId,
    answer: summary('How it stands now.'),
    errors: { 404: noRun, 409: 'It has ended.' },
  }),
  resume: operation({
    method: 'POST',
    path: '/runs/{id}/resume',
    summary: 'Go on with a run',
    tag: 'runs',
    params: runId,
    answer: summary('It goes on.'),
    errors: { 404: noRun, 409: 'It has ended.' },
  }),
  retry: operation({
    method: 'POST',
    path: '/runs/{id}/retry',
    summary: 'Retry a run',
    description: 'What faulted or was cancelled runs anew; what completed stands.',
    tag: 'runs',
    params: runId,
    answer: summary('It goes on.'),
    errors: { 404: noRun, 409: 'It neither faulted nor was cancelled.' },
  }),
  fork: operation({
    method: 'POST',
    path: '/runs/{id}/fork',
    summary: 'Fork a run',
    description: 'A new run that shares the past of another, up to the result of one of its tasks.',
    tag: 'runs',
    params: runId,
    body: Fork,
    answer: { status: 201, ...summary('The new run has begun.') },
    errors: { 404: noRun, 409: 'No such task has completed.' },
  }),
  signal: operation({
    method: 'POST',
    path: '/runs/{id}/signal',
    summary: 'Send an event to one run',
    description: 'It is kept for the run, which may begin to listen later.',
    tag: 'runs',
    params: runId,
    body: EventDraft,
    answer: { description: 'The event as it was accepted.', schema: CloudEvent },
    errors: { 404: noRun, 409: 'It has ended.' },
  }),
  remove: operation({
    method: 'DELETE',
    path: '/runs/{id}',
    summary: 'Remove a run for good',
    description: 'With the runs that live with it, and the blobs that nobody else names.',
    tag: 'runs',
    params: runId,
    answer: { description: 'It is gone.', schema: Forgotten },
    errors: { 404: noRun, 409: 'It has not ended, or lives with another.' },
  }),
  prune: operation({
    method: 'POST',
    path: '/runs/prune',
    summary: 'Remove old runs and events for good',
    description: 'What is under way stays. Blobs of the last hour go with a later time.',
    tag: 'runs',
    body: Forgetting,
    answer: { description: 'They are gone.', schema: Forgotten },
  }),
}

const events = {
  follow: operation({
    method: 'GET',
    path: '/events',
    summary: 'Follow everything',
    description:
      'The lifecycle events of all runs from now on, and what happens to modules, as events of the types `nexus.modules.*.v1`: staged, committed, rolled_back, refused, drained, loaded, unloaded, crashed.',
    tag: 'events',
    answer: stream('Server-sent events: `id` is that of the event, `data` the event.'),
  }),
  publish: operation({
    method: 'POST',
    path: '/events',
    summary: 'Publish an event to all runs',
    description: 'Every run hears it that listens by then. The same source and id are accepted once.',
    tag: 'events',
    body: EventDraft,
    answer: { status: 202, description: 'The event as it was accepted.', schema: CloudEvent },
  }),
}

const workflowName = closed({
  namespace: text('Its namespace.'),
  name: text('Its name.'),
  version: text('Its version.'),
})
const noWorkflow = 'No such workflow is deployed.'

const workflows = {
  list: operation({
    method: 'GET',
    path: '/workflows',
    summary: 'List deployed workflows',
    tag: 'workflows',
    answer: { description: 'By their keys.', schema: WorkflowList },
  }),
  deploy: operation({
    method: 'POST',
    path: '/workflows',
    summary: 'Deploy a workflow',
    description: 'Others run it by its name, and its schedule begins.',
    tag: 'workflows',
    body: NewWorkflow,
    answer: { status: 201, description: 'It is deployed.', schema: Workflow },
  }),
  get: operation({
    method: 'GET',
    path: '/workflows/{namespace}/{name}/{version}',
    summary: 'Show a deployed workflow',
    tag: 'workflows',
    params: workflowName,
    answer: { description: 'The workflow.', schema: Workflow },
    errors: { 404: noWorkflow },
  }),
  remove: operation({
    method: 'DELETE',
    path: '/workflows/{namespace}/{name}/{version}',
    summary: 'Remove a deployed workflow',
    description: 'Runs that it began go on.',
    tag: 'workflows',
    params: workflowName,
    answer: { description: 'The workflow as it was.', schema: Workflow },
    errors: { 404: noWorkflow },
  }),
}

const moduleId = closed({ id: text('The id of a module.') })
const noModule = 'There is no such module.'
const noChange = 'Nothing has changed; the detail says why.'

const modules = {
  list: operation({
    method: 'GET',
    path: '/modules',
    summary: 'List modules',
    tag: 'modules',
    answer: { description: 'The modules at hand.', schema: ModuleList },
  }),
  get: operation({
    method: 'GET',
    path: '/modules/{id}',
    summary: 'Show a module',
    tag: 'modules',
    params: moduleId,
    answer: { description: 'The module.', schema: Module },
    errors: { 404: noModule },
  }),
  holders: operation({
    method: 'GET',
    path: '/modules/{id}/holders',
    summary: 'List the runs that see a module',
    tag: 'modules',
    params: moduleId,
    answer: { description: 'The runs in flight, with the version that each sees.', schema: HolderList },
    errors: { 404: noModule },
  }),
  load: operation({
    method: 'POST',
    path: '/modules/{id}/load',
    summary: 'Start a module that waits for its first use',
    tag: 'modules',
    params: moduleId,
    answer: { description: 'The module.', schema: Module },
    errors: { 404: noModule, 409: 'It does not start; the detail says why.' },
  }),
  unload: operation({
    method: 'POST',
    path: '/modules/{id}/unload',
    summary: 'Stop the instance of a module',
    description:
      'Answered once the tasks that it has under way are over and it is torn down. It stays in use: its next task starts it again.',
    tag: 'modules',
    params: moduleId,
    answer: { description: 'The module.', schema: Module },
    errors: { 404: noModule, 409: 'Modules that are loaded depend on it; the detail says which.' },
  }),
  swapOne: operation({
    method: 'POST',
    path: '/modules/{id}/swap',
    summary: 'Swap a module while runs are in flight',
    description: 'A folder is looked for on the machine of the server, and what is in it is run there.',
    tag: 'modules',
    params: moduleId,
    body: ModuleSwap,
    answer: { description: 'It is live.', schema: Receipt },
    errors: { 404: 'There is no such generation, or not any more.', 409: noChange },
  }),
  configure: operation({
    method: 'PUT',
    path: '/modules/{id}/config',
    summary: 'Give a module another configuration',
    description: 'It comes in as a version does: an instance with it starts beside the one that serves.',
    tag: 'modules',
    params: moduleId,
    query: ConfigQuery,
    body: ModuleConfig,
    answer: { description: 'It is live.', schema: Receipt },
    errors: { 404: noModule, 409: noChange },
  }),
  swap: operation({
    method: 'POST',
    path: '/modules/swap',
    summary: 'Change several modules while runs are in flight',
    description: 'All of it or nothing.',
    tag: 'modules',
    body: ModuleChange,
    answer: { description: 'It is live.', schema: Receipt },
    errors: { 404: 'There is no such generation, or not any more.', 409: noChange },
  }),
  receipts: operation({
    method: 'GET',
    path: '/receipts',
    summary: 'List the changes of the modules',
    tag: 'modules',
    answer: { description: 'The receipts.', schema: ReceiptList },
  }),
  generations: operation({
    method: 'GET',
    path: '/generations',
    summary: 'List the generations',
    tag: 'modules',
    answer: { description: 'The generations.', schema: GenerationList },
  }),
  activate: operation({
    method: 'POST',
    path: '/generations/{number}/activate',
    summary: 'Go back, or forth, to a generation',
    tag: 'modules',
    params: closed({ number: text('The number of a generation.', { pattern: '^[1-9][0-9]*$' }) }),
    answer: { description: 'It is live.', schema: Receipt },
    errors: { 404: 'There is no such generation, or not any more.', 409: noChange },
  }),
}

const blobs = {
  get: operation({
    method: 'GET',
    path: '/blobs/{digest}',
    summary: 'Get large data that a task wrote',
    description:
      'By its reference, `sha256:` and 64 digits, or the digits alone. With the media type that it was written with, always as an attachment.',
    tag: 'blobs',
    params: closed({ digest: text('What names it.', { pattern: '^(?:sha256:)?[0-9a-f]{64}$' }) }),
    answer: {
      description: 'Its bytes. Where they turn out to be damaged, the connection breaks off.',
      schema: Type.Unsafe<never>({ type: 'string', contentEncoding: 'binary' }),
      media: '*/*',
    },
    errors: { 404: 'There is no such blob.' },
  }),
}

const server = {
  health: operation({
    method: 'GET',
    path: '/health',
    summary: 'Ask whether it is up',
    tag: 'server',
    open: true,
    answer: { description: 'It is.', schema: Health },
  }),
}

export const operations = { runs, events, workflows, modules, blobs, server } as const
