/**
 * Does work that somebody else could have made endless, such as looking for a pattern of theirs, for so long and no longer.
 * It is no box: what runs is our own code, and the other side decides only how long that takes.
 */
import { createContext, Script } from 'node:vm'

/** Thrown where the work took longer. */
export class TookTooLong extends Error {}

const context = createContext({ work: undefined })
/** The only thing in JavaScript that a limit of time can be set to while it runs. */
const script = new Script('work()')

/** `work` must not leave anything half done where it is ended in the middle. */
export function forAtMost<Value>(limitMs: number, work: () => Value): Value {
  let outcome: { readonly value: Value } | undefined
  context['work'] = (): void => {
    outcome = { value: work() }
  }
  try {
    script.runInContext(context, { timeout: limitMs })
  } catch (error) {
    throw hasTimedOut(error) ? new TookTooLong() : error
  } finally {
    context['work'] = undefined
  }
  if (outcome) return outcome.value
  throw new TookTooLong()
}

/** It is an error of the context, not one of ours. */
function hasTimedOut(error: unknown): boolean {
  const isObject = typeof error === 'object' && error !== null
  return isObject && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}
