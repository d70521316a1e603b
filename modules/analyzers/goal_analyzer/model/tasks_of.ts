/** The tasks of a document that a model wrote, wherever they stand, and what each reaches. It trusts nothing of it. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { jsonText } from '../json_text.ts'
import { programsOf } from '../plan/operations/programs.ts'
import type { Need } from '../plan/plan.ts'

export interface FoundTask {
  readonly name: string
  readonly pointer: string
  readonly capability: string
  readonly definition: JsonObject
}

/** Deeper than any plan that a person would read. */
const depthMax = 50

/** Not a task list, or one that is too deep, has no tasks: the check of the document says what is wrong with it. */
export function tasksOf(list: Json | undefined, pointer = '/do', depth = 0): readonly FoundTask[] {
  if (!Array.isArray(list) || depth > depthMax) return []
  return list.flatMap((entry: Json, at) =>
    isJsonObject(entry)
      ? Object.entries(entry).flatMap(([name, task]) => found(name, task, `${pointer}/${at}/${name}`, depth))
      : [],
  )
}

function found(name: string, task: Json, pointer: string, depth: number): readonly FoundTask[] {
  if (!isJsonObject(task)) return []
  const below = (list: Json | undefined, place: string): readonly FoundTask[] =>
    tasksOf(list, `${pointer}/${place}`, depth + 1)
  const { fork, with: given, catch: caught } = task
  return [
    { name, pointer, capability: capabilityOf(task), definition: task },
    ...below(task['do'], 'do'),
    ...below(task['try'], 'try'),
    ...(isJsonObject(fork) ? below(fork['branches'], 'fork/branches') : []),
    ...(isJsonObject(caught) ? below(caught['do'], 'catch/do') : []),
    ...(isJsonObject(given)
      ? [...below(given['do'], 'with/do'), ...below(given['tasks'], 'with/tasks')]
      : []),
  ]
}

const kinds = ['for', 'do', 'fork', 'switch', 'try', 'set', 'wait', 'raise', 'emit', 'listen']

export function capabilityOf(task: JsonObject): string {
  if (typeof task['call'] === 'string') return task['call']
  const { run } = task
  if (isJsonObject(run))
    return `run.${['script', 'shell', 'container', 'workflow'].find((kind) => kind in run) ?? 'shell'}`
  return kinds.find((kind) => kind in task) ?? Object.keys(task)[0] ?? 'unknown'
}

/** What a task reaches, as far as can be seen before it runs; `*` is what only its data will say. */
export function needsOf({ name, capability, definition }: FoundTask): readonly Need[] {
  const step = name
  const { run, with: given } = definition
  if (isJsonObject(run)) {
    const { shell, script } = run
    if (isJsonObject(shell))
      return programsOf(jsonText(shell['command'])).map((program) => ({ step, run: program }))
    if (isJsonObject(script)) return [{ step, run: script['language'] === 'python' ? 'python3' : 'node' }]
  }
  if (!isJsonObject(given)) return []
  const address = addressIn(given)
  const places = address === undefined ? [] : [{ step, network: hostOf(address) }]
  const program = capability === 'run.command' ? [{ step, run: jsonText(given['program']) }] : []
  return [...places, ...program, ...filesIn(given).map((path) => ({ step, read: path }))]
}

function addressIn({ endpoint, url }: JsonObject): string | undefined {
  const place = isJsonObject(endpoint) ? endpoint['uri'] : (endpoint ?? url)
  return typeof place === 'string' ? place : undefined
}

function hostOf(address: string): string {
  return URL.parse(address)?.host || '*'
}

function filesIn({ files, connection }: JsonObject): readonly string[] {
  const tables = isJsonObject(files) ? Object.values(files).flat().map(String) : []
  const file = isJsonObject(connection) ? connection['file'] : undefined
  return typeof file === 'string' ? [...tables, file] : tables
}
