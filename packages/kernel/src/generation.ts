/**
 * A generation: an immutable, numbered set of modules, each an artifact with a configuration, and the table that says
 * which of them gets which task. Making one starts nothing and changes nothing.
 */
import type { JsonObject, Manifest, ModuleResult, ModuleType, ProvidedTask } from '@nexus/sdk'
import type { InvocationContext } from './host.ts'
import { InputCheck } from './input_check.ts'
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

/** A module that is part of whoever opened the kernel: it stands in every generation, and is never swapped. */
export interface NativeModule {
  readonly id: string
  readonly version: string
  readonly type: ModuleType
  readonly provides: readonly ProvidedTask[]
  invoke(context: InvocationContext): Promise<ModuleResult>
}

export interface RouteOptions {
  readonly elsewhere?: Elsewhere
  readonly natives?: readonly NativeModule[]
}

export function makeGeneration(
  number: number,
  slots: readonly Slot[],
  options: RouteOptions = {},
): ServedGeneration {
  const entries = slots.map((slot): [string, GenerationEntry] => [
    slot.manifest.id,
    Object.freeze({ manifest: slot.manifest, artifact: slot.artifact.digest, config: slot.config }),
  ])
  return Object.freeze({
    number,
    modules: new Map(entries),
    slots: new Map(slots.map((slot) => [slot.manifest.id, slot])),
    routes: makeRoutes(slots, options),
  })
}

const ranks = { high: 0, normal: 1, low: 2 } as const

/**
 * Who gets a task that several provide: the higher `behavior.priority`, then the source nearer to the user, then the id.
 * Each can be asked by its name too: `module/task`.
 */
export function makeRoutes(
  slots: readonly Slot[],
  { elsewhere = () => undefined, natives = [] }: RouteOptions,
): Map<string, Route> {
  const ranked = [...slots].sort(
    (a, b) => rank(a) - rank(b) || b.source - a.source || (a.manifest.id < b.manifest.id ? -1 : 1),
  )
  const routes = new Map<string, Route>()
  const add = (route: (capability: string) => Route, module: string, task: string): void => {
    if (!routes.has(task)) routes.set(task, route(task))
    routes.set(qualified(module, task), route(qualified(module, task)))
  }
  for (const slot of ranked) {
    for (const provided of slot.manifest.provides ?? []) {
      add((name) => makeRoute(slot, provided, name, elsewhere), slot.manifest.id, provided.task)
    }
  }
  for (const native of natives) {
    for (const provided of native.provides)
      add((name) => nativeRoute(native, provided, name), native.id, provided.task)
  }
  return routes
}

/** A task of one module, whoever else provides it. */
export function qualified(module: string, task: string): string {
  return `${module}/${task}`
}

export function isQualified(capability: string): boolean {
  return capability.includes('/')
}

function rank({ manifest }: Slot): number {
  return ranks[manifest.behavior?.priority ?? 'normal']
}

function makeRoute(slot: Slot, provided: ProvidedTask, name: string, elsewhere: Elsewhere): Route {
  const { id, version, type } = slot.manifest
  const now = (): Route | undefined => {
    const next = elsewhere(name)
    return next === route ? undefined : next
  }
  const route: Route = Object.freeze({
    capability: name,
    module: id,
    version,
    artifact: slot.artifact.digest,
    type,
    provided,
    invoke: (context: InvocationContext) => {
      if (slot.held)
        return slot.held.then(() => now()?.invoke(context) ?? slot.invoke(context, provided.task))
      return (slot.retired ? now()?.invoke(context) : undefined) ?? slot.invoke(context, provided.task)
    },
    unavailable: () => (slot.retired ? now()?.unavailable() : undefined) ?? slot.unavailable(provided.task),
  })
  return route
}

function nativeRoute(native: NativeModule, provided: ProvidedTask, name: string): Route {
  const { id, version, type } = native
  const inputs = new InputCheck({ type, provides: [provided] })
  return Object.freeze({
    capability: name,
    module: id,
    version,
    artifact: `native:${id}@${version}`,
    type,
    provided,
    invoke: async (context: InvocationContext) => {
      inputs.check(provided.task, context.inputData)
      return native.invoke(context)
    },
    unavailable: async () => undefined,
  })
}
