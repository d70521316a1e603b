/**
 * `npm run bench:sandbox [runs [box]]`: what a script costs in each box of this machine. Prints JSON, milliseconds as medians.
 *
 *   cold_ms      a script for which a worker has to be started
 *   warm_ms      a script in a worker that waits
 *   spare_ms     a script in the one that is kept ready, where each worker runs one script
 *   overrun_ms   how much later than its time limit an endless script is over
 *   peak_mb      the most memory that a script which wants all it can get had resident, of a cap of 64 MB. Pages of files
 *                that other processes have too (the program itself) count by this one's share, as PSS counts them
 *   peak_rss_mb  the same with all of them, as RSS counts them
 *   runs         so many scripts ran, one after the other where `warm_ms` or `spare_ms` is measured, else two at once
 *   left         processes, folders and handles of this process after them, less those before
 */
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { openPolicy, systemClock, type JsonObject } from '@nexus/sdk'
import { Watchdog } from '@nexus/sdk/process'
import { makeBoxes } from '../modules/executors/code_executor/boxes.ts'
import { Network } from '../modules/executors/code_executor/network.ts'
import type { Language, Sandbox, Script } from '../modules/executors/code_executor/sandbox.ts'
import { median, rounded, timed } from './measure.ts'

const runs = Number(process.argv[2] ?? 1000)
const megabyte = 1_048_576
const limits = {
  timeoutMs: 60_000,
  cpuMs: 60_000,
  memoryBytes: 64 * megabyte,
  outputBytes: megabyte,
  scratchBytes: 8 * megabyte,
}
const overrunAfterMs = 300
/** So many are timed where each takes a process of its own, which has to be ready for the next. */
const timedMax = 20

interface Kind {
  readonly language: Language
  readonly config: JsonObject
  readonly profile?: 'v8'
  /** A process for each script: how long the next one takes to be ready. */
  readonly readyMs?: number
  /** Of all that was asked for, so that this ends within minutes. */
  readonly share?: number
}

const kinds: Readonly<Record<string, Kind>> = {
  quickjs: { language: 'javascript', config: {} },
  v8: { language: 'javascript', config: {}, profile: 'v8', readyMs: 400 },
  python: { language: 'python', config: { python: 'system' } },
  pyodide: { language: 'python', config: { python: 'pyodide' }, readyMs: 2500, share: 0.3 },
}
const scripts: Readonly<Record<Language, { plain: string; endless: string; hungry: string }>> = {
  javascript: {
    plain: 'console.log(6 * 7)',
    endless: 'for (;;);',
    hungry: 'const all = []; for (;;) all.push(new Uint8Array(65536).fill(1))',
  },
  python: {
    plain: 'print(6 * 7)',
    endless: 'while True: pass',
    hungry: 'all = []\nwhile True: all.append(bytearray(b"x" * 65536))',
  },
}

function script(code: string): Script {
  const data = { arguments: [], variables: {}, stdin: undefined, environment: {} }
  return { ...data, code, wantsValue: false, inputs: new Map(), outputs: [], network: [] }
}

function open(config: JsonObject) {
  const watchdog = new Watchdog()
  const network = new Network([], systemClock, openPolicy)
  const boxes = makeBoxes({ clock: systemClock, watchdog, network }, { memory_mb: 64, ...config })
  return {
    boxes,
    async stop(): Promise<void> {
      await boxes.stop()
      await network.stop()
      await watchdog.stop()
    },
  }
}

async function run(box: Sandbox, code: string, timeoutMs = limits.timeoutMs): Promise<string> {
  const { signal } = new AbortController()
  return (await box.run(script(code), { signal, limits: { ...limits, timeoutMs } })).stdout
}

/** All that descends from this process, as Linux tells. */
function descendants(): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): [number, number][] => {
      try {
        const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? []
        return [[Number(name), Number(parent)]]
      } catch {
        return []
      }
    })
  const found = [process.pid]
  for (const pid of found)
    found.push(...parents.filter(([, parent]) => parent === pid).map(([child]) => child))
  return found.slice(1)
}

interface Peak {
  readonly shareMb: number
  readonly wholeMb: number
}

/** The most that a process ever had; of pages of files its share at the moment. */
function peakOf(pid: number): Peak {
  try {
    const [status, rollup] = ['status', 'smaps_rollup'].map((name) =>
      readFileSync(`/proc/${pid}/${name}`, 'utf8'),
    )
    const [most, ofFiles] = [megabytes(status, 'VmHWM'), megabytes(status, 'RssFile')]
    return { wholeMb: most, shareMb: most - ofFiles + megabytes(rollup, 'Pss_File') }
  } catch {
    return { wholeMb: 0, shareMb: 0 }
  }
}

