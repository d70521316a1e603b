/**
 * What the runs of one scenario have told of themselves, over all lives of its Nexus, and how a step waits for more.
 * It never looks at the clock: a step goes on with the event that it waits for.
 */
import type { LiveRun, RunEvent } from '@nexus/nexus'
import { systemClock } from '@nexus/sdk'
import assert from 'node:assert/strict'

/** How long a step waits for what it names. */
const waitMsMax = 20_000

interface Entry {
  readonly run: LiveRun
  readonly event: RunEvent
}

export class Told {
  readonly #entries: Entry[] = []
  readonly #names = new Map<string, string>()
  readonly #latest = new Map<string, LiveRun>()
  readonly #watching = new Set<() => void>()

  hear(run: LiveRun): void {
    this.#latest.set(run.id, run)
    run.listen((event) => {
      this.#entries.push({ run, event })
      for (const task of startsIn(event)) this.#names.set(`${run.id}${task.path}`, task.name)
      for (const look of this.#watching) look()
    })
  }

  /** The run as it goes on now: after a restart it is another one of the same id. */
  live(id: string): LiveRun {
    const run = this.#latest.get(id)
    assert.ok(run, `The run ${id} is not in progress here.`)
    return run
  }

  /** How often a task of that name has begun to wait for an event or for a time, its timeout aside. */
  waits(task: string): number {
    return this.#count(({ event }) => {
      if (event.type !== 'listen.begun' && event.type !== 'timer.set') return undefined
      const [, path] = /^(.+)\/(?:listen|wait|sleep\/[^/]+)$/.exec(event.path) ?? []
      return path
    }, task)
  }

  started(task: string): number {
    return this.#count(({ event }) => startsIn(event)[0]?.path, task)
  }

  ended(task: string): number {
    return this.#count(({ event }) => (event.type === 'task.ended' ? event.path : undefined), task)
  }

  /** The runs of a workflow that were not begun by others and have completed, in the order of their ends. */
  completedRuns(workflow: string): readonly string[] {
    const ended = this.#entries.filter(
      ({ run, event }) =>
        run.workflow.name === workflow && event.type === 'run.ended' && event.outcome.status === 'completed',
    )
    return ended.map(({ run }) => run.id)
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => {
      if (holds()) resolve()
    }
    this.#watching.add(look)
    look()
    await this.#inTime(what, promise).finally(() => this.#watching.delete(look))
  }

  async end(id: string): Promise<void> {
    await this.#inTime('the run ends', this.live(id).ended)
  }

  /** Rejects, saying what was told so far, when that takes too long. */
  async #inTime(what: string, awaited: Promise<unknown>): Promise<void> {
    const late = Promise.withResolvers<never>()
    const stop = systemClock.timer(waitMsMax, () =>
      late.reject(
        new Error(`In ${waitMsMax / 1000} s it did not come to pass that ${what}. ${this.#story()}`),
      ),
    )
    await Promise.race([awaited, late.promise]).finally(stop)
  }

  #count(pathOf: (entry: Entry) => string | undefined, task: string): number {
    return this.#entries.filter((entry) => {
      const path = pathOf(entry)
      return path !== undefined && this.#names.get(`${entry.run.id}${path}`) === task
    }).length
  }

  #story(): string {
    const lines = this.#entries.map(({ run, event }) => `  ${run.workflow.name} ${JSON.stringify(event)}`)
    return lines.length === 0 ? 'Nothing was told.' : `This was told:\n${lines.slice(-20).join('\n')}`
  }
}

/** The start that an event tells of: its own, or the one that an outcome carries. */
function startsIn(event: RunEvent): readonly { path: string; name: string }[] {
  if (event.type === 'task.started') return [event.task]
  return event.type === 'task.ended' && event.started ? [event.started.task] : []
}
