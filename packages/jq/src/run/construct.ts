/** Building objects and interpolated text in the `One` form. */
import type { Op } from '../compile/ops.ts'
import { raise } from '../errors.ts'
import { describe } from '../values/print.ts'
import { type ObjectValue, setOwn, type Value } from '../values/value.ts'
import type { Builder, One } from './builder.ts'

export function makeObject(builder: Builder, op: Extract<Op, { kind: 'object' }>): One {
  const values = op.entries.map((entry) => builder.simple(entry.value))
  const names = op.entries.map((entry) => (entry.key.kind === 'literal' ? entry.key.value : undefined))
  if (names.every((name) => typeof name === 'string' && name !== '__proto__')) {
    return makeRecord(
      names.filter((name) => typeof name === 'string'),
      values,
    )
  }
  const keys = op.entries.map((entry) => builder.simple(entry.key))
  return (machine, value, env) => {
    const object: ObjectValue = {}
    machine.build(32 + keys.length * 16)
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]?.(machine, value, env) ?? null
      const entry = values[index]?.(machine, value, env) ?? null
      setOwn(object, requireKey(key), entry)
    }
    return object
  }
}

/** All keys are known and plain. */
function makeRecord(names: string[], values: One[]): One {
  const size = 32 + names.length * 16
  // Copying an object that has all the keys is faster than adding them one by one.
  const template: ObjectValue = Object.fromEntries(names.map((name) => [name, null]))
  return (machine, value, env) => {
    const object: ObjectValue = { ...template }
    machine.build(size)
    for (let index = 0; index < names.length; index++) {
      const name = names[index]
      if (name !== undefined) object[name] = values[index]?.(machine, value, env) ?? null
    }
    return object
  }
}

export function requireKey(key: Value): string {
  return typeof key === 'string' ? key : raise(`Cannot use ${describe(key)} as object key`)
}

export function makeText(builder: Builder, op: Extract<Op, { kind: 'text' }>): One {
  const parts = op.parts.map((part) => builder.simple(part))
  return (machine, value, env) => {
    let text = ''
    for (const part of parts) {
      const piece = part(machine, value, env)
      if (typeof piece === 'string') text += piece
    }
    machine.build(text.length)
    return text
  }
}
