/** The graph of steps in words, `[{name, text}]`. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import type { Graph, Limits } from '../analyze.ts'
import { ties } from '../graph/connect.ts'
import { describe } from '../graph/describe.ts'
import { Digraph } from '../graph/digraph.ts'
import { inferOrder } from './infer.ts'

interface Step {
  readonly name: string
  readonly text: string
}

export function isInWords(list: readonly Json[]): boolean {
  return list.length > 0 && list.every((entry) => stepOf(entry) !== undefined)
}

function stepOf(entry: Json): Step | undefined {
  if (!isJsonObject(entry)) return undefined
  const { name, text, ...more } = entry
  return typeof name === 'string' && typeof text === 'string' && Object.keys(more).length === 0
    ? { name, text }
    : undefined
}

export function wordsGraph(
  list: readonly Json[],
  after: JsonObject,
  { tasksMax, edgesMax, durations }: Limits & { readonly durations: JsonObject },
): Graph {
  const steps = list.map(stepOf).filter((step) => step !== undefined)
  if (steps.length > tasksMax)
    throw TaskFault.of('validation', `There are ${steps.length} steps; at most ${tasksMax} are analysed.`)
  const places = new Map(steps.map(({ name }, index) => [name, index]))
  if (places.size < steps.length)
    throw TaskFault.of('validation', 'Two steps have the same name. Rename one.')
  const graph = new Digraph(steps.length, edgesMax)
  ties(graph, after, places)
  for (const { from, to, why } of inferOrder(steps.map(({ text }) => text))) graph.add(from, to, why)
  const lengths = steps.map(({ name }) => {
    const given = Object.hasOwn(durations, name) ? durations[name] : undefined
    return typeof given === 'number' ? given : 1
  })
  const tasks = steps.map(({ name }, index) => ({
    name,
    pointer: `/tasks/${index}`,
    kind: 'words',
    duration: lengths[index] ?? 1,
    reads: [],
    writes: [],
  }))
  return {
    tasks,
    ...describe(
      graph,
      tasks.map(({ name }) => name),
      lengths,
    ),
  }
}
