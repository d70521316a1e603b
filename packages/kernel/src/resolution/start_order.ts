/**
 * In what order the modules of a resolution start: each after all that it depends on, else by id. Owns finding the circle
 * that leaves no such order. A dependency that is optional counts as long as it closes no circle.
 */
import type { Requirement } from './package_source.ts'

export type StartOrder =
  | { readonly kind: 'ordered'; readonly ids: readonly string[] }
  | {
      readonly kind: 'circle'
      /** Each depends on the next; the last is the first again. */
      readonly circle: readonly string[]
      readonly message: string
    }

type Edges = ReadonlyMap<string, ReadonlySet<string>>

/** `modules` holds what each depends on; what is not a module of the resolution does not count. */
export function startOrder(modules: ReadonlyMap<string, readonly Requirement[]>): StartOrder {
  const ids = [...modules.keys()].sort()
  const edges = new Map(ids.map((id) => [id, targets(modules, id, false)]))
  const circle = circleIn(edges)
  if (circle !== undefined) return { kind: 'circle', circle, message: circleMessage(circle) }
  for (const id of ids) {
    for (const other of targets(modules, id, true)) {
      if (!reaches(edges, other, id)) edges.get(id)?.add(other)
    }
  }
  return { kind: 'ordered', ids: ordered(edges) }
}

function targets(
  modules: ReadonlyMap<string, readonly Requirement[]>,
  id: string,
  optional: boolean,
): Set<string> {
  const wanted = (modules.get(id) ?? []).filter((requirement) => (requirement.optional ?? false) === optional)
  return new Set(
    wanted
      .map((requirement) => requirement.id)
      .filter((other) => modules.has(other) && !(optional && other === id))
      .sort(),
  )
}

function circleMessage(circle: readonly string[]): string {
  const [first] = circle
  if (circle.length === 2) return `Module "${first}" depends on itself. Remove that dependency.`
  const way = circle.map((id) => `"${id}"`).join(' → ')
  return `These modules depend on each other in a circle, so none of them can start first: ${way}. Remove one of these dependencies, or make it optional.`
}

/** Depth first, without recursion: the chain of dependencies may be as long as there are modules. */
function circleIn(edges: Edges): string[] | undefined {
  const done = new Set<string>()
  for (const id of edges.keys()) {
    const circle = walk(edges, id, done)
    if (circle !== undefined) return circle
  }
  return undefined
}

function ordered(edges: Edges): string[] {
  const done = new Set<string>()
  for (const id of edges.keys()) walk(edges, id, done)
  return [...done]
}

/** Adds to `done` the module and all below it, each after what it depends on; or gives a circle that it came upon. */
function walk(edges: Edges, from: string, done: Set<string>): string[] | undefined {
  const way: { readonly id: string; readonly below: Iterator<string> }[] = []
  const onWay = new Set<string>()
  const enter = (id: string): void => {
    way.push({ id, below: (edges.get(id) ?? new Set<string>()).values() })
    onWay.add(id)
  }
  if (!done.has(from)) enter(from)
  for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
    const { value: next, done: isDone } = here.below.next()
    if (isDone === true) {
      way.pop()
      onWay.delete(here.id)
      done.add(here.id)
    } else if (onWay.has(next)) {
      const ids = way.map(({ id }) => id)
      return [...ids.slice(ids.indexOf(next)), next]
    } else if (!done.has(next)) enter(next)
  }
  return undefined
}

function reaches(edges: Edges, from: string, to: string): boolean {
  const seen = new Set([from])
  for (const id of seen) {
    if (id === to) return true
    for (const next of edges.get(id) ?? []) seen.add(next)
  }
  return false
}
