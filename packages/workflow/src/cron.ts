/**
 * Cron expressions: five fields, or six with seconds in front, names and nicknames such as `@daily`, in the time zone
 * of the machine. The arithmetic of calendars and time zones is croner's.
 */
import { Cron } from 'croner'

/** What is wrong with an expression, as a sentence; undefined where nothing is. */
export function cronProblem(expression: string): string | undefined {
  try {
    return new Cron(expression, { paused: true }).nextRun() === null ? 'it names no time to come' : undefined
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)
  }
}

/**
 * The first time after `afterMs` (milliseconds since the Unix epoch) that an expression names; undefined where it names
 * none any more. Throws for an expression that has a problem.
 */
export function nextCronTime(expression: string, afterMs: number): number | undefined {
  return new Cron(expression, { paused: true }).nextRun(new Date(afterMs))?.getTime()
}
