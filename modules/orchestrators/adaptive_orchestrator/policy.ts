/**
 * Retry policies as the specification writes them: finds the one that a `catch` names, and reads it. Durations stay as
 * they are written, since they may be expressions.
 */
import { isJsonObject, nearest, TaskFault, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'

export interface RetryPolicy {
  readonly when: string | undefined
  readonly exceptWhen: string | undefined
  readonly delay: Json | undefined
  readonly backoff: Backoff
  readonly jitter: { readonly from: Json; readonly to: Json } | undefined
  /** How many retries there may be; the first attempt is none. */
  readonly countMax: number
  /** How long one attempt may take. */
  readonly attemptDuration: Json | undefined
  /** How long there may be retries, from the first error on. */
  readonly duration: Json | undefined
}

export type Backoff =
  | { readonly kind: 'constant' }
  /** Without an increment of its own it grows by the delay. */
  | { readonly kind: 'linear'; readonly increment: Json | undefined }
  | { readonly kind: 'exponential'; readonly factor: number }

/** The policy that is written in place, or the one in `use.retries` that the name stands for. */
export async function findPolicy(
  context: ModuleContext,
  retry: JsonObject | string | undefined,
): Promise<RetryPolicy | undefined> {
  if (typeof retry !== 'string') return retry && readPolicy(retry)
  const declared = await context.run.evaluate('$workflow.definition.use.retries // {}')
  const policies = isJsonObject(declared) ? declared : {}
  const policy = Object.hasOwn(policies, retry) ? policies[retry] : undefined
  if (policy !== undefined && isJsonObject(policy)) return readPolicy(policy)
  const near = nearest(retry, Object.keys(policies))
  const hint = near === undefined ? 'Declare it there.' : `Did you mean "${near}"?`
  throw wrong(`No retry policy "${retry}" is declared in use.retries. ${hint}`)
}

const factorDefault = 2

export function readPolicy(policy: JsonObject): RetryPolicy {
  const { when, exceptWhen, delay, backoff = {}, jitter, limit = {} } = policy
  const { attempt = {}, duration } = membersOf(limit, 'limit')
  const { count = Infinity, duration: attemptDuration } = membersOf(attempt, 'limit.attempt')
  if (typeof count !== 'number') throw wrong('`limit.attempt.count` of a retry policy must be a number.')
  return {
    when: conditionOf(when, 'when'),
    exceptWhen: conditionOf(exceptWhen, 'exceptWhen'),
    delay,
    backoff: readBackoff(membersOf(backoff, 'backoff')),
    jitter: readJitter(jitter),
    countMax: count,
    attemptDuration,
    duration,
  }
}

function readBackoff({ linear, exponential }: JsonObject): Backoff {
  if (linear !== undefined) {
    return { kind: 'linear', increment: membersOf(linear, 'backoff.linear')['increment'] }
  }
  if (exponential === undefined) return { kind: 'constant' }
  const { factor, multiplier } = membersOf(exponential, 'backoff.exponential')
  const by = factor ?? multiplier ?? factorDefault
  if (typeof by === 'number' && by > 0) return { kind: 'exponential', factor: by }
  throw wrong('The factor of an exponential backoff must be a number above 0.')
}

function readJitter(jitter: Json | undefined): RetryPolicy['jitter'] {
  if (jitter === undefined) return undefined
  const { from, to } = membersOf(jitter, 'jitter')
  if (from === undefined || to === undefined) throw wrong('`jitter` of a retry policy needs `from` and `to`.')
  return { from, to }
}

function conditionOf(value: Json | undefined, key: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw wrong(`\`${key}\` of a retry policy must be an expression.`)
}

/** What is written as `linear: {}` in YAML is now and then written as `linear:` alone. */
function membersOf(value: Json, key: string): JsonObject {
  if (value === null) return {}
  if (isJsonObject(value)) return value
  throw wrong(`\`${key}\` of a retry policy must be an object.`)
}

function wrong(detail: string): TaskFault {
  return TaskFault.of('configuration', detail)
}
