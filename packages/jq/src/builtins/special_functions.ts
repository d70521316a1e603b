/**
 * Functions of the C mathematics library that JavaScript has not: exponents of doubles, gamma, error and Bessel.
 *
 * Exponents are exact. Gamma uses Lanczos' approximation (g = 7, nine terms), the error function its series and its
 * continued fraction, Bessel functions numerical integration of their integral forms: all good to about 1e-13.
 */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** The binary exponent of a finite number other than zero. */
export function exponentOf(x: number): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  const biased = (view.getUint16(0) >> 4) & 0x7ff
  return biased === 0 ? exponentOf(x * 2 ** 64) - 64 : biased - 1023
}

/** `x * 2**n`, exact wherever the result is a normal number. */
export function scale(x: number, n: number): number {
  if (n > 2200) return x * Infinity
  if (n < -2200) return x < 0 ? -0 : 0
  if (n > 1000) return scale(x * 2 ** 1000, n - 1000)
  return n < -1000 ? scale(x * 2 ** -1000, n + 1000) : x * 2 ** n
}

/** A fraction from one half to one, and the exponent that gives `x` back. */
export function splitExponent(x: number): [number, number] {
  if (x === 0 || !Number.isFinite(x)) return [x, 0]
  const exponent = exponentOf(x) + 1
  return [scale(x, -exponent), exponent]
}

export function nextAfter(x: number, y: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN
  if (x === y) return y
  if (x === 0) return y > 0 ? Number.MIN_VALUE : -Number.MIN_VALUE
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  const away = y > x === x > 0
  view.setBigInt64(0, view.getBigInt64(0) + (away ? 1n : -1n))
  return view.getFloat64(0)
}

export function gamma(x: number): number {
  if (Number.isInteger(x)) {
    if (x <= 0) return x === 0 ? (Object.is(x, -0) ? -Infinity : Infinity) : Number.NaN
    if (x <= 23) return factorial(x - 1)
  }
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x))
  if (x > 171.7) return Infinity
  const t = x + 6.5
  return Math.sqrt(2 * Math.PI) * t ** (x / 2 - 0.25) * Math.exp(-t) * t ** (x / 2 - 0.25) * lanczosSum(x - 1)
}

function factorial(n: number): number {
  let product = 1
  for (let factor = 2; factor <= n; factor++) product *= factor
  return product
}

function lanczosSum(x: number): number {
  return LANCZOS.reduce(
    (sum, coefficient, index) => (index === 0 ? coefficient : sum + coefficient / (x + index)),
    0,
  )
}

export function logGamma(x: number): number {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? x : Infinity
  if (x <= 0 && Number.isInteger(x)) return Infinity
  if (x === 1 || x === 2) return 0
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x)
  if (x < 100) return Math.log(Math.abs(gamma(x)))
  const t = x + 6.5
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(lanczosSum(x - 1))
}

export function gammaSign(x: number): number {
  return x < 0 && Math.floor(x) % 2 !== 0 ? -1 : 1
}

export function erf(x: number): number {
  if (Number.isNaN(x)) return x
  const size = Math.abs(x)
  if (size > 2.5) return Math.sign(x) * (1 - erfcTail(size))
  let term = size
  let sum = size
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= -(size * size) / n
    sum += term / (2 * n + 1)
  }
  return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI)
}

export function erfc(x: number): number {
  return x > 2.5 ? erfcTail(x) : 1 - erf(x)
}

function erfcTail(x: number): number {
  if (x > 27) return 0
  let fraction = 0
  for (let n = 120; n > 0; n--) fraction = n / 2 / (x + fraction)
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction))
}

/** Trapezoids over a whole period converge geometrically for these integrands. */
export function besselJn(n: number, x: number): number {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? x : 0
  const steps = Math.min(200_000, 64 + 2 * Math.ceil(Math.abs(x) + Math.abs(n)))
  let sum = 0
  for (let index = 0; index < steps; index++) {
    const angle = (2 * Math.PI * index) / steps
    sum += Math.cos(n * angle - x * Math.sin(angle))
  }
  return sum / steps
}

export const besselJ0 = (x: number) => besselJn(0, x)
export const besselJ1 = (x: number) => besselJn(1, x)

export function besselYn(n: number, x: number): number {
  if (Number.isNaN(x) || x < 0) return Number.NaN
  if (x === 0) return -Infinity
  if (x === Infinity) return 0
  const oscillating = simpson((angle) => Math.sin(x * Math.sin(angle) - n * angle), 0, Math.PI, x)
  const sign = n % 2 === 0 ? 1 : -1
  const decaying = (t: number) => (Math.exp(n * t) + sign * Math.exp(-n * t)) * Math.exp(-x * Math.sinh(t))
  const end = Math.asinh((40 + Math.abs(n) * 20) / x) + 1
  return (oscillating - simpson(decaying, 0, end, x + 20 * end)) / Math.PI
}

export const besselY0 = (x: number) => besselYn(0, x)
export const besselY1 = (x: number) => besselYn(1, x)

function simpson(f: (x: number) => number, start: number, end: number, roughness: number): number {
  const steps = Math.min(200_000, 4000 + 2 * Math.ceil(roughness * 20))
  const width = (end - start) / steps
  let sum = f(start) + f(end)
  for (let index = 1; index < steps; index++) sum += f(start + index * width) * (index % 2 === 0 ? 2 : 4)
  return (sum * width) / 3
}
