/** The `One` form: closures that give at most one output. Answers undefined where an op may give more. */
import type { Machine } from './machine.ts'
import { makeOwned, type Owned } from './owned.ts'
import type { Op } from '../compile/ops.ts'
import { Raised } from '../errors.ts'
import { getPath } from '../values/paths.ts'
import { isTruthy, kindOf, type Value } from '../values/value.ts'
import { oneLoops } from '../builtins/loops.ts'
import type { Builder, One } from './builder.ts'
import { climb, Env } from './env.ts'
import { iterationError, makeIndex } from './index_access.ts'
import { makeStaticPath } from './static_paths.ts'
import { makeObject, makeText } from './construct.ts'
import { makeUpdate } from './updates.ts'

/** Above this length a string counts. */
const LONG = 256

export function makeOne(builder: Builder, op: Op): One | undefined {
  switch (op.kind) {
    case 'identity':
      return (_machine, value) => value
    case 'literal': {
      const literal = op.value
      return () => literal
    }
    case 'variable':
      return makeVariable(op.hops)
    case 'global': {
      const { index } = op
      return (machine) => machine.globals[index] ?? null
    }
    case 'index':
      return makeIndex(builder, op)
    case 'getpath': {
      const path = builder.simple(op.path)
      return (machine, value, env) => getPath(value, path(machine, value, env) ?? null, machine)
    }
    case 'native':
      return makeNative(builder, op)
    case 'binary':
      return makeBinary(builder, op)
    case 'pipe':
      return makePipe(builder, op)
    case 'array':
      return makeArray(builder, op)
    case 'object':
      return makeObject(builder, op)
    case 'text':
      return makeText(builder, op)
    default:
      return makeControl(builder, op)
  }
}

function makeControl(builder: Builder, op: Op): One | undefined {
  switch (op.kind) {
    case 'and':
    case 'or':
      return makeLogic(builder, op)
    case 'alternative':
      return makeAlternative(builder, op)
    case 'if':
      return makeIf(builder, op)
    case 'try':
      return makeTry(builder, op)
    case 'bind':
      return makeBind(builder, op)
    case 'reduce':
      return makeReduce(builder, op)
    case 'first':
      return makeFirst(builder, op)
    case 'path':
      return makeStaticPath(builder, op.body)
    case 'update':
      return makeUpdate(builder, op)
    case 'loop':
      return oneLoops[op.loop]?.(builder, op)
    default:
      return undefined
  }
}

function makeVariable(hops: number): One {
  if (hops === 0) return (_machine, _value, env) => env.value
  if (hops === 1) return (_machine, _value, env) => env.up?.value ?? null
  if (hops === 2) return (_machine, _value, env) => env.up?.up?.value ?? null
  return (_machine, _value, env) => climb(env, hops).value
}

function makeNative(builder: Builder, op: Extract<Op, { kind: 'native' }>): One {
  const { run } = op
  const [first, second, ...more] = op.args.map((arg) => builder.simple(arg))
  if (first === undefined) {
    return (machine, value) => {
      meter(machine, value)
      return run(machine, value)
    }
  }
  if (second === undefined) {
    return (machine, value, env) => {
      meter(machine, value)
      return run(machine, value, first(machine, value, env) ?? null)
    }
  }
  if (more.length === 0) {
    return (machine, value, env) =>
      run(machine, value, first(machine, value, env) ?? null, second(machine, value, env) ?? null)
  }
  const all = [first, second, ...more]
  return (machine, value, env) => run(machine, value, ...all.map((arg) => arg(machine, value, env) ?? null))
}

/** Builtins over long strings walk them. */
function meter(machine: Machine, value: Value): void {
  if (typeof value === 'string' && value.length > LONG) machine.spend(value.length >> 6)
}

function makeBinary(builder: Builder, op: Extract<Op, { kind: 'binary' }>): One {
  const { apply } = op
  const left = builder.simple(op.left)
  const right = builder.simple(op.right)
  if (op.right.kind === 'literal') {
    const literal = op.right.value
    if (typeof literal === 'string' && op.operator === '==') {
      return (machine, value, env) => left(machine, value, env) === literal
    }
    return (machine, value, env) => apply(left(machine, value, env) ?? null, literal, machine)
  }
  return (machine, value, env) => {
    const operand = right(machine, value, env) ?? null
    return apply(left(machine, value, env) ?? null, operand, machine)
  }
}

function makePipe(builder: Builder, op: { left: Op; right: Op }): One | undefined {
  const left = builder.one(op.left)
  const right = builder.one(op.right)
  if (left === undefined || right === undefined) return undefined
  return (machine, value, env) => {
    const middle = left(machine, value, env)
    return middle === undefined ? undefined : right(machine, middle, env)
  }
}

