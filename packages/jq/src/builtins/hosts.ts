/** Builtins that ask the caller for something: time excepted, which is in `dates.ts`. Nothing is taken unasked. */
import type { NativeFunction } from '../compile/ops.ts'
import { HaltSignal, JqHaltError, raise } from '../errors.ts'
import type { Run } from '../run/run.ts'
import { exported } from '../values/export.ts'
import { describe } from '../values/print.ts'
import { isNumber, type ObjectValue, setOwn, toDouble, type Value } from '../values/value.ts'
import { describeModule } from '../compile/modules.ts'

export const hosts: Readonly<Record<string, NativeFunction>> = {
  'env/0': environment,
  '_no_arguments/0': () => ({}),
  'input/0': (run) => {
    const next = run.options.inputs?.next()
    return next === undefined || next.done === true ? raise('break') : next.value
  },
  'input_line_number/0': (run) => run.options.inputLine?.() ?? 0,
  'input_filename/0': (run) => run.options.inputName?.() ?? null,
  'debug/0': (run, input) => {
    run.options.onDebug?.(exported(input))
    return input
  },
  'stderr/0': (run, input) => {
    run.options.onStderr?.(exported(input))
    return input
  },
  'halt/0': () => {
    throw new HaltSignal()
  },
  'halt_error/1': (_run, input, code = null) => {
    if (!isNumber(code)) return raise(`${describe(input)} halt_error/1: number required`)
    throw new JqHaltError(toDouble(code), exported(input))
  },
  'modulemeta/0': (run, input) => {
    if (typeof input !== 'string') return raise('modulemeta input module name must be a string')
    return describeModule(run.modules, input)
  },
  'get_search_list/0': () => [],
}

function environment(run: Run): Value {
  const result: ObjectValue = {}
  for (const [name, value] of Object.entries(run.options.env ?? {})) setOwn(result, name, value)
  return result
}
