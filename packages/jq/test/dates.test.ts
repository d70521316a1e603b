/** Dates: broken down time, seconds since the epoch, formats both ways, zones. */
import { describe, expect, test } from 'vitest'
import { compile } from '../src/index.ts'
import { failures, table } from './table.ts'

const noon = 1_709_208_000 // 2024-02-29T12:00:00Z, a Thursday.

describe('dates in UTC', () => {
  table([
    ['gmtime, (gmtime | mktime)', noon, [2024, 1, 29, 12, 0, 0, 4, 59], noon],
    ['gmtime', -1.5, [1969, 11, 31, 23, 59, 59.5, 3, 364]],
    ['localtime', 0, [1970, 0, 1, 0, 0, 0, 4, 0]],
    ['mktime', [2024, 1, 30], 1_709_251_200],
    ['mktime', [2023, 12, 1, 25, 61, 61], 1_704_160_921],
    [
      'todate, todateiso8601, date',
      noon,
      '2024-02-29T12:00:00Z',
      '2024-02-29T12:00:00Z',
      '2024-02-29T12:00:00Z',
    ],
    ['fromdate, fromdateiso8601', '2024-02-29T12:00:00Z', noon, noon],
    ['dateadd("seconds"; 60), datesub("seconds"; 60)', noon, noon + 60, noon - 60],
    ['todate', noon + 0.9, '2024-02-29T12:00:00Z'],
    ['strftime("%Y-%m-%d %H:%M:%S %Z %z")', noon, '2024-02-29 12:00:00 UTC +0000'],
    [
      'strftime("%a %A %b %B %e %j %p %I %y %C %u %w")',
      noon,
      'Thu Thursday Feb February 29 060 PM 12 24 20 4 4',
    ],
    [
      'strftime("%D|%F|%T|%R|%r|%c|%x|%X|%h")',
      noon,
      '02/29/24|2024-02-29|12:00:00|12:00|12:00:00 PM|Thu Feb 29 12:00:00 2024|02/29/24|12:00:00|Feb',
    ],
    ['strftime("%G-W%V %g %U %W %s %n%t%%")', noon, '2024-W09 24 08 09 1709208000 \n\t%'],
    ['strftime("%-d %_d %-m %03d %^a %k %l %P")', [2024, 1, 5, 9, 0, 0], '5  5 2 005 MON  9  9 am'],
    [
      '[.[] | strftime("%G-%V")]',
      [
        [2021, 0, 3],
        [2020, 11, 31],
        [2019, 11, 30],
      ],
      ['2020-53', '2020-53', '2020-01'],
    ],
    ['strftime("")', noon, ''],
    ['strftime("%F")', [2024], '2023-12-31'],
    ['strptime("%Y-%m-%dT%H:%M:%SZ")', '2024-02-29T12:00:00Z', [2024, 1, 29, 12, 0, 0, 4, 59]],
    ['strptime("%d %b %Y") | mktime', '5 March 2024', 1_709_596_800],
    ['strptime("%A, %B %d, %Y")', 'Thursday, February 29, 2024', [2024, 1, 29, 0, 0, 0, 4, 59]],
    ['strptime("%I:%M %p") | .[3:5]', '09:30 PM', [21, 30]],
    ['strptime("%I:%M %p") | .[3:5]', '12:05 am', [0, 5]],
    ['strptime("%y%m%d") | .[:3]', '691231', [1969, 11, 31]],
    ['strptime("%Y-%j") | .[:3]', '2024-060', [2024, 1, 29]],
    ['strptime("%s")', '1709208000', [2024, 1, 29, 12, 0, 0, 4, 59]],
    ['strptime("%FT%T%z") | mktime', '2024-02-29T12:00:00+02:00', noon],
    ['strptime("%D %R") | mktime', '02/29/24 12:00', noon],
    ['strptime("%Y %Z")[0]', '2024 CET', 2024],
    ['strptime("%Y")[-1]', '2024 rest', ' rest'],
    ['strptime("%a %d%t%m%n%C%y %k:%M:%S%%") | mktime', 'Thu 29 02 2024 12:00:00%', noon],
  ])
  failures([
    ['gmtime', 'x', 'gmtime() requires numeric inputs'],
    ['localtime', 'x', 'localtime() requires numeric inputs'],
    ['gmtime', 1e300, 'error converting number of seconds since epoch to datetime'],
    ['mktime', 1, 'mktime requires array inputs'],
    ['mktime', ['a'], 'mktime requires parsed datetime inputs'],
    ['strftime("%Y")', 'x', 'strftime/1 requires parsed datetime inputs'],
    ['strftime(1)', 0, 'strftime/1 requires a string format'],
    ['strflocaltime(1)', 0, 'strflocaltime/1 requires a string format'],
    ['strptime("%Y")', 1, 'strptime/1 requires string inputs and arguments'],
    ['strptime("%Y-%m")', '2024-13', 'date "2024-13" does not match format "%Y-%m"'],
    ['strptime("%Y")', '2024x', 'date "2024x" does not match format "%Y"'],
    ['fromdate', '2024', 'date "2024" does not match format "%Y-%m-%dT%H:%M:%SZ"'],
  ])
})

describe('dates in a zone that the caller names', () => {
  const run = { timeZone: 'Europe/Berlin' }
  table(
    [
      ['localtime', noon, [2024, 1, 29, 13, 0, 0, 4, 59]],
      ['strflocaltime("%H:%M %z")', noon, '13:00 +0100'],
      ['strflocaltime("%H:%M %z")', noon + 86_400 * 180, '14:00 +0200'],
      ['localtime | strflocaltime("%FT%T%z")', noon, '2024-02-29T13:00:00+0100'],
      ['gmtime[3]', noon, 12],
    ],
    { run },
  )
  failures([['localtime', 0, 'unknown time zone Mars/Base']], { run: { timeZone: 'Mars/Base' } })
})

describe('now', () => {
  table([['now, (now | todate)', null, noon, '2024-02-29T12:00:00Z']], { run: { now: () => noon } })

  test('without a clock it says who must bring one', () => {
    expect(() => compile('now').first(null)).toThrow('the caller of the program must pass run.now')
  })
})