function makeLogic(builder: Builder, op: { kind: string; left: Op; right: Op }): One | undefined {
  const left = builder.one(op.left)
  const right = builder.one(op.right)
  if (left === undefined || right === undefined) return undefined
  const decided = op.kind === 'or'
  return (machine, value, env) => {
    const first = left(machine, value, env)
    if (first === undefined) return undefined
    if (isTruthy(first) === decided) return decided
    const second = right(machine, value, env)
    return second === undefined ? undefined : isTruthy(second)
  }
}

function makeAlternative(builder: Builder, op: { kind: string; left: Op; right: Op }): One | undefined {
  const left = builder.one(op.left)
  const right = builder.one(op.right)
  if (left === undefined || right === undefined) return undefined
  return (machine, value, env) => {
    const first = left(machine, value, env)
    return first === undefined || first === null || first === false ? right(machine, value, env) : first
  }
}

function makeIf(builder: Builder, op: Extract<Op, { kind: 'if' }>): One | undefined {
  const condition = builder.one(op.condition)
  const then = builder.one(op.then)
  const otherwise = builder.one(op.otherwise)
  if (condition === undefined || then === undefined || otherwise === undefined) return undefined
  return (machine, value, env) => {
    const decision = condition(machine, value, env)
    if (decision === undefined) return undefined
    return decision === null || decision === false
      ? otherwise(machine, value, env)
      : then(machine, value, env)
  }
}

function makeTry(builder: Builder, op: Extract<Op, { kind: 'try' }>): One | undefined {
  const body = builder.one(op.body)
  const handler = op.handler === undefined ? undefined : builder.one(op.handler)
  if (body === undefined || (op.handler !== undefined && handler === undefined)) return undefined
  return (machine, value, env) => {
    try {
      return body(machine, value, env)
    } catch (error) {
      if (!(error instanceof Raised)) throw error
      return handler === undefined ? undefined : handler(machine, error.value, env)
    }
  }
}

function makeBind(builder: Builder, op: Extract<Op, { kind: 'bind' }>): One | undefined {
  const source = builder.one(op.source)
  const body = builder.one(op.body)
  if (source === undefined || body === undefined) return undefined
  return (machine, value, env) => {
    const bound = source(machine, value, env)
    return bound === undefined ? undefined : body(machine, value, new Env(env, bound))
  }
}

function makeReduce(builder: Builder, op: Extract<Op, { kind: 'reduce' }>): One | undefined {
  const init = builder.one(op.init)
  if (init === undefined) return undefined
  const source = builder.each(op.source)
  const single = builder.one(op.update)
  const update = single === undefined ? builder.each(op.update) : undefined
  const inPlace = makeOwned(builder, op.update)
  return (machine, value, env) => {
    let state = init(machine, value, env)
    if (state === undefined) return undefined
    const outer = new Env(env, null)
    const owned: Owned = new Set()
    source(machine, value, outer, (element) => {
      const inner = new Env(outer, element)
      const old = state ?? null
      machine.spend(1)
      if (inPlace !== undefined) state = inPlace(machine, old, inner, owned) ?? null
      else if (single !== undefined) state = single(machine, old, inner) ?? null
      else {
        state = null
        update?.(machine, old, inner, (output) => {
          state = output
          return false
        })
      }
      return false
    })
    return state
  }
}

function makeFirst(builder: Builder, op: Extract<Op, { kind: 'first' }>): One {
  const single = builder.one(op.body)
  if (single !== undefined) return single
  const body = builder.each(op.body)
  return (machine, value, env) => {
    let found: Value | undefined
    body(machine, value, env, (output) => {
      found = output
      return true
    })
    return found
  }
}

function makeArray(builder: Builder, op: Extract<Op, { kind: 'array' }>): One {
  const { body } = op
  if (body === undefined) return () => []
  if (body.kind === 'pipe' && body.left.kind === 'iterate' && !body.left.optional) {
    const mapper = builder.one(body.right)
    if (mapper !== undefined) return makeMap(mapper)
  }
  const single = builder.one(body)
  if (single !== undefined) {
    return (machine, value, env) => {
      const output = single(machine, value, env)
      machine.build(16)
      return output === undefined ? [] : [output]
    }
  }
  const each = builder.each(body)
  return (machine, value, env) => {
    const outputs: Value[] = []
    each(machine, value, env, (output) => {
      machine.build(8)
      outputs.push(output)
      return false
    })
    return outputs
  }
}

/** `[.[] | f]` over one output each. */
function makeMap(mapper: One): One {
  return (machine, value, env) => {
    if (!Array.isArray(value) && (value === null || kindOf(value) !== 'object')) return iterationError(value)
    const elements: Value[] = Array.isArray(value) ? value : Object.values(value)
    const outputs: Value[] = []
    machine.spend(elements.length)
    machine.build(elements.length * 8)
    for (let index = 0; index < elements.length; index++) {
      const output = mapper(machine, elements[index] ?? null, env)
      if (output !== undefined) outputs.push(output)
    }
    return outputs
  }
}
