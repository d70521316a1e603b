/** How long to wait before a retry. Pure; chance is handed in. */
import { TaskFault } from '@nexus/sdk'

export type Growth =
  | { readonly kind: 'constant' }
  | { readonly kind: 'linear'; readonly incrementMs: number }
  | { readonly kind: 'exponential'; readonly factor: number }

/** A wait grows no longer than this, however many retries there were: about a year. */
export const delayMsMax = 365 * 86_400_000

/** The delay before a retry, the first of which has the number 1; without jitter, so that it is always the same. */
export function grownDelayMs(delayMs: number, growth: Growth, retry: number): number {
  return Math.min(delayMsMax, unboundedDelayMs(delayMs, growth, retry))
}

function unboundedDelayMs(delayMs: number, growth: Growth, retry: number): number {
  switch (growth.kind) {
    case 'constant':
      return delayMs
    case 'linear':
      return delayMs + growth.incrementMs * (retry - 1)
    case 'exponential':
      return delayMs === 0 ? 0 : delayMs * growth.factor ** (retry - 1)
  }
}

/** A time between the two, evenly spread. `random`: in [0, 1). */
export function jitterMs({ fromMs, toMs }: { fromMs: number; toMs: number }, random: number): number {
  if (fromMs <= toMs) return fromMs + Math.round(random * (toMs - fromMs))
  throw TaskFault.of('validation', `The jitter of a retry policy goes from ${fromMs} ms to less, ${toMs} ms.`)
}
