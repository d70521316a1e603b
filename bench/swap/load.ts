/**
 * A hundred runs at once, each followed by the next, over HTTP; and what became of each.
 */
import { operations, type Client, type Run } from '@nexus/api'

export const tasksPerRun = 4
const concurrentRuns = 100
const taskMs = { min: 5, max: 200 }

export interface EndedRun {
  readonly id: string
  /** As its record says it. */
  readonly startedAt: number
  readonly tasks: readonly ServedTask[]
  /** What is wrong with how it ended. */
  readonly fault: string | undefined
}

export interface ServedTask {
  readonly startedAt: number
  /** The version that its record names, and the one that did it. */
  readonly version: string
  readonly by: string
}

export class Load {
  readonly #client: Client
  readonly #random: () => number
  #going = true
  #loops: Promise<EndedRun[]>[] = []

  constructor(client: Client, random: () => number) {
    this.#client = client
    this.#random = random
  }

  start(): void {
    this.#loops = Array.from({ length: concurrentRuns }, () => this.#loop())
    for (const loop of this.#loops) loop.catch(() => {}) // told when they are stopped
  }

  async #loop(): Promise<EndedRun[]> {
    const runs: EndedRun[] = []
    while (this.#going) runs.push(await this.#runOne())
    return runs
  }

  async #runOne(): Promise<EndedRun> {
    const input = { by: [], seed: Math.floor(this.#random() * 1e6) }
    const { id } = await this.#client.call(operations.runs.start, {
      body: { workflow_text: document, input },
    })
    return endedRun(await this.#client.ended(id))
  }

  /** What became of all of them. */
  async stop(): Promise<readonly EndedRun[]> {
    this.#going = false
    return (await Promise.all(this.#loops)).flat()
  }
}

const document = documentOf()

function documentOf(): string {
  const lasts = `\${ ${taskMs.min} + ((.seed * 7919 + (.by | length) * 104729) % ${taskMs.max - taskMs.min}) }`
  const task = { call: 'bench.swapped', with: { by: '${ .by }', seed: '${ .seed }', lasts_ms: lasts } }
  const tasks = Array.from({ length: tasksPerRun }, (_, index) => ({ [`t${index}`]: task }))
  const head = { dsl: '1.0.3', namespace: 'bench', name: 'swap', version: '1.0.0' }
  return JSON.stringify({ document: head, do: tasks })
}

function endedRun({ id, status, output, error, started_at: startedAt, tasks }: Run): EndedRun {
  const by = (output as { by?: string[] } | null)?.by ?? []
  const whole = status === 'completed' && by.length === tasksPerRun
  const served = tasks.filter(({ kind }) => kind === 'bench.swapped')
  return {
    id,
    startedAt: Date.parse(startedAt ?? ''),
    fault: whole ? undefined : `${status}: ${error?.detail ?? JSON.stringify(output)}`,
    tasks: served.map((task, index) => ({
      startedAt: Date.parse(task.started_at),
      version: task.version ?? '',
      by: by[index] ?? '',
    })),
  }
}
