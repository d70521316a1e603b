/**
 * What the engine is handed to get work done: a way from a capability's name to somebody who provides it.
 * The engine knows no module; the kernel's routes have this shape.
 */
import type { Json, ModuleContext, ModuleResult, ModuleType } from '@nexus/sdk'

/** The host adds the rest of a module's context: its configuration, state, secrets, policy and log. */
export type InvocationContext = Omit<ModuleContext, 'config' | 'state' | 'secrets' | 'policy' | 'log'> & {
  /** Whether there are secrets in the run: then nothing of the task may be remembered elsewhere. */
  readonly confidential?: boolean
  /** Masks the secrets of the run, where there are any, in what is shown of the task. */
  readonly mask?: (value: Json) => Json
  /** Told, before the module has them, of the secrets that it was handed at its own asking. */
  readonly disclose?: (secrets: readonly Json[]) => void
}

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

/** The capabilities as runs in flight see them, whatever is swapped meanwhile. */
export interface Capabilities {
  /** What a run that begins now begins with: a number that is kept with it. */
  current(): number
  /** For a run in progress that began with that number, until it is released. */
  hold(run: string, began: number): HeldCapabilities
}

export interface HeldCapabilities {
  readonly find: FindCapability
  release(): void
}
