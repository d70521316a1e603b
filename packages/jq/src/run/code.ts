/**
 * The `Code` form: every op for the machine, in value mode and in path mode.
 *
 * Codes call the next code directly, so the host's stack holds at most the program's length; what can repeat goes
 * through forks and continuations. An operand whose output is needed with the original input at hand runs as a
 * subroutine, which saves that input.
 */
import type { Op } from '../compile/ops.ts'
import { isObject, isTruthy, type Value } from '../values/value.ts'
import { type Builder, type Mode, RETURN } from './builder.ts'
import { makeCall, makeParameter } from './code_calls.ts'
import { makeFold } from './code_folds.ts'
import { collectPaths, makeTrackedGetpath, makeTrackedIndex, makeTrackedIterate } from './code_paths.ts'
import { climb, Env } from './env.ts'
import { iterationError } from './index_access.ts'
import type { Code, Machine } from './machine.ts'

export function makeCode(builder: Builder, op: Op, next: Code, mode: Mode): Code {
  if (op.kind === 'identity') return next
  if (mode === 'path') {
    if (op.kind === 'index') return makeTrackedIndex(builder, op, next)
    if (op.kind === 'iterate') return makeTrackedIterate(op.optional, next)
    if (op.kind === 'getpath') return makeTrackedGetpath(builder, op.path, next)
  }
  if (mode === 'value' || !followsPaths(op)) {
    const one = builder.one(op)
    if (one !== undefined) {
      return (machine, value, env) => {
        const output = one(machine, value, env)
        if (output !== undefined) next(machine, output, env)
      }
    }
  }
  return makeGeneral(builder, op, next, mode)
}

/** Whether an op's outputs may be places in its input. */
function followsPaths(op: Op): boolean {
  switch (op.kind) {
    case 'pipe':
    case 'comma':
    case 'alternative':
    case 'if':
    case 'try':
    case 'bind':
    case 'branches':
    case 'reduce':
    case 'foreach':
    case 'label':
    case 'break':
    case 'first':
    case 'loop':
    case 'call':
    case 'parameter':
      return true
    default:
      return false
  }
}

function makeGeneral(builder: Builder, op: Op, next: Code, mode: Mode): Code {
  switch (op.kind) {
    case 'iterate':
      return makeIterate(op.optional, next)
    case 'pipe':
      return builder.code(op.left, builder.code(op.right, next, mode), mode)
    case 'comma': {
      const left = builder.code(op.left, next, mode)
      const right = builder.code(op.right, next, mode)
      return (machine, value, env) => {
        machine.fork(() => right(machine, value, env))
        left(machine, value, env)
      }
    }
    case 'and':
    case 'or':
      return makeLogic(builder, op, next)
    case 'alternative':
      return makeAlternative(builder, op, next, mode)
    case 'if':
      return makeIf(builder, op, next, mode)
    case 'try':
      return makeTry(builder, op, next, mode)
    case 'bind': {
      const body = builder.code(op.body, popped(next), mode)
      return subroutine(builder, op.source, 'value', (machine, bound, value, env) =>
        body(machine, value, new Env(env, bound)),
      )
    }
    case 'branches':
      return makeBranches(builder, op.branches, next, mode)
    case 'reduce':
    case 'foreach':
      return makeFold(builder, op, next, mode)
    default:
      return makeJump(builder, op, next, mode)
  }
}

function makeJump(builder: Builder, op: Op, next: Code, mode: Mode): Code {
  switch (op.kind) {
    case 'label': {
      const body = builder.code(op.body, popped(next), mode)
      return (machine, value, env) => {
        const label = new Env(env, null)
        machine.mark(label)
        body(machine, value, label)
      }
    }
    case 'break':
      return (machine, _value, env) => machine.cut(climb(env, op.hops))
    case 'first':
      return makeFirst(builder, op.body, next, mode)
    case 'array':
      return makeCollect(builder, op.body, next)
    case 'path':
      return collectPaths(builder, op.body, next)
    case 'loop':
      return builder.code(op.fallback(), next, mode)
    case 'call':
      return makeCall(builder, op, next, mode)
    case 'parameter':
      return makeParameter(op.hops, next, mode)
    default:
      throw new TypeError(`The op ${op.kind} has no code`)
  }
}

/** Takes the topmost node off again before going on. */
export function popped(next: Code, count = 1): Code {
  return next === RETURN ? RETURN : (machine, value, env) => next(machine, value, climb(env, count))
}

