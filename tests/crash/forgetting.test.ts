/**
 * Killed while it forgets: each run is there with all that it recorded, or is gone, and nothing of it stays behind.
 * `NEXUS_CRASH_KILLS=100` kills more often.
 */
import { openEmbedded } from '@nexus/engine'
import { systemClock } from '@nexus/sdk'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'

const child = join(import.meta.dirname, 'forgetting_child.ts')
const kills = Number(process.env['NEXUS_CRASH_KILLS'] ?? 6)
const runs = 150
const eventsPerRun = 60

function setup(): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-forgetting-'))
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Starts it, and kills it so long after it began to forget. */
async function killedAfter(folder: string, delayMs: number): Promise<void> {
  const args = [child, folder, String(runs), String(eventsPerRun)]
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(started, 'close')
  await once(started.stdout, 'data')
  await systemClock.sleep(delayMs)
  started.kill('SIGKILL')
  await ended
}

function rowsOf(folder: string, table: string): number {
  using database = new DatabaseSync(join(folder, 'nexus.db'), { readOnly: true })
  return Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.['rows'])
}

test(
  'killed in the middle, what is kept is whole, and the next time finishes',
  { timeout: 600_000 },
  async () => {
    let inTheMiddle = 0
    for (let kill = 0; kill < kills; kill++) {
      using world = setup()
      await killedAfter(world.folder, (kill % 12) * 4)
      const backend = openEmbedded({ folder: world.folder, clock: systemClock })
      const left = await backend.list()
      if (left.length > 1 && left.length < runs) inTheMiddle++
      for (const { id, status } of left) {
        const ends = status === 'completed' ? 1 : 0
        expect({ id, events: (await backend.events(id)).length }).toEqual({ id, events: eventsPerRun + ends })
      }
      await backend.forget({ endedBefore: { completed: systemClock.now() + 1_000 } })
      expect(await backend.list()).toMatchObject([{ id: 'r0', status: 'running' }])
      await backend.close()
      expect(rowsOf(world.folder, 'events')).toBe(eventsPerRun)
      expect(rowsOf(world.folder, 'documents')).toBe(1)
      expect(rowsOf(world.folder, 'forgotten')).toBe(0)
    }
    expect(inTheMiddle).toBeGreaterThan(0)
  },
)
