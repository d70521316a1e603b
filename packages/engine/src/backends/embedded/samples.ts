/** How long tasks took, read back from the newest end of the log. It reads and never writes. */
import { isJsonObject, type Json } from '@nexus/sdk'
import type { Backend, TaskSample } from '../../backend.ts'
import type { EventsTable } from './events_table.ts'

/** So many ends of tasks are looked at, and no more. */
const lookedAtMax = 100_000

export function samplesIn(
  log: EventsTable,
  { kinds, sinceMs = -Infinity, limit }: Parameters<Backend['samples']>[0],
): readonly TaskSample[] {
  const samples: TaskSample[] = []
  let lookedAt = 0
  for (const { run, event } of log.ends()) {
    if (samples.length >= limit || ++lookedAt > lookedAtMax) break
    const { path, at, outcome } = event
    if (at <= sinceMs) break
    const earlier = event.started ? undefined : log.first(run, path, 'task.started', 0)
    const started = event.started ?? (earlier?.type === 'task.started' ? earlier : undefined)
    if (!started || outcome.status === 'skipped' || kinds?.has(started.task.kind) === false) continue
    const { kind, module, input = null } = started.task
    const inputBytes = JSON.stringify(input).length
    const { status } = outcome
    const output = outcome.status === 'completed' ? outcome.output : undefined
    samples.push({
      kind,
      module,
      inputBytes,
      outputBytes: output === undefined ? 0 : JSON.stringify(output).length,
      durationMs: at - started.at,
      status,
      costUsd: costIn(output),
      at,
    })
  }
  return samples
}

function costIn(output: Json | undefined): number | undefined {
  const cost = isJsonObject(output) ? output['cost_usd'] : undefined
  return typeof cost === 'number' && cost >= 0 ? cost : undefined
}
