/**
 * Updates of a `reduce` that may change the state in place.
 *
 * jq counts references and changes what nobody else holds; so `reduce … (…; . + [$x])` takes linear time there. Here
 * the reduction remembers the containers that it has itself made since it began and that nothing else can hold
 * (`Owned`). An update written as additions and assignments changes those and copies every other. Whatever might let
 * the state escape makes the reduction forget them all.
 */
import { childrenOf, type Op, readsInput } from '../compile/ops.ts'
import { getAt, setAt } from '../values/access.ts'
import { deletePaths } from '../values/paths.ts'
import { isObject, setOwn, type Value } from '../values/value.ts'
import { add } from '../builtins/operators.ts'
import type { Builder, One } from './builder.ts'
import { Env } from './env.ts'
import type { Machine } from './machine.ts'

export type Owned = Set<object>
export type OwnedUpdate = (machine: Machine, value: Value, env: Env, owned: Owned) => Value | undefined

/** The in-place form of an update, or undefined when the op has none. */
export function makeOwned(builder: Builder, op: Op): OwnedUpdate | undefined {
  return showsInput(op) ? undefined : make(builder, op)
}

/** Whether the op hands values to the caller while it runs. */
function showsInput(op: Op): boolean {
  return (
    (op.kind === 'native' && (op.name === 'debug' || op.name === 'stderr')) || childrenOf(op).some(showsInput)
  )
}

function make(builder: Builder, op: Op): OwnedUpdate | undefined {
  switch (op.kind) {
    case 'identity':
      return (_machine, value) => value
    case 'binary':
      return op.operator === '+' && op.left.kind === 'identity' ? makeAppend(builder, op.right) : undefined
    case 'bind': {
      const source = contained(builder, op.source)
      const body = make(builder, op.body)
      if (source === undefined || body === undefined) return undefined
      return (machine, value, env, owned) => {
        const bound = source(machine, value, env, owned)
        return bound === undefined ? undefined : body(machine, value, new Env(env, bound), owned)
      }
    }
    case 'pipe': {
      const left = make(builder, op.left)
      const right = make(builder, op.right)
      if (left === undefined || right === undefined) return undefined
      return (machine, value, env, owned) => {
        const middle = left(machine, value, env, owned)
        return middle === undefined ? undefined : right(machine, middle, env, owned)
      }
    }
    case 'if':
      return makeIf(builder, op)
    case 'update':
      return makeUpdate(builder, op)
    default:
      return undefined
  }
}

/** An op that reads the state: when what it gives is a container, that may be a part of the state. */
function contained(builder: Builder, op: Op): OwnedUpdate | undefined {
  const one = builder.one(op)
  if (one === undefined) return undefined
  if (!readsInput(op)) return one
  return (machine, value, env, owned) => {
    const output = one(machine, value, env)
    if (typeof output === 'object' && output !== null) owned.clear()
    return output
  }
}

function makeIf(builder: Builder, op: Extract<Op, { kind: 'if' }>): OwnedUpdate | undefined {
  const condition = builder.one(op.condition)
  const then = make(builder, op.then)
  const otherwise = make(builder, op.otherwise)
  if (condition === undefined || then === undefined || otherwise === undefined) return undefined
  return (machine, value, env, owned) => {
    const decision = condition(machine, value, env)
    if (decision === undefined) return undefined
    return (decision === null || decision === false ? otherwise : then)(machine, value, env, owned)
  }
}

function makeAppend(builder: Builder, op: Op): OwnedUpdate | undefined {
  const right = contained(builder, op)
  if (right === undefined) return undefined
  return (machine, value, env, owned) => {
    const added = right(machine, value, env, owned) ?? null
    if (Array.isArray(value) && Array.isArray(added)) {
      if (!owned.has(value)) return remember(owned, add(value, added, machine))
      machine.copying(added.length)
      for (const element of added) value.push(element)
      return value
    }
    if (isObject(value) && isObject(added)) {
      if (!owned.has(value)) return remember(owned, add(value, added, machine))
      for (const key of Object.keys(added)) {
        machine.copying(2)
        setOwn(value, key, added[key] ?? null)
      }
      return value
    }
    return add(value, added, machine)
  }
}

function remember(owned: Owned, made: Value): Value {
  if (typeof made === 'object' && made !== null) owned.add(made)
  return made
}

function makeUpdate(builder: Builder, op: Extract<Op, { kind: 'update' }>): OwnedUpdate | undefined {
  const keys = keysOf(builder, op.paths)
  if (keys === undefined) return undefined
  const change = make(builder, op.update) ?? contained(builder, { kind: 'first', body: op.update })
  if (change === undefined) return undefined
  const leaf: OwnedUpdate = readsInput(op.update) ? guarded(change, op.update) : change
  return (machine, value, env, owned) => {
    const path: Value[] = []
    const parents: Value[] = []
    let at = value
    for (const key of keys) {
      const step = key(machine, at, env) ?? null
      path.push(step)
      parents.push(at)
      at = getAt(at, step, machine)
    }
    const changed = leaf(machine, at, env, owned)
    if (changed === undefined) return deletePaths(machine, value, [path])
    return rebuild(machine, parents, path, changed, owned)
  }
}

/** A leaf that is a container and is not changed in place may end up in several places. */
function guarded(change: OwnedUpdate, op: Op): OwnedUpdate {
  if (op.kind === 'binary' || op.kind === 'update' || op.kind === 'identity') return change
  return (machine, value, env, owned) => {
    if (typeof value === 'object' && value !== null) owned.clear()
    return change(machine, value, env, owned)
  }
}

function rebuild(machine: Machine, parents: Value[], path: Value[], leaf: Value, owned: Owned): Value {
  let result = leaf
  for (let index = path.length - 1; index >= 0; index--) {
    const parent = parents[index] ?? null
    const key = path[index] ?? null
    machine.spend(1)
    if (isObject(parent) && typeof key === 'string' && owned.has(parent)) {
      machine.build(16)
      setOwn(parent, key, result)
      result = parent
    } else if (Array.isArray(parent) && isPosition(key, parent.length) && owned.has(parent)) {
      machine.build(8)
      parent[key] = result
      result = parent
    } else result = remember(owned, setAt(machine, parent, key, result))
  }
  return result
}

/** An index that exists or is the next one. */
function isPosition(key: Value, length: number): key is number {
  return typeof key === 'number' && Number.isInteger(key) && key >= 0 && key <= length
}

/** The keys of a plain chain of accesses, none of which reads the state. */
function keysOf(builder: Builder, paths: Op): One[] | undefined {
  const keys: One[] = []
  for (let rest: Op | undefined = paths; rest !== undefined;) {
    const step: Op = rest.kind === 'pipe' ? rest.left : rest
    if (step.kind !== 'index' || step.optional || readsInput(step.key)) return undefined
    keys.push(builder.simple(step.key))
    rest = rest.kind === 'pipe' ? rest.right : undefined
  }
  return keys
}
