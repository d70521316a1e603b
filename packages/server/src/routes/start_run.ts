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
  const wanted = { asked, workflow, input }
  const known = key === undefined ? undefined : await sameRun(nexus, key, wanted)
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
    const id = await sameRun(nexus, key, wanted) // somebody asked at the same moment
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
  if (typeof workflow === 'string' && isText(workflow)) throw textGiven()
  if (typeof workflow === 'string') return valid(await nexus.complete(nexus.workflows.checked(workflow)))
  return completeText(nexus, text ?? JSON.stringify(workflow), workflows)
}

/** A name has no space and no bracket in it. */
function isText(workflow: string): boolean {
  return /\s|^\{/.test(workflow.trim())
}

function textGiven(): NexusError {
  const message =
    'body/workflow: it is a document as text, and names no deployed workflow (namespace/name:version). Give the text as `workflow_text`, or the document as an object.'
  return new NexusError('bad_request', message)
}

interface Wanted {
  readonly asked: NewRun
  readonly workflow: CheckedWorkflow
  readonly input: Json
}

/** The run that the key began. Rejects with `NexusError` `key_reused` where it was another one that was asked for. */
async function sameRun(nexus: Nexus, key: string, wanted: Wanted): Promise<string | undefined> {
  const known = await nexus.runs.keyed(key)
  if (!known) return undefined
  if (isSame(known, wanted)) return known.id
  const { namespace, name } = known.workflow
  const message = `The key "${key}" has begun run ${known.id} of ${namespace}/${name} already, with another workflow or another input. Take another key.`
  throw new NexusError('key_reused', message)
}

type Keyed = NonNullable<Awaited<ReturnType<Nexus['runs']['keyed']>>>

/**
 * What was asked for decides: of a document all of its text, of a deployed one the name, since another version may have been
 * deployed meanwhile, and of a goal its words.
 */
function isSame(known: Keyed, { asked, workflow, input }: Wanted): boolean {
  if (!isDeepStrictEqual(known.input, input)) return false
  const { namespace, name, version } = known.workflow
  if (typeof asked.workflow === 'string')
    return [`${namespace}/${name}`, `${namespace}/${name}:${version}`].includes(asked.workflow)
  const document = workflow.document?.document
  if (document?.namespace !== namespace || document.name !== name) return false
  return asked.goal !== undefined || known.document === workflow.text
}
