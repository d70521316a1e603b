/**
 * Deployed workflows.
 */
import { operations } from '@nexus/api'
import type { CheckedWorkflow, DeployedWorkflow, Nexus } from '@nexus/nexus'
import { NexusError } from '@nexus/sdk'
import { InvalidDocument } from '../problems.ts'
import { bind, type Surface } from '../surface.ts'
import { workflowToWire } from '../wire.ts'

export function addWorkflowRoutes(surface: Surface): void {
  const { nexus } = surface
  const { workflows } = operations
  bind(surface, workflows.list, () => ({ workflows: nexus.workflows.list().map(workflowToWire) }))
  bind(surface, workflows.deploy, async ({ body }) => {
    const workflow = await completeText(nexus, body.workflow_text, body.workflows)
    return workflowToWire(await nexus.workflows.deploy(workflow))
  })
  bind(surface, workflows.get, ({ params }) => workflowToWire(find(nexus, params)))
  bind(surface, workflows.remove, async ({ params }) => {
    const found = find(nexus, params)
    await nexus.workflows.remove(found.key)
    return workflowToWire(found)
  })
}

interface Name {
  readonly namespace: string
  readonly name: string
  readonly version: string
}

function find(nexus: Nexus, wanted: Name): DeployedWorkflow {
  const deployed = nexus.workflows.list()
  const found = deployed.find(
    ({ namespace, name, version }) =>
      namespace === wanted.namespace && name === wanted.name && version === wanted.version,
  )
  if (found) return found
  const there = deployed.length > 0 ? `There are: ${deployed.map(({ key }) => key).join(', ')}.` : 'None is.'
  const key = `${wanted.namespace}/${wanted.name}:${wanted.version}`
  throw new NexusError('workflow_not_found', `No workflow "${key}" is deployed. ${there}`)
}

/**
 * A document that was sent, with all that it needs. It names no files: those of this machine are not the sender's.
 * Rejects with `InvalidDocument`.
 */
export async function completeText(
  nexus: Nexus,
  text: string,
  others: readonly string[] = [],
): Promise<CheckedWorkflow> {
  return valid(await nexus.complete(nexus.check(text, 'workflow_text', undefined, others)))
}

export function valid(workflow: CheckedWorkflow): CheckedWorkflow {
  if (workflow.document) return workflow
  throw new InvalidDocument(workflow)
}
