/** Where the flow goes on from a task, and what must not begin before it has ended. */
import type { JsonObject } from '@nexus/sdk'
import type { Facts } from './entry.ts'
import { casesOf } from './expressions.ts'

const directives: ReadonlySet<string> = new Set(['continue', 'exit', 'end'])

export function flowOf(
  task: JsonObject,
  kind: string,
): Pick<Facts, 'jumps' | 'fallsThrough' | 'fence' | 'passesInput'> {
  const cases = casesOf(task)
  const targets = [task['then'], ...cases.map(([, { then }]) => then)].filter(
    (then) => typeof then === 'string',
  )
  const jumps = targets.filter((target) => !directives.has(target))
  const ends = kind === 'raise' || targets.some((target) => target === 'exit' || target === 'end')
  const isOptional = task['if'] !== undefined
  return {
    jumps,
    fallsThrough: isOptional || !leaves(task, kind),
    fence: ends || kind === 'wait' || kind === 'listen' ? 'both' : jumps.length > 0 ? 'later' : 'none',
    passesInput: isOptional || ['wait', 'switch', 'emit', 'raise'].includes(kind),
  }
}

/** Whether the task behind it never follows it of itself. */
function leaves(task: JsonObject, kind: string): boolean {
  const { then } = task
  if (kind === 'raise') return true
  if (kind !== 'switch') return typeof then === 'string' && then !== 'continue'
  const cases = casesOf(task)
  const hasDefault = cases.some(([, { when }]) => when === undefined)
  return hasDefault && cases.every(([, { then }]) => typeof then === 'string' && then !== 'continue')
}
