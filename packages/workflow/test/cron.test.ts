import { expect, test } from 'vitest'
import { nextCronTime, parseWorkflow } from '../src/index.ts'

const head = `document: { dsl: '1.0.3', namespace: test, name: sample, version: '1.0.0' }\ndo: [ { a: { set: { x: 1 } } } ]\n`

test.each([
  ['*/15 * * * *', '2026-01-01T00:07:30Z', '2026-01-01T00:15:00.000Z'],
  ['30 * * * * *', '2026-01-01T00:07:30Z', '2026-01-01T00:08:30.000Z'],
  ['@hourly', '2026-01-01T00:07:30Z', '2026-01-01T01:00:00.000Z'],
])('%s after %s is %s', (cron, after, next) => {
  expect(new Date(nextCronTime(cron, Date.parse(after)) ?? 0).toISOString()).toBe(next)
})

test.each(['61 * * * *', 'every day', '* * *', '0 0 31 2 *'])('%s is refused at its place', (cron) => {
  const { document, problems } = parseWorkflow(`${head}schedule: { cron: '${cron}' }\n`)
  expect(document).toBeUndefined()
  expect(problems).toMatchObject([
    { code: 'invalid_cron', pointer: '/schedule/cron', start: { line: 3, column: 19 } },
  ])
})

test('an interval of no length is refused', () => {
  const { problems } = parseWorkflow(`${head}schedule: { every: { seconds: 0 } }\n`)
  expect(problems).toMatchObject([{ code: 'invalid_schedule' }])
})
