/**
 * The general evaluator: a backtracking machine whose stacks are on the heap.
 *
 * A `Code` runs, then calls the code that follows it, or returns without having set `next`, which means *backtrack*:
 * the machine resumes the newest fork. Calls and returns go through the machine's loop, so a program can neither
 * recurse nor backtrack on the host's stack. `continuation` says where a routine returns to; `path` and `at` follow
 * the current path while a path expression runs. Forks keep all three.
 */
import { BreakSignal, HaltSignal, Raised } from '../errors.ts'
import type { Value } from '../values/value.ts'
import type { Env } from './env.ts'
import { Run } from './run.ts'

export type Code = (machine: Machine, value: Value, env: Env) => void

/** A path is a list from its last key to its first. */
export interface PathKey {
  readonly key: Value
  readonly up: PathKey | undefined
}

export class Continuation {
  readonly code: Code
  readonly env: Env
  readonly saved: Value
  readonly up: Continuation | undefined
  readonly depth: number

  constructor(code: Code, env: Env, saved: Value, up: Continuation | undefined) {
    this.code = code
    this.env = env
    this.saved = saved
    this.up = up
    this.depth = up === undefined ? 1 : up.depth + 1
  }
}

/** What backtracking and raising do when they reach a fork. */
export class Fork {
  readonly resume: () => void
  /** On `try` and `?//`: takes the error. */
  readonly handle: ((error: Value) => void) | undefined
  /** `close` marks that the body of the nearest `try` below has produced: errors now come from outside of it. */
  readonly role: 'choice' | 'try' | 'close' | 'always'
  readonly continuation: Continuation | undefined
  readonly path: PathKey | undefined
  readonly at: Value
  /** What a `break` to here names. */
  readonly tag: object | undefined

  constructor(
    machine: Machine,
    resume: () => void,
    role: Fork['role'] = 'choice',
    handle?: (error: Value) => void,
    tag?: object,
  ) {
    this.tag = tag
    this.resume = resume
    this.role = role
    this.handle = handle
    this.continuation = machine.continuation
    this.path = machine.path
    this.at = machine.at
  }
}

const NOTHING = () => undefined

export class Machine extends Run {
  continuation: Continuation | undefined = undefined
  path: PathKey | undefined = undefined
  at: Value = null
  #saved: Value = null
  readonly #forks: Fork[] = []
  #next: Code | undefined = undefined
  #value: Value = null
  #env: Env | undefined = undefined
  #output: Value | undefined = undefined
  /** Forks below belong to an outer drive. */
  #base = 0

  /** What the continuation that has just been returned to had saved. */
  get saved(): Value {
    return this.#saved
  }

  /** Has the loop run `code` next. */
  jump(code: Code, value: Value, env: Env): void {
    this.#next = code
    this.#value = value
    this.#env = env
  }

  fork(resume: () => void): Fork {
    return this.push(new Fork(this, resume))
  }

  push(fork: Fork): Fork {
    this.#forks.push(fork)
    if (this.#forks.length > this.depthMax) this.tooDeep()
    return fork
  }

  attempt(role: 'try' | 'always', handle: (error: Value) => void): void {
    this.push(new Fork(this, NOTHING, role, handle))
  }

  closeAttempt(): void {
    this.push(new Fork(this, NOTHING, 'close'))
  }

  /** Makes a place that `cut` with the same tag comes back to. */
  mark(tag: object): void {
    this.push(new Fork(this, NOTHING, 'choice', undefined, tag))
  }

  /** Drops the marked fork and every fork above: their alternatives are no longer wanted. */
  cut(tag: object): void {
    const index = this.#forks.findLastIndex((fork) => fork.tag === tag)
    if (index < this.#base) throw new BreakSignal(tag)
    this.#forks.length = index
  }

  call(code: Code, env: Env, saved: Value = null): void {
    const continuation = new Continuation(code, env, saved, this.continuation)
    if (continuation.depth > this.depthMax) this.tooDeep()
    this.continuation = continuation
  }

  /** Goes back to where the running routine was called from. */
  return(value: Value): void {
    const continuation = this.continuation
    if (continuation === undefined) {
      this.#output = value
      return
    }
    this.continuation = continuation.up
    this.#saved = continuation.saved
    this.jump(continuation.code, value, continuation.env)
  }

  /** Lazily, what `code` gives. The machine may be driven again from within one of its own codes. */
  *outputs(code: Code, value: Value, env: Env): Generator<Value, void> {
    this.jump(code, value, env)
    try {
      for (let output = this.#advance(0); output !== undefined; output = this.#advance(0)) yield output
    } catch (signal) {
      if (!(signal instanceof HaltSignal)) throw signal
    }
  }

  /** Runs `code` to its end, or until `emit` says stop, and leaves the machine as it was. */
  drive(code: Code, value: Value, env: Env, emit: (output: Value) => boolean): boolean {
    const { continuation, path, at } = this
    const base = this.#forks.length
    const outerBase = this.#base
    this.#base = base
    this.continuation = undefined
    this.path = undefined
    this.at = value
    this.jump(code, value, env)
    try {
      for (let output = this.#advance(base); output !== undefined; output = this.#advance(base)) {
        if (emit(output)) return true
      }
      return false
    } finally {
      this.#forks.length = Math.min(this.#forks.length, base)
      this.#next = undefined
      this.#base = outerBase
      this.continuation = continuation
      this.path = path
      this.at = at
    }
  }

  #advance(base: number): Value | undefined {
    for (;;) {
      try {
        return this.#loop(base)
      } catch (signal) {
        this.#unwind(signal, base)
      }
    }
  }

  #loop(base: number): Value | undefined {
    const forks = this.#forks
    for (;;) {
      this.spend(1)
      const code = this.#next
      if (code !== undefined) {
        this.#next = undefined
        const env = this.#env
        if (env !== undefined) code(this, this.#value, env)
      } else {
        if (forks.length <= base) return undefined
        const fork = forks.pop()
        if (fork === undefined) return undefined
        this.#restore(fork)
        fork.resume()
      }
      const output = this.#output
      if (output !== undefined) {
        this.#output = undefined
        return output
      }
    }
  }

  #restore(fork: Fork): void {
    this.continuation = fork.continuation
    this.path = fork.path
    this.at = fork.at
  }

  #unwind(signal: unknown, base: number): void {
    this.#next = undefined
    const forks = this.#forks
    if (signal instanceof BreakSignal) {
      while (forks.length > base) if (forks.pop()?.tag === signal.target) return
      throw signal
    }
    if (!(signal instanceof Raised)) throw signal
    let closed = 0
    while (forks.length > base) {
      const fork = forks.pop()
      if (fork?.role === 'close') closed++
      else if (fork?.role === 'always' || (fork?.role === 'try' && closed-- <= 0)) {
        this.#restore(fork)
        fork.handle?.(signal.value)
        return
      }
    }
    throw signal
  }
}
