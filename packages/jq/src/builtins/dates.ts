/** Builtins over dates. "Broken down time" is `[year, month from 0, day, hours, minutes, seconds, weekday, day of year]`. */
import type { NativeFunction } from '../compile/ops.ts'
import { type Moment, momentAt, momentOf, secondsOf, type Zone } from '../dates/moment.ts'
import { formatMoment } from '../dates/format_moment.ts'
import { parseMoment } from '../dates/parse_moment.ts'
import { zoneNamed } from '../dates/zones.ts'
import { raise } from '../errors.ts'
import type { Run } from '../run/run.ts'
import { isNumber, toDouble, type Value } from '../values/value.ts'

export const dates: Readonly<Record<string, NativeFunction>> = {
  'now/0': (run) =>
    run.options.now?.() ?? raise('now: no clock was given; the caller of the program must pass run.now'),
  'mktime/0': (_run, input) => makeTime(input),
  'gmtime/0': (_run, input) => brokenDown(input, 'gmtime', undefined),
  'localtime/0': (run, input) => brokenDown(input, 'localtime', localZone(run)),
  'strftime/1': (run, input, format = null) => formatTime(run, input, format, 'strftime', undefined),
  'strflocaltime/1': (run, input, format = null) =>
    formatTime(run, input, format, 'strflocaltime', localZone(run)),
  'strptime/1': (run, input, format = null) => {
    if (typeof input !== 'string' || typeof format !== 'string') {
      return raise('strptime/1 requires string inputs and arguments')
    }
    run.spend(1 + (input.length >> 4))
    const parsed = parseMoment(input, format)
    if (parsed === undefined) return raise(`date "${input}" does not match format "${format}"`)
    return parsed.rest === '' ? toArray(parsed.moment, 0) : [...toArray(parsed.moment, 0), parsed.rest]
  },
}

function localZone(run: Run): Zone | undefined {
  const name = run.options.timeZone
  return name === undefined ? undefined : zoneNamed(name)
}

function brokenDown(input: Value, name: string, zone: Zone | undefined): Value[] {
  if (!isNumber(input)) return raise(`${name}() requires numeric inputs`)
  const seconds = toDouble(input)
  const moment = momentAt(Math.trunc(seconds), zone)
  if (moment === undefined) return raise('error converting number of seconds since epoch to datetime')
  return toArray(moment, seconds - Math.floor(seconds))
}

function toArray(moment: Moment, fraction: number): Value[] {
  const { year, month, day, hours, minutes, seconds, weekday, dayOfYear } = moment
  return [year, month, day, hours, minutes, seconds + fraction, weekday, dayOfYear]
}

function toMoment(input: Value[], zone: Zone | undefined): Moment | undefined {
  const numbers = input.slice(0, 8)
  if (!numbers.every((number) => isNumber(number) && !Number.isNaN(toDouble(number)))) return undefined
  return momentOf(
    numbers.map((number) => Math.trunc(toDouble(number))),
    zone,
  )
}

function makeTime(input: Value): Value {
  if (!Array.isArray(input)) return raise('mktime requires array inputs')
  const moment = toMoment(input, undefined)
  if (moment === undefined) return raise('mktime requires parsed datetime inputs')
  const seconds = secondsOf(moment)
  return seconds === -1 || Number.isNaN(seconds) ? raise('invalid gmtime representation') : seconds
}

function formatTime(run: Run, input: Value, format: Value, name: string, zone: Zone | undefined): Value {
  const clock = name === 'strftime' ? 'gmtime' : 'localtime'
  const broken = isNumber(input) ? brokenDown(input, clock, zone) : input
  if (!Array.isArray(broken)) return raise(`${name}/1 requires parsed datetime inputs`)
  if (typeof format !== 'string') return raise(`${name}/1 requires a string format`)
  const moment = toMoment(broken, zone)
  if (moment === undefined) return raise(`${name}/1 requires parsed datetime inputs`)
  const text = formatMoment(moment, format)
  run.build(text.length)
  return text
}