function megabytes(text: string | undefined, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text ?? '')?.[1] ?? 0) / 1024
}

/** Looks at the processes while the script runs, since they are gone when it is over. */
async function peak(box: Sandbox, code: string): Promise<Peak> {
  const seen: Peak[] = []
  const timer = setInterval(() => seen.push(...descendants().map(peakOf)), 5)
  await run(box, code)
  clearInterval(timer)
  const most = (values: readonly number[]): number => Math.round(Math.max(0, ...values))
  return {
    shareMb: most(seen.map(({ shareMb }) => shareMb)),
    wholeMb: most(seen.map(({ wholeMb }) => wholeMb)),
  }
}

/** Two at once, as fast as it goes. */
async function runMany(box: Sandbox, code: string, count: number): Promise<void> {
  let left = count
  const lane = async (): Promise<void> => {
    while (left-- > 0) await run(box, code)
  }
  await Promise.all([lane(), lane()])
}

function held(): { processes: number; folders: number; handles: number } {
  const folders = readdirSync(tmpdir()).filter((name) =>
    /^nexus-(?:python|pyodide|proxy|probe)/.test(name),
  ).length
  return { processes: descendants().length, folders, handles: readdirSync('/proc/self/fd').length }
}

/** What this process opens once, whatever it runs, is no leftover. */
async function warmUp(): Promise<void> {
  const opened = open({})
  await run(await opened.boxes.of('javascript'), scripts.javascript.plain)
  await opened.stop()
}

const only = process.argv[3]
await warmUp()
const rows: Record<string, unknown> = {}
for (const [name, kind] of Object.entries(kinds)) {
  if (only !== undefined && only !== name) continue
  const { plain, endless, hungry } = scripts[kind.language]
  const before = held()
  const opened = open(kind.config)
  try {
    const box = await opened.boxes.of(kind.language, kind.profile)
    const warm: number[] = []
    const { readyMs, share = 1 } = kind
    const count = Math.ceil(runs * share)
    // One that is used once is replaced in the background: what is measured is one that is there.
    const ready = async (): Promise<void> => {
      if (readyMs !== undefined) await systemClock.sleep(readyMs)
    }
    for (let at = 0; at < (readyMs === undefined ? count : Math.min(timedMax, count)); at++) {
      await ready()
      warm.push(await timed(() => run(box, plain)))
    }
    await runMany(box, plain, count - warm.length)
    await ready()
    const overrun = (await timed(() => run(box, endless, overrunAfterMs))) - overrunAfterMs
    await ready()
    const { shareMb, wholeMb } = await peak(box, hungry)
    await box.stop()
    const cold: number[] = []
    // Where each worker runs one script, the next is always started beforehand.
    if (readyMs === undefined) for (let at = 0; at < 5; at++) cold.push(await coldOf(kind, plain))
    rows[name] = {
      layers: box.layers.join(' '),
      ...(cold.length > 0 && { cold_ms: rounded(median(cold)) }),
      [readyMs === undefined ? 'warm_ms' : 'spare_ms']: rounded(median(warm)),
      overrun_ms: rounded(overrun),
      peak_mb: shareMb,
      peak_rss_mb: wholeMb,
      cap_mb: 64,
      runs: count,
    }
  } catch (error) {
    rows[name] = { missing: error instanceof Error ? error.message : String(error) }
  }
  await opened.stop()
  const after = held()
  const left = {
    processes: after.processes - before.processes,
    folders: after.folders - before.folders,
    handles: after.handles - before.handles,
  }
  rows[name] = { ...Object(rows[name]), left }
}
console.log(JSON.stringify(rows, null, 2))

/** A new box of the same kind: its first script is the one that tries it out, so a second worker is what is cold. */
async function coldOf(kind: Kind, code: string): Promise<number> {
  const opened = open({ ...kind.config, concurrency: 2 })
  try {
    const box = await opened.boxes.of(kind.language, kind.profile)
    // The warm one is at work: what comes meanwhile starts a worker of its own.
    const busy = new AbortController()
    const waiting =
      kind.language === 'javascript' ? 'console.log(1); for (;;);' : 'print(1, flush=True)\nwhile True: pass'
    const { promise, resolve } = Promise.withResolvers<void>()
    const first = box
      .run(script(waiting), { signal: busy.signal, limits, onOutput: () => resolve() })
      .catch(() => undefined)
    await promise
    const before = performance.now()
    await run(box, code)
    const tookMs = performance.now() - before
    busy.abort(new Error('enough'))
    await first
    return tookMs
  } finally {
    await opened.stop()
  }
}
