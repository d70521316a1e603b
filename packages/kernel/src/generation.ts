/**
 * A generation: an immutable, numbered set of modules, each an artifact with a configuration, and the table that says
 * which of them gets which task. Making one starts nothing and changes nothing.
 */
import type { JsonObject, Manifest, ModuleResult, ModuleType, ProvidedTask } from '@nexus/sdk'
import type { InvocationContext } from './host.ts'
import type { Slot } from './slot.ts'

export interface Generation {
  /** From 1. */
  readonly number: number
  readonly modules: ReadonlyMap<string, GenerationEntry>
}

export interface GenerationEntry {
  readonly manifest: Manifest
  /** The sha-256 of the artifact, in hex. */
  readonly artifact: string
  readonly config: JsonObject
}

export interface Route {
  readonly capability: string
  /** The id of the module that gets the task. */
  readonly module: string
  readonly version: string
  readonly artifact: string
  readonly type: ModuleType
  readonly provided: ProvidedTask
  /** Does one task; rejects with `TaskFault` or `Cancelled` and nothing else. Starts the module if it is not. */
  invoke(context: InvocationContext): Promise<ModuleResult>
  /** Why it cannot do tasks of that kind here and now. Starts the module if it is not. */
  unavailable(): Promise<string | undefined>
}

/** A generation with what serves it. */
export interface ServedGeneration extends Generation {
  readonly slots: ReadonlyMap<string, Slot>
  readonly routes: ReadonlyMap<string, Route>
}

/** Who does a task now, where the slot that was found has left meanwhile. */
export type Elsewhere = (capability: string) => Route | undefined

export function makeGeneration(
  number: number,
  slots: readonly Slot[],
  elsewhere: Elsewhere = () => undefined,
): ServedGeneration {
  const entries = slots.map((slot): [string, GenerationEntry] => [
    slot.manifest.id,
    Object.freeze({ manifest: slot.manifest, artifact: slot.artifact.digest, config: slot.config }),
  ])
  return Object.freeze({
    number,
    modules: new Map(entries),
    slots: new Map(slots.map((slot) => [slot.manifest.id, slot])),
    routes: makeRoutes(slots, elsewhere),
  })
}

const ranks = { high: 0, normal: 1, low: 2 } as const

/** Who gets a task that several provide: the higher `behavior.priority`, then the source nearer to the user, then the id. */
export function makeRoutes(slots: readonly Slot[], elsewhere: Elsewhere): Map<string, Route> {
  const ranked = [...slots].sort(
    (a, b) => rank(a) - rank(b) || b.source - a.source || (a.manifest.id < b.manifest.id ? -1 : 1),
  )
  const routes = new Map<string, Route>()
  for (const slot of ranked) {
    for (const provided of slot.manifest.provides ?? []) {
      if (!routes.has(provided.task)) routes.set(provided.task, makeRoute(slot, provided, elsewhere))
    }
  }
  return routes
}

function rank({ manifest }: Slot): number {
  return ranks[manifest.behavior?.priority ?? 'normal']
}

function makeRoute(slot: Slot, provided: ProvidedTask, elsewhere: Elsewhere): Route {
  const { id, version, type } = slot.manifest
  const now = (): Route | undefined => {
    const next = slot.retired ? elsewhere(provided.task) : undefined
    return next === route ? undefined : next
  }
  const route: Route = Object.freeze({
    capability: provided.task,
    module: id,
    version,
    artifact: slot.artifact.digest,
    type,
    provided,
    invoke: (context: InvocationContext) => now()?.invoke(context) ?? slot.invoke(context),
    unavailable: () => now()?.unavailable() ?? slot.unavailable(provided.task),
  })
  return route
}
