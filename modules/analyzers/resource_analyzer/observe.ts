/** Puts what a run took beside what was estimated for it: the whole, and each task by where it stands. Pure. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import type { Observation, Outcome } from './calibration.ts'

/** `record`: of `task_manager.run`. Only tasks that completed are compared, and only where there was an estimate. */
export function observe(estimate: JsonObject, record: JsonObject): Observation {
  const estimated = new Map(
    listIn(estimate['tasks']).flatMap((task) => {
      const { pointer, capability } = task
      // What a definition says it takes is no estimate.
      const isEstimate = task['basis'] === 'history'
      return isEstimate && typeof pointer === 'string' && typeof capability === 'string'
        ? [[pointer, { task, capability }]]
        : []
    }),
  )
  const tasks = listIn(record['tasks']).flatMap((done) => {
    const about = estimated.get(textOf(done['reference'])) ?? estimated.get(textOf(done['path']))
    if (!about || done['status'] !== 'completed') return []
    const outcome = outcomeOf(about.task['duration_ms'], done)
    return outcome ? [{ capability: about.capability, ...outcome }] : []
  })
  return { whole: outcomeOf(estimate['makespan_ms'], record), tasks, gapMs: gapIn(record) }
}

/** Undefined where nothing was estimated, or it has not ended. */
function outcomeOf(span: Json | undefined, done: JsonObject): Outcome | undefined {
  const { p50, p90 } = isJsonObject(span) ? span : {}
  const durationMs = tookMs(done)
  if (typeof p50 !== 'number' || typeof p90 !== 'number' || Number.isNaN(durationMs)) return undefined
  return { durationMs, p50, p90 }
}

/** Of tasks that ran one after the other: what the run took beyond them, for each. */
function gapIn(record: JsonObject): number | undefined {
  const tasks = listIn(record['tasks'])
  const plain = tasks.every(({ path }) => /^\/do\/\d+\/[^/]+$/.test(textOf(path)))
  if (tasks.length === 0 || !plain) return undefined
  const work = tasks.reduce((sum, task) => sum + tookMs(task), 0)
  const gapMs = (tookMs(record) - work) / tasks.length
  return gapMs >= 0 ? gapMs : undefined
}

function tookMs({ started_at: from, ended_at: to }: JsonObject): number {
  return Date.parse(textOf(to)) - Date.parse(textOf(from))
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function listIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as Json[]).filter(isJsonObject) : []
}
