/**
 * `reduce` and `foreach` for the machine. The state lives in a node of the environment, below the element's node.
 *
 * While an update runs the state is null, as in jq: an update without output leaves null behind.
 */
import type { Op } from '../compile/ops.ts'
import type { Value } from '../values/value.ts'
import type { Builder, Mode } from './builder.ts'
import { popped, subroutine } from './code.ts'
import { Env } from './env.ts'
import type { Code, Machine } from './machine.ts'

type Fold = Extract<Op, { kind: 'reduce' | 'foreach' }>

export function makeFold(builder: Builder, op: Fold, next: Code, mode: Mode): Code {
  const store: Code = (_machine, value, env) => {
    if (env.up !== undefined) env.up.value = value
  }
  let after = store
  if (op.kind === 'foreach') {
    const extract = builder.code(op.extract, popped(next, 2), mode)
    after = (machine, value, env) => {
      store(machine, value, env)
      extract(machine, value, env)
    }
  }
  const update = builder.code(op.update, after, mode)
  const source = builder.code(
    op.source,
    (machine, element, state) => step(machine, element, state, update),
    mode,
  )
  const begin = (machine: Machine, init: Value, value: Value, env: Env) => {
    const state = new Env(env, init)
    if (op.kind === 'reduce') machine.fork(() => next(machine, state.value, env))
    source(machine, value, state)
  }
  return subroutine(builder, op.init, mode, begin)
}

function step(machine: Machine, element: Value, state: Env, update: Code): void {
  const old = state.value
  state.value = null
  update(machine, old, new Env(state, element))
}
