/**
 * Promise one for events: a run that emits and listens is killed after every few events, and ends as if nothing
 * had happened: each event is published once and heard once, by every listen.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'

const numbers = [1, 2, 3, 4]

const listenForAll = {
  listen: { to: { any: [{ with: { type: 'n' } }], until: { one: { with: { type: 'end' } } } } },
  foreach: {
    do: [{ add: { set: '${ $context.sum + $item }' } }, { tell: tellOf('heard', '${ . }') }],
    output: { as: '.data' },
    export: { as: '${ {sum: .} }' },
  },
}

function tellOf(type: string, data: unknown): object {
  return { emit: { event: { with: { type, data } } } }
}

const document = {
  document: { dsl: '1.0.3', namespace: 'test', name: 'events', version: '1.0.0' },
  do: [
    {
      both: {
        fork: {
          branches: [
            { sums: listenForAll },
            { heard: { listen: { to: { any: [{ with: { type: 'heard' } }], until: 'length == 4' } } } },
            {
              tells: {
                do: [...numbers.map((n) => ({ [`tell_${n}`]: tellOf('n', n) })), { end: tellOf('end', 0) }],
              },
            },
          ],
        },
        output: { as: '${ .[0:2] }' },
      },
    },
  ],
}

const outcome = {
  status: 'completed',
  output: [
    [1, 3, 6, 10],
    [1, 3, 6, 10],
  ],
  error: null,
}

/** Runs, or goes on with, the document in a process that kills itself. Gives what it said of its end, if it got there. */
async function life(folder: string, killAfter?: number): Promise<unknown> {
  const script = join(import.meta.dirname, 'child.ts')
  const args = [script, '--data', join(folder, 'data'), '--document', join(folder, 'document.json')]
  const kill = killAfter === undefined ? [] : ['--kill-after', String(killAfter)]
  const child = spawn(process.execPath, [...args, '--input', '{"sum": 0}', ...kill], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  await once(child, 'close')
  const last = said.trim().split('\n').at(-1) ?? ''
  return last.startsWith('{') ? JSON.parse(last) : undefined
}

const livesMax = 40
/** A life begins with the events of its own start and those of the tasks that it goes on with; fewer would never end. */
const eventsMin = 11

test(
  'a run of emits and listens that is killed again and again ends as if nothing had happened',
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nexus-crash-events-'))
    try {
      writeFileSync(join(folder, 'document.json'), JSON.stringify(document))
      let ended: unknown
      let lives = 0
      while (ended === undefined && lives < livesMax) ended = await life(folder, eventsMin + (lives++ % 4))
      expect(ended).toEqual(outcome)
      expect(lives).toBeGreaterThan(4)
      expect(accepted(folder)).toBe(numbers.length * 2 + 1)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

function accepted(folder: string): number {
  const database = new DatabaseSync(join(folder, 'data', 'nexus.db'), { readOnly: true })
  const count = Number(database.prepare('SELECT count(*) AS count FROM accepted').get()?.['count'])
  database.close()
  return count
}
