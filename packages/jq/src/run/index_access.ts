/** Access by key in the `One` form, with short ways for the keys that are known when the program is compiled. */
import type { Op } from '../compile/ops.ts'
import { Raised, raise } from '../errors.ts'
import { getAt } from '../values/access.ts'
import { Decimal } from '../values/decimal.ts'
import { describe } from '../values/print.ts'
import { isObject, type Value } from '../values/value.ts'
import type { Builder, One } from './builder.ts'

export function makeIndex(builder: Builder, op: Extract<Op, { kind: 'index' }>): One {
  const access =
    op.key.kind === 'literal' ? literalAccess(op.key.value) : dynamicAccess(builder.simple(op.key))
  if (!op.optional) return access
  if (op.key.kind === 'literal' && typeof op.key.value === 'string') return optionalField(op.key.value)
  const key = builder.simple(op.key)
  return (machine, value, env) => {
    const at = key(machine, value, env) ?? null
    try {
      return getAt(value, at, machine)
    } catch (error) {
      if (error instanceof Raised) return undefined
      throw error
    }
  }
}

function dynamicAccess(key: One): One {
  return (machine, value, env) => getAt(value, key(machine, value, env) ?? null, machine)
}

function literalAccess(key: Value): One {
  if (typeof key === 'string') return field(key)
  if (typeof key === 'number' && Number.isInteger(key) && key >= 0) {
    return (_machine, value) => (Array.isArray(value) ? (value[key] ?? null) : getAt(value, key))
  }
  return (_machine, value) => getAt(value, key)
}

/** A name that no prototype has can be read without asking whether it is the object's own. */
function field(key: string): One {
  if (key in Object.prototype) return (_machine, value) => getAt(value, key)
  return (_machine, value) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      if (value instanceof Decimal) return getAt(value, key)
      const found = value[key]
      if (found !== undefined) return Object.hasOwn(value, key) ? found : null
      return null
    }
    return value === null ? null : getAt(value, key)
  }
}

function optionalField(key: string): One {
  return (_machine, value) => {
    if (value === null) return null
    return isObject(value) ? getAt(value, key) : undefined
  }
}

/** What iterating over something that has no elements raises. */
export function iterationError(value: Value): never {
  return raise(`Cannot iterate over ${describe(value)}`)
}
