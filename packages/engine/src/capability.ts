/**
 * What the engine is handed to get work done: a way from a capability's name to somebody who provides it.
 * The engine knows no module; the kernel's routes have this shape.
 */
import type { ModuleContext, ModuleResult, ModuleType } from '@nexus/sdk'

/** The host adds the rest of a module's context: its configuration, state, secrets and log. */
export type InvocationContext = Omit<ModuleContext, 'config' | 'state' | 'secrets' | 'log'>

export interface Capability {
  /** The module's id. */
  readonly module: string
  readonly version: string
  /** The sha-256 of the artifact that serves it. */
  readonly artifact: string
  readonly type: ModuleType
  invoke(context: InvocationContext): Promise<ModuleResult>
}

/** Asked at every task, so that a swapped module serves the next one. */
export type FindCapability = (name: string) => Capability | undefined
