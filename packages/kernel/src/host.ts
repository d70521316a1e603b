/**
 * Where a module runs. A host starts an artifact with a configuration and gives an instance that does tasks until it is
 * stopped. The kernel knows hosts by this interface only: the in-process one is in `hosts/`, one in a process of its own
 * fits the same way, and every host passes the suite in `test/host_conformance.ts`.
 *
 * All that crosses `execute` is JSON or a function of the context, so that a host can put a wire between.
 */
import {
  NexusError,
  type Clock,
  type HandedOver,
  type Json,
  type JsonObject,
  type Log,
  type Manifest,
  type ModuleContext,
  type ModuleResult,
  type ModuleState,
  type Policy,
  type Secrets,
} from '@nexus/sdk'
import type { Mask } from '@nexus/sdk/masking'
import type { Artifact } from './artifact.ts'
import type { Deadlines } from './deadline.ts'
import type { Disclosed } from './disclosed.ts'
import type { Language } from './manifest.ts'

export interface Host {
  /** As it is listed: `in_process`… */
  readonly name: string
  /** Whether its modules are part of this program, which whoever placed them there trusts with all that it may do. */
  readonly isTrusted?: boolean
  runs(language: Language): boolean
  /**
   * Loads the artifact, makes its `Module`, lets it validate its configuration and set up, under the deadline.
   * Rejects with `ModuleFailure`; then all that had been started is stopped again: `teardown` has run where `setup`
   * had begun, and the ledger is released.
   */
  start(module: HostedModule): Promise<Instance>
  /** Ends what the host keeps for itself, once its instances have stopped. */
  close?(): Promise<void>
}

export interface HostedModule {
  readonly manifest: Manifest
  readonly artifact: Artifact
  /** Valid, with defaults. */
  readonly config: JsonObject
  /** Where the module's own files are, all links resolved. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  readonly secrets: Secrets
  /** What came of `secrets` so far, where somebody keeps an eye on it. */
  readonly disclosed?: Disclosed
  readonly policy: Policy
  readonly deadlines: Deadlines
  /** What the module keeps between tasks; in memory, for as long as the instance lives, where there is none. */
  readonly state?: ModuleState
  /** Told, in a sentence, when the module's process ends by itself. */
  readonly crashed?: (why: string) => void
}

export interface Instance {
  /**
   * Does one task; many may be under way at once. Rejects with `TaskFault` or `Cancelled` and nothing else:
   * whatever the module throws or gives back that is neither becomes a runtime fault that names the module.
   */
  execute(context: InvocationContext): Promise<ModuleResult>
  /** Why the module cannot do tasks of that kind here and now; undefined where nothing is in the way. Never rejects. */
  unavailable?(task: string): Promise<string | undefined>
  /** Rejects with `ModuleFailure` where the instance is not fit to serve: asked once before it goes live. */
  probe(): Promise<void>
  /** Which of them the module has. Rejects with `ModuleFailure`. */
  hooks(): Promise<ReadonlySet<Hook>>
  /**
   * Asks for what the module's `snapshot` gives, under the deadline of a set-up. Rejects with `ModuleFailure`. Undefined
   * where there is nothing to ask any more: what the module had in memory has ended with its process.
   */
  snapshot(): Promise<Json | undefined>
  /** As the module's own, likewise. What comes back is checked. */
  migrate(handed: HandedOver, versions: { readonly from: string; readonly to: string }): Promise<HandedOver>
  restore(memory: Json): Promise<void>
  /** Tears down and releases everything, once; never rejects. A second call gives the same report. */
  stop(): Promise<StopReport>
}

/** What a module may bring to a hand-over from one version to the next. */
export const hooks = ['snapshot', 'migrate', 'restore'] as const
export type Hook = (typeof hooks)[number]

export interface StopReport {
  /** What went wrong on the way, in sentences. */
  readonly problems: readonly string[]
  /** What the module registered and did not let go of. */
  readonly handlesLeft: number
}

/** What the caller supplies for one task, a plain object; the host adds the module's own config, state, secrets, policy and log. */
export type InvocationContext = Omit<ModuleContext, 'config' | 'state' | 'secrets' | 'policy' | 'log'> & {
  readonly log?: Log
  /** Whether there are secrets in the run: then nothing of the task is remembered. */
  readonly confidential?: boolean
  /** Masks the secrets of the run, where there are any, in what is shown of the task. */
  readonly mask?: Mask
  /** Told, before the module has them, of the secrets that it was handed at its own asking. */
  readonly disclose?: (secrets: readonly Json[]) => void
}

/** A module could not be built, started or found fit. `message` names the module and says what to do. */
export class ModuleFailure extends NexusError {
  override readonly name = 'ModuleFailure'
  constructor(message: string, options?: ErrorOptions) {
    super('module_failed', message, options)
  }
}
