/**
 * `paths |= f` in the `One` form, and with it every assignment.
 *
 * A path expression whose places cannot overlap (accesses, iteration, conditions) is updated in one walk that copies
 * each container once. Any other is done as jq defines it: one path after the other, deletions last.
 */
import type { Op } from '../compile/ops.ts'
import { getAt, setAt } from '../values/access.ts'
import { deletePaths, getPath, setPath } from '../values/paths.ts'
import { isObject, type ObjectValue, setOwn, type Value } from '../values/value.ts'
import type { Builder, One } from './builder.ts'
import type { Env } from './env.ts'
import { iterationError } from './index_access.ts'
import type { Machine } from './machine.ts'

/** The new value for a place; undefined deletes the place. */
type Change = (old: Value) => Value | undefined
type Updater = (machine: Machine, value: Value, env: Env, change: Change) => Value | undefined

export function makeUpdate(builder: Builder, op: Extract<Op, { kind: 'update' }>): One {
  const update = builder.one({ kind: 'first', body: op.update }) ?? (() => undefined)
  const updater = makeUpdater(builder, op.paths)
  if (updater !== undefined) {
    return (machine, value, env) => {
      const result = updater(machine, value, env, (old) => update(machine, old, env))
      return result === undefined ? null : result
    }
  }
  const paths = builder.each({ kind: 'path', body: op.paths })
  return (machine, value, env) => {
    let result = value
    const gone: Value[] = []
    paths(machine, value, env, (path) => {
      const changed = update(machine, getPath(result, path, machine), env)
      if (changed === undefined) gone.push(path)
      else result = setPath(machine, result, path, changed)
      return false
    })
    return deletePaths(machine, result, gone)
  }
}

function makeUpdater(builder: Builder, op: Op): Updater | undefined {
  switch (op.kind) {
    case 'identity':
      return (_machine, value, _env, change) => change(value)
    case 'index':
      return op.optional ? undefined : makeKeyUpdater(builder, op.key)
    case 'iterate':
      return op.optional ? undefined : updateElements
    case 'pipe':
      return makePipeUpdater(builder, op.left, op.right)
    case 'if':
      return makeIfUpdater(builder, op)
    case 'native':
      return op.name === 'empty' ? (_machine, value) => value : undefined
    default:
      return undefined
  }
}

function makeKeyUpdater(builder: Builder, keyOp: Op): Updater {
  const key = builder.simple(keyOp)
  return (machine, value, env, change) => {
    const at = key(machine, value, env) ?? null
    machine.spend(1)
    const changed = change(getAt(value, at, machine))
    if (changed === undefined) return deletePaths(machine, value, [[at]])
    return setAt(machine, value, at, changed)
  }
}

const updateElements: Updater = (machine, value, _env, change) => {
  if (Array.isArray(value)) {
    machine.copying(value.length)
    machine.spend(value.length)
    const result: Value[] = []
    for (const element of value) {
      const changed = change(element ?? null)
      if (changed !== undefined) result.push(changed)
    }
    return result
  }
  if (!isObject(value)) return iterationError(value)
  const result: ObjectValue = {}
  for (const key of Object.keys(value)) {
    machine.spend(1)
    const changed = change(value[key] ?? null)
    if (changed !== undefined) setOwn(result, key, changed)
  }
  return result
}

function makePipeUpdater(builder: Builder, left: Op, right: Op): Updater | undefined {
  const outer = makeUpdater(builder, left)
  const inner = makeUpdater(builder, right)
  if (outer === undefined || inner === undefined) return undefined
  return (machine, value, env, change) =>
    outer(machine, value, env, (old) => inner(machine, old, env, change))
}

function makeIfUpdater(builder: Builder, op: Extract<Op, { kind: 'if' }>): Updater | undefined {
  const condition = builder.one(op.condition)
  const then = makeUpdater(builder, op.then)
  const otherwise = makeUpdater(builder, op.otherwise)
  if (condition === undefined || then === undefined || otherwise === undefined) return undefined
  return (machine, value, env, change) => {
    const decision = condition(machine, value, env)
    if (decision === undefined) return value
    return (decision === null || decision === false ? otherwise : then)(machine, value, env, change)
  }
}
