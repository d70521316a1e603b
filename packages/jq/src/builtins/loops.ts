/**
 * Native loops over filters. Each has the same meaning as its definition in the prelude, which stays in charge where
 * a loop cannot be suspended or followed by a path.
 */
import type { Op } from '../compile/ops.ts'
import { raise } from '../errors.ts'
import { equal } from '../values/compare.ts'
import { describe } from '../values/print.ts'
import {
  isNumber,
  isObject,
  isTruthy,
  type ObjectValue,
  setOwn,
  toDouble,
  type Value,
} from '../values/value.ts'
import type { Builder, Each, One } from '../run/builder.ts'
import type { Machine } from '../run/machine.ts'
import { add } from './operators.ts'

type LoopOp = Extract<Op, { kind: 'loop' }>
type MakeOne = (builder: Builder, op: LoopOp) => One | undefined
type MakeEach = (builder: Builder, op: LoopOp) => Each | undefined

const WALK_DEPTH_MAX = 200
const VALUE = true
const FILTER = false

export const loopSignatures: ReadonlyMap<string, readonly boolean[]> = new Map([
  ['range/1', [VALUE]],
  ['range/2', [VALUE, VALUE]],
  ['range/3', [VALUE, VALUE, VALUE]],
  ['limit/2', [VALUE, FILTER]],
  ['skip/2', [VALUE, FILTER]],
  ['recurse/0', []],
  ['recurse/1', [FILTER]],
  ['repeat/1', [FILTER]],
  ['while/2', [FILTER, FILTER]],
  ['until/2', [FILTER, FILTER]],
  ['walk/1', [FILTER]],
  ['add/1', [FILTER]],
  ['last/1', [FILTER]],
  ['isempty/1', [FILTER]],
  ['any/0', []],
  ['any/1', [FILTER]],
  ['any/2', [FILTER, FILTER]],
  ['all/0', []],
  ['all/1', [FILTER]],
  ['all/2', [FILTER, FILTER]],
  ['IN/1', [FILTER]],
])

const ITERATE: Op = { kind: 'iterate', optional: false }
const SELF: Op = { kind: 'identity' }

export const oneLoops: Readonly<Record<string, MakeOne>> = {
  'until/2': makeUntil,
  'walk/1': makeWalk,
  'add/1': (builder, { args: [source = SELF] }) => {
    const each = builder.each(source)
    return (machine, value, env) => {
      let sum: Value = null
      each(machine, value, env, (output) => {
        sum = add(sum, output, machine)
        return false
      })
      return sum
    }
  },
  'last/1': (builder, { args: [source = SELF] }) => {
    const each = builder.each(source)
    return (machine, value, env) => {
      let last: Value | undefined
      each(machine, value, env, (output) => {
        last = output
        return false
      })
      return last
    }
  },
  'isempty/1': (builder, { args: [source = SELF] }) => {
    const each = builder.each(source)
    return (machine, value, env) => !each(machine, value, env, () => true)
  },
  'any/0': (builder) => makeAny(builder, ITERATE, SELF, true),
  'any/1': (builder, { args: [condition = SELF] }) => makeAny(builder, ITERATE, condition, true),
  'any/2': (builder, { args: [source = SELF, condition = SELF] }) =>
    makeAny(builder, source, condition, true),
  'all/0': (builder) => makeAny(builder, ITERATE, SELF, false),
  'all/1': (builder, { args: [condition = SELF] }) => makeAny(builder, ITERATE, condition, false),
  'all/2': (builder, { args: [source = SELF, condition = SELF] }) =>
    makeAny(builder, source, condition, false),
  'IN/1': (builder, { args: [source = SELF] }) => {
    const each = builder.each(source)
    return (machine, value, env) => each(machine, value, env, (output) => equal(output, value, machine))
  },
}

/** Whether the condition is ever `wanted`; the answer is `wanted` if so and its opposite otherwise. */
function makeAny(builder: Builder, source: Op, condition: Op, wanted: boolean): One {
  const each = builder.each({ kind: 'pipe', left: source, right: condition })
  return (machine, value, env) =>
    each(machine, value, env, (output) => isTruthy(output) === wanted) ? wanted : !wanted
}

function makeUntil(builder: Builder, { args: [condition = SELF, update = SELF] }: LoopOp): One | undefined {
  const done = builder.one(condition)
  const next = builder.one(update)
  if (done === undefined || next === undefined) return undefined
  return (machine, value, env) => {
    let at: Value | undefined = value
    while (at !== undefined) {
      machine.spend(1)
      const decision = done(machine, at, env)
      if (decision === undefined) return undefined
      if (isTruthy(decision)) return at
      at = next(machine, at, env)
    }
    return undefined
  }
}

/** Bottom up; below a bounded depth the machine takes over. */
function makeWalk(builder: Builder, op: LoopOp): One | undefined {
  const filter = builder.one(op.args[0] ?? SELF)
  if (filter === undefined) return undefined
  let deep: One | undefined
  return (machine, value, env) => {
    const walk = (at: Value, depth: number): Value | undefined => {
      machine.spend(1)
      if (depth > WALK_DEPTH_MAX) {
        deep ??= builder.one({ kind: 'first', body: op.fallback() }) ?? firstDriven(builder, op)
        return deep(machine, at, env)
      }
      const inner =
        Array.isArray(at) || isObject(at) ? walkChildren(machine, at, (child) => walk(child, depth + 1)) : at
      return filter(machine, inner, env)
    }
    return walk(value, 0)
  }
}

function firstDriven(builder: Builder, op: LoopOp): One {
  const each = builder.each(op.fallback())
  return (machine, value, env) => {
    let first: Value | undefined
    each(machine, value, env, (output) => {
      first = output
      return true
    })
    return first
  }
}

