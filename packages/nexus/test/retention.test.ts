/**
 * Retention of an open Nexus. Its hours pass on the clock of the test.
 */
import { systemClock, type Clock, type Log } from '@nexus/sdk'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openNexus, type Nexus, type Retention } from '../src/index.ts'

const dayMs = 86_400_000
const document = (task: string): string =>
  `document: { dsl: '1.0.3', namespace: test, name: kept, version: '1.0.0' }\ndo:\n  - task: ${task}\n`

interface World {
  readonly nexus: Nexus
  readonly told: string[]
  /** Lets time pass, and what is due in it happen; resolves when something was told. */
  pass(ms: number): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

async function setup(retention: Retention): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-retention-'))
  const due: { at: number; callback: () => void }[] = []
  const told: string[] = []
  let passedMs = 0
  let wake = (): void => {}
  const now = (): number => systemClock.now() + passedMs
  const longMs = 60_000
  const clock: Clock = {
    ...systemClock,
    now,
    timer(delayMs, callback) {
      if (delayMs < longMs) return systemClock.timer(delayMs, callback)
      const timer = { at: now() + delayMs, callback }
      due.push(timer)
      return () => void due.splice(due.indexOf(timer), due.includes(timer) ? 1 : 0)
    },
  }
  const tell = (message: string): void => {
    told.push(message)
    wake()
  }
  const log: Log = { debug() {}, info: tell, warn: tell, error: tell }
  const nexus = await openNexus({ data: folder, retention, clock, log })
  await nexus.start()
  return {
    nexus,
    told,
    async pass(ms) {
      passedMs += ms
      const heard = new Promise<void>((resolve) => (wake = resolve))
      for (const { callback } of due.splice(0).filter(({ at }) => at <= now())) callback()
      await heard
    },
    async [Symbol.asyncDispose]() {
      await nexus.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function run(nexus: Nexus, task: string): Promise<string> {
  const live = await nexus.run(nexus.check(document(task)), {})
  await live.ended
  return live.id
}

const faulty = '{ raise: { error: { type: https://example.com/x, status: 500 } } }'

test('ended runs are forgotten by how they ended, once they are old, and what waits is not', async () => {
  await using world = await setup({ completed: dayMs, faulted: 3 * dayMs })
  const { nexus } = world
  await run(nexus, '{ set: { said: hello } }')
  const faulted = await run(nexus, faulty)
  const waiting = await nexus.run(nexus.check(document('{ wait: { days: 100 } }')), {})
  await world.pass(2 * dayMs)
  expect(world.told).toEqual([expect.stringMatching(/^Retention: forgot 1 runs, 0 events/)])
  expect((await nexus.runs.list()).map(({ id }) => id)).toEqual([waiting.id, faulted])
  await world.pass(2 * dayMs)
  expect((await nexus.runs.list()).map(({ id }) => id)).toEqual([waiting.id])
})

test('without settings nothing is forgotten', async () => {
  await using world = await setup({})
  await run(world.nexus, faulty)
  void world.pass(1_000 * dayMs)
  expect(await world.nexus.runs.list()).toHaveLength(1)
})
