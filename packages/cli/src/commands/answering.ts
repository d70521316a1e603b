/**
 * Who could answer a run that waits for somebody: where no server is up, the command that runs it holds the data directory,
 * so that no other command can send it anything. What would then wait for ever is refused, with what to do.
 */
import type { CheckedWorkflow } from '@nexus/nexus'
import { isJsonObject, NexusError, type Json, type JsonObject } from '@nexus/sdk'
import type { Connection } from '../connection.ts'
import { dataFolder } from './options.ts'

/** `--data FOLDER` as a shell reads it, with a space before it; empty where it is the default one. */
export function dataArgument(option: string | undefined): string {
  return option === undefined ? '' : ` --data ${quoted(dataFolder(option))}`
}

export function quoted(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** The command that sends a run an event. */
export function signalCommand(id: string, type: string, payload: Json, data: string | undefined): string {
  return `nexus runs signal ${id} --type ${type} --payload ${quoted(JSON.stringify(payload))}${dataArgument(data)}`
}

/** Throws `NexusError` `nobody_answers` where a document would wait for an event that nobody can send. */
export function refuseUnanswered(
  { server }: Pick<Connection, 'server'>,
  { file, document }: CheckedWorkflow,
  data: string | undefined,
): void {
  if (server !== undefined || !document) return
  const found = lookAt(JSON.parse(JSON.stringify(document)) as Json, false)
  if (!found.waits || found.answers) return
  const folder = dataArgument(data)
  throw new NexusError(
    'nobody_answers',
    `${file} listens for an event, and nobody could send it one: no server is up, and this command would hold the data directory. Try: nexus start${folder}, and then this once more; runs are sent events with: nexus runs signal ID --type TYPE${folder}`,
  )
}

interface Found {
  /** It listens, and nothing around that ends it after a time. */
  readonly waits: boolean
  /** It may be answered by itself. */
  readonly answers: boolean
}

function lookAt(value: Json, ends: boolean): Found {
  if (typeof value !== 'object' || value === null) return { waits: false, answers: false }
  const children: readonly Json[] = Array.isArray(value) ? value : Object.values(value)
  const task = isJsonObject(value) ? value : {}
  const timed = ends || task['timeout'] !== undefined || competes(task)
  const inside = children.map((child) => lookAt(child, timed))
  return {
    waits: (isJsonObject(task['listen'] ?? null) && !timed) || inside.some(({ waits }) => waits),
    answers: answersOthers(task) || inside.some(({ answers }) => answers),
  }
}

/** The first branch that ends, ends the others. */
function competes({ fork }: JsonObject): boolean {
  return fork !== undefined && isJsonObject(fork) && fork['compete'] === true
}

function answersOthers({ emit, run }: JsonObject): boolean {
  return emit !== undefined || (run !== undefined && isJsonObject(run) && run['workflow'] !== undefined)
}
