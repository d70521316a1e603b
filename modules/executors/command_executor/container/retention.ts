/**
 * `lifetime.cleanup: eventually`: removes containers that ended long enough ago. How long is a label of the container, so
 * nothing is remembered here. It looks when a container task begins or ends, and while the module is loaded when the next
 * one is due. There is no daemon: what becomes due while Nexus does not run is removed at the next container task.
 */
import type { Clock, Log } from '@nexus/sdk'
import { removeAfterLabel } from './creation.ts'
import type { EngineCommands } from './engine.ts'

export class Retention {
  readonly #commands: EngineCommands
  readonly #clock: Clock
  #sweeping: Promise<void> = Promise.resolve()
  #stopTimer: (() => void) | undefined
  #isStopped = false

  constructor(commands: EngineCommands, clock: Clock) {
    this.#commands = commands
    this.#clock = clock
  }

  /** Looks in the background; resolves when it has. A failure is a warning: the next look makes up for it. */
  sweep(program: string, log: Log): Promise<void> {
    this.#sweeping = this.#sweeping
      .then(() => this.#sweep(program, log))
      .catch((error: unknown) => {
        if (!this.#isStopped) log.warn(`Containers that are due were not removed: ${String(error)}`)
      })
    return this.#sweeping
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#stopTimer?.()
    await this.#sweeping
  }

  async #sweep(program: string, log: Log): Promise<void> {
    if (this.#isStopped) return
    const ids = await this.#commands.list(program, [`label=${removeAfterLabel}`, 'status=exited'])
    const ended = ids.length > 0 ? await this.#inspect(program, ids) : []
    const due = ended.filter(({ dueMs }) => dueMs <= this.#clock.now())
    await this.#commands.remove(
      program,
      due.map(({ id }) => id),
    )
    this.#wake(
      program,
      log,
      ended.filter((each) => !due.includes(each)),
    )
  }

  async #inspect(program: string, ids: readonly string[]): Promise<readonly Ended[]> {
    const { stdout } = await this.#commands.run(program, [
      'inspect',
      '--type',
      'container',
      '--format',
      line,
      ...ids,
    ])
    return stdout.split('\n').flatMap(readLine)
  }

  #wake(program: string, log: Log, later: readonly Ended[]): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
    if (later.length === 0 || this.#isStopped) return
    const nextMs = Math.min(...later.map(({ dueMs }) => dueMs))
    this.#stopTimer = this.#clock.timer(nextMs - this.#clock.now(), () => void this.sweep(program, log))
  }
}

interface Ended {
  readonly id: string
  readonly dueMs: number
}

/** The same in both engines: podman would write a time that is not JSON in words of its own. */
const line = `{{.Id}} {{json .State.FinishedAt}} {{index .Config.Labels "${removeAfterLabel}"}}`

function readLine(text: string): readonly Ended[] {
  const [, id, endedAt, afterMs] = /^(\S+) "(\S+)" (\d+)$/.exec(text) ?? []
  const dueMs = Date.parse(endedAt ?? '') + Number(afterMs)
  return id === undefined || Number.isNaN(dueMs) ? [] : [{ id, dueMs }]
}
