/**
 * What one run in progress shares between its tasks: the document, the context, and the way to the outside.
 */
import { standardVariables, type Workflow } from '@nexus/workflow'
import type { Clock, Json, JsonObject, SourcePlace, StreamChunk } from '@nexus/sdk'
import { holdsMasked, maskFor, partsOf, type Mask } from '@nexus/sdk/masking'
import type { BlobStore, DurableRun, RunScope } from './backend.ts'
import type { RunOutcome } from './events.ts'
import type { FindCapability } from './capability.ts'
import { dateTime } from './frame.ts'
import type { Ticket } from './admission.ts'
import type { ResourceGate } from './resource_gate.ts'
import type { Turns } from './turns.ts'

export interface LaunchOptions {
  /** Stops the run. */
  readonly signal?: AbortSignal
  /** How many runs are around it that wait for it. */
  readonly nesting: number
  /** Whether it, or one around it, has a place for what it needs already. */
  readonly reserved?: boolean
  /** Its turn, where it has to wait for one; it is left when the run ends. */
  readonly ticket?: Ticket
}

export interface PreparedDocument {
  readonly text: string
  readonly workflows: Readonly<Record<string, string>>
  readonly document: Workflow
}

export interface RunServices {
  readonly find: FindCapability
  readonly clock: Clock
  readonly runtime: JsonObject
  readonly blobs: BlobStore
  readonly turns: Turns
  /** See `RunState.names`. */
  readonly names: Map<string, readonly string[]>
  /** Reads the text of a document that was checked before it was kept. `variables`: what is in scope all through it. */
  read(text: string, variables?: readonly string[]): Workflow
  /** Where the code of the script task at `reference` stands, of a run that nobody told it of, in the document with that text. */
  sourceOf?(text: string, reference: string): SourcePlace | undefined
  /**
   * Makes a document that a task gave ready to run: checked, and complete with what it needs from outside. Rejects with a
   * `TaskFault` of type validation that says all that is wrong.
   */
  prepare(document: Json): Promise<PreparedDocument>
  /**
   * Goes on with a run that another began. With a signal it is stopped with that one.
   */
  launch(run: DurableRun, options: LaunchOptions): { readonly ended: Promise<RunOutcome> }
  /** Where runs wait that do not fit beside what is in progress. */
  readonly gate: ResourceGate
  /** Live output of a task: shown, not recorded. */
  stream(run: string, path: string, chunk: StreamChunk): void
}

export class RunState {
  readonly id: string
  readonly document: Workflow
  readonly durable: DurableRun
  readonly services: RunServices
  readonly clock: Clock
  /** What modules are told of the workflow. */
  readonly workflow: { readonly namespace: string; readonly name: string; readonly version: string }
  /** The workflow's context, replaced by each export; at first the workflow's input. */
  context: Json | undefined

  /** The texts of the workflows that it may run, by their keys. */
  readonly workflows: Readonly<Record<string, string>>
  readonly scope: RunScope | undefined
  readonly generation: number | undefined
  /** How many runs are around it that wait for it. */
  readonly nesting: number
  /** Whether it, or one around it, has a place for what it needs already: what it runs never waits for one. */
  readonly reserved: boolean
  readonly secrets: JsonObject
  readonly #disclosed = new Set<Json>()
  #mask: Mask

  constructor(
    durable: DurableRun,
    document: Workflow,
    services: RunServices,
    { secrets, nesting, reserved }: { secrets: JsonObject; nesting: number; reserved: boolean },
  ) {
    const { id, workflows, scope, generation } = durable.stored
    this.id = id
    this.workflows = workflows
    this.scope = scope
    this.generation = generation
    this.nesting = nesting
    this.reserved = reserved
    this.document = document
    this.durable = durable
    this.services = services
    this.clock = services.clock
    this.secrets = secrets
    this.#mask = maskFor(secrets)
    this.context = durable.context
    const { namespace, name, version } = document.document
    this.workflow = { namespace, name, version }
  }

  /** Whether its document declares secrets, which expressions may put anywhere. */
  get hasSecrets(): boolean {
    return Object.keys(this.secrets).length > 0
  }

  /** Whether there is anything to mask: its own secrets, or what its modules were handed. */
  get isConfidential(): boolean {
    return this.hasSecrets || this.#disclosed.size > 0
  }

  /** Every value that is recorded, handed on or shown goes through it. */
  mask(value: Json): Json {
    return this.#mask(value)
  }

  /** Whether a value would lose something if it were recorded. */
  hides(value: Json): boolean {
    return this.isConfidential && holdsMasked(this.#mask, value)
  }

  /** The texts that are masked wherever they stand, as of now. */
  get maskedParts(): readonly string[] {
    return partsOf([this.secrets, ...this.#disclosed])
  }

  /** From now on these are masked too: a module that does a task of this run was handed them, at its own asking. */
  disclose(secrets: readonly Json[]): void {
    const known = this.#disclosed.size
    for (const secret of secrets) this.#disclosed.add(secret)
    if (this.#disclosed.size > known) this.#mask = maskFor([this.secrets, ...this.#disclosed])
  }

  get runtime(): JsonObject {
    return this.services.runtime
  }

  get descriptor(): JsonObject {
    const { stored } = this.durable
    return {
      id: this.id,
      definition: this.document,
      input: stored.input,
      startedAt: dateTime(stored.createdAt),
    }
  }

  /** The same array for the same variables, in every run, so that expressions compiled for it are found again. */
  names(variables: readonly string[]): readonly string[] {
    const key = variables.toSorted().join()
    const known = this.services.names
    let names = known.get(key)
    if (!names) known.set(key, (names = [...new Set([...standardVariables, ...variables])]))
    return names
  }
}
