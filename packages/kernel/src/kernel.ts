/**
 * The kernel as others see it: it finds the modules, brings those that fit together into a generation, and routes tasks
 * through the current one until it is closed. It names no module and knows none. One of its own runs at a time on a data
 * folder, which is for whoever opens it to see to. How it does that is in `module_kernel.ts`, and how one generation
 * follows another in `change.ts`.
 */
import type { Clock, JsonObject, Log, Policy, Secrets } from '@nexus/sdk'
import type { Change } from './change.ts'
import type { RunControl } from './changes/run_control.ts'
import type { Wishes } from './choosing/wishes.ts'
import type { Deadlines } from './deadline.ts'
import type { Source } from './discover.ts'
import type { Generation, NativeModule, Route } from './generation.ts'
import type { StoredGeneration } from './generation_journal.ts'
import type { Host } from './host.ts'
import type { ModuleEvent } from './module_events.ts'
import type { ModuleInfo } from './module_info.ts'
import { ModuleKernel } from './module_kernel.ts'
import type { Outdated } from './outdated.ts'
import type { Receipt, Step } from './receipt.ts'
import type { Lock } from './resolution/lock.ts'
import type { SharedBuildsOptions } from './shared_builds.ts'
import type { Placement } from './stage.ts'

export interface KernelOptions {
  /**
   * Folders like `modules/`, searched for `<type>s/<id>/manifest.yaml`, or the folders of modules that are named. Later
   * ones are nearer to the user: of a module that several have, the nearest is taken that goes together with the others.
   */
  readonly sources: readonly (string | Source)[]
  /** Artifacts go to `<data>/artifacts`, generations to `<data>/modules.db`. */
  readonly data: string
  /** Where builds of modules that come with an installation are kept for all data directories. */
  readonly sharedBuilds?: SharedBuildsOptions
  readonly clock: Clock
  readonly log: Log
  /** By module id. */
  readonly config?: Readonly<Record<string, JsonObject>>
  readonly secrets?: Secrets
  /** Which modules are wanted; by default all that are there. */
  readonly wishes?: Wishes
  /** What modules may do; everything by default. */
  readonly policy?: Policy
  readonly deadlines?: Partial<Deadlines>
  /** Told after each step of a change, before the next begins. */
  readonly stepped?: (step: Step) => void
  /** Closed with the kernel. */
  readonly hosts?: readonly Host[]
  /** Where a module runs; by default in the first host that runs its language. */
  readonly placement?: Placement
  /** Modules start with their first task, whatever their manifests say: for who looks at what there is, and runs little. */
  readonly lazy?: boolean
  /** Modules of whoever opens the kernel. */
  readonly natives?: readonly NativeModule[]
  /** Who moves and cancels runs in flight, where a change asks for that. */
  readonly runs?: RunControl
}

/** What a run in flight sees of the modules, for as long as it holds them. */
export interface HeldModules {
  /** Who does that task for this run, at the moment. */
  find(capability: string): Route | undefined
  release(): void
}

export interface Holder {
  readonly run: string
  readonly version: string
  readonly artifact: string
}

export interface Kernel {
  /** The current one; immutable. */
  readonly generation: Generation
  /** Who does that task, through the current generation. */
  route(capability: string): Route | undefined
  /** Of every task the one that it is routed to. */
  routes(): readonly Route[]
  /** Every name that `route` finds somebody for: tasks, and tasks of one module as `module/task`. */
  capabilities(): readonly string[]
  /**
   * For a run in flight that began under a generation: minor and patch versions are followed at the next task, of another
   * major version the run keeps what it began with.
   */
  hold(run: string, generation: number): HeldModules
  /** The runs that see a module, and which version of it. */
  holders(id: string): readonly Holder[]
  /**
   * Brings modules in or out, or changes their configuration, all of it or nothing, while tasks go on. Resolves when it
   * is live; what leaves is drained after that. Rejects with `ModuleFailure`, and nothing has changed.
   */
  change(change: Change): Promise<Receipt>
  /**
   * Looks at the sources again, and takes what has changed there, as far as it can be used: what is wrong with the rest is
   * told by `modules`. Undefined where nothing has changed.
   */
  rescan(): Promise<Receipt | undefined>
  /** Goes back, or forth, to a generation that was committed once. Rejects with `ModuleFailure`. */
  activate(generation: number): Promise<Receipt>
  /** The id of the module in a folder, where that can be read. */
  idAt(folder: string): string | undefined
  /** Oldest first. */
  generations(): readonly StoredGeneration[]
  receipts(): readonly Receipt[]
  /** Resolves when nothing is left to drain but what runs in flight hold. */
  settled(): Promise<void>
  /** What the modules that were asked for in writing, and those that they depend on, have come to. */
  lock(): Lock
  /** Which module that is here would do that task, and why it does not run; undefined where none would. */
  whoWouldProvide(capability: string): string | undefined
  /** Why no module does that task, and what to do, in a sentence. */
  explainMissing(capability: string): string
  /** Folders of modules that are not what runs, since they cannot be used and another version goes on. */
  outdated(): readonly Outdated[]
  modules(): readonly ModuleInfo[]
  /** Everything that modules keep as their state, as JSON. */
  stateTexts(): Iterable<string>
  /** Starts a module that waits for its first use. Rejects with `ModuleFailure`, which says all that is missing. */
  load(id: string): Promise<void>
  /**
   * Stops the instance of a module once its tasks are over; its next use starts it again. Resolves when it is stopped.
   * Rejects with `ModuleFailure` where modules that are loaded depend on it.
   */
  unload(id: string): Promise<void>
  /** Hears what happens to modules from now on. Gives the way to stop. */
  listen(listener: (event: ModuleEvent) => void): () => void
  /** Stops everything that was started, in reverse order, exactly once, whatever fails. Safe to call twice. */
  close(): Promise<void>
}

/** Discovers, resolves, builds, stages and commits generation 1. On a failure, what had been started is stopped again. */
export async function openKernel(options: KernelOptions): Promise<Kernel> {
  const kernel = new ModuleKernel(options)
  try {
    await kernel.open()
    return kernel
  } catch (error) {
    await kernel.close()
    throw error
  }
}
