/**
 * `strptime` in the C locale. Blanks in the format match any blanks; numbers may have blanks in front.
 *
 * As in jq on Linux: parts that the format has not are zero, the weekday and the day of the year are worked out when
 * the date is known, and text may follow only after a blank.
 */
import { MONTHS, WEEKDAYS } from './format_moment.ts'
import { type Moment, momentAt, utcSeconds } from './moment.ts'

/** What jq leaves in place of a weekday and a day of the year that it cannot know. */
const UNKNOWN_WEEKDAY = 8
const UNKNOWN_DAY_OF_YEAR = 367

interface State {
  text: string
  position: number
  year: number
  month: number
  day: number
  hours: number
  minutes: number
  seconds: number
  weekday: number
  dayOfYear: number
  offsetMinutes: number
  century: number | undefined
  afternoon: boolean | undefined
  isTwelveHours: boolean
}

type Reader = (state: State) => boolean

export function parseMoment(text: string, format: string): { moment: Moment; rest: string } | undefined {
  const state: State = {
    text,
    position: 0,
    year: 1900,
    month: 0,
    day: 0,
    hours: 0,
    minutes: 0,
    seconds: 0,
    weekday: UNKNOWN_WEEKDAY,
    dayOfYear: UNKNOWN_DAY_OF_YEAR,
    offsetMinutes: 0,
    century: undefined,
    afternoon: undefined,
    isTwelveHours: false,
  }
  if (!readFormat(state, format)) return undefined
  const rest = text.slice(state.position)
  if (rest !== '' && !/^\s/.test(rest)) return undefined
  return { moment: finish(state), rest }
}

function readFormat(state: State, format: string): boolean {
  for (let index = 0; index < format.length; index++) {
    const character = format[index] ?? ''
    if (/\s/.test(character)) skipBlanks(state)
    else if (character !== '%') {
      if (state.text[state.position] !== character) return false
      state.position++
    } else {
      index++
      while (/[-_0^#EO]/.test(format[index] ?? '')) index++
      if (!readField(state, format[index] ?? '')) return false
    }
  }
  return true
}

function readField(state: State, letter: string): boolean {
  const composed = COMPOSED[letter]
  if (composed !== undefined) return readFormat(state, composed)
  return READERS[letter]?.(state) ?? false
}

const COMPOSED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
}

type NumberPart = 'year' | 'month' | 'day' | 'hours' | 'minutes' | 'seconds' | 'weekday' | 'dayOfYear'

/** A number from `least` to `most`, stored with `shift` added. */
function numeric(part: NumberPart, least: number, most: number, width: number, shift = 0): Reader {
  return (state) => {
    const number = readNumber(state, width)
    if (number === undefined || number < least || number > most) return false
    state[part] = number + shift
    return true
  }
}

function named(part: 'month' | 'weekday', names: readonly string[]): Reader {
  return (state) => {
    const rest = state.text.slice(state.position).toLowerCase()
    const index = names.findIndex((name) => rest.startsWith(name.slice(0, 3).toLowerCase()))
    const name = names[index]?.toLowerCase()
    if (name === undefined) return false
    state[part] = index
    state.position += rest.startsWith(name) ? name.length : 3
    return true
  }
}

const ignored =
  (most: number): Reader =>
  (state) =>
    (readNumber(state, 2) ?? most + 1) <= most
const day = numeric('day', 1, 31, 2)
const month = named('month', MONTHS)
const weekday = named('weekday', WEEKDAYS)
const twelve: Reader = (state) => {
  state.isTwelveHours = true
  return numeric('hours', 1, 12, 2)(state)
}

const READERS: Readonly<Record<string, Reader>> = {
  a: weekday,
  A: weekday,
  b: month,
  B: month,
  h: month,
  C: (state) => {
    state.century = readNumber(state, 2)
    return state.century !== undefined
  },
  d: day,
  e: day,
  H: numeric('hours', 0, 23, 2),
  k: numeric('hours', 0, 23, 2),
  I: twelve,
  l: twelve,
  j: numeric('dayOfYear', 1, 366, 3, -1),
  m: numeric('month', 1, 12, 2, -1),
  M: numeric('minutes', 0, 59, 2),
  n: skipBlanks,
  t: skipBlanks,
  p: readHalf,
  P: readHalf,
  s: readEpoch,
  S: numeric('seconds', 0, 61, 2),
  u: (state) => {
    const read = numeric('weekday', 1, 7, 1)(state)
    state.weekday %= 7
    return read
  },
  w: numeric('weekday', 0, 6, 1),
  U: ignored(53),
  W: ignored(53),
  V: ignored(53),
  g: ignored(99),
  G: (state) => readNumber(state, 4) !== undefined,
  y: (state) => {
    const short = readNumber(state, 2)
    if (short === undefined) return false
    state.year = short + (short < 69 ? 2000 : 1900)
    return true
  },
  Y: numeric('year', 0, 9999, 4),
  z: readOffset,
  Z: (state) => {
    skipBlanks(state)
    while (state.position < state.text.length && !/\s/.test(state.text[state.position] ?? ''))
      state.position++
    return true
  },
  '%': (state) => state.text[state.position++] === '%',
}

function skipBlanks(state: State): true {
  while (/\s/.test(state.text[state.position] ?? '')) state.position++
  return true
}

function readNumber(state: State, width: number): number | undefined {
  skipBlanks(state)
  const digits = /^\d+/.exec(state.text.slice(state.position, state.position + width))?.[0]
  if (digits === undefined) return undefined
  state.position += digits.length
  return Number(digits)
}

function readHalf(state: State): boolean {
  const half = state.text.slice(state.position, state.position + 2).toLowerCase()
  if (half !== 'am' && half !== 'pm') return false
  state.afternoon = half === 'pm'
  state.position += 2
  return true
}

function readEpoch(state: State): boolean {
  const digits = /^-?\d+/.exec(state.text.slice(state.position))?.[0]
  const moment = digits === undefined ? undefined : momentAt(Number(digits))
  if (digits === undefined || moment === undefined) return false
  state.position += digits.length
  Object.assign(state, { ...moment, offsetMinutes: 0 })
  return true
}

/** `Z`, `+hh`, `+hhmm` or `+hh:mm`. jq reads the offset and does not apply it. */
function readOffset(state: State): boolean {
  skipBlanks(state)
  const match = /^(?:Z|[+-]\d{2}(?::?\d{2})?)/.exec(state.text.slice(state.position))
  if (match === null) return false
  state.position += match[0].length
  return true
}

function finish(state: State): Moment {
  if (state.century !== undefined) state.year = state.century * 100 + (state.year % 100)
  const isHalf = state.isTwelveHours && state.afternoon !== undefined
  const hours = isHalf ? (state.hours % 12) + (state.afternoon === true ? 12 : 0) : state.hours
  if (state.day === 0 && state.dayOfYear !== UNKNOWN_DAY_OF_YEAR) {
    const known = momentAt(utcSeconds(state.year, 0, state.dayOfYear + 1))
    if (known !== undefined) return { ...known, hours, minutes: state.minutes, seconds: state.seconds }
  }
  const known = state.day === 0 ? undefined : momentAt(utcSeconds(state.year, state.month, state.day))
  return {
    year: state.year,
    month: state.month,
    day: state.day,
    hours,
    minutes: state.minutes,
    seconds: state.seconds,
    weekday: known?.weekday ?? state.weekday,
    dayOfYear: known?.dayOfYear ?? state.dayOfYear,
    offsetMinutes: 0,
    zoneName: 'UTC',
  }
}
