/** Named time zones, from the tables that the JavaScript engine carries. */
import { raise } from '../errors.ts'
import { utcSeconds, type Zone } from './moment.ts'

export function zoneNamed(name: string): Zone {
  const numbers = formatter(name, {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  const names = formatter(name, { timeZoneName: 'short' })
  return {
    at(seconds) {
      const instant = seconds * 1000
      const part = (type: string) =>
        Number(numbers.formatToParts(instant).find((each) => each.type === type)?.value ?? 0)
      const local = utcSeconds(
        part('year'),
        part('month') - 1,
        part('day'),
        part('hour') % 24,
        part('minute'),
      )
      const zoneName =
        names.formatToParts(instant).find((each) => each.type === 'timeZoneName')?.value ?? name
      return { offsetMinutes: Math.round((local - seconds) / 60), name: zoneName }
    },
  }
}

function formatter(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...options })
  } catch {
    return raise(`unknown time zone ${timeZone}`)
  }
}
