/** The C mathematics library, as far as doubles in JavaScript can give it. */
import type { Run } from '../run/run.ts'
import type { NativeFunction } from '../compile/ops.ts'
import { raise } from '../errors.ts'
import { Decimal } from '../values/decimal.ts'
import { describe } from '../values/print.ts'
import { isNumber, toDouble, type Value } from '../values/value.ts'
import { compare } from '../values/compare.ts'
import { negate } from './operators.ts'
import * as special from './special_functions.ts'

type Unary = (x: number) => number
type Binary = (x: number, y: number) => number

const unary: Readonly<Record<string, Unary>> = {
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  cbrt: Math.cbrt,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  erf: special.erf,
  erfc: special.erfc,
  exp: Math.exp,
  exp10: (x) => 10 ** x,
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  fabs: Math.abs,
  floor: Math.floor,
  gamma: special.logGamma,
  j0: special.besselJ0,
  j1: special.besselJ1,
  lgamma: special.logGamma,
  log: Math.log,
  log10: Math.log10,
  log1p: Math.log1p,
  log2: Math.log2,
  logb: (x) => (x === 0 ? -Infinity : Number.isFinite(x) ? special.exponentOf(x) : Math.abs(x)),
  nearbyint: roundHalfEven,
  rint: roundHalfEven,
  round: (x) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5),
  significand: (x) => (x === 0 || !Number.isFinite(x) ? x : special.scale(x, -special.exponentOf(x))),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
  tgamma: special.gamma,
  trunc: Math.trunc,
  y0: special.besselY0,
  y1: special.besselY1,
}

const binary: Readonly<Record<string, Binary>> = {
  atan2: Math.atan2,
  copysign: (x, y) => (Math.sign(y) < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x)),
  drem: remainder,
  fdim: (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : Math.max(x - y, 0)),
  fmax: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.max(x, y)),
  fmin: (x, y) => (Number.isNaN(x) ? y : Number.isNaN(y) ? x : Math.min(x, y)),
  fmod: (x, y) => x % y,
  hypot: Math.hypot,
  jn: (n, x) => special.besselJn(Math.trunc(n), x),
  yn: (n, x) => special.besselYn(Math.trunc(n), x),
  ldexp: (x, n) => special.scale(x, Math.trunc(n)),
  nextafter: special.nextAfter,
  nexttoward: special.nextAfter,
  pow: (x, y) => (x === 1 || (x === -1 && !Number.isFinite(y) && !Number.isNaN(y)) ? 1 : x ** y),
  remainder,
  scalb: (x, n) => special.scale(x, n),
  scalbln: (x, n) => special.scale(x, Math.trunc(n)),
}

export const mathematics: Readonly<Record<string, NativeFunction>> = {
  ...Object.fromEntries(
    Object.entries(unary).map(([name, apply]): [string, NativeFunction] => [
      `${name}/0`,
      (_run, input) => apply(required(input)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(binary).map(([name, apply]): [string, NativeFunction] => [
      `${name}/2`,
      (_run, _input, x = null, y = null) => apply(required(x), required(y)),
    ]),
  ),
  'fma/3': (_run, _input, x = null, y = null, z = null) => required(x) * required(y) + required(z),
  'frexp/0': (_run, input) => special.splitExponent(required(input)),
  'modf/0': (_run, input) => splitFraction(required(input)),
  'lgamma_r/0': (_run, input) => [special.logGamma(required(input)), special.gammaSign(required(input))],
  'abs/0': (run, input) => absolute(run, input),
  'infinite/0': () => Infinity,
  'nan/0': () => Number.NaN,
  'isinfinite/0': (_run, input) => Math.abs(toDouble(input)) === Infinity,
  'isnan/0': (_run, input) => isNumber(input) && Number.isNaN(toDouble(input)),
  'isnormal/0': (_run, input) => isNumber(input) && isNormal(toDouble(input)),
  'isfinite/0': (_run, input) => isNumber(input) && Math.abs(toDouble(input)) !== Infinity,
}

function required(value: Value): number {
  return isNumber(value) ? toDouble(value) : raise(`${describe(value)} number required`)
}

/** jq's `if . < 0 then -. else . end`: what sorts below a number fails to be negated, what sorts above is itself. */
function absolute(run: Run, input: Value): Value {
  if (typeof input === 'number') return input < 0 ? -input : input
  if (input instanceof Decimal) return input.double < 0 ? input.negated() : input
  return compare(input, 0, run) < 0 ? negate(input) : input
}

export function isNormal(x: number): boolean {
  return Number.isFinite(x) && Math.abs(x) >= 2.2250738585072014e-308
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest < 0.5) return floor
  if (rest > 0.5) return floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

function remainder(x: number, y: number): number {
  if (y === 0 || !Number.isFinite(x)) return Number.NaN
  return Number.isFinite(y) ? x - y * roundHalfEven(x / y) : x
}

function splitFraction(x: number): Value {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? [x, x] : [x < 0 ? -0 : 0, x]
  const whole = Math.trunc(x)
  return [x - whole, whole]
}