function walkChildren(
  machine: Machine,
  at: Value[] | ObjectValue,
  walk: (child: Value) => Value | undefined,
): Value {
  if (Array.isArray(at)) {
    machine.build(at.length * 8)
    const result: Value[] = []
    for (const child of at) {
      const walked = walk(child ?? null)
      if (walked !== undefined) result.push(walked)
    }
    return result
  }
  const result: ObjectValue = {}
  machine.build(64)
  for (const key of Object.keys(at)) {
    const walked = walk(at[key] ?? null)
    if (walked !== undefined) setOwn(result, key, walked)
  }
  return result
}

export const eachLoops: Readonly<Record<string, MakeEach>> = {
  'range/1': (builder, { args: [end = SELF] }) => makeRange(builder, { kind: 'literal', value: 0 }, end),
  'range/2': (builder, { args: [start = SELF, end = SELF] }) => makeRange(builder, start, end),
  'range/3': makeSteppedRange,
  'limit/2': makeLimit,
  'skip/2': makeSkip,
  'recurse/0': () => eachDescendant,
  'recurse/1': makeRecurse,
  'repeat/1': (builder, { args: [source = SELF] }) => {
    const each = builder.each(source)
    return (machine, value, env, emit) => {
      for (;;) {
        machine.spend(1)
        if (each(machine, value, env, emit)) return true
      }
    }
  },
  'while/2': makeWhile,
}

function makeRange(builder: Builder, from: Op, to: Op): Each {
  const start = builder.simple(from)
  const end = builder.simple(to)
  return (machine, value, env, emit) => {
    const first = start(machine, value, env) ?? null
    const last = end(machine, value, env) ?? null
    if (!isNumber(first) || !isNumber(last)) return raise('Range bounds must be numeric')
    const bound = toDouble(last)
    for (let at = toDouble(first); at < bound; at++) {
      machine.spend(1)
      if (emit(at)) return true
    }
    return false
  }
}

function makeSteppedRange(builder: Builder, op: LoopOp): Each {
  const [start, end, step] = op.args.map((arg) => builder.simple(arg))
  let general: Each | undefined
  return (machine, value, env, emit) => {
    const first = start?.(machine, value, env) ?? null
    const last = end?.(machine, value, env) ?? null
    const by = step?.(machine, value, env) ?? null
    if (!isNumber(first) || !isNumber(last) || !isNumber(by)) {
      general ??= builder.each(op.fallback())
      return general(machine, value, env, emit)
    }
    const bound = toDouble(last)
    const width = toDouble(by)
    for (let at = toDouble(first); width > 0 ? at < bound : width < 0 && at > bound; at += width) {
      machine.spend(1)
      if (emit(at)) return true
    }
    return false
  }
}

function makeLimit(builder: Builder, { args: [count = SELF, source = SELF] }: LoopOp): Each {
  const counts = builder.simple(count)
  const each = builder.each(source)
  return (machine, value, env, emit) => {
    const most = counts(machine, value, env) ?? null
    const bound = countOf(most, "limit doesn't support negative count")
    if (bound <= 0) return false
    let seen = 0
    let stopped = false
    each(machine, value, env, (output) => {
      seen++
      stopped = emit(output)
      return stopped || seen >= bound
    })
    return stopped
  }
}

function makeSkip(builder: Builder, { args: [count = SELF, source = SELF] }: LoopOp): Each {
  const counts = builder.simple(count)
  const each = builder.each(source)
  return (machine, value, env, emit) => {
    const bound = countOf(counts(machine, value, env) ?? null, "skip doesn't support negative count")
    let seen = 0
    return each(machine, value, env, (output) => seen++ >= bound && emit(output))
  }
}

/** Other kinds compare with numbers as jq orders them: what sorts above a number never runs out. */
function countOf(count: Value, whenNegative: string): number {
  if (isNumber(count)) return toDouble(count) < 0 ? raise(whenNegative) : toDouble(count)
  if (count === null || typeof count === 'boolean') return raise(whenNegative)
  return raise(`${describe(count)} and number (1) cannot be subtracted`)
}

/** `..`: every value inside of a value, parents first, from an explicit stack. */
const eachDescendant: Each = (machine, value, _env, emit) => {
  const pending: Value[] = [value]
  while (pending.length > 0) {
    const at = pending.pop() ?? null
    machine.spend(1)
    if (emit(at)) return true
    const children: Value[] = Array.isArray(at) ? at : isObject(at) ? Object.values(at) : []
    for (let index = children.length - 1; index >= 0; index--) pending.push(children[index] ?? null)
  }
  return false
}

function makeRecurse(builder: Builder, { args: [source = SELF] }: LoopOp): Each | undefined {
  const next = builder.one(source)
  if (next === undefined) return undefined
  return (machine, value, env, emit) => {
    let at: Value | undefined = value
    while (at !== undefined) {
      machine.spend(1)
      if (emit(at)) return true
      at = next(machine, at, env)
    }
    return false
  }
}

function makeWhile(builder: Builder, { args: [condition = SELF, update = SELF] }: LoopOp): Each | undefined {
  const goesOn = builder.one(condition)
  const next = builder.one(update)
  if (goesOn === undefined || next === undefined) return undefined
  return (machine, value, env, emit) => {
    let at: Value | undefined = value
    while (at !== undefined) {
      machine.spend(1)
      const decision = goesOn(machine, at, env)
      if (decision === undefined || !isTruthy(decision)) return false
      if (emit(at)) return true
      at = next(machine, at, env)
    }
    return false
  }
}
