/**
 * How much a value would take if it were written out.
 *
 * Values share their parts, so a few steps can build what no memory holds once it is copied, compared or printed.
 * Whoever walks a whole value weighs it first, against what is left of a budget.
 */
import { Decimal } from './decimal.ts'
import type { Value } from './value.ts'

const NODE_BYTES = 8

export interface Weight {
  readonly bytes: number
  /** Whether there is a `Decimal` anywhere. */
  readonly hasDecimals: boolean
}

/** Stops counting above `bytesMax`. Walks with a stack of its own. */
export function weigh(value: Value, bytesMax: number): Weight {
  let bytes = 0
  let hasDecimals = false
  const pending: Value[] = [value]
  while (pending.length > 0 && bytes <= bytesMax) {
    const next = pending.pop() ?? null
    bytes += NODE_BYTES
    if (typeof next === 'string') bytes += next.length
    else if (typeof next !== 'object' || next === null) continue
    else if (next instanceof Decimal) hasDecimals = true
    else if (Array.isArray(next)) for (const child of next) pending.push(child)
    else {
      for (const key of Object.keys(next)) {
        bytes += key.length
        pending.push(next[key] ?? null)
      }
    }
  }
  return { bytes, hasDecimals }
}
