/**
 * Runs: accepts them, goes on with them after a restart, cancels them, and tells how they ended.
 * It is handed a backend and a way to capabilities, and knows no module and no storage.
 */
import { Cancelled, NexusError, toWorkflowError, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import { inlineComponents, type Workflow } from '@nexus/workflow'
import { setMaxListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Admission, freeTicket, type AdmissionLimits, type Ticket } from './admission.ts'
import type { Backend, DurableRun, NewRun } from './backend.ts'
import type { Capabilities } from './capability.ts'
import { unfinishedStatuses, type RunEvent, type RunOutcome } from './events.ts'
import { Restarting, runDocument, Stopping, Suspending } from './interpreter.ts'
import { RunState, type LaunchOptions, type RunServices } from './run_state.ts'
import { ResourceGate, type Resources } from './resource_gate.ts'
import { noSecrets, readSecrets, type SecretProvider } from './secrets.ts'
import { Turns } from './turns.ts'
import { uuidv7 } from './uuid.ts'

export interface EngineOptions {
  readonly backend: Backend
  readonly capabilities: Capabilities
  readonly clock: Clock
  /** `$runtime` in expressions. */
  readonly runtime: JsonObject
  readonly secrets?: SecretProvider
  /** Reads the text of a document that was kept with a run. Throws `NexusError` where it is not valid any more. */
  readonly read: RunServices['read']
  readonly sourceOf?: RunServices['sourceOf']
  /** Makes a document ready that a task of a run gave. */
  readonly prepare: RunServices['prepare']
  readonly stream?: RunServices['stream']
  /** How many runs are in progress at once; those that other runs begin come on top. */
  readonly concurrency?: Partial<AdmissionLimits>
  /** What runs that say what they need have together; without bounds by default. */
  readonly resources?: Resources
  /** Told of every run that begins or goes on here, before anything of it happens. */
  readonly began?: (run: LiveRun) => void
}

export interface StartOptions {
  readonly document: Workflow
  /** The document as it was handed in; kept with the run, so that it can go on after a restart. */
  readonly text: string
  readonly input: Json
  /** The texts of the workflows that it may run, by `workflowKey`. */
  readonly workflows?: NewRun['workflows']
  /** Where the code of its script tasks stands. */
  readonly sources?: NewRun['sources']
  /** Begin with what another run has recorded, up to the result of one of its tasks. */
  readonly past?: NewRun['past']
  /** At most one run is accepted with it. */
  readonly key?: string
  /** Which comes first where more are accepted than may be in progress at once: the higher one. 0 without. */
  readonly priority?: number
}

/** A run in progress in this process. */
export interface LiveRun {
  readonly id: string
  readonly workflow: NewRun['workflow']
  /**
   * How it ended, once that is on disk. Rejects with `Stopping` when the engine closes first, with `Suspending` when the
   * run is suspended, and with `NexusError` when the storage fails; in each case the run goes on when it is resumed.
   */
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
  readonly #live = new Map<string, Live>()
  /** Who waits for the end of a run, by its id. */
  readonly #awaited = new Map<string, () => void>()
  readonly #names = new Map<string, readonly string[]>()
  readonly #turns: Turns
  readonly #admission: Admission
  readonly #gate: ResourceGate
  #closed = false

  constructor(options: EngineOptions) {
    this.#options = options
    this.#turns = new Turns(options.clock)
    this.#admission = new Admission(options.concurrency)
    this.#gate = new ResourceGate(options.resources ?? { memoryMb: Infinity, cpuCores: Infinity })
  }

  /**
   * Accepts a run, and begins it when its turn comes. The run is on disk when the promise resolves. Rejects with
   * `NexusError` `key_taken` or `too_many_pending`.
   */
  async start(options: StartOptions): Promise<LiveRun> {
    const { document, text, input, workflows, sources, past, key, priority = 0 } = options
    const { backend, clock, capabilities } = this.#options
    const { namespace, name, version } = document.document
    const generation = capabilities.current()
    const workflow = { namespace, name, version }
    const about = { id: uuidv7(clock.now()), workflow, document: text, input, generation }
    const kept = { ...(workflows && { workflows }), ...(sources && { sources }), ...(past && { past }) }
    const more = { ...kept, ...(key !== undefined && { key }) }
    const ticket = this.#admission.enter(priority)
    try {
      const durable = await backend.create({ ...about, ...more, priority, pending: ticket.waits })
      return this.#begin(durable, { nesting: 0, ticket })
    } catch (error) {
      ticket.leave()
      throw error
    }
  }

  /**
   * Goes on with an unfinished run, also with a suspended one; one that has never begun waits for its turn. Rejects with `NexusError` `run_not_found`,
   * `run_ended` or `too_many_pending`.
   */
  async resume(id: string): Promise<LiveRun> {
    const live = this.#live.get(id)
    if (live) return live.run
    const durable = await this.#options.backend.open(id)
    const { endedAt, startedAt, priority } = durable.stored
    if (endedAt !== undefined) throw ended(durable)
    const begun = startedAt !== undefined
    const ticket = begun ? this.#admission.enterAtOnce() : this.#admission.enter(priority)
    return this.#begin(durable, { nesting: 0, ticket })
  }

  /** Runs what faulted or was cancelled anew; what completed stands. Rejects with `NexusError` `not_retriable` and others. */
  async retry(id: string): Promise<LiveRun> {
    const durable = await this.#options.backend.open(id)
    const { status } = durable.stored
    if (status !== 'faulted' && status !== 'cancelled') {
      throw new NexusError(
        'not_retriable',
        `Run ${id} is ${status}: only one that faulted or was cancelled is retried.`,
      )
    }
    await durable.retry()
    return this.#begin(durable, { nesting: 0, ticket: this.#admission.enterAtOnce() })
  }

  /**
   * Cancels a run and the runs that live with it, whether it is in progress here or was left unfinished. Resolves when
   * that is on disk.
   */
  async cancel(id: string): Promise<void> {
    const live = this.#live.get(id)
    if (live) {
      live.run.cancel()
      await live.run.ended
      // One that it had not come back to since a restart ends with it too.
      for (const child of await this.#attachedTo(id)) await this.cancel(child)
      return
    }
    const durable = await this.#options.backend.open(id)
    if (durable.stored.endedAt !== undefined) return
    for (const child of await this.#attachedTo(id)) await this.cancel(child)
    await durable.end({ status: 'cancelled' })
  }

  /**
   * Stops a run where it is, and all that live together with it, until somebody resumes it. Resolves when that is on
   * disk. Rejects with `NexusError` `run_ended` or `run_not_found`.
   */
  async suspend(id: string): Promise<void> {
    const { backend } = this.#options
    const { parent, endedAt } = await backend.get(id)
    if (parent?.attached && endedAt === undefined) return this.suspend(parent.run)
    const live = this.#live.get(id)
    if (!live) return this.#suspendIdle(id)
    live.abort.abort(new Suspending(`Run ${id} was suspended.`))
    const [how] = await Promise.allSettled([live.run.ended])
    if (how.status === 'fulfilled') throw ended(await backend.open(id))
  }

  /**
   * Stops a run where it is, and all that live together with it, and goes on with it at once, as after a restart of the
   * process: what is recorded stands, what is under way is done again. Whoever waits for its end notices nothing.
   * Resolves when what was under way has stopped. Rejects with `NexusError` `run_not_found`.
   */
  async restart(id: string): Promise<void> {
    const { parent } = await this.#options.backend.get(id)
    if (parent?.attached && this.#live.has(parent.run)) return this.restart(parent.run)
    const live = this.#live.get(id)
    if (!live) return
    const stopped = Promise.withResolvers<void>()
    live.stopped = stopped.resolve
    live.abort.abort(new Restarting(`Run ${id} goes on with other modules.`))
    await Promise.race([stopped.promise, live.run.ended.catch(() => {})])
  }

  async #suspendIdle(id: string): Promise<void> {
    const durable = await this.#options.backend.open(id)
    if (durable.stored.endedAt !== undefined) throw ended(durable)
    if (durable.stored.status === 'suspended') return
    for (const child of await this.#attachedTo(id)) await this.#suspendIdle(child)
    await durable.suspend()
  }

  async #attachedTo(id: string): Promise<readonly string[]> {
    const query = { parent: id, attached: true, statuses: unfinishedStatuses }
    return (await this.#options.backend.list(query)).map((child) => child.id)
  }

  /** Goes on with a run that the backend has just accepted. */
  begin(durable: DurableRun): LiveRun {
    return this.#begin(durable, { nesting: 0, ticket: this.#admission.enterAtOnce() })
  }

  /**
   * When a run ended (milliseconds since the Unix epoch); goes on with it where nobody does, and waits until it has
   * ended. One that is suspended is waited for as well. Rejects when the signal aborts.
   */
  async ended(id: string, signal: AbortSignal): Promise<number> {
    const { backend } = this.#options
    for (;;) {
      const end = Promise.withResolvers<void>()
      const abort = (): void => end.reject(signal.reason as Error)
      signal.throwIfAborted()
      signal.addEventListener('abort', abort, { once: true })
      this.#awaited.set(id, end.resolve)
      try {
        const { endedAt, status } = await backend.get(id)
        if (endedAt !== undefined) return endedAt
        if (status !== 'suspended') await this.resume(id)
        await end.promise
      } finally {
        signal.removeEventListener('abort', abort)
        this.#awaited.delete(id)
      }
    }
  }

  /** Resolves when no run is in progress here, whether it ended or was stopped. */
  async idle(): Promise<void> {
    while (this.#live.size > 0) await Promise.allSettled([...this.#live.values()].map(({ run }) => run.ended))
  }

  /** A run that is in progress here. */
  live(id: string): LiveRun | undefined {
    return this.#live.get(id)?.run
  }

  /** All that are in progress here. */
  liveRuns(): readonly LiveRun[] {
    return [...this.#live.values()].map(({ run }) => run)
  }

  /** How many runs are in progress here. */
  get runsInProgress(): number {
    return this.#live.size
  }

  /** Stops every run where it is; each goes on when it is resumed. Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#closed = true
    const live = [...this.#live.values()]
    for (const { abort } of live) abort.abort(new Stopping('The engine is closing.'))
    await Promise.allSettled(live.map(({ run }) => run.ended))
  }

  #begin(durable: DurableRun, { nesting, reserved = false, ticket }: Beginning): LiveRun {
    if (this.#closed) throw new NexusError('closed', 'This Nexus is closed.')
    const { sourceOf } = this.#options
    const { backend, capabilities, clock, runtime, read, prepare, stream = () => {} } = this.#options
    const { id, document, scope, workflow: name, generation = capabilities.current() } = durable.stored
    const workflow = inlineComponents(read(document, Object.keys(scope?.variables ?? {})))
    const launch: RunServices['launch'] = (child, options) => this.#launch(child, options)
    const held = capabilities.hold(id, generation)
    const services = {
      find: held.find,
      clock,
      runtime,
      blobs: backend.blobs,
      stream,
      read,
      ...(sourceOf && { sourceOf }),
      prepare,
      launch,
      names: this.#names,
      turns: this.#turns,
      gate: this.#gate,
    }
    const live = liveRun(durable, name)
    this.#live.set(id, live)
    live.follow(
      this.#untilEnd({ durable, workflow, services, nesting, reserved, ticket }, live).finally(() => {
        this.#live.delete(id)
        ticket.leave()
        held.release()
      }),
    )
    this.#options.began?.(live.run)
    return live.run
  }

  /** From one restart to the next, to its end. */
  async #untilEnd(run: BegunRun, live: Live): Promise<RunOutcome> {
    for (let { durable } = run; ; durable = await this.#options.backend.open(live.run.id)) {
      live.attach(durable)
      try {
        return await this.#run({ ...run, durable }, live.abort.signal)
      } catch (error) {
        if (!(error instanceof Restarting)) throw error
        live.abort = newAbort()
        live.stopped?.()
        if (this.#closed) throw new Stopping('The engine is closing.', { cause: error })
      }
    }
  }

  /** Somebody may have resumed it already: then it is that run which is waited for. */
  #launch(
    child: DurableRun,
    { signal, nesting, reserved = false, ticket = freeTicket }: LaunchOptions,
  ): { readonly ended: Promise<RunOutcome> } {
    const { id } = child.stored
    const known = this.#live.get(id)?.run
    if (known) ticket.leave()
    const run = known ?? this.#begin(child, { nesting, reserved, ticket })
    if (!signal) return run
    const stop = (): void => {
      this.#live.get(id)?.abort.abort(reasonForChild(id, signal.reason))
    }
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    return { ended: run.ended.finally(() => signal.removeEventListener('abort', stop)) }
  }

  async #run(run: BegunRun, signal: AbortSignal): Promise<RunOutcome> {
    const { durable } = run
    await setImmediate() // whoever started the run may listen before anything happens
    try {
      const outcome = (await this.#waited(run, signal)) ?? (await this.#outcome(run, signal))
      await durable.end(outcome)
      this.#awaited.get(durable.stored.id)?.()
      return outcome
    } catch (error) {
      if (error instanceof Suspending) await durable.suspend()
      throw error
    }
  }

  /** Waits for the run's turn and begins it; undefined unless it was cancelled before. */
  async #waited({ durable, ticket }: BegunRun, signal: AbortSignal): Promise<RunOutcome | undefined> {
    try {
      if (durable.stored.startedAt === undefined) await ticket.turn(signal)
    } catch (error) {
      return outcomeOf(error, signal)
    }
    durable.start()
    return undefined
  }

  async #outcome(
    { durable, workflow, services, nesting, reserved }: BegunRun,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const grace = this.#whenAbandoned(signal)
    try {
      const secrets = await readSecrets(workflow.use?.secrets ?? [], this.#options.secrets ?? noSecrets)
      const state = new RunState(durable, workflow, services, { secrets, nesting, reserved })
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

interface Beginning extends Omit<LaunchOptions, 'signal'> {
  readonly ticket: Ticket
}

/** A run in progress, over its restarts. */
interface Live {
  readonly run: LiveRun
  abort: AbortController
  /** Told when what was under way before a restart has stopped. */
  stopped?: () => void
  /** Hears the events of the run as it is open now. */
  attach(durable: DurableRun): void
  /** Takes the promise of its end. */
  follow(ended: Promise<RunOutcome>): void
}

function liveRun({ stored: { id } }: DurableRun, workflow: NewRun['workflow']): Live {
  const listeners = new Set<(event: RunEvent) => void>()
  const { promise: ended, resolve } = Promise.withResolvers<RunOutcome>()
  ended.catch(() => {}) // whoever waits for it is told; without anybody it must not end the process
  const live: Live = {
    abort: newAbort(),
    run: {
      id,
      workflow,
      ended,
      cancel: () => live.abort.abort(new Cancelled(`Run ${id} was cancelled.`)),
      listen(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    attach: (durable) =>
      void durable.listen((event) => {
        for (const listener of listeners) listener(event)
      }),
    follow: resolve,
  }
  return live
}

function newAbort(): AbortController {
  const abort = new AbortController()
  setMaxListeners(0, abort.signal)
  return abort
}

/** A run that another waits for stops with it: that one begins it again, or not. */
function reasonForChild(id: string, reason: unknown): unknown {
  if (reason instanceof Restarting) return new Stopping(`Run ${id} stops with the run that waits for it.`)
  return reason instanceof Stopping ? reason : new Cancelled(`Run ${id} was cancelled.`)
}

interface BegunRun {
  readonly durable: DurableRun
  readonly workflow: Workflow
  readonly services: RunServices
  readonly nesting: number
  readonly reserved: boolean
  readonly ticket: Ticket
}

function ended({ stored: { id, status } }: DurableRun): NexusError {
  return new NexusError('run_ended', `Run ${id} has ended already: it is ${status}.`)
}

function outcomeOf(error: unknown, signal: AbortSignal): RunOutcome {
  if (signal.reason instanceof Stopping) throw signal.reason
  if (error instanceof NexusError || error instanceof Stopping) throw error
  if (error instanceof Cancelled || signal.aborted) return { status: 'cancelled' }
  return { status: 'faulted', error: { instance: '/', ...toWorkflowError(error) } }
}
