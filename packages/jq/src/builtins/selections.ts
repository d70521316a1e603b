/** Builtins that let their input through or give nothing. */
import type { NativeFunction } from '../compile/ops.ts'
import { kindOf, toDouble, isNumber, type Value } from '../values/value.ts'
import { isNormal } from './mathematics.ts'

function when(test: (value: Value) => boolean): NativeFunction {
  return (_run, input) => (test(input) ? input : undefined)
}

export const selections: Readonly<Record<string, NativeFunction>> = {
  'values/0': when((value) => value !== null),
  'nulls/0': when((value) => value === null),
  'booleans/0': when((value) => typeof value === 'boolean'),
  'numbers/0': when(isNumber),
  'strings/0': when((value) => typeof value === 'string'),
  'arrays/0': when(Array.isArray),
  'objects/0': when((value) => kindOf(value) === 'object'),
  'iterables/0': when((value) => kindOf(value) === 'object' || Array.isArray(value)),
  'scalars/0': when((value) => kindOf(value) !== 'object' && !Array.isArray(value)),
  'finites/0': when(
    (value) => isNumber(value) && (Number.isFinite(toDouble(value)) || Number.isNaN(toDouble(value))),
  ),
  'normals/0': when((value) => isNumber(value) && isNormal(toDouble(value))),
}
