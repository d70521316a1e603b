/**
 * `npm run bench:language`: what the constructs of the language cost. Prints JSON; medians of several rounds.
 *
 *   map         a `nexus.map` over 1,000 items, each a step
 *   dag         a random graph of 2,000 waits, 64 at once: its makespan over max(critical path, work / 64)
 *   resume      a run that has done 100,000 tasks in a loop that is still open: closed, opened, and at work again
 *   first_task  from asking for a run until its first task is at work, the run being on disk in between
 */
import { openNexus, type LiveRun, type Nexus, type RunEvent } from '@nexus/nexus'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median, randomNumbers, rounded, timed } from './measure.ts'

const rounds = 5
const mapItems = 1_000
const dagTasks = 2_000
const dagSlots = 64
const waitMs = { min: 40, max: 210 }
const loopTasks = 100_000
const latencyRuns = 300

const head = { dsl: '1.0.3', namespace: 'bench', name: 'language', version: '1.0.0' }
const documentOf = (...tasks: object[]): string => JSON.stringify({ document: head, do: tasks })
const noop = { call: 'bench.noop', with: { n: '${ .n }' } }

const folder = mkdtempSync(join(tmpdir(), 'nexus-bench-'))
const modules = [fileURLToPath(new URL('modules', import.meta.url))]
const open = (): Promise<Nexus> => openNexus({ data: join(folder, 'data'), modules, trust: modules })

try {
  const results = {
    map: await benchMap(),
    first_task: await benchFirstTask(),
    dag: await benchDag(),
    resume: await benchResume(),
    node: process.version,
  }
  process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** The milliseconds of one run to its end, several times over in one Nexus. */
async function timesOf(what: string, text: string): Promise<readonly number[]> {
  const nexus = await open()
  const workflow = nexus.check(text)
  const times: number[] = []
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`${what}: round ${round} of ${rounds}\n`)
    times.push(await timed(async () => expectCompleted(await nexus.run(workflow, { n: 1 }))))
  }
  await nexus.close()
  return times
}

async function expectCompleted(live: LiveRun): Promise<void> {
  const ended = await live.ended
  if (ended.status !== 'completed') throw new Error(`A run of the bench ended so: ${JSON.stringify(ended)}`)
}

async function benchMap(): Promise<object> {
  const call = {
    in: `\${ [range(${mapItems}) | {n: .}] }`,
    do: [{ step: { ...noop, input: { from: '$item' } } }],
  }
  const times = await timesOf('map', documentOf({ all: { call: 'nexus.map', with: call } }))
  return { items: mapItems, ms: rounded(median(times)) }
}

async function benchFirstTask(): Promise<object> {
  let atWork = (): void => {}
  const nexus = await openNexus({
    data: join(folder, 'data'),
    modules,
    trust: modules,
    stream: () => atWork(),
  })
  const workflow = nexus.check(documentOf({ first: { call: 'bench.tell', with: {} } }))
  const times: number[] = []
  for (let run = 0; run < latencyRuns; run++) {
    const told = new Promise<void>((resolve) => (atWork = resolve))
    const before = performance.now()
    const live = await nexus.run(workflow, { n: run })
    await told
    times.push(performance.now() - before)
    await live.ended
  }
  await nexus.close()
  const sorted = times.toSorted((a, b) => a - b)
  const p99 = sorted[Math.floor(latencyRuns * 0.99)] ?? Number.NaN
  return { runs: latencyRuns, ms: rounded(median(times)), p99_ms: rounded(p99) }
}

async function benchDag(): Promise<object> {
  const { text, boundMs } = randomGraph()
  const ms = median(await timesOf('dag', text))
  return {
    tasks: dagTasks,
    slots: dagSlots,
    bound_ms: boundMs,
    ms: rounded(ms),
    ratio: rounded(ms / boundMs),
    aim: 1.03,
  }
}

/** Each task needs up to three of the fifty before it. */
function randomGraph(): { text: string; boundMs: number } {
  const random = randomNumbers(7)
  const lengths = Array.from({ length: dagTasks }, () =>
    Math.round(waitMs.min + random() * (waitMs.max - waitMs.min)),
  )
  const needs = lengths.map((_, index) => {
    const count = Math.min(index, Math.floor(random() * 4))
    const behind = (): number => Math.max(0, index - 1 - Math.floor(random() * 50))
    return [...new Set(Array.from({ length: count }, behind))]
  })
  const ends: number[] = []
  for (const [index, length] of lengths.entries())
    ends.push(length + Math.max(0, ...(needs[index] ?? []).map((need) => ends[need] ?? 0)))
  const tasks = lengths.map((length, index) => ({ [`t${index}`]: { wait: { milliseconds: length } } }))
  const after = Object.fromEntries(
    needs.map((names, index) => [`t${index}`, names.map((name) => `t${name}`)]),
  )
  const workMs = lengths.reduce((sum, length) => sum + length, 0)
  return {
    text: documentOf({ graph: { call: 'nexus.dag', with: { tasks, after, concurrency: dagSlots } } }),
    boundMs: Math.max(Math.max(...ends), workMs / dagSlots),
  }
}

async function benchResume(): Promise<object> {
  const waitsAtTheEnd = { if: `$i == ${loopTasks - 1}`, listen: { to: { one: { with: { type: 'end' } } } } }
  const loop = {
    for: { in: `\${ [range(${loopTasks})] }`, each: 'i' },
    do: [{ step: { set: { i: '${ $i }' } } }, { last: waitsAtTheEnd }],
  }
  const first = await open()
  process.stderr.write('resume: the run itself\n')
  const live = await first.run(first.check(documentOf({ loop })), {})
  const heapMb: number[] = []
  const stopSampling = sample(live, heapMb)
  const ranMs = await timed(() => heard(live, 'listen.begun'))
  stopSampling()
  await first.close()
  const times: number[] = []
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`resume: round ${round} of ${rounds}\n`)
    const nexus = await open()
    const before = performance.now()
    const resumed = await nexus.runs.resume(live.id)
    await heard(resumed, 'task.started', 'last')
    times.push(performance.now() - before)
    await nexus.close()
  }
  return {
    tasks: loopTasks,
    ran_ms: rounded(ranMs),
    resumed_ms: rounded(median(times)),
    heap_mb_at_quarters: heapMb,
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1_024),
  }
}

/** The heap in use, in MB, at each quarter of the loop. */
function sample(live: LiveRun, heapMb: number[]): () => void {
  let tasks = 0
  return live.listen(({ type }) => {
    if (type !== 'task.ended' || ++tasks % (loopTasks / 4) !== 0) return
    globalThis.gc?.()
    heapMb.push(Math.round(process.memoryUsage().heapUsed / 1_048_576))
  })
}

/** Resolves with the first event of that type, of the task of that name where one is given. */
function heard(live: LiveRun, type: RunEvent['type'], name?: string): Promise<void> {
  return new Promise((resolve) => {
    live.listen((event) => {
      if (event.type !== type) return
      if (name === undefined || (event.type === 'task.started' && event.task.name === name)) resolve()
    })
  })
}
