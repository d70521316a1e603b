/** Broken down time and seconds since the epoch, in UTC or in a zone that is handed in. Reads no clock. */
export interface Moment {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  readonly weekday: number
  readonly dayOfYear: number
  readonly offsetMinutes: number
  readonly zoneName: string
}

/** How far a place is ahead of UTC at an instant, and what its time is called then. */
export interface Zone {
  at(seconds: number): { offsetMinutes: number; name: string }
}

const DAY_SECONDS = 86_400
const UTC: Zone = { at: () => ({ offsetMinutes: 0, name: 'UTC' }) }

/** Seconds since the epoch of a date in the proleptic Gregorian calendar; parts out of range carry over. */
export function utcSeconds(
  year: number,
  month: number,
  day: number,
  hours = 0,
  minutes = 0,
  seconds = 0,
): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  return date.getTime() / 1000 + hours * 3600 + minutes * 60 + seconds
}

export function momentAt(seconds: number, zone: Zone = UTC): Moment | undefined {
  if (Number.isNaN(new Date(seconds * 1000).getTime())) return undefined
  const { offsetMinutes, name } = zone.at(seconds)
  return breakDown(seconds, offsetMinutes, name)
}

function breakDown(seconds: number, offsetMinutes: number, zoneName: string): Moment {
  const date = new Date((seconds + offsetMinutes * 60) * 1000)
  const year = date.getUTCFullYear()
  const month = date.getUTCMonth()
  const day = date.getUTCDate()
  return {
    year,
    month,
    day,
    hours: date.getUTCHours(),
    minutes: date.getUTCMinutes(),
    seconds: date.getUTCSeconds(),
    weekday: date.getUTCDay(),
    dayOfYear: Math.round((utcSeconds(year, month, day) - utcSeconds(year, 0, 1)) / DAY_SECONDS),
    offsetMinutes,
    zoneName,
  }
}

/** A moment from up to six parts, each carried over into range; undefined when no date can hold it. */
export function momentOf(parts: readonly number[], zone: Zone = UTC): Moment | undefined {
  const [year = 1900, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = parts
  const local = utcSeconds(year, month, day, hours, minutes, seconds)
  if (Number.isNaN(local)) return undefined
  const guess = zone.at(local)
  const settled = zone.at(local - guess.offsetMinutes * 60)
  return breakDown(local - settled.offsetMinutes * 60, settled.offsetMinutes, settled.name)
}

export function secondsOf(moment: Moment): number {
  const { year, month, day, hours, minutes, seconds } = moment
  return utcSeconds(year, month, day, hours, minutes, seconds) - moment.offsetMinutes * 60
}
