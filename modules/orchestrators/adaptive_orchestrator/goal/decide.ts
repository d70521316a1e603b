/**
 * What to do when a plan did not come to a good end, and why: the first thing that may help and is still allowed. Pure.
 */
import type { Json, WorkflowError } from '@nexus/sdk'
import { listOf, objectsOf, textOf } from './json.ts'
import type { Bounds } from './read.ts'

export interface Failure {
  readonly error: WorkflowError
  /** The task of the outermost list at which it happened; undefined where it cannot be told. */
  readonly task: string | undefined
  /** What that task asked for, and who did it. */
  readonly capability: string | undefined
  readonly module: string | undefined
}

export interface Tried {
  readonly retries: number
  readonly replans: number
  /** How often a person was asked what to do. */
  readonly asked: number
  /** Modules that were taken for a task already, as `task module`. */
  readonly modules: ReadonlySet<string>
  /** Whether the last new plan was the same as the one before. */
  readonly planIsTheSame: boolean
}

export type Decision =
  | { readonly kind: 'retry'; readonly reason: string; readonly delayMs: number }
  | { readonly kind: 'alternative'; readonly reason: string; readonly task: string; readonly module: string }
  | { readonly kind: 'replan'; readonly reason: string }
  | { readonly kind: 'ask'; readonly reason: string }
  | { readonly kind: 'give_up'; readonly reason: string }

const delayMsMin = 500
/** Nobody is asked for ever whether to try again, least of all a program that always says yes. */
const askedMax = 10

export function decide(failure: Failure, tried: Tried, bounds: Bounds, capabilities: Json): Decision {
  const what = whatHappened(failure)
  if (mayPass(failure.error) && tried.retries < bounds.retriesMax) {
    const delayMs = delayMsMin * 2 ** tried.retries
    return { kind: 'retry', delayMs, reason: `${what} That may pass: once more in ${delayMs} ms.` }
  }
  const module = alternativeFor(failure, tried, capabilities)
  if (failure.task !== undefined && module !== undefined) {
    const reason = `${what} "${module}" provides "${failure.capability}" too.`
    return { kind: 'alternative', task: failure.task, module, reason }
  }
  if (tried.replans < bounds.replansMax && !tried.planIsTheSame)
    return { kind: 'replan', reason: `${what} A new plan for what is left may do without it.` }
  if (bounds.askHuman && tried.asked < askedMax)
    return { kind: 'ask', reason: `${what} Nothing else is left to try.` }
  return { kind: 'give_up', reason: `${what} Nothing else is left to try.` }
}

function whatHappened({ error, task, module }: Failure): string {
  const where = task === undefined ? 'The plan' : `"${task}"${module === undefined ? '' : ` (${module})`}`
  return `${where} failed: ${firstLine(error.detail ?? error.title ?? error.type)}`
}

/** One that only announces what follows has the last of that with it, where programs say what was wrong. */
function firstLine(text: string): string {
  const lines = text.split('\n').filter((each) => each.trim() !== '')
  const [first = '', ...rest] = lines
  const line = first.endsWith(':') && rest.length > 0 ? `${first} ${rest.at(-1)?.trim()}` : first
  return /[.!?]$/.test(line) ? line : `${line}.`
}

/** Errors of the way to somebody else, and of time; those of the input come again. */
function mayPass({ type, status }: WorkflowError): boolean {
  return /\/(?:communication|timeout)$/.test(type) || status === 429 || status === 503
}

function alternativeFor(
  { task, capability, module }: Failure,
  tried: Tried,
  capabilities: Json,
): string | undefined {
  const known = objectsOf(capabilities).find((each) => each['task'] === capability)
  const others = [...listOf(known?.['alternatives']), known?.['module']].map(textOf)
  return others.find((other) => other !== '' && other !== module && !tried.modules.has(`${task} ${other}`))
}