/** Runs `op`, then `then` with the output and the input that `op` had. */
export function subroutine(
  builder: Builder,
  op: Op,
  mode: Mode,
  then: (machine: Machine, output: Value, input: Value, env: Env) => void,
): Code {
  const one = mode === 'value' ? builder.one(op) : undefined
  if (one !== undefined) {
    return (machine, value, env) => {
      const output = one(machine, value, env)
      if (output !== undefined) then(machine, output, value, env)
    }
  }
  const body = builder.code(op, RETURN, mode)
  const resume: Code = (machine, output, env) => then(machine, output, machine.saved, env)
  return (machine, value, env) => {
    machine.call(resume, env, value)
    body(machine, value, env)
  }
}

function makeIterate(optional: boolean, next: Code): Code {
  return (machine, value, env) => {
    if (!Array.isArray(value) && !isObject(value)) {
      if (!optional) iterationError(value)
      return
    }
    const elements: Value[] = Array.isArray(value) ? value : Object.values(value)
    let index = 0
    const step = () => {
      const element = elements[index++]
      if (element === undefined) return
      if (index < elements.length) machine.fork(step)
      next(machine, element, env)
    }
    step()
  }
}

function makeLogic(builder: Builder, op: { kind: string; left: Op; right: Op }, next: Code): Code {
  const decided = op.kind === 'or'
  const right = subroutine(builder, op.right, 'value', (machine, output, _input, env) =>
    next(machine, isTruthy(output), env),
  )
  return subroutine(builder, op.left, 'value', (machine, output, input, env) => {
    if (isTruthy(output) === decided) next(machine, decided, env)
    else right(machine, input, env)
  })
}

function makeAlternative(builder: Builder, op: { left: Op; right: Op }, next: Code, mode: Mode): Code {
  const left = builder.code(op.left, RETURN, mode)
  const right = builder.code(op.right, next, mode)
  return (machine, value, env) => {
    let found = false
    machine.fork(() => {
      if (!found) right(machine, value, env)
    })
    machine.call((_machine, output, outer) => {
      if (!isTruthy(output)) return
      found = true
      next(machine, output, outer)
    }, env)
    left(machine, value, env)
  }
}

function makeIf(builder: Builder, op: Extract<Op, { kind: 'if' }>, next: Code, mode: Mode): Code {
  const then = builder.code(op.then, next, mode)
  const otherwise = builder.code(op.otherwise, next, mode)
  return subroutine(builder, op.condition, 'value', (machine, decision, value, env) =>
    isTruthy(decision) ? then(machine, value, env) : otherwise(machine, value, env),
  )
}

function makeTry(builder: Builder, op: Extract<Op, { kind: 'try' }>, next: Code, mode: Mode): Code {
  const handler = op.handler === undefined ? undefined : builder.code(op.handler, next, mode)
  const body = builder.code(
    op.body,
    (machine, value, env) => {
      machine.closeAttempt()
      next(machine, value, env)
    },
    mode,
  )
  return (machine, value, env) => {
    machine.attempt('try', (error) => {
      if (handler !== undefined) machine.jump(handler, error, env)
    })
    body(machine, value, env)
  }
}

/** jq goes on to the next branch whenever anything later raises, even after this branch has produced. */
function makeBranches(builder: Builder, branches: Op[], next: Code, mode: Mode): Code {
  return branches
    .map((branch) => builder.code(branch, next, mode))
    .reduceRight((following, branch) => (machine, value, env) => {
      machine.attempt('always', () => machine.jump(following, value, env))
      branch(machine, value, env)
    })
}

function makeFirst(builder: Builder, op: Op, next: Code, mode: Mode): Code {
  const body = builder.code(op, RETURN, mode)
  return (machine, value, env) => {
    const tag = {}
    machine.mark(tag)
    machine.call((_machine, output, outer) => {
      machine.cut(tag)
      next(machine, output, outer)
    }, env)
    body(machine, value, env)
  }
}

function makeCollect(builder: Builder, op: Op | undefined, next: Code): Code {
  const body = op === undefined ? RETURN : builder.code(op, RETURN, 'value')
  return (machine, value, env) => {
    const outputs: Value[] = []
    machine.fork(() => next(machine, outputs, env))
    machine.call((_machine, output) => {
      machine.build(8)
      outputs.push(output)
    }, env)
    body(machine, value, env)
  }
}
