/**
 * Decides whether there is another attempt, and waits for it. Every decision comes out the same when a run is resumed:
 * the moment at which a wait ends is recorded, and so is the time by which the limit of all retries is kept.
 */
import type { Json, JsonObject, ModuleContext } from '@nexus/sdk'
import { allow } from './condition.ts'
import { grownDelayMs, jitterMs, type Growth } from './delay.ts'
import { durationMs } from './duration.ts'
import type { Backoff, RetryPolicy } from './policy.ts'

export class Retries {
  readonly #context: ModuleContext
  readonly #policy: RetryPolicy
  readonly #countMax: number
  #beganAt: number | undefined

  constructor(context: ModuleContext, policy: RetryPolicy, retriesMax: number) {
    this.#context = context
    this.#policy = policy
    this.#countMax = Math.min(policy.countMax, retriesMax)
  }

  /** How long one attempt may take, if there is a limit. */
  async attemptMsMax(): Promise<number | undefined> {
    const { attemptDuration } = this.#policy
    return attemptDuration === undefined
      ? undefined
      : this.#durationMs(attemptDuration, 'limit.attempt.duration', {})
  }

  /** Resolves with true when the attempt after the given one shall begin now, with false when there shall be none. */
  async again(attempt: number, variables: JsonObject): Promise<boolean> {
    if (attempt > this.#countMax) return false
    if (!(await allow(this.#context, this.#policy, variables))) return false
    const delayMs = await this.#delayMs(attempt, variables)
    if (!(await this.#inTime(delayMs, variables))) return false
    const waitMs = delayMs + (await this.#jitterMs(variables))
    if (waitMs > 0 || this.#policy.jitter) await this.#context.run.sleep(`retry-${attempt + 1}`, waitMs)
    return true
  }

  async #delayMs(retry: number, variables: JsonObject): Promise<number> {
    const { delay, backoff } = this.#policy
    if (delay === undefined && backoff.kind !== 'linear') return 0
    const delayMs = delay === undefined ? 0 : await this.#durationMs(delay, 'delay', variables)
    return grownDelayMs(delayMs, await this.#growth(backoff, delayMs, variables), retry)
  }

  async #growth(backoff: Backoff, delayMs: number, variables: JsonObject): Promise<Growth> {
    if (backoff.kind !== 'linear') return backoff
    const { increment } = backoff
    if (increment === undefined) return { kind: 'linear', incrementMs: delayMs }
    return {
      kind: 'linear',
      incrementMs: await this.#durationMs(increment, 'backoff.linear.increment', variables),
    }
  }

  async #jitterMs(variables: JsonObject): Promise<number> {
    const { jitter } = this.#policy
    if (!jitter) return 0
    const fromMs = await this.#durationMs(jitter.from, 'jitter.from', variables)
    const toMs = await this.#durationMs(jitter.to, 'jitter.to', variables)
    return jitterMs({ fromMs, toMs }, this.#context.clock.random())
  }

  /** Whether the wait would be over within the limit of all retries; its jitter does not count. */
  async #inTime(delayMs: number, variables: JsonObject): Promise<boolean> {
    const { duration } = this.#policy
    if (duration === undefined) return true
    const limitMs = await this.#durationMs(duration, 'limit.duration', variables)
    const nowMs = Math.round(Number(await this.#context.run.evaluate('now')) * 1_000)
    this.#beganAt ??= nowMs
    return nowMs + delayMs - this.#beganAt <= limitMs
  }

  async #durationMs(duration: Json, key: string, variables: JsonObject): Promise<number> {
    const what = `\`${key}\` of the retry policy`
    if (typeof duration !== 'string' || !duration.includes('${')) return durationMs(duration, what)
    return durationMs(await this.#context.run.evaluate(duration, { variables }), what)
  }
}
