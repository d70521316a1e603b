/** The module with a history that the test writes, and runs whose records the test makes. */
import type { Json, JsonObject } from '@nexus/sdk'
import { testContext } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

export interface Done {
  readonly capability: string
  readonly durationMs: number
  readonly inputBytes?: number
}

export function setup(capabilities: readonly Json[] = []) {
  const samples: JsonObject[] = []
  const records = new Map<string, JsonObject>()
  const module = new Module()
  const asked: Json[] = []
  // One state for all tasks, as a host gives it.
  const { state } = testContext({ inputData: null })
  const calls = {
    'service_router.capabilities': () => ({ capabilities }),
    'task_manager.samples': (input: Json): Json => {
      asked.push(input)
      const { after, limit } = input as { after?: number; limit: number }
      const numbered = samples.map((sample, index) => ({ ...sample, number: index * 3 + 1 }))
      const last = numbered.at(-1)?.number ?? 0
      if (after === undefined) return { samples: numbered.slice(-limit).toReversed(), last }
      const page = numbered.filter(({ number }) => number > after).slice(0, limit)
      return { samples: page, last: page.at(-1)?.number ?? last }
    },
    'task_manager.run': (input: Json): Json => records.get(textOf((input as JsonObject)['id'])) ?? {},
  }
  const ask = async (kind: string, inputData: Json, config: JsonObject = {}): Promise<JsonObject> => {
    const context = { ...testContext({ inputData, config, calls, metadata: { kind } }), state }
    return (await module.execute(context)).outputData as JsonObject
  }
  return {
    asked,
    samples,
    state,
    /** Tasks that ended here. */
    ended(...tasks: readonly Done[]): void {
      for (const { capability, durationMs, inputBytes = 10 } of tasks) {
        samples.push({
          capability,
          input_bytes: inputBytes,
          duration_ms: durationMs,
          status: 'completed',
          at: '2026-01-01T00:00:00.000Z',
        })
      }
    },
    estimate: (list: readonly Json[], more: JsonObject = {}, config: JsonObject = {}) =>
      ask('resources.estimate', { workflow: { do: list }, ...more }, config),
    /** Says that a run of these tasks took so long, and compares. */
    observe(
      estimate: JsonObject,
      run: string,
      durationMs: number,
      tasks: readonly (Done & { pointer: string })[] = [],
    ) {
      const started = '2026-01-01T00:00:00.000Z'
      const after = (ms: number): string => new Date(Date.parse(started) + ms).toISOString()
      const done = tasks.map((task) => ({
        reference: task.pointer,
        status: 'completed',
        started_at: started,
        ended_at: after(task.durationMs),
      }))
      records.set(run, { status: 'completed', started_at: started, ended_at: after(durationMs), tasks: done })
      return ask('resources.observe', { estimate, run })
    },
    calibration: () => ask('resources.calibration', {}),
    ask,
  }
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

/** A task that calls a capability. */
export const call = (name: string, capability: string, input: Json = null): JsonObject => ({
  [name]: { call: capability, with: input },
})
