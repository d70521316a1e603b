/**
 * Following paths: `path(f)` and the accesses inside of it.
 *
 * As in jq, an access is allowed when the value it reads is the very value that the path has led to (`at`).
 */
import type { Op } from '../compile/ops.ts'
import { Raised, raise } from '../errors.ts'
import { getAt } from '../values/access.ts'
import { getPath } from '../values/paths.ts'
import { excerpt } from '../values/print.ts'
import { isObject, type Value } from '../values/value.ts'
import type { Builder } from './builder.ts'
import { iterationError } from './index_access.ts'
import type { Code, Machine } from './machine.ts'

/** The path that the machine has followed, or an error when `value` is not what it leads to. */
export function pathArray(machine: Machine, value: Value): Value[] {
  if (!Object.is(value, machine.at)) raise(`Invalid path expression with result ${excerpt(value)}`)
  const keys: Value[] = []
  for (let key = machine.path; key !== undefined; key = key.up) keys.push(key.key)
  machine.copying(keys.length)
  return keys.toReversed()
}

export function makeTrackedIndex(builder: Builder, op: Extract<Op, { kind: 'index' }>, next: Code): Code {
  const key = builder.simple(op.key)
  return (machine, value, env) => {
    const at = key(machine, value, env) ?? null
    if (!Object.is(value, machine.at)) {
      raise(`Invalid path expression near attempt to access element ${excerpt(at)} of ${excerpt(value)}`)
    }
    const found = op.optional ? quietly(() => getAt(value, at, machine)) : getAt(value, at, machine)
    if (found === undefined) return
    machine.path = { key: at, up: machine.path }
    machine.at = found
    next(machine, found, env)
  }
}

function quietly(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Raised) return undefined
    throw error
  }
}

export function makeTrackedIterate(optional: boolean, next: Code): Code {
  return (machine, value, env) => {
    if (!Object.is(value, machine.at)) {
      raise(`Invalid path expression near attempt to iterate through ${excerpt(value)}`)
    }
    if (!Array.isArray(value) && !isObject(value)) {
      if (!optional) iterationError(value)
      return
    }
    const keys = Array.isArray(value) ? undefined : Object.keys(value)
    const elements: Value[] = Array.isArray(value) ? value : Object.values(value)
    let index = 0
    const step = () => {
      const position = index++
      const element = elements[position]
      if (element === undefined) return
      if (index < elements.length) machine.fork(step)
      machine.path = { key: keys?.[position] ?? position, up: machine.path }
      machine.at = element
      next(machine, element, env)
    }
    step()
  }
}

export function makeTrackedGetpath(builder: Builder, op: Op, next: Code): Code {
  const path = builder.simple(op)
  return (machine, value, env) => {
    const keys = path(machine, value, env) ?? null
    const found = getPath(value, keys, machine)
    if (!Object.is(value, machine.at)) {
      raise(`Invalid path expression near attempt to access element ${excerpt(keys)} of ${excerpt(value)}`)
    }
    if (Array.isArray(keys)) for (const key of keys) machine.path = { key, up: machine.path }
    machine.at = found
    next(machine, found, env)
  }
}

/** `path(f)` inside the machine: the path being followed outside is set aside until `f` has produced. */
export function collectPaths(builder: Builder, op: Op, next: Code): Code {
  const body = builder.code(op, (machine, value) => machine.return(pathArray(machine, value)), 'path')
  return (machine, value, env) => {
    const { path, at } = machine
    machine.call((_machine, output, outer) => {
      machine.path = path
      machine.at = at
      next(machine, output, outer)
    }, env)
    machine.path = undefined
    machine.at = value
    body(machine, value, env)
  }
}
