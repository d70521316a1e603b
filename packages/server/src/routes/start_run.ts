/**
 * A run that is asked for: of a deployed workflow or of a document that was sent, once for each idempotency key.
 */
import { priorityWords, type NewRun } from '@nexus/api'
import { goalDocument, type CheckedWorkflow, type Nexus } from '@nexus/nexus'
import { NexusError, type Json } from '@nexus/sdk'
import { isDeepStrictEqual } from 'node:util'
import { completeText, valid } from './workflows.ts'

export interface Accepted {
  readonly id: string
  /** Whether it has begun just now; false where the key had begun it before. */
  readonly begun: boolean
}

export async function startRun(nexus: Nexus, asked: NewRun): Promise<Accepted> {
  const { idempotency_key: key } = asked
  const input = inputOf(asked)
  const workflow = await workflowOf(nexus, asked)
  const known = key === undefined ? undefined : await sameRun(nexus, key, workflow, input)
  if (known !== undefined) return { id: known, begun: false }
  try {
    const { priority = 0 } = asked
    const { id } = await nexus.run(workflow, input, {
      priority: typeof priority === 'string' ? priorityWords[priority] : priority,
      ...(key !== undefined && { key }),
    })
    return { id, begun: true }
  } catch (error) {
    if (key === undefined || !(error instanceof NexusError) || error.code !== 'key_taken') throw error
    const id = await sameRun(nexus, key, workflow, input) // somebody asked at the same moment
    if (id === undefined) throw error
    return { id, begun: false }
  }
}

/** A goal is the input of a run that plans it. */
function inputOf({ goal, context, constraints, max_steps: steps, input = {} }: NewRun): Json {
  if (goal === undefined) return input
  return {
    goal,
    ...(context !== undefined && { context }),
    ...(constraints !== undefined && { constraints }),
    ...(steps !== undefined && { max_steps: steps }),
  }
}

async function workflowOf(nexus: Nexus, asked: NewRun): Promise<CheckedWorkflow> {
  const { workflow, workflow_text: text, workflows, goal } = asked
  if (goal !== undefined) return completeText(nexus, goalDocument)
  if (typeof workflow === 'string') return valid(await nexus.complete(nexus.workflows.checked(workflow)))
  return completeText(nexus, text ?? JSON.stringify(workflow), workflows)
}

/** The run that the key began. Rejects with `NexusError` `key_reused` where it was another one that was asked for. */
async function sameRun(
  nexus: Nexus,
  key: string,
  { document }: CheckedWorkflow,
  input: Json,
): Promise<string | undefined> {
  const known = await nexus.runs.keyed(key)
  if (!known) return undefined
  const { namespace, name } = known.workflow
  const wanted = document?.document
  if (wanted?.namespace === namespace && wanted.name === name && isDeepStrictEqual(known.input, input)) {
    return known.id
  }
  const message = `The key "${key}" has begun run ${known.id} of ${namespace}/${name} already, with another workflow or another input. Take another key.`
  throw new NexusError('key_reused', message)
}
