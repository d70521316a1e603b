/**
 * How much a value would take if it were written out.
 *
 * Values share their parts, so a few steps can build what no memory holds once it is copied, compared or printed.
 * Whoever walks a whole value weighs it first, against what is left of a budget.
 */
import { Decimal } from './decimal.ts'
import type { Value } from './value.ts'

const NODE_BYTES = 8
const RECURSION_MAX = 100

export interface Weight {
  readonly bytes: number
  /** Whether there is a `Decimal` anywhere. */
  readonly hasDecimals: boolean
}

/** Stops counting above `bytesMax`. Deep values are walked with a stack of its own. */
export function weigh(value: Value, bytesMax: number): Weight {
  const scale = new Scale(bytesMax)
  scale.add(value, 0)
  scale.addPending()
  return scale
}

class Scale implements Weight {
  bytes = 0
  hasDecimals = false
  readonly #bytesMax: number
  #pending: Value[] | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  add(value: Value, depth: number): void {
    this.bytes += NODE_BYTES
    if (typeof value === 'string') this.bytes += value.length
    if (typeof value !== 'object' || value === null || this.bytes > this.#bytesMax) return
    if (value instanceof Decimal) this.hasDecimals = true
    else if (depth > RECURSION_MAX) (this.#pending ??= []).push(value)
    else if (Array.isArray(value))
      for (let index = 0; index < value.length; index++) this.add(value[index] ?? null, depth + 1)
    else {
      // What a prototype adds would only count a little more.
      for (const key in value) {
        this.bytes += key.length
        this.add(value[key] ?? null, depth + 1)
      }
    }
  }

  addPending(): void {
    for (let next = this.#pending?.pop(); next !== undefined; next = this.#pending?.pop()) this.add(next, 0)
  }
}
