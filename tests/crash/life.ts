/**
 * Lives of the process that the crash tests kill, and what was seen on disk between them.
 */
import { readRuns } from '@nexus/nexus'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'

export const seed = Number(process.env['NEXUS_CRASH_SEED'] ?? Math.floor(Math.random() * 1e9))
console.log(`crash tests: seed ${seed} (set NEXUS_CRASH_SEED to repeat)`)

export function setup(document: string): {
  folder: string
  data: string
  ledger: string
  document: string
  /** The arguments of a life that runs the document, with the ledger in its input. */
  args(input?: object): readonly string[]
  [Symbol.dispose](): void
} {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-crash-'))
  const file = join(folder, 'document.json')
  writeFileSync(file, document)
  const data = join(folder, 'data')
  const ledger = join(folder, 'ledger')
  return {
    folder,
    data,
    ledger,
    document: file,
    args(input = {}) {
      const text = JSON.stringify({ ...input, ledger })
      return ['--data', data, '--document', file, '--input', text]
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export interface Ended {
  readonly status: string
  readonly output: unknown
  readonly error: unknown
}

/** Starts the child. `ended` is what it says at its end, undefined when it was killed. */
export function start(args: readonly string[]): {
  child: ChildProcess
  begun: Promise<void>
  ended: Promise<Ended | undefined>
} {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'child.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // What a killed process leaves in its temporary folder goes with the test's own.
    env: { ...process.env, TMPDIR: dirname(args[1] ?? tmpdir()) },
  })
  let said = ''
  const begun = Promise.withResolvers<void>()
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
    if (said.includes('begun')) begun.resolve()
  })
  const ended = once(child, 'close').then(() => {
    begun.resolve()
    const last = said.trim().split('\n').at(-1) ?? ''
    return last.startsWith('{') ? (JSON.parse(last) as Ended) : undefined
  })
  return { child, begun: begun.promise, ended }
}

/** What is recorded as done, and how long the ledger is, at one instant between two processes. */
export interface Instant {
  readonly recorded: ReadonlySet<string>
  readonly entries: number
}

export async function look(data: string, ledger: string): Promise<Instant> {
  const reader = existsSync(join(data, 'nexus.db')) ? readRuns(data) : undefined
  const [run] = (await reader?.list()) ?? []
  const tasks = run && reader ? (await reader.get(run.id)).tasks : []
  await reader?.close()
  const recorded = tasks
    .filter(({ status }) => status === 'completed')
    .map(({ path }) => `${run?.id}:${path}`)
  return { recorded: new Set(recorded), entries: linesOf(ledger).length }
}

export function linesOf(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
}

/** No effect may begin after its result was seen recorded. */
export function expectNothingTwice(ledger: string, instants: readonly Instant[]): void {
  const lines = linesOf(ledger)
  for (const { recorded, entries } of instants) {
    const repeated = lines.slice(entries).filter((line) => recorded.has(decodeURI(line.split(' ')[1] ?? '')))
    expect(repeated).toEqual([])
  }
}
