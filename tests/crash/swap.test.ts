/**
 * Promise two under SIGKILL: a process that dies at any step of a swap comes back to the last generation that was
 * committed, and the run that was in flight finishes.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** Times that each step is died at; five where that is asked for. */
const times = process.env['NEXUS_CRASH_EVERY'] === undefined ? 1 : 5

function setup(): { folder: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-crash-swap-'))
  for (const [name, version] of [
    ['v1', '1.0.0'],
    ['v2', '1.1.0'],
  ] as const) {
    const module = join(folder, name, 'executors', 'teller')
    mkdirSync(module, { recursive: true })
    const manifest = `id: teller\nversion: ${version}\ntype: executor\nname: Teller\ndescription: Says its version.
entry_points: {main: main.js}\nprovides: [{task: tell}]\n`
    writeFileSync(join(module, 'manifest.yaml'), manifest)
    const result = `{ success: true, outputData: '${version}', metadata: {} }`
    writeFileSync(join(module, 'main.js'), `export class Module { async execute() { return ${result} } }\n`)
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A life that hangs is ended by SIGTERM, which no test expects. */
const lifeMsMax = 30_000

async function life(folder: string, dieAfter?: string): Promise<unknown> {
  const args = [
    join(import.meta.dirname, 'swap_child.ts'),
    folder,
    ...(dieAfter === undefined ? [] : [dieAfter]),
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: lifeMsMax })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect(signal).toBe(dieAfter === undefined ? null : 'SIGKILL')
  return said === '' ? undefined : JSON.parse(said)
}

const rounds = Array.from({ length: times }, (_, round) => round + 1)

for (const [step, generation] of [
  ['resolve', 1],
  ['verify', 1],
  ['stage', 1],
  ['hand_over', 1],
  ['commit', 2],
  ['flip', 2],
  ['drain', 2],
] as const) {
  test.each(rounds)(
    `a process that dies after "${step}" of a swap comes back to generation ${generation} (%i)`,
    { timeout: 60_000 },
    async () => {
      using world = setup()
      await life(world.folder, step)
      const output = generation === 1 ? '1.0.0' : '1.1.0'
      expect(await life(world.folder)).toEqual({
        generation,
        resumed: { status: 'completed', output },
        after: { status: 'completed', output },
      })
    },
  )
}
