/**
 * A compiled program as callers see it: a function that gives outputs lazily, and `first` for the common case.
 *
 * A program is immutable and may run many times at once; it never changes an input, a variable or itself.
 */
import { type Compiled, type CompileOptions, compileSource } from './compile/compile.ts'
import type { Op } from './compile/ops.ts'
import { HaltSignal, JqLimitError, JqRuntimeError, JqSyntaxError, Raised } from './errors.ts'
import { Builder, type One, RETURN } from './run/builder.ts'
import { Env } from './run/env.ts'
import { type Code, Machine } from './run/machine.ts'
import type { RunOptions } from './run/run.ts'
import { convert, exported, holdsOnlyJson } from './values/export.ts'
import type { Json, Value } from './values/value.ts'

export type Variables = Readonly<Record<string, Json>>

export interface Program {
  /** Every output, computed as it is asked for. */
  (input: Json, variables?: Variables, run?: RunOptions): Generator<Json, void>
  /** The first output; undefined when there is none. */
  first(input: Json, variables?: Variables, run?: RunOptions): Json | undefined
  readonly source: string
  /** The caller's variables that the text mentions; the others need not be passed. */
  readonly references: ReadonlySet<string>
  /** Whether the text asks for anything but its input and variables: time, zone, environment, further inputs. */
  readonly usesClock: boolean
}

export function compile(source: string, options: CompileOptions = {}): Program {
  const compiled = guardStack(source, () => compileSource(source, options))
  const evaluator = new Evaluator(compiled, options)
  const program = (input: Json, variables?: Variables, run?: RunOptions) =>
    evaluator.outputs(input, variables, run)
  return Object.assign(program, {
    first: (input: Json, variables?: Variables, run?: RunOptions) => evaluator.first(input, variables, run),
    source,
    references: compiled.references,
    usesClock: compiled.usesClock,
  })
}

/** The parser bounds nesting, but long chains nest too; what does not fit the host's stack is refused as a program. */
function guardStack<T>(source: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new JqSyntaxError('Program is nested too deeply', source, { start: 0, end: 1 })
  }
}

const ROOT = new Env(undefined, null)

class Evaluator {
  readonly #op: Op
  readonly #options: CompileOptions
  readonly #builder = new Builder()
  readonly #names: readonly string[]
  #first: One | undefined
  #code: Code | undefined

  readonly #makesDecimals: boolean

  constructor(compiled: Compiled, options: CompileOptions) {
    this.#op = compiled.op
    this.#makesDecimals = compiled.makesDecimals
    this.#options = options
    this.#names = [...(options.variables ?? [])]
  }

  first(input: Json, variables?: Variables, run?: RunOptions): Json | undefined {
    try {
      this.#first ??=
        this.#builder.one(this.#op) ?? this.#builder.one({ kind: 'first', body: this.#op }) ?? this.#driven()
      const machine = this.#machine(variables, run)
      const output = this.#first(machine, input, ROOT)
      return output === undefined ? undefined : this.#export(output, machine)
    } catch (error) {
      if (error instanceof HaltSignal) return undefined
      throw translated(error)
    }
  }

  *outputs(input: Json, variables?: Variables, run?: RunOptions): Generator<Json, void> {
    try {
      this.#code ??= this.#builder.code(this.#op, RETURN, 'value')
      const machine = this.#machine(variables, run)
      for (const output of machine.outputs(this.#code, input, ROOT)) yield this.#export(output, machine)
    } catch (error) {
      throw translated(error)
    }
  }

  /**
   * An output is weighed, so that what is small here cannot be endless when it is written out; what the evaluation
   * has not built is the caller's own and goes out unseen.
   */
  #export(output: Value, machine: Machine): Json {
    if (!machine.hasBuilt && !this.#makesDecimals && holdsOnlyJson(output, false)) return output
    return holdsOnlyJson(output, machine.weigh(output).hasDecimals) ? output : convert(output)
  }

  #driven(): One {
    const code = this.#builder.code(this.#op, RETURN, 'value')
    return (machine, value, env) => {
      let first: Value | undefined
      machine.drive(code, value, env, (output) => {
        first = output
        return true
      })
      return first
    }
  }

  #machine(variables: Variables | undefined, run: RunOptions | undefined): Machine {
    const globals = this.#names.map((name) =>
      variables !== undefined && Object.hasOwn(variables, name) ? (variables[name] ?? null) : null,
    )
    return new Machine(globals, run, this.#options.limits, this.#options.modules)
  }
}

/** What the host's own stack could not hold is a limit too: a program may be long, and its caller deep already. */
function translated(error: unknown): unknown {
  if (error instanceof Raised) return new JqRuntimeError(exported(error.value))
  if (!(error instanceof RangeError)) return error
  return new JqLimitError(
    'depth',
    `The expression needs more of the host's stack than there is: ${error.message}`,
  )
}
