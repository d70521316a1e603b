/** Calls of recursive functions and of their arguments. A call in tail position leaves nothing behind. */
import type { Op } from '../compile/ops.ts'
import { Block } from './blocks.ts'
import { type Builder, type Mode, RETURN } from './builder.ts'
import { type Closure, climb, Env } from './env.ts'
import type { Code } from './machine.ts'

export function makeCall(builder: Builder, op: Extract<Op, { kind: 'call' }>, next: Code, mode: Mode): Code {
  const { target, hops } = op
  const closures = op.args.map((arg) => makeClosure(builder, arg))
  let code: Code | undefined
  return (machine, value, env) => {
    let inner = climb(env, hops)
    for (const closure of closures) inner = new Env(inner, null, closure(env))
    if (next !== RETURN) machine.call(next, env)
    code ??= builder.routine(target, mode)
    machine.jump(code, value, inner)
  }
}

/** An argument that only names a parameter passes that parameter on, so that recursion does not build chains. */
function makeClosure(builder: Builder, arg: Op): (env: Env) => Closure {
  if (arg.kind === 'parameter') return (env) => closureAt(env, arg.hops)
  const block = new Block(builder, arg)
  return (env) => ({ block, env })
}

function closureAt(env: Env, hops: number): Closure {
  const { closure } = climb(env, hops)
  if (closure === undefined) throw new TypeError('The node is not a parameter')
  return closure
}

export function makeParameter(hops: number, next: Code, mode: Mode): Code {
  return (machine, value, env) => {
    const closure = closureAt(env, hops)
    if (next !== RETURN) machine.call(next, env)
    machine.jump(closure.block.code(mode), value, closure.env)
  }
}
