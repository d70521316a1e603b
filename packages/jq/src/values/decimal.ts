/**
 * A number whose text says more than a double holds: `100000000000000000000000`, `1.000`, `1E+1000`.
 *
 * jq 1.8 keeps the text of a number until something is computed with it. A `Decimal` comes only from a number in a
 * program or in `fromjson`; every other number is a plain JavaScript number and pays nothing. Arithmetic uses
 * `double`; printing uses `text`; comparing two `Decimal`s is exact. Its fields are private, so that it has no keys.
 */
const NUMBER_PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/
const EXPONENT_MAX = 999_999_999

interface Parts {
  negative: boolean
  digits: string
  exponent: number
}

export class Decimal {
  readonly #parts: Parts
  readonly #double: number

  constructor(parts: Parts, double: number) {
    this.#parts = parts
    this.#double = double
  }

  get double(): number {
    return this.#double
  }

  get text(): string {
    return scientific(this.#parts)
  }

  negated(): Decimal {
    return new Decimal({ ...this.#parts, negative: !this.#parts.negative }, -this.#double)
  }

  compare(other: Decimal): number {
    return compareParts(this.#parts, other.#parts)
  }
}

/** A number from its text: a plain number when that loses nothing, a `Decimal` otherwise, undefined when malformed. */
export function parseNumber(text: string): number | Decimal | undefined {
  const match = NUMBER_PATTERN.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', power = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const double = Number(text)
  if (
    fraction === '' &&
    match[4] === undefined &&
    whole.length < 16 &&
    !(whole.length > 1 && whole.startsWith('0'))
  )
    return double
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '')
  const parts = { negative: sign === '-', digits, exponent: Number(power) - fraction.length }
  if (parts.exponent + digits.length - 1 > EXPONENT_MAX) return double
  if (scientific(parts) === formatDouble(double) && !(Math.abs(double) > Number.MAX_SAFE_INTEGER))
    return double
  return new Decimal(parts, double)
}

/** A double as jq prints it: the shortest digits that read back the same, infinities as the largest double. */
export function formatDouble(double: number): string {
  if (Number.isInteger(double) && double < 1e15 && double > -1e15)
    return Object.is(double, -0) ? '-0' : `${double}`
  if (Number.isNaN(double)) return 'null'
  if (!Number.isFinite(double)) return double > 0 ? '1.7976931348623157e+308' : '-1.7976931348623157e+308'
  const [mantissa = '', power = '0'] = Math.abs(double).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const point = Number(power) + 1
  const sign = double < 0 ? '-' : ''
  if (point <= -5 + 1 || point > digits.length + 15) return sign + exponential(digits, point - 1)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length)
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

function exponential(digits: string, power: number): string {
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

/** The General Decimal Arithmetic specification's to-scientific-string, which jq prints decimals with. */
function scientific({ negative, digits, exponent }: Parts): string {
  const sign = negative ? '-' : ''
  const adjusted = exponent + digits.length - 1
  if (exponent <= 0 && adjusted >= -6) {
    if (exponent === 0) return sign + digits
    const padded = digits.padStart(1 - exponent, '0')
    return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`
  }
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits
  return `${sign}${mantissa}E${adjusted < 0 ? '' : '+'}${adjusted}`
}

function compareParts(left: Parts, right: Parts): number {
  const leftZero = /^0*$/.test(left.digits)
  const rightZero = /^0*$/.test(right.digits)
  if (leftZero && rightZero) return 0
  const leftSign = leftZero ? 0 : left.negative ? -1 : 1
  const rightSign = rightZero ? 0 : right.negative ? -1 : 1
  if (leftSign !== rightSign) return leftSign - rightSign
  return leftSign * compareMagnitudes(left, right)
}

function compareMagnitudes(left: Parts, right: Parts): number {
  const leftTop = left.exponent + left.digits.length
  const rightTop = right.exponent + right.digits.length
  if (leftTop !== rightTop) return leftTop - rightTop
  const width = Math.max(left.digits.length, right.digits.length)
  const a = left.digits.padEnd(width, '0')
  const b = right.digits.padEnd(width, '0')
  return a === b ? 0 : a < b ? -1 : 1
}
