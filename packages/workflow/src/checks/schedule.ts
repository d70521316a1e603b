/** What a schedule's fields say beyond their shape: a cron expression that is one, and times that go forward. */
import { isJsonObject, type Json } from '@nexus/sdk'
import { cronProblem } from '../cron.ts'
import { durationMs } from '../duration_ms.ts'
import type { Report } from '../source/report.ts'

export function checkSchedule(document: Json, report: Report): void {
  const schedule = isJsonObject(document) ? document['schedule'] : undefined
  if (schedule === undefined || !isJsonObject(schedule)) return
  checkCron(schedule['cron'], report)
  checkEvery(schedule['every'], report)
}

function checkCron(cron: Json | undefined, report: Report): void {
  if (typeof cron !== 'string') return
  const problem = cronProblem(cron)
  if (problem === undefined) return
  report.on('/schedule/cron', 'value', {
    code: 'invalid_cron',
    message: `This is no cron expression: ${problem.replace(/\.$/, '')}.`,
    hint: 'Five fields: minute, hour, day of the month, month, day of the week, such as "0 6 * * mon-fri"; or six with seconds in front; or @hourly, @daily, @weekly, @monthly, @yearly.',
  })
}

function checkEvery(every: Json | undefined, report: Report): void {
  if (every === undefined || isExpression(every)) return
  if (lengthOf(every) !== 0) return
  report.on('/schedule/every', 'value', {
    code: 'invalid_schedule',
    message: 'A workflow cannot run every 0 ms.',
    hint: 'The shortest interval is a millisecond; {seconds: 1} is one second.',
  })
}

function isExpression(value: Json): boolean {
  return typeof value === 'string' && value.includes('${')
}

/** Undefined for a duration that is none, which the shape has said already. */
function lengthOf(duration: Json): number | undefined {
  try {
    return durationMs(duration)
  } catch {
    return undefined
  }
}
