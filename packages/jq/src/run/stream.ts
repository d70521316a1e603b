/**
 * The `Each` form: outputs are pushed to `emit`, which answers true to stop.
 *
 * Ops without a form of their own here are driven by the machine, which is slower and always right.
 */
import { eachLoops } from '../builtins/loops.ts'
import type { Op } from '../compile/ops.ts'
import { BreakSignal, Raised } from '../errors.ts'
import { isObject, isTruthy, type Value } from '../values/value.ts'
import { type Builder, type Each, type Emit, RETURN } from './builder.ts'
import { pathArray } from './code_paths.ts'
import { climb, Env } from './env.ts'
import { iterationError } from './index_access.ts'
import type { Machine } from './machine.ts'

export function makeEach(builder: Builder, op: Op): Each {
  const one = builder.one(op)
  if (one !== undefined) {
    return (machine, value, env, emit) => {
      const output = one(machine, value, env)
      return output === undefined ? false : emit(output)
    }
  }
  switch (op.kind) {
    case 'iterate':
      return makeIterate(op.optional)
    case 'pipe':
      return makePipe(builder, op.left, op.right)
    case 'comma': {
      const left = builder.each(op.left)
      const right = builder.each(op.right)
      return (machine, value, env, emit) =>
        left(machine, value, env, emit) || right(machine, value, env, emit)
    }
    case 'if':
      return makeIf(builder, op)
    case 'bind':
      return makeBind(builder, op)
    case 'alternative':
      return makeAlternative(builder, op)
    case 'try':
      return makeTry(builder, op)
    case 'foreach':
      return makeForeach(builder, op)
    case 'label':
      return makeLabel(builder, op.body)
    case 'break':
      return (_machine, _value, env) => {
        throw new BreakSignal(climb(env, op.hops))
      }
    case 'loop':
      return eachLoops[op.loop]?.(builder, op) ?? builder.each(op.fallback())
    default:
      return driven(builder, op)
  }
}

function driven(builder: Builder, op: Op): Each {
  if (op.kind === 'path') {
    const paths = builder.code(op.body, (machine, value) => machine.return(pathArray(machine, value)), 'path')
    return (machine, value, env, emit) => machine.drive(paths, value, env, emit)
  }
  const code = builder.code(op, RETURN, 'value')
  return (machine, value, env, emit) => machine.drive(code, value, env, emit)
}

function makeIterate(optional: boolean): Each {
  return (machine, value, _env, emit) => {
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        machine.spend(1)
        if (emit(value[index] ?? null)) return true
      }
      return false
    }
    if (isObject(value)) {
      for (const key of Object.keys(value)) {
        machine.spend(1)
        if (emit(value[key] ?? null)) return true
      }
      return false
    }
    return optional ? false : iterationError(value)
  }
}

function makePipe(builder: Builder, left: Op, right: Op): Each {
  const single = builder.one(left)
  const rest = builder.each(right)
  if (single !== undefined) {
    return (machine, value, env, emit) => {
      const middle = single(machine, value, env)
      return middle === undefined ? false : rest(machine, middle, env, emit)
    }
  }
  const source = builder.each(left)
  const mapper = builder.one(right)
  if (mapper !== undefined) {
    return (machine, value, env, emit) =>
      source(machine, value, env, (middle) => {
        const output = mapper(machine, middle, env)
        return output === undefined ? false : emit(output)
      })
  }
  return (machine, value, env, emit) =>
    source(machine, value, env, (middle) => rest(machine, middle, env, emit))
}

function makeIf(builder: Builder, op: Extract<Op, { kind: 'if' }>): Each {
  const condition = builder.each(op.condition)
  const then = builder.each(op.then)
  const otherwise = builder.each(op.otherwise)
  return (machine, value, env, emit) =>
    condition(machine, value, env, (decision) =>
      (isTruthy(decision) ? then : otherwise)(machine, value, env, emit),
    )
}

function makeBind(builder: Builder, op: Extract<Op, { kind: 'bind' }>): Each {
  const source = builder.each(op.source)
  const body = builder.each(op.body)
  return (machine, value, env, emit) =>
    source(machine, value, env, (bound) => body(machine, value, new Env(env, bound), emit))
}

function makeAlternative(builder: Builder, op: { left: Op; right: Op }): Each {
  const left = builder.each(op.left)
  const right = builder.each(op.right)
  return (machine, value, env, emit) => {
    let found = false
    const stopped = left(machine, value, env, (output) => {
      if (!isTruthy(output)) return false
      found = true
      return emit(output)
    })
    return stopped || (!found && right(machine, value, env, emit))
  }
}

/** Errors that `emit` raises come from outside of the body and pass. */
function makeTry(builder: Builder, op: Extract<Op, { kind: 'try' }>): Each {
  const body = builder.each(op.body)
  const handler = op.handler === undefined ? undefined : builder.each(op.handler)
  return (machine, value, env, emit) => {
    let outside = false
    try {
      return body(machine, value, env, (output) => {
        outside = true
        const stopped = emit(output)
        outside = false
        return stopped
      })
    } catch (error) {
      if (outside || !(error instanceof Raised)) throw error
      return handler === undefined ? false : handler(machine, error.value, env, emit)
    }
  }
}

function makeForeach(builder: Builder, op: Extract<Op, { kind: 'foreach' }>): Each {
  const init = builder.each(op.init)
  const source = builder.each(op.source)
  const update = builder.each(op.update)
  const extract = builder.each(op.extract)
  return (machine, value, env, emit) =>
    init(machine, value, env, (start) => {
      let state: Value = start
      const outer = new Env(env, null)
      return source(machine, value, outer, (element) => {
        const inner = new Env(outer, element)
        const old = state
        state = null
        machine.spend(1)
        return update(machine, old, inner, (next) => {
          state = next
          return extract(machine, next, inner, emit)
        })
      })
    })
}

function makeLabel(builder: Builder, op: Op): Each {
  const body = builder.each(op)
  return (machine: Machine, value: Value, env: Env, emit: Emit) => {
    const label = new Env(env, null)
    try {
      return body(machine, value, label, emit)
    } catch (signal) {
      if (signal instanceof BreakSignal && signal.target === label) return false
      throw signal
    }
  }
}
