/**
 * `npm run bench:swap [swaps]`: an executor is swapped again and again under load, a tenth of the versions being ones that
 * do not start (their set-up throws, or never ends). Prints JSON.
 *
 *   dropped, duplicated  runs that did not end as they must, and tasks that were done twice
 *   flip_ms                         from the last version serving to the new one serving
 *   live_ms                         from beginning to stage a version until it is live
 *   save_ms                         from writing its source until it serves
 *   heap, rss                       what a swap leaves behind, over the last half
 */
import { openNexus, type LiveRun, type Nexus, type Receipt } from '@nexus/nexus'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, randomNumbers, rounded } from './measure.ts'

const swaps = Number(process.argv[2] ?? 1_000)
const concurrentRuns = 100
const tasksPerRun = 4
const taskMs = { min: 5, max: 200 }
/** One version of so many does not start. */
const faultyEvery = 10
/** How long a set-up may take; one that hangs holds up the swaps for as long. */
const setupMsMax = 200

const folder = mkdtempSync(join(tmpdir(), 'nexus-swap-'))
const random = randomNumbers(11)
/** How often each task of a run in flight was done, by the run's id. */
const executions = new Map<string, Map<string, number>>()
const done = { tasks: 0, twice: 0 }
Object.assign(globalThis, { benchExecuted: note })

/** A hundred runs at once, each followed by the next. */
class Load {
  readonly #nexus: Nexus
  readonly #workflow: ReturnType<Nexus['check']>
  #going = true
  #loops: Promise<{ runs: number; faults: readonly string[] }>[] = []

  constructor(nexus: Nexus) {
    this.#nexus = nexus
    const lasts = `\${ ${taskMs.min} + ((.seed * 7919 + .n * 104729) % ${taskMs.max - taskMs.min}) }`
    const task = { call: 'bench.swapped', with: { n: '${ .n }', seed: '${ .seed }', lasts_ms: lasts } }
    const tasks = Array.from({ length: tasksPerRun }, (_, index) => ({ [`t${index}`]: task }))
    const head = { dsl: '1.0.3', namespace: 'bench', name: 'swap', version: '1.0.0' }
    this.#workflow = nexus.check(JSON.stringify({ document: head, do: tasks }))
  }

  start(): void {
    this.#loops = Array.from({ length: concurrentRuns }, () => this.#loop())
  }

  async #loop(): Promise<{ runs: number; faults: readonly string[] }> {
    const faults: string[] = []
    let runs = 0
    while (this.#going) {
      const live: LiveRun = await this.#nexus.run(this.#workflow, { n: 0, seed: Math.floor(random() * 1e6) })
      const ended = await live.ended
      settle(live.id)
      const whole = ended.status === 'completed' && (ended.output as { n: number }).n === tasksPerRun
      runs++
      if (!whole) faults.push(JSON.stringify(ended))
    }
    return { runs, faults }
  }

  /** How many runs there were, and what was wrong with some. */
  async stop(): Promise<{ runs: number; faults: readonly string[] }> {
    this.#going = false
    const loops = await Promise.all(this.#loops)
    const runs = loops.reduce((sum, loop) => sum + loop.runs, 0)
    return { runs, faults: loops.flatMap(({ faults }) => faults) }
  }
}

const nexus = await openNexus({
  data: join(folder, 'data'),
  modules: [join(writeVersion(0, 'fine'), '../..')],
  trust: [folder],
  deadlines: { setupMsMax },
})
try {
  process.stdout.write(`${JSON.stringify(await bench(nexus), null, 2)}\n`)
} finally {
  await nexus.close()
  rmSync(folder, { recursive: true, force: true })
}

function note(key: string): void {
  const [run = '', path = ''] = key.split(/:(.*)/s)
  const tasks = executions.get(run) ?? new Map<string, number>()
  executions.set(run, tasks.set(path, (tasks.get(path) ?? 0) + 1))
}

/** What a run has done is counted when it has ended, and forgotten. */
function settle(run: string): void {
  for (const times of executions.get(run)?.values() ?? []) {
    done.tasks++
    if (times > 1) done.twice++
  }
  executions.delete(run)
}

