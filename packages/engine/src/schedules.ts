/**
 * Schedules: the workflows that are deployed and begin to run by themselves. Where each stands is recorded with the run
 * that it begins, in one commit, so that a crash neither loses a firing nor repeats one.
 * Source: DSL 1.0.3, "Schedule". Which trigger does what is in `schedules/`.
 */
import type { Clock, Json, JsonObject, Log } from '@nexus/sdk'
import { standardVariables, workflowKey, type Schedule, type Workflow } from '@nexus/workflow'
import type { Backend, Deployment, DurableRun, NewRun, StoredDeployment } from './backend.ts'
import type { ConsumptionScope } from './consumption.ts'
import { afterTrigger } from './schedules/after.ts'
import { onEventsTrigger } from './schedules/on_events.ts'
import { cronTrigger, everyTrigger } from './schedules/timed.ts'
import type { MissedFirings, Trigger } from './schedules/trigger.ts'
import { uuidv7 } from './uuid.ts'

export interface SchedulesOptions {
  readonly backend: Backend
  readonly clock: Clock
  readonly log: Log
  /** `$runtime` in filters. */
  readonly runtime: JsonObject
  readonly missed: MissedFirings
  readonly read: (text: string) => Workflow
  /** Goes on with a run that was accepted. */
  readonly begin: (run: DurableRun) => void
  /** When a run ended; waits until it has. Rejects when the signal aborts. */
  readonly ended: (run: string, signal: AbortSignal) => Promise<number>
}

export class Schedules {
  readonly #options: SchedulesOptions
  readonly #running = new Map<string, { abort: AbortController; stopped: Promise<unknown> }>()
  #open = false

  constructor(options: SchedulesOptions) {
    this.#options = options
  }

  /** Begins the schedules of all that is deployed, and from now on of all that is being deployed. */
  start(): void {
    this.#open = true
    for (const deployment of this.#options.backend.deployments()) this.#tryToBegin(deployment)
  }

  /** One that cannot begin, because a module is gone for example, must not keep the others from it. */
  #tryToBegin(deployment: StoredDeployment): void {
    try {
      this.#begin(deployment)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#options.log.error(`The schedule of ${workflowKey(deployment.workflow)} does not begin: ${reason}`)
    }
  }

  async deploy(deployment: Deployment): Promise<StoredDeployment> {
    const stored = await this.#options.backend.deploy(deployment)
    await this.#stop(workflowKey(stored.workflow))
    if (this.#open) this.#begin(stored)
    return stored
  }

  async undeploy(key: string): Promise<void> {
    await this.#options.backend.undeploy(key)
    await this.#stop(key)
  }

  /** Resolves when nothing of it is under way any more. */
  async close(): Promise<void> {
    this.#open = false
    await Promise.all([...this.#running.keys()].map((key) => this.#stop(key)))
  }

  async #stop(key: string): Promise<void> {
    const running = this.#running.get(key)
    this.#running.delete(key)
    running?.abort.abort()
    await running?.stopped
  }

  #begin(deployment: StoredDeployment): void {
    const key = workflowKey(deployment.workflow)
    const document = this.#options.read(deployment.document)
    const triggers = triggersOf(document.schedule ?? {}, this.#scope(document))
    if (triggers.length === 0) return
    const abort = new AbortController()
    const state: Record<string, Json> = { ...deployment.state }
    const loops = triggers.map(([name, trigger]) =>
      this.#run({ name, trigger, deployment, state }, abort.signal),
    )
    this.#running.set(key, { abort, stopped: Promise.all(loops) })
  }

  async #run({ name, trigger, deployment, state }: Loop, signal: AbortSignal): Promise<void> {
    const { clock, missed, backend, log, ended } = this.#options
    const key = workflowKey(deployment.workflow)
    const warn = (message: string): void => log.warn(message, { workflow: key, schedule: name })
    const record = async (value: Json, run?: NewRun): Promise<DurableRun | undefined> => {
      state[name] = value
      return backend.advance(key, { ...state }, run)
    }
    try {
      await trigger({
        deployment,
        clock,
        missed,
        signal,
        warn,
        state: state[name],
        advance: async (value) => void (await record(value)),
        fire: async (input, stateOf) => {
          const run = this.#newRun(deployment, input)
          const begun = await record(stateOf(run.id), run)
          if (begun) this.#options.begin(begun)
          return run.id
        },
        ended: (run) => ended(run, signal),
        feed: (after) => backend.feed(after),
      })
    } catch (error) {
      if (!signal.aborted)
        log.error(`A schedule stopped: ${String(error)}`, { workflow: key, schedule: name })
    }
  }

  #newRun({ workflow, document, workflows }: StoredDeployment, input: Json): NewRun {
    return { id: uuidv7(this.#options.clock.now()), workflow, document, workflows, input }
  }

  #scope(document: Workflow): ConsumptionScope {
    const { runtime, clock } = this.#options
    const known: Readonly<Record<string, Json>> = {
      runtime,
      workflow: { definition: document as unknown as Json },
    }
    return {
      input: {},
      names: standardVariables,
      now: () => clock.now(),
      lookup: (name) => known[name] ?? null,
    }
  }
}

interface Loop {
  readonly name: string
  readonly trigger: Trigger
  readonly deployment: StoredDeployment
  /** Where all triggers of the deployment stand, by their names. */
  readonly state: Record<string, Json>
}

function triggersOf(schedule: Schedule, scope: ConsumptionScope): readonly (readonly [string, Trigger])[] {
  const { every, cron, after, on, read } = schedule
  return [
    ...(every === undefined ? [] : [['every', everyTrigger(every)] as const]),
    ...(cron === undefined ? [] : [['cron', cronTrigger(cron)] as const]),
    ...(after === undefined ? [] : [['after', afterTrigger(after)] as const]),
    ...(on === undefined ? [] : [['on', onEventsTrigger(on, read, scope)] as const]),
  ]
}
