/**
 * What resource_analyzer has learnt, under SIGKILL: a process that dies before or after any write of its state, and goes
 * on, has counted each task once and each run once. With `NEXUS_CRASH_EVERY=1` at every write, else at some.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { roundsOfWork, samplesOfWork } from './goal_digest_work.ts'
import { seed } from './life.ts'

/** Writes between one at which the process dies and the next. */
const stride = process.env['NEXUS_CRASH_EVERY'] === undefined ? 17 : 1
/** A life that hangs is ended by SIGTERM, which no test expects. */
const lifeMsMax = 60_000

function makeWorld(): { folder: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-crash-digest-'))
  for (const id of ['nap', 'nod']) {
    const home = join(folder, 'modules', 'executors', id)
    mkdirSync(home, { recursive: true })
    const manifest = `id: ${id}\nversion: 1.0.0\ntype: executor\nname: ${id}\ndescription: Of a test.
entry_points: {main: main.js}\nprovides: [{task: test.${id}}]\n`
    writeFileSync(join(home, 'manifest.yaml'), manifest)
    const result = `{ success: true, outputData: 1, metadata: {} }`
    writeFileSync(join(home, 'main.js'), `export class Module { async execute() { return ${result} } }\n`)
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

interface Told {
  readonly told: unknown
  readonly again: unknown
  readonly writes: number
}

/** What it says at its end; undefined where it was killed. */
async function life(folder: string, ...kill: string[]): Promise<Told | undefined> {
  const args = [join(import.meta.dirname, 'goal_digest_child.ts'), '--folder', folder, ...kill]
  const env = { ...process.env, TMPDIR: folder }
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: lifeMsMax,
    env,
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect([code, signal]).toEqual(said === '' ? [null, 'SIGKILL'] : [0, null])
  return said === '' ? undefined : (JSON.parse(said) as Told)
}

const counted = {
  samples: [samplesOfWork, samplesOfWork],
  runs: expect.any(Number),
  tasks: expect.any(Number),
}

test(
  'what was learnt is whole and counted once after a death at any write of it',
  { timeout: 3_600_000 },
  async () => {
    using unharmed = makeWorld()
    const whole = await life(unharmed.folder)
    expect(whole).toMatchObject({ told: counted, again: counted })
    const { runs } = (whole?.told ?? {}) as { runs: number }
    // Nothing was known when the first was estimated.
    expect(runs).toBe(roundsOfWork)
    for (let write = 1 + (seed % stride); write <= (whole?.writes ?? 0); write += stride)
      for (const kill of ['--kill-at', '--kill-behind']) {
        using world = makeWorld()
        expect(await life(world.folder, kill, String(write))).toBeUndefined()
        const end = await life(world.folder)
        expect({ kill, write, told: end?.told }).toEqual({ kill, write, told: { ...counted, runs } })
      }
  },
)
