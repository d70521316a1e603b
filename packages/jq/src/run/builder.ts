/**
 * Ops to closures, in three forms.
 *
 * - `One`: at most one output, returned; `undefined` is none. The fast form, a plain call on the host's stack.
 * - `Each`: every output is pushed to `emit`, which answers true to stop.
 * - `Code`: for the machine; the only form that recursive functions and lazy outputs have.
 *
 * `One` and `Each` exist for bounded ops only, so their use of the host's stack is bounded by the program's length.
 */
import { isBounded, type Op, type Routine } from '../compile/ops.ts'
import type { Value } from '../values/value.ts'
import { makeCode } from './code.ts'
import type { Env } from './env.ts'
import type { Code, Machine } from './machine.ts'
import { makeOne } from './single.ts'
import { makeEach } from './stream.ts'

export type One = (machine: Machine, value: Value, env: Env) => Value | undefined
export type Emit = (output: Value) => boolean
export type Each = (machine: Machine, value: Value, env: Env, emit: Emit) => boolean
/** Whether codes keep `path` and `at` up to date. */
export type Mode = 'value' | 'path'

export const RETURN: Code = (machine, value) => machine.return(value)

export class Builder {
  readonly #ones = new WeakMap<Op, { one: One | undefined }>()
  readonly #eaches = new WeakMap<Op, Each>()
  readonly #routines: Record<Mode, WeakMap<Routine, Code>> = { value: new WeakMap(), path: new WeakMap() }

  one(op: Op): One | undefined {
    let known = this.#ones.get(op)
    if (known === undefined) {
      known = { one: isBounded(op) ? makeOne(this, op) : undefined }
      this.#ones.set(op, known)
    }
    return known.one
  }

  /** The `One` of an op that the resolver promised to be simple. */
  simple(op: Op): One {
    return this.one(op) ?? fail(op)
  }

  each(op: Op): Each {
    let known = this.#eaches.get(op)
    if (known === undefined) {
      known = makeEach(this, op)
      this.#eaches.set(op, known)
    }
    return known
  }

  code(op: Op, next: Code, mode: Mode): Code {
    return makeCode(this, op, next, mode)
  }

  routine(routine: Routine, mode: Mode): Code {
    let code = this.#routines[mode].get(routine)
    if (code === undefined) {
      code = this.code(routine.body, RETURN, mode)
      this.#routines[mode].set(routine, code)
    }
    return code
  }
}

function fail(op: Op): never {
  throw new TypeError(`The op ${op.kind} was said to be simple`)
}
