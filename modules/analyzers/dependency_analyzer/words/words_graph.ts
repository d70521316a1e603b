/** The graph of steps in words, `[{name, text}]`. What is said outright counts; only where nothing is, it is guessed. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import type { Graph, Limits } from '../analyze.ts'
import { componentsOf } from '../graph/components.ts'
import { member, ties } from '../graph/connect.ts'
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

function mentionsIn(text: string): readonly string[] {
  const found = text.matchAll(/\$tasks(?:\.([A-Za-z_]\w*)|\["([^"\\]+)"\])/g)
  return [...new Set([...found].map(([, plain, quoted]) => plain ?? quoted ?? ''))]
}

/** What nobody says of a step is guessed, as long as it goes with all that is said. */
function guess(graph: Digraph, steps: readonly Step[], isSaid: (place: number) => boolean): void {
  const needs = graph.back()
  const said = new Map(needs.entries().filter(([place]) => isSaid(place)))
  // Each comes behind what it is said to need, else they are as they are listed.
  const { of: rank } = componentsOf(needs)
  const texts = steps.map(({ text }) => text)
  for (const { from, to, why } of inferOrder(texts, said))
    if ((rank[from] ?? 0) < (rank[to] ?? 0)) graph.add(from, to, why)
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
  const mentions = steps.map(({ text }) => mentionsIn(text).filter((name) => places.has(name)))
  for (const [to, names] of mentions.entries())
    for (const name of names) graph.add(places.get(name) ?? to, to, `data: reads ${member('$tasks', name)}`)
  guess(
    graph,
    steps,
    (place) => Object.hasOwn(after, steps[place]?.name ?? '') || mentions[place]?.length !== 0,
  )
  const lengths = steps.map(({ name }) => {
    const given = Object.hasOwn(durations, name) ? durations[name] : undefined
    return typeof given === 'number' ? given : 1
  })
  const tasks = steps.map(({ name }, index) => ({
    name,
    pointer: `/tasks/${index}`,
    kind: 'words',
    duration: lengths[index] ?? 1,
    reads: (mentions[index] ?? []).map((other) => member('$tasks', other)),
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