async function bench(nexus: Nexus): Promise<object> {
  const load = new Load(nexus)
  load.start()
  const samples: { saveMs: number; heap: number; rss: number }[] = []
  let refused = 0
  for (let swap = 1; swap <= swaps; swap++) {
    const kind = swap % faultyEvery !== 0 ? 'fine' : swap % (2 * faultyEvery) === 0 ? 'hangs' : 'throws'
    const before = performance.now()
    const source = writeVersion(swap, kind)
    try {
      await nexus.modules.change({ folders: [source] })
      samples.push({ saveMs: performance.now() - before, ...memory(swap) })
    } catch (error) {
      if (kind === 'fine') throw error
      refused++
    }
    if (swap % 100 === 0) process.stderr.write(`${swap} of ${swaps} swaps\n`)
  }
  const runs = await load.stop()
  await nexus.modules.settled()
  return report(runs, samples, refused, nexus.modules.receipts().slice(1))
}

function writeVersion(number: number, kind: 'fine' | 'throws' | 'hangs'): string {
  const version = `1.${number}.0`
  const source = join(folder, 'modules', 'executors', 'swapped')
  mkdirSync(source, { recursive: true })
  const setUp = { fine: '', throws: "throw new Error('not today')", hangs: 'await new Promise(() => {})' }[
    kind
  ]
  writeFileSync(
    join(source, 'manifest.yaml'),
    `id: swapped\nversion: ${version}\ntype: executor\nname: Swapped\ndescription: Waits.\nentry_points: {main: main.ts}\nprovides: [{task: bench.swapped}]\n`,
  )
  writeFileSync(
    join(source, 'main.ts'),
    `import { BaseModule, ModuleResult, type ModuleContext } from '@nexus/sdk'
export class Module extends BaseModule {
  override async setup(): Promise<void> { ${setUp} }
  override async execute(context: ModuleContext): Promise<ModuleResult> {
    const { n, seed, lasts_ms } = context.inputData as { n: number; seed: number; lasts_ms: number }
    ;(globalThis as unknown as { benchExecuted(key: string): void }).benchExecuted(context.idempotencyKey)
    await context.clock.sleep(lasts_ms, context.signal)
    return ModuleResult.ok({ n: n + 1, seed })
  }
}
`,
  )
  return source
}

/** The heap after a full collection, now and then, since that takes a while. */
function memory(swap: number): { heap: number; rss: number } {
  if (swap % 25 !== 1) return { heap: 0, rss: 0 }
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, rss }
}

function report(
  { runs, faults }: { runs: number; faults: readonly string[] },
  samples: readonly { saveMs: number; heap: number; rss: number }[],
  refused: number,
  receipts: readonly Receipt[],
): object {
  const live = receipts.map(
    ({ ms }) => (ms.stage ?? 0) + (ms.hand_over ?? 0) + (ms.commit ?? 0) + (ms.flip ?? 0),
  )
  const measured = samples.filter(({ heap }) => heap > 0)
  const half = measured.slice(Math.floor(measured.length / 2))
  return {
    swaps,
    refused,
    runs,
    tasks: done.tasks,
    dropped: faults.length,
    duplicated: done.twice,
    ...(faults.length > 0 && { first_fault: faults[0] }),
    flip_ms: {
      p50: rounded(median(receipts.map(({ ms }) => ms.flip ?? 0))),
      max: rounded(Math.max(...receipts.map(({ ms }) => ms.flip ?? 0))),
      aim: 1,
    },
    live_ms: { p50: rounded(median(live)), p99: rounded(quantile(live, 0.99)), aim_p99: 100 },
    save_ms: { p50: rounded(median(samples.map(({ saveMs }) => saveMs))), aim_p50: 25 },
    heap_bytes_per_swap: Math.round(slope(half.map(({ heap }) => heap)) / 25),
    rss_bytes_per_swap: Math.round(slope(half.map(({ rss }) => rss)) / 25),
    handles_left: receipts.reduce((sum, receipt) => sum + receipt.handles_left, 0),
    problems: receipts.flatMap(({ problems }) => problems).length,
    undrained: receipts.filter(({ ms }) => ms.drain === undefined).length,
    node: process.version,
  }
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

/** The rise from one value to the next, by least squares. */
function slope(values: readonly number[]): number {
  const mid = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const over = values.reduce((sum, value, index) => sum + (index - mid) * (value - mean), 0)
  const under = values.reduce((sum, _value, index) => sum + (index - mid) ** 2, 0)
  return over / under
}
