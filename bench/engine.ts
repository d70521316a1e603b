/**
 * `npm run bench`: what a durable step costs, beside the floor of the same disk in the same process. Prints JSON.
 * Rounds of floor and engine alternate, and medians are quoted, since machines are noisy; compare the ratios.
 */
import { openNexus, type Nexus } from '@nexus/nexus'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Floor } from './floor.ts'
import { median, rounded, timed } from './measure.ts'

const rounds = 7
const stepsPerRun = 10
const concurrentRuns = 100
/** Times that the hundred runs are started in one measurement, so that it lasts long enough to be one. */
const waves = 5
/** Runs before anything is measured, so that code is compiled as it is in a process that has been up for a second. */
const warmUpWaves = 40
const runsAlone = 20
const fanOut = 1_000

const document = (tasks: object[]): string =>
  JSON.stringify({
    document: { dsl: '1.0.3', namespace: 'bench', name: 'bench', version: '1.0.0' },
    do: tasks,
  })

const noop = { call: 'bench.noop', with: { n: '${ .n }' } }
const sequential = document(Array.from({ length: stepsPerRun }, (_, index) => ({ [`step${index}`]: noop })))
const branches = Array.from({ length: fanOut }, (_, index) => ({ [`branch${index}`]: noop }))
const fanned = document([{ fan: { fork: { branches } } }])

const known = new Map<string, ReturnType<Nexus['check']>>()

interface Round {
  readonly stepMs: number
  readonly stepsPerSecond: number
  readonly cpuMsPerStep: number
  readonly fanOutMs: number
}

const folder = mkdtempSync(join(tmpdir(), 'nexus-bench-'))
const floor = new Floor(folder)
const modules = [fileURLToPath(new URL('modules', import.meta.url))]
const nexus = await openNexus({ data: join(folder, 'data'), modules, trust: modules })
try {
  const floors: Round[] = []
  const engines: Round[] = []
  process.stderr.write('warming up\n')
  await runWaves(floorSubject(0), warmUpWaves)
  await runWaves(engineSubject(nexus), warmUpWaves)
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`round ${round} of ${rounds}\n`)
    floors.push(await measure(floorSubject(round)))
    engines.push(await measure(engineSubject(nexus)))
  }
  process.stdout.write(`${JSON.stringify(report(floors, engines), null, 2)}\n`)
} finally {
  await nexus.close()
  floor.close()
  rmSync(folder, { recursive: true, force: true })
}

/** Something that runs `stepsPerRun` steps one after the other, and `fanOut` steps at once. */
interface Subject {
  run(index: number): Promise<void>
  fan(): Promise<void>
}

function floorSubject(round: number): Subject {
  const base = round * 10_000
  const result = JSON.stringify({ n: 1 })
  return {
    async run(index) {
      for (let step = 0; step < stepsPerRun; step++) await floor.step(base + index, step, result)
    },
    async fan() {
      const steps = Array.from({ length: fanOut }, (_, step) => floor.step(base + 9_000, step, result))
      await Promise.all(steps)
    },
  }
}

function engineSubject(nexus: Nexus): Subject {
  const run = async (text: string): Promise<void> => {
    const live = await nexus.run(checked(nexus, text), { n: 1 })
    const { status } = await live.ended
    if (status !== 'completed') throw new Error(`A run of the bench is ${status}.`)
  }
  return { run: () => run(sequential), fan: () => run(fanned) }
}

function checked(nexus: Nexus, text: string): ReturnType<Nexus['check']> {
  let workflow = known.get(text)
  if (!workflow) known.set(text, (workflow = nexus.check(text)))
  return workflow
}

async function measure(subject: Subject): Promise<Round> {
  const alone = await timed(async () => {
    for (let index = 0; index < runsAlone; index++) await subject.run(index)
  })
  const cpuBefore = process.cpuUsage()
  const together = await timed(() => runWaves(subject, waves))
  const { user, system } = process.cpuUsage(cpuBefore)
  const fanOutMs = await timed(() => subject.fan())
  const steps = waves * concurrentRuns * stepsPerRun
  return {
    stepMs: alone / (runsAlone * stepsPerRun),
    stepsPerSecond: steps / (together / 1_000),
    cpuMsPerStep: (user + system) / 1_000 / steps,
    fanOutMs,
  }
}

async function runWaves(subject: Subject, count: number): Promise<void> {
  for (let wave = 1; wave <= count; wave++) {
    const runs = Array.from({ length: concurrentRuns }, (_, index) =>
      subject.run(wave * concurrentRuns + index),
    )
    await Promise.all(runs)
  }
}

function report(floors: readonly Round[], engines: readonly Round[]): object {
  const low = medians(floors)
  const high = medians(engines)
  return {
    rounds,
    floor: low,
    engine: high,
    ratios: {
      step_to_floor: rounded(high.step_ms / low.step_ms),
      throughput_to_floor: rounded(high.steps_per_second / low.steps_per_second),
    },
    aims: {
      'step_ms <= 0.5 and <= 2.5 floor': high.step_ms <= 0.5 && high.step_ms <= 2.5 * low.step_ms,
      'throughput >= floor / 3': high.steps_per_second >= low.steps_per_second / 3,
      'fan_out_ms <= 100': high.fan_out_ms <= 100,
    },
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1_024),
    node: process.version,
  }
}

function medians(
  results: readonly Round[],
): Record<'step_ms' | 'steps_per_second' | 'cpu_ms_per_step' | 'fan_out_ms', number> {
  const of = (pick: (round: Round) => number): number => rounded(median(results.map(pick)))
  return {
    step_ms: of((round) => round.stepMs),
    steps_per_second: of((round) => round.stepsPerSecond),
    cpu_ms_per_step: of((round) => round.cpuMsPerStep),
    fan_out_ms: of((round) => round.fanOutMs),
  }
}
