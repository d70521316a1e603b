/** A box whose scripts run in workers of a pool. What differs between boxes is how a worker is started. */
import { TaskFault, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import type { Sandbox, Script, ScriptLimits, ScriptOutcome } from '../sandbox.ts'
import { isCpuImplied } from '../settings.ts'
import { canMeterCpu } from './cpu.ts'
import { WorkerPool } from './pool.ts'
import { runInWorker } from './run.ts'
import type { Worker } from './worker.ts'

export interface WorkerBoxOptions {
  readonly name: string
  readonly language: Sandbox['language']
  readonly layers: readonly string[]
  readonly clock: Clock
  readonly concurrency: number
  readonly start: () => Promise<Worker>
  /** Whether this host looks after the processor time of its scripts, since the worker cannot. */
  readonly metersCpu?: boolean
  /** Whether its scripts can start threads, which this host counts. */
  readonly countsThreads?: boolean
  /** Starts a worker for one script, where that may have less than those that wait were started with. */
  readonly startFor?: (limits: ScriptLimits) => (() => Promise<Worker>) | undefined
  /** What of this host a script is granted, and the end of that grant. */
  readonly grant?: (script: Script) => Promise<{ grants: JsonObject; end(): void }>
  readonly answer?: (script: Script, request: Json, signal: AbortSignal) => Promise<JsonObject>
}

export function workerBox(options: WorkerBoxOptions): Sandbox {
  const { name, language, layers, clock, start, startFor, grant, answer } = options
  const pool = new WorkerPool({ start, clock, sizeMax: options.concurrency })
  return {
    name,
    language,
    layers,
    async run(script, run) {
      const metersCpu = options.metersCpu === true && !isCpuImplied(run.limits)
      if (metersCpu && !canMeterCpu()) throw cannotMeter(name)
      const work = async (worker: Worker): Promise<ScriptOutcome> => {
        const granted = script.network.length > 0 ? await grant?.(script) : undefined
        try {
          const context = {
            clock,
            metersCpu,
            countsThreads: options.countsThreads === true,
            grants: granted?.grants ?? {},
            ...(answer && {
              answer: (request: Json, signal: AbortSignal) => answer(script, request, signal),
            }),
          }
          const outcome = await runInWorker(worker, { script, options: run, context })
          // An engine in the worker's own process gives memory back when it pleases; the next script may be short of it.
          if (!worker.canStop && !worker.isSingleUse && outcome.end.kind === 'limited') await worker.end()
          return outcome
        } finally {
          granted?.end()
        }
      }
      return pool.use(run.signal, work, startFor?.(run.limits))
    },
    stop: () => pool.stop(),
  }
}

function cannotMeter(name: string): TaskFault {
  return TaskFault.of(
    'configuration',
    `The box ${name} cannot keep a limit on processor time on this machine, which does not tell of it. Leave cpu_ms out; timeout_ms ends the script.`,
  )
}
