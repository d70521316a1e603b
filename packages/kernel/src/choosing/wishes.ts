/**
 * What whoever opens the kernel wants of the modules: which, in what range, from where, and exactly what a lock says.
 * Without wishes every module is taken that is there.
 */
import type { Lock } from '../resolution/lock.ts'

export interface WantedModule {
  /** In npm's syntax. */
  readonly range: string
  /** The name of the source that it must come from; any by default. */
  readonly source?: string
  /** One that is not enabled is not taken, whoever needs it. */
  readonly enabled: boolean
  /** Where that is written down, for sentences: `file:line:column`. */
  readonly at: string
}

export interface Wishes {
  /** By module id. What is asked for here must be had; what else there is comes in as far as it goes together. */
  readonly modules?: Readonly<Record<string, WantedModule>>
  /** Only these modules and what they depend on are taken; the others are listed. */
  readonly only?: readonly string[] | undefined
  /** What `modules` came to before. It is taken exactly, as far as it can be had; what differs is told. */
  readonly lock?: Lock | undefined
  /** Whether anything that differs from the lock is refused. */
  readonly frozen?: boolean
}

/** Who asks for `Wishes.modules`, in sentences. */
export const asker = 'nexus.yaml'
