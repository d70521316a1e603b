/** `strftime` in the C locale, with the padding flags `-`, `_`, `0`, `^`, `#` and a width. */
import { type Moment, secondsOf } from './moment.ts'

export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** A number with the width and the padding that its letter has by default, or a text. */
type Field = { number: number; width: number; pad: '0' | ' ' } | string

type Writer = (moment: Moment) => Field

const two = (number: number): Field => ({ number, width: 2, pad: '0' })
const spaced = (number: number): Field => ({ number, width: 2, pad: ' ' })

const WRITERS: Readonly<Record<string, Writer>> = {
  a: ({ weekday }) => WEEKDAYS[weekday]?.slice(0, 3) ?? '?',
  A: ({ weekday }) => WEEKDAYS[weekday] ?? '?',
  b: ({ month }) => MONTHS[month]?.slice(0, 3) ?? '?',
  B: ({ month }) => MONTHS[month] ?? '?',
  C: ({ year }) => two(Math.floor(year / 100)),
  d: ({ day }) => two(day),
  e: ({ day }) => spaced(day),
  g: (moment) => two(modulo(isoWeek(moment).year, 100)),
  G: (moment) => ({ number: isoWeek(moment).year, width: 1, pad: '0' }),
  H: ({ hours }) => two(hours),
  I: ({ hours }) => two(hours % 12 || 12),
  j: ({ dayOfYear }) => ({ number: dayOfYear + 1, width: 3, pad: '0' }),
  k: ({ hours }) => spaced(hours),
  l: ({ hours }) => spaced(hours % 12 || 12),
  m: ({ month }) => two(month + 1),
  M: ({ minutes }) => two(minutes),
  n: () => '\n',
  p: ({ hours }) => (hours < 12 ? 'AM' : 'PM'),
  P: ({ hours }) => (hours < 12 ? 'am' : 'pm'),
  s: (moment) => ({ number: secondsOf(moment), width: 1, pad: '0' }),
  S: ({ seconds }) => two(seconds),
  t: () => '\t',
  u: ({ weekday }) => ({ number: weekday || 7, width: 1, pad: '0' }),
  U: ({ dayOfYear, weekday }) => two(Math.floor((dayOfYear + 7 - weekday) / 7)),
  V: (moment) => two(isoWeek(moment).week),
  w: ({ weekday }) => ({ number: weekday, width: 1, pad: '0' }),
  W: ({ dayOfYear, weekday }) => two(Math.floor((dayOfYear + 7 - ((weekday + 6) % 7)) / 7)),
  y: ({ year }) => two(modulo(year, 100)),
  Y: ({ year }) => ({ number: year, width: 1, pad: '0' }),
  z: ({ offsetMinutes }) => {
    const size = Math.abs(offsetMinutes)
    const digits = String(Math.floor(size / 60) * 100 + (size % 60)).padStart(4, '0')
    return `${offsetMinutes < 0 ? '-' : '+'}${digits}`
  },
  Z: ({ zoneName }) => zoneName,
  '%': () => '%',
}

const COMPOSED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  h: '%b',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  '+': '%a %b %e %H:%M:%S %Z %Y',
}

export function formatMoment(moment: Moment, format: string): string {
  return format.replace(
    /%([-_0^#]*)(\d{0,3})[EO]?([a-zA-Z%+])/g,
    (whole, flags: string, width: string, letter: string) => {
      const composed = COMPOSED[letter]
      if (composed !== undefined) return decorate(formatMoment(moment, composed), flags, Number(width))
      const field = WRITERS[letter]?.(moment)
      if (field === undefined) return whole
      if (typeof field === 'string') return decorate(field, flags, Number(width))
      return decorate(padNumber(field, flags, Number(width)), flags, 0)
    },
  )
}

function padNumber(field: Exclude<Field, string>, flags: string, width: number): string {
  if (flags.includes('-')) return String(field.number)
  const pad = flags.includes('_') ? ' ' : flags.includes('0') ? '0' : field.pad
  const digits = String(Math.abs(field.number)).padStart(Math.max(field.width, width), pad)
  return field.number < 0 ? `-${digits}` : digits
}

function decorate(text: string, flags: string, width: number): string {
  const cased = flags.includes('^') || flags.includes('#') ? text.toUpperCase() : text
  return cased.padStart(width, flags.includes('0') ? '0' : ' ')
}

/** ISO 8601: weeks start on Monday, and the first holds the year's first Thursday. */
export function isoWeek({ year, dayOfYear, weekday }: Moment): { year: number; week: number } {
  const monday = (weekday + 6) % 7
  const week = Math.floor((dayOfYear - monday + 10) / 7)
  if (week < 1) return { year: year - 1, week: weeksIn(year - 1) }
  return week > weeksIn(year) ? { year: year + 1, week: 1 } : { year, week }
}

function weeksIn(year: number): number {
  const january = new Date(0)
  january.setUTCFullYear(year, 0, 1)
  const first = january.getUTCDay()
  const isLeap = new Date(january.setUTCFullYear(year, 1, 29)).getUTCMonth() === 1
  return first === 4 || (isLeap && first === 3) ? 53 : 52
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
