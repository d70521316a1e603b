/** The outermost tasks of a plan side by side as far as its graph allows: what they could take, not what the document says. Pure. */
import { isJsonObject, type Json } from '@nexus/sdk'
import type { Step } from './step.ts'

/** Undefined without a graph (that of `graph.analyze`), and where nothing in it could be side by side. */
export function parallelStep(root: Step, graph: Json): Step | undefined {
  const edges = isJsonObject(graph) ? graph['edges'] : undefined
  if (root.kind !== 'sequence' || root.of.length < 2 || !Array.isArray(edges)) return undefined
  const places = new Map(root.of.map((step, index) => [nameOf(step), index]))
  const after = root.of.map((): number[] => [])
  for (const edge of edges as Json[]) {
    const { from, to } = isJsonObject(edge) ? edge : {}
    const [before, then] = [placeOf(from, places), placeOf(to, places)]
    if (before !== undefined && then !== undefined && before !== then) after[then]?.push(before)
  }
  return { kind: 'parallel', of: root.of, after, concurrency: Infinity, compete: false }
}

/** By name, or by a pointer such as `/do/3/name` and below. */
function placeOf(name: Json | undefined, places: ReadonlyMap<string, number>): number | undefined {
  if (typeof name !== 'string') return undefined
  const [, index] = /^\/do\/(\d+)\//.exec(name) ?? []
  return index === undefined ? places.get(name) : Number(index)
}

/** The name of the outermost task: that of its first task inside, as its pointer has it. */
function nameOf(step: Step): string {
  if (step.kind === 'task') return step.pointer.split('/')[3] ?? step.name
  if (step.kind === 'repeat' || step.kind === 'caught') return nameOf(step.of)
  const [first] = step.of
  return first ? nameOf(first) : ''
}
