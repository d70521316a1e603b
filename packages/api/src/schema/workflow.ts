/**
 * Deployed workflows on the wire.
 */
import type { Static } from 'typebox'
import { others } from './run.ts'
import { anyObject, closed, list, moment, named, nullable, optional, text } from './words.ts'

export const Workflow = named('Workflow', 'A deployed workflow.', {
  namespace: text('Its namespace.'),
  name: text('Its name.'),
  version: text('Its version.'),
  key: text('`namespace/name:version`.'),
  document: text('Its document.'),
  schedule: nullable(anyObject('Its schedule, as the document says it.')),
  deployed_at: moment('When it was deployed.'),
  next_at: nullable(moment('When its schedule runs it next, where that is known.')),
})
export type Workflow = Static<typeof Workflow>

export const WorkflowList = named('WorkflowList', 'Deployed workflows, by their keys.', {
  workflows: list(Workflow, 'The workflows.'),
})

export const NewWorkflow = closed(
  {
    workflow_text: text('The document, YAML or JSON.'),
    workflows: optional(others),
  },
  {
    title: 'NewWorkflow',
    description: 'A workflow to deploy, in the place of one of the same name and version.',
  },
)
export type NewWorkflow = Static<typeof NewWorkflow>
