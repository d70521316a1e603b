/**
 * Runs: accepts them, goes on with them after a restart, cancels them, and tells how they ended.
 * It is handed a backend and a way to capabilities, and knows no module and no storage.
 */
import { Cancelled, NexusError, toWorkflowError, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import { inlineComponents, type Workflow } from '@nexus/workflow'
import { setMaxListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { Backend, DurableRun, NewRun } from './backend.ts'
import type { FindCapability } from './capability.ts'
import type { RunEvent, RunOutcome } from './events.ts'
import { runDocument, Stopping } from './interpreter.ts'
import { RunState, type RunServices } from './run_state.ts'
import { noSecrets, readSecrets, type SecretProvider } from './secrets.ts'
import { uuidv7 } from './uuid.ts'

export interface EngineOptions {
  readonly backend: Backend
  readonly find: FindCapability
  readonly clock: Clock
  /** `$runtime` in expressions. */
  readonly runtime: JsonObject
  readonly secrets?: SecretProvider
  readonly stream?: RunServices['stream']
}

export interface StartOptions {
  readonly document: Workflow
  /** The document as it was handed in; kept with the run, so that it can go on after a restart. */
  readonly text: string
  readonly input: Json
  /** Begin with what another run has recorded, up to the result of one of its tasks. */
  readonly past?: NewRun['past']
}

/** A run in progress in this process. */
export interface LiveRun {
  readonly id: string
  /** How it ended, once that is on disk. Rejects with `Stopping` when the engine closes first, and with
   *  `NexusError` when the storage fails; in both cases the run goes on when it is resumed. */
  readonly ended: Promise<RunOutcome>
  /** Ends it and everything it has under way. Safe to call twice, and after the end. */
  cancel(): void
  /** Hears its events from now on, once they are on disk. Gives the way to stop. */
  listen(listener: (event: RunEvent) => void): () => void
}

/** How long what a run has under way may take to stop once it is cancelled, before nobody waits for it any more. */
const cancelGraceMsMax = 10_000

export class Engine {
  readonly #options: EngineOptions
  readonly #live = new Map<string, { run: LiveRun; abort: AbortController }>()
  readonly #names = new Map<string, readonly string[]>()
  #closed = false

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** Accepts a run and begins it. The run is on disk when the promise resolves. */
  async start({ document, text, input, past }: StartOptions): Promise<LiveRun> {
    const { backend, clock } = this.#options
    const { namespace, name, version } = document.document
    const id = uuidv7(clock.now())
    const workflow = { namespace, name, version }
    const durable = await backend.create({ id, workflow, document: text, input, ...(past && { past }) })
    return this.#begin(durable, document)
  }

  /** Goes on with an unfinished run. Rejects with `NexusError` `run_not_found` or `run_ended`. */
  async resume(id: string, document: Workflow): Promise<LiveRun> {
    const live = this.#live.get(id)
    if (live) return live.run
    const durable = await this.#options.backend.open(id)
    if (durable.stored.endedAt !== undefined) {
      throw new NexusError('run_ended', `Run ${id} has ended already: it is ${durable.stored.status}.`)
    }
    return this.#begin(durable, document)
  }

  /** Runs what faulted or was cancelled anew; what completed stands. Rejects with `NexusError` `run_not_ended` and others. */
  async retry(id: string, document: Workflow): Promise<LiveRun> {
    const durable = await this.#options.backend.open(id)
    const { status } = durable.stored
    if (status !== 'faulted' && status !== 'cancelled') {
      throw new NexusError(
        'not_retriable',
        `Run ${id} is ${status}: only one that faulted or was cancelled is retried.`,
      )
    }
    await durable.retry()
    return this.#begin(durable, document)
  }

  /** Cancels a run, whether it is in progress here or was left unfinished. Resolves when that is on disk. */
  async cancel(id: string): Promise<void> {
    const live = this.#live.get(id)
    if (live) {
      live.run.cancel()
      await live.run.ended
      return
    }
    const durable = await this.#options.backend.open(id)
    if (durable.stored.endedAt === undefined) await durable.end({ status: 'cancelled' })
  }

  /** Stops every run where it is; each goes on when it is resumed. Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#closed = true
    const live = [...this.#live.values()]
    for (const { abort } of live) abort.abort(new Stopping('The engine is closing.'))
    await Promise.allSettled(live.map(({ run }) => run.ended))
  }

  #begin(durable: DurableRun, document: Workflow): LiveRun {
    if (this.#closed) throw new NexusError('closed', 'This Nexus is closed.')
    const { find, clock, runtime, stream = () => {} } = this.#options
    const { id } = durable.stored
    const abort = new AbortController()
    setMaxListeners(0, abort.signal)
    const services = { find, clock, runtime, stream, names: this.#names }
    const ended = this.#run(durable, inlineComponents(document), services, abort.signal).finally(() =>
      this.#live.delete(id),
    )
    ended.catch(() => {}) // whoever waits for it is told; without anybody it must not end the process
    const cancel = (): void => abort.abort(new Cancelled(`Run ${id} was cancelled.`))
    const run: LiveRun = { id, ended, cancel, listen: (listener) => durable.listen(listener) }
    this.#live.set(id, { run, abort })
    return run
  }

  async #run(
    durable: DurableRun,
    document: Workflow,
    services: RunServices,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    await setImmediate() // whoever started the run may listen before anything happens
    durable.start()
    const outcome = await this.#outcome(durable, document, services, signal)
    await durable.end(outcome)
    return outcome
  }

  async #outcome(
    durable: DurableRun,
    document: Workflow,
    services: RunServices,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const grace = this.#whenAbandoned(signal)
    try {
      const secrets = await readSecrets(document.use?.secrets ?? [], this.#options.secrets ?? noSecrets)
      const state = new RunState(durable, document, services, secrets)
      const output = await Promise.race([runDocument(state, signal), grace.abandoned])
      return { status: 'completed', output: state.mask(output) }
    } catch (error) {
      return outcomeOf(error, signal)
    } finally {
      grace.stop()
    }
  }

  /** Rejects when a cancelled run does not stop within its grace. */
  #whenAbandoned(signal: AbortSignal): { abandoned: Promise<never>; stop: () => void } {
    const { promise, reject } = Promise.withResolvers<never>()
    let stopTimer = (): void => {}
    const begin = (): void => {
      stopTimer = this.#options.clock.timer(cancelGraceMsMax, () => reject(signal.reason as Error))
    }
    signal.addEventListener('abort', begin, { once: true })
    return {
      abandoned: promise,
      stop: () => {
        signal.removeEventListener('abort', begin)
        stopTimer()
      },
    }
  }
}

function outcomeOf(error: unknown, signal: AbortSignal): RunOutcome {
  if (signal.reason instanceof Stopping) throw signal.reason
  if (error instanceof NexusError || error instanceof Stopping) throw error
  if (error instanceof Cancelled || signal.aborted) return { status: 'cancelled' }
  return { status: 'faulted', error: { instance: '/', ...toWorkflowError(error) } }
}
