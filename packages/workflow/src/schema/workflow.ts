/**
 * The whole document, and its JSON Schema (draft 2020-12) for editors.
 */
import { Type, type Static, type TSchema } from 'typebox'
import { authenticationDefinition } from './authentication.ts'
import { exportDefinition, input, inputDefinition, output, outputDefinition } from './data_flow.ts'
import { closed, optional, type DefinitionName } from './describe.ts'
import { DocumentHead, Evaluate, Schedule, Use } from './document.ts'
import { durationDefinition, timeoutDefinition } from './duration.ts'
import { endpointDefinition, externalResourceDefinition } from './endpoint.ts'
import { errorDefinition } from './error.ts'
import {
  eventDefinition,
  eventFilterDefinition,
  eventsDefinition,
  subscriptionIteratorDefinition,
} from './event.ts'
import { retryDefinition } from './retry.ts'
import { timeoutOrName } from './task_base.ts'
import { taskDefinition, taskListDefinition } from './task.ts'
import { taskList } from './task_list.ts'

/** The shapes that others refer to by name. */
export const definitions: Readonly<Record<DefinitionName, TSchema>> = {
  authentication: authenticationDefinition,
  duration: durationDefinition,
  endpoint: endpointDefinition,
  error: errorDefinition,
  event: eventDefinition,
  event_filter: eventFilterDefinition,
  events: eventsDefinition,
  export: exportDefinition,
  external_resource: externalResourceDefinition,
  input: inputDefinition,
  output: outputDefinition,
  retry: retryDefinition,
  subscription_iterator: subscriptionIteratorDefinition,
  task: taskDefinition,
  task_list: taskListDefinition,
  timeout: timeoutDefinition,
}

const documentKeys = {
  document: DocumentHead,
  input: optional(input('What comes into the workflow.')),
  use: optional(Use),
  do: taskList('The tasks of the workflow, in order.'),
  timeout: optional(timeoutOrName('How long the workflow may take.')),
  output: optional(output('What goes out of the workflow.')),
  schedule: optional(Schedule),
  evaluate: optional(Evaluate),
}

const Document = closed(
  'workflow',
  'A workflow of the Open Workflow Specification, as Nexus runs it.',
  documentKeys,
)
export type Workflow = Static<typeof Document>

export const workflowSchema = Type.Unsafe<Workflow>({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:nexus:workflow:1.0.3',
  ...Document,
  $defs: definitions,
})
