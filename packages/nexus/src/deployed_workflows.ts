/**
 * The workflows that are deployed: kept in the data directory, found by their names by those that run them, and begun
 * by their schedules for as long as this Nexus is started.
 */
import type { Backend, Deployment, Schedules, StoredDeployment } from '@nexus/engine'
import { NexusError } from '@nexus/sdk'
import { parseWorkflow, workflowKey, type Schedule, type WorkflowName } from '@nexus/workflow'
import type { CheckedWorkflow } from './check.ts'
import { valid, type Documents } from './documents.ts'
import type { WorkflowSource } from './subflows.ts'
import { fits, newest } from './workflow_folders.ts'

export interface DeployedWorkflow extends WorkflowName {
  /** `namespace/name:version`. */
  readonly key: string
  readonly deployedAt: number
  readonly schedule: Schedule | undefined
  /** When its schedule runs it next (milliseconds since the Unix epoch), where that is known. */
  readonly nextAt: number | undefined
  readonly document: string
}

export interface Workflows {
  /**
   * Takes a checked document in, in the place of one of the same name and version. Its schedule begins at once where
   * this Nexus is started, else when one is. On disk when it resolves. Rejects with `NexusError` `invalid_workflow`.
   */
  deploy(workflow: CheckedWorkflow): Promise<DeployedWorkflow>
  /** Rejects with `NexusError` `workflow_not_found`. Runs that it began go on. */
  remove(key: string): Promise<void>
  list(): readonly DeployedWorkflow[]
  /**
   * A deployed workflow, as it was deployed, to run it: `namespace/name:version`, or `namespace/name` for the newest.
   * Throws `NexusError` `workflow_not_found`.
   */
  checked(key: string): CheckedWorkflow
}

export function deployedWorkflows(
  backend: Pick<Backend, 'deployments'>,
  schedules: Pick<Schedules, 'deploy' | 'undeploy'>,
  documents: Documents,
): Workflows {
  const describe = (stored: StoredDeployment): DeployedWorkflow => ({
    ...stored.workflow,
    key: workflowKey(stored.workflow),
    deployedAt: stored.deployedAt,
    schedule: parseWorkflow(stored.document).document?.schedule,
    nextAt: nextTimeOf(stored),
    document: stored.document,
  })
  return {
    async deploy(checked) {
      const workflow = await documents.complete(checked)
      const { namespace, name, version } = valid(workflow).document
      const deployment: Deployment = {
        workflow: { namespace, name, version },
        document: workflow.text,
        workflows: workflow.workflows,
      }
      return describe(await schedules.deploy(deployment))
    },
    remove: (key) => schedules.undeploy(key),
    list: () => backend.deployments().map(describe),
    checked(key) {
      const { document, workflows } = findDeployed(backend, key)
      return documents.check(document, key, undefined, Object.values(workflows))
    },
  }
}

function findDeployed(backend: Pick<Backend, 'deployments'>, key: string): StoredDeployment {
  const stored = backend.deployments()
  const named = stored
    .filter(({ workflow }) => [workflowKey(workflow), `${workflow.namespace}/${workflow.name}`].includes(key))
    .map((each) => ({ ...each, head: each.workflow }))
  const found = newest(named)
  if (found) return found
  const known = stored.map(({ workflow }) => workflowKey(workflow))
  const there = known.length > 0 ? `There are: ${known.join(', ')}.` : 'None is.'
  throw new NexusError('workflow_not_found', `No workflow "${key}" is deployed. ${there}`)
}

/** The triggers of times have the next one as where they stand. */
function nextTimeOf({ state }: StoredDeployment): number | undefined {
  const times = Object.values(state).filter((value) => typeof value === 'number')
  return times.length > 0 ? Math.min(...times) : undefined
}

export function deployedSource(backend: Pick<Backend, 'deployments'>): WorkflowSource {
  return {
    find(wanted) {
      const candidates = backend.deployments().map((stored) => ({ ...stored, head: stored.workflow }))
      const found = newest(candidates.filter(({ head }) => fits(wanted, head)))
      return found && { text: found.document, file: workflowKey(found.workflow) }
    },
    known: () => backend.deployments().map(({ workflow }) => workflowKey(workflow)),
  }
}
