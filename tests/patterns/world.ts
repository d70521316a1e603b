/**
 * Plays the documents of the workflow patterns on a Nexus of its own, and tells their stories from what the runs
 * recorded. Tests wait for tasks to start and end, never for time to pass.
 */
import { formatProblems, openNexus } from '@nexus/nexus'
import type { EventDraft, LiveRun, Nexus, RunEvent, RunRecord } from '@nexus/nexus'
import type { Json } from '@nexus/sdk'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const documentsFolder = fileURLToPath(new URL('documents', import.meta.url))

export interface World {
  /** Begins a run of `documents/<name>.yaml`, in which not even a warning is found. */
  play(name: string, input?: Json): Promise<Play>
  /** The story of a whole run that needs nothing from outside. */
  tell(name: string, input?: Json): Promise<Story>
  /** An event for every run that listens by now; it is kept for none. */
  publish(type: string, data?: Json): Promise<void>
  close(): Promise<void>
}

/** A run under way. */
export interface Play {
  /** Resolves when a task of this name has started, or has `times` times. */
  started(task: string, times?: number): Promise<void>
  /** Resolves when a task of this name has ended in whatever way. */
  ended(task: string, times?: number): Promise<void>
  /** Sends an event to this run alone; it is kept until the run listens. */
  signal(type: string, data?: Json): Promise<void>
  cancel(): Promise<void>
  /** What is recorded so far. */
  soFar(): Promise<Story>
  /** Waits for the end of the run. */
  story(): Promise<Story>
}

export interface Story {
  readonly record: RunRecord
  /** What happened to the tasks of these names, in order: `a starts`, `a ends`, `a is cancelled`, `a faults`. */
  of(...tasks: string[]): readonly string[]
  /** How often a task of this name started. */
  times(task: string): number
}

/** One for each file: its runs share nothing but the disk, and to open a Nexus takes longer than all of them together. */
export async function setup(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-patterns-'))
  const nexus = await openNexus({ data: folder })
  const play = async (name: string, input: Json = {}): Promise<Play> => {
    const file = join(documentsFolder, `${name}.yaml`)
    const workflow = nexus.check(readFileSync(file, 'utf8'), file)
    if (workflow.problems.length > 0) throw new Error(formatProblems(workflow.problems, workflow))
    return playOf(nexus, await nexus.run(workflow, input))
  }
  return {
    play,
    tell: async (name, input) => (await play(name, input)).story(),
    async publish(type, data) {
      await nexus.events.publish(eventOf(type, data))
    },
    async close() {
      await nexus.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function playOf(nexus: Nexus, live: LiveRun): Play {
  const stage = new Stage(live)
  const soFar = async (): Promise<Story> => storyOf(await nexus.runs.get(live.id))
  return {
    started: (task, times = 1) => stage.until(() => stage.started(task) >= times),
    ended: (task, times = 1) => stage.until(() => stage.ended(task) >= times),
    async signal(type, data) {
      await nexus.runs.signal(live.id, eventOf(type, data))
    },
    cancel: () => nexus.runs.cancel(live.id),
    soFar,
    async story() {
      await live.ended
      return soFar()
    },
  }
}

function eventOf(type: string, data?: Json): EventDraft {
  return data === undefined ? { type } : { type, data }
}

/** Counts the starts and ends of tasks as they come to disk. One that is skipped does neither. */
class Stage {
  readonly #run: LiveRun
  readonly #names = new Map<string, string>()
  readonly #ended: string[] = []
  readonly #watching = new Set<() => void>()

  constructor(run: LiveRun) {
    this.#run = run
    run.listen((event) => {
      this.#hear(event)
      for (const look of this.#watching) look()
    })
  }

  started(task: string): number {
    return this.#names
      .values()
      .filter((name) => name === task)
      .toArray().length
  }

  ended(task: string): number {
    return this.#ended.filter((path) => this.#names.get(path) === task).length
  }

  /** Rejects when the run ends before. */
  async until(holds: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#run.ended.then(({ status }) => reject(new Error(`The run is ${status} already.`)), reject)
    const look = (): void => {
      if (holds()) resolve()
    }
    this.#watching.add(look)
    look()
    await promise
    this.#watching.delete(look)
  }

  #hear(event: RunEvent): void {
    if (event.type === 'task.started') this.#names.set(event.task.path, event.task.name)
    if (event.type !== 'task.ended') return
    if (event.started) this.#names.set(event.path, event.started.task.name)
    if (event.outcome.status === 'skipped') this.#names.delete(event.path)
    else this.#ended.push(event.path)
  }
}

const happened: Readonly<Record<string, string>> = {
  'io.serverlessworkflow.task.started.v1': 'starts',
  'io.serverlessworkflow.task.completed.v1': 'ends',
  'io.serverlessworkflow.task.cancelled.v1': 'is cancelled',
  'io.serverlessworkflow.task.faulted.v1': 'faults',
}

function storyOf(record: RunRecord): Story {
  // A skipped task is not among the tasks, and so not in the story.
  const names = new Map(record.tasks.map(({ path, name }) => [path, name]))
  const lines = record.events.flatMap(({ type, subject }) => {
    const name = names.get(subject)
    const what = happened[type]
    return name !== undefined && what !== undefined ? [{ name, line: `${name} ${what}` }] : []
  })
  return {
    record,
    of: (...tasks) => lines.filter(({ name }) => tasks.includes(name)).map(({ line }) => line),
    times: (task) => lines.filter(({ line }) => line === `${task} starts`).length,
  }
}
