/**
 * What a host costs: `node packages/kernel/bench/hosts.ts`. Prints JSON.
 *
 * For each host a module that gives back its input: the round trip of one task with 1 KB of payload, calls a second with
 * many under way, the time from `start` to an instance that serves (cold, and with a spare process), and the memory of a
 * process that waits for its module and of one that has served. Rounds of the hosts alternate; figures are medians.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host, HostedModule, Instance } from '@nexus/kernel'
import { openPolicy, systemClock } from '@nexus/sdk'
import { digestOf } from '../src/artifact.ts'
import { inProcessHost } from '../src/hosts/in_process.ts'
import { processHost } from '../src/hosts/process.ts'
import { residentBytes } from '../src/hosts/process/memory.ts'
import { packPython } from '../src/hosts/process/python_artifact.ts'
import { task } from '../test/programs/task.ts'

const rounds = 5
const warmUpCalls = 3_000
const callsAlone = 3_000
const callsTogether = 20_000
const underWay = 64
const payload = { text: 'x'.repeat(1_024) }
/** A spare is started in the background; it has come up long before. */
const spareMs = 1_000

const sources = {
  javascript: `const { BaseModule, ModuleResult } = require('@nexus/sdk')
exports.Module = class extends BaseModule {
  async execute(context) { return ModuleResult.ok(context.inputData) }
}`,
  python: packPython({
    'main.py': `from nexus.modules.base import BaseModule, ModuleResult
class Module(BaseModule):
    async def execute(self, context):
        return ModuleResult.ok(context.input_data)
`,
  }),
}

interface Subject {
  readonly name: string
  readonly language: keyof typeof sources
  readonly host: () => Host
}

interface Round {
  readonly coldStartMs: number
  readonly warmStartMs: number
  readonly p50Us: number
  readonly p99Us: number
  readonly callsPerSecond: number
  readonly idleMb: number
  readonly servedMb: number
}

const folder = mkdtempSync(join(tmpdir(), 'nexus-bench-'))
const subjects: readonly Subject[] = [
  { name: 'in_process', language: 'javascript', host: () => inProcessHost },
  { name: 'process/node', language: 'javascript', host: () => processHost({ folder }) },
  { name: 'process/python', language: 'python', host: () => processHost({ folder }) },
]

try {
  const results = new Map(subjects.map(({ name }) => [name, [] as Round[]]))
  // The first builds what the Node processes run, and has code compiled that all of them share.
  for (const subject of subjects) await measure(subject)
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`round ${round} of ${rounds}\n`)
    for (const subject of subjects) results.get(subject.name)?.push(await measure(subject))
  }
  const figures = Object.fromEntries([...results].map(([name, found]) => [name, medians(found)]))
  process.stdout.write(
    `${JSON.stringify({ rounds, payload_bytes: 1_024, node: process.version, ...figures }, null, 2)}\n`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measure({ language, host: makeHost }: Subject): Promise<Round> {
  const host = makeHost()
  const hosted = hostedModule(language)
  try {
    const [first, coldStartMs] = await timed(() => host.start(hosted))
    await systemClock.sleep(spareMs)
    const idleMb = megabytes(await youngestChildBytes())
    const [second, warmStartMs] = await timed(() => host.start(hosted))
    await second.stop()
    const { p50Us, p99Us } = await callAlone(first)
    const callsPerSecond = await callTogether(first)
    const servedMb = megabytes(await largestChildBytes())
    await first.stop()
    return { coldStartMs, warmStartMs, p50Us, p99Us, callsPerSecond, idleMb, servedMb }
  } finally {
    await host.close?.()
  }
}

async function callAlone(instance: Instance): Promise<{ p50Us: number; p99Us: number }> {
  for (let call = 0; call < warmUpCalls; call++) await instance.execute(task(payload))
  const times: number[] = []
  const context = task(payload)
  for (let call = 0; call < callsAlone; call++) {
    const [, ms] = await timed(() => instance.execute(context))
    times.push(ms * 1_000)
  }
  times.sort((one, other) => one - other)
  return { p50Us: at(times, 0.5), p99Us: at(times, 0.99) }
}

async function callTogether(instance: Instance): Promise<number> {
  let left = callsTogether
  const context = task(payload)
  const lane = async (): Promise<void> => {
    while (left-- > 0) await instance.execute(context)
  }
  const [, ms] = await timed(() => Promise.all(Array.from({ length: underWay }, lane)))
  return callsTogether / (ms / 1_000)
}

function hostedModule(language: Subject['language']): HostedModule {
  const silent = (): void => {}
  const code = sources[language]
  return {
    manifest: {
      id: 'echo',
      version: '1.0.0',
      type: 'executor',
      name: 'Echo',
      description: 'Gives back its input.',
      entry_points: { main: language === 'python' ? 'main.py' : 'main.js' },
    },
    artifact: { digest: digestOf(code), code },
    config: {},
    folder,
    clock: systemClock,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    secrets: { get: async () => '' },
    policy: openPolicy,
    deadlines: { setupMsMax: 10_000, teardownMsMax: 5_000 },
  }
}

/** Of the processes that this one has started: the spare is the last. */
async function youngestChildBytes(): Promise<number> {
  return (await childBytes()).at(-1) ?? Number.NaN
}

async function largestChildBytes(): Promise<number> {
  return Math.max(...(await childBytes()))
}

async function childBytes(): Promise<number[]> {
  const { readFileSync } = await import('node:fs')
  const own = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'latin1').trim()
  const pids = own === '' ? [] : own.split(' ').map(Number)
  const bytes = await Promise.all(pids.toSorted((one, other) => one - other).map((pid) => residentBytes(pid)))
  return bytes.map((each) => each ?? 0)
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const before = performance.now()
  const result = await work()
  return [result, performance.now() - before]
}

function medians(results: readonly Round[]): object {
  const median = (pick: (round: Round) => number): number =>
    Number(
      at(
        results.map(pick).toSorted((one, other) => one - other),
        0.5,
      ).toPrecision(3),
    )
  return {
    round_trip_p50_us: median((round) => round.p50Us),
    round_trip_p99_us: median((round) => round.p99Us),
    calls_per_second: median((round) => round.callsPerSecond),
    start_cold_ms: median((round) => round.coldStartMs),
    start_with_spare_ms: median((round) => round.warmStartMs),
    idle_rss_mb: median((round) => round.idleMb),
    served_rss_mb: median((round) => round.servedMb),
  }
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function megabytes(bytes: number): number {
  return bytes / 1_048_576
}
