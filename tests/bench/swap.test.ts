/**
 * The short form of `npm run bench:swap`: some swaps under a hundred runs, in either host. Counts are exact; times are
 * for the bench to judge, on a machine that does nothing else.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { misroutings, type Live } from '../../bench/swap/routing.ts'

const bench = join(import.meta.dirname, '../../bench/swap.ts')

test.each([
  ['in_process', 30],
  ['process', 16], // each takes a process more
])(
  'under a hundred runs nothing is dropped, done twice or done by a version that its run may not see (%s)',
  { timeout: 90_000 },
  async (host, swaps) => {
    const child = spawn(process.execPath, [bench, '--swaps', String(swaps), '--host', host], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'close')
    const said = await text(child.stdout)
    expect(await ended).toEqual([0, null])
    const figures = (JSON.parse(said) as Record<string, Record<string, unknown>>)[host]
    expect(figures).toMatchObject({
      swaps,
      dropped: 0,
      duplicated: 0,
      misrouted: 0,
      live_versions_left: 0,
      holders_left: 0,
      handles_left: 0,
      problems: 0,
      undrained: 0,
    })
    expect(figures?.['refused']).toBeGreaterThan(0)
    expect(figures?.['runs']).toBeGreaterThan(100)
    expect(figures?.['pinned']).toBeGreaterThan(0)
  },
)

test('a task that was done by a version that its run may not see is told', () => {
  const lives: readonly Live[] = [
    { at: 0, version: '1.0.0' },
    { at: 100, version: '1.1.0' },
    { at: 200, version: '2.0.0' },
    { at: 300, version: '2.1.0', runs: 'follow' },
    { at: 400, version: '2.2.0', runs: 'pin' },
  ]
  const wrong = (beganAt: number, startedAt: number, by: string, version = by): number =>
    misroutings({ id: 'r', startedAt: beganAt, fault: undefined, tasks: [{ startedAt, version, by }] }, lives)
      .length
  expect([wrong(50, 150, '1.1.0'), wrong(50, 150, '1.0.0')]).toEqual([0, 1]) // minor versions are followed
  expect([wrong(50, 250, '1.1.0'), wrong(50, 250, '2.0.0')]).toEqual([0, 1]) // major ones are not
  expect([wrong(50, 350, '2.1.0'), wrong(50, 350, '1.1.0')]).toEqual([0, 1]) // unless that was asked for
  expect([wrong(350, 450, '2.1.0'), wrong(350, 450, '2.2.0')]).toEqual([0, 1]) // nor minor ones, where that was
  expect([wrong(450, 460, '2.2.0'), wrong(450, 460, '2.1.0')]).toEqual([0, 1])
  expect(wrong(50, 60, '1.0.0', '1.1.0')).toBe(1) // the record names another
  expect([wrong(50, 100, '1.0.0'), wrong(50, 100, '1.1.0')]).toEqual([0, 0]) // at that very moment
})
