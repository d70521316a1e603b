/**
 * Values on their way out: `Decimal`s become the doubles that JSON in JavaScript has.
 *
 * What holds none is handed out as it is, shared with the caller's own values; it is looked through only when the
 * program could have made one.
 */
import { Decimal } from './decimal.ts'
import { weigh } from './weigh.ts'
import type { Json, Value } from './value.ts'

export function exported(value: Value): Json {
  return holdsOnlyJson(value, weigh(value, Infinity).hasDecimals) ? value : convert(value)
}

/** The weight has told whether there is a `Decimal`, the only thing that is not JSON. */
export function holdsOnlyJson(value: Value, hasDecimals: boolean): value is Json {
  return !hasDecimals && !(value instanceof Decimal)
}

/** Copies containers on the way down and fills them as they are reached. */
export function convert(value: Value): Json {
  const root: { [key: string]: Json } = {}
  const pending: { from: Value; into: Json[] | { [key: string]: Json }; key: string }[] = [
    { from: value, into: root, key: 'value' },
  ]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { from } = next
    let made: Json
    if (typeof from !== 'object' || from === null) made = from
    else if (from instanceof Decimal) made = from.double
    else {
      const copy: Json[] | { [key: string]: Json } = Array.isArray(from) ? from.map(() => null) : {}
      for (const [key, child] of Object.entries(from)) pending.push({ from: child, into: copy, key })
      made = copy
    }
    Object.defineProperty(next.into, next.key, {
      value: made,
      writable: true,
      enumerable: true,
      configurable: true,
    })
  }
  return root['value'] ?? null
}
