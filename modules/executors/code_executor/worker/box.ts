/** A box whose scripts run in workers of a pool. What differs between boxes is how a worker is started. */
import type { Clock, Json, JsonObject } from '@nexus/sdk'
import type { Sandbox, Script } from '../sandbox.ts'
import { WorkerPool } from './pool.ts'
import { runInWorker } from './run.ts'
import type { Worker } from './worker.ts'

export interface WorkerBoxOptions {
  readonly name: string
  readonly language: Sandbox['language']
  readonly layers: readonly string[]
  readonly hasNetwork: boolean
  readonly clock: Clock
  readonly concurrency: number
  readonly start: () => Promise<Worker>
  /** What of this host a script is granted, and the end of that grant. */
  readonly grant?: (script: Script) => Promise<{ grants: JsonObject; end(): void }>
  readonly answer?: (script: Script, request: Json, signal: AbortSignal) => Promise<JsonObject>
}

export function workerBox(options: WorkerBoxOptions): Sandbox {
  const { name, language, layers, hasNetwork, clock, start, grant, answer } = options
  const pool = new WorkerPool({ start, clock, sizeMax: options.concurrency })
  return {
    name,
    language,
    layers,
    hasNetwork,
    run: (script, run) =>
      pool.use(run.signal, async (worker) => {
        const granted = script.network.length > 0 ? await grant?.(script) : undefined
        try {
          const context = {
            clock,
            grants: granted?.grants ?? {},
            ...(answer && {
              answer: (request: Json, signal: AbortSignal) => answer(script, request, signal),
            }),
          }
          return await runInWorker(worker, { script, options: run, context })
        } finally {
          granted?.end()
        }
      }),
    stop: () => pool.stop(),
  }
}
