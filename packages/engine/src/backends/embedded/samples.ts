/**
 * How long tasks took, read back from the log. It reads and never writes. What a run shares of the past of another is no
 * sample: it stands there a second time.
 */
import { isJsonObject, type Json } from '@nexus/sdk'
import type { SampleQuery, Samples, TaskSample } from '../../backend.ts'
import type { RunEvent } from '../../events.ts'
import type { EventsTable } from './events_table.ts'

type Ended = RunEvent & { readonly type: 'task.ended' }

/** So many ends of tasks are looked at, and no more. */
const lookedAtMax = 100_000

export function samplesIn(
  log: EventsTable,
  { kinds, sinceMs = -Infinity, limit, after }: SampleQuery,
): Samples {
  const samples: TaskSample[] = []
  const isShared = sharing(log)
  let last = after ?? log.lastSeq()
  let lookedAt = 0
  for (const { run, event } of log.ends(after)) {
    if (samples.length >= limit || ++lookedAt > lookedAtMax) break
    if (after !== undefined) last = event.seq
    if (isShared(run, event)) continue
    if (event.at <= sinceMs) break
    const sample = sampleOf(log, run, event)
    if (sample && kinds?.has(sample.kind) !== false) samples.push(sample)
  }
  return { samples, last }
}

/** What a run has of another is written before it starts. */
function sharing(log: EventsTable): (run: number, event: Ended) => boolean {
  const starts = new Map<number, number>()
  return (run, { seq }) => {
    const start = starts.get(run) ?? log.beginning(run)
    starts.set(run, start)
    return seq < start
  }
}

/** Undefined for one that was skipped. */
function sampleOf(log: EventsTable, run: number, event: Ended): TaskSample | undefined {
  const { path, at, outcome, seq } = event
  // The start that came to this end: an earlier one, of a process that died, says nothing of how long it takes.
  const earlier = event.started ? undefined : log.last(run, path, 'task.started')
  const started = event.started ?? (earlier?.type === 'task.started' ? earlier : undefined)
  if (!started || outcome.status === 'skipped') return undefined
  const { kind, module, input = null } = started.task
  const output = outcome.status === 'completed' ? outcome.output : undefined
  return {
    number: seq,
    kind,
    module,
    inputBytes: JSON.stringify(input).length,
    outputBytes: output === undefined ? 0 : JSON.stringify(output).length,
    durationMs: Math.max(at - started.at, 0),
    status: outcome.status,
    costUsd: costIn(output),
    at,
  }
}

function costIn(output: Json | undefined): number | null | undefined {
  const cost = isJsonObject(output) ? output['cost_usd'] : undefined
  return cost === null || (typeof cost === 'number' && cost >= 0) ? cost : undefined
}
