/**
 * Short commands to a container engine: docker or podman, whose command lines are the same in all that is used here.
 * Its program is started with an argument vector, never through a shell. It knows nothing of tasks.
 */
import { tmpdir } from 'node:os'
import type { Clock } from '@nexus/sdk'
import { ProcessRunner, type ProcessOutcome } from '@nexus/sdk/process'
import { engineEnvironment } from './environment.ts'

/** How long a command that pulls and runs nothing may take, unless it is said otherwise. */
const commandMsMax = 10_000
const commandKillAfterMs = 100
const commandOutputBytesMax = 4_194_304

export interface CommandOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

export class EngineCommands {
  readonly #runner: ProcessRunner
  readonly #host: NodeJS.ProcessEnv

  constructor(clock: Clock, host: NodeJS.ProcessEnv) {
    this.#runner = new ProcessRunner(clock)
    this.#host = host
  }

  /** Rejects when the program is not there or `signal` aborts; what an exit code means is the caller's. */
  run(program: string, vector: readonly string[], options: CommandOptions = {}): Promise<ProcessOutcome> {
    return this.#runner.run({
      program,
      arguments: vector,
      folder: tmpdir(),
      environment: engineEnvironment(this.#host),
      signal: options.signal ?? new AbortController().signal,
      timeoutMs: options.timeoutMs ?? commandMsMax,
      killAfterMs: commandKillAfterMs,
      outputBytesMax: commandOutputBytesMax,
    })
  }

  /** The containers, running or not, of which all filters are true. */
  async list(
    program: string,
    filters: readonly string[],
    options?: CommandOptions,
  ): Promise<readonly string[]> {
    const vector = ['ps', '--all', '--no-trunc', '--format', '{{.ID}}']
    const outcome = await this.run(
      program,
      [...vector, ...filters.flatMap((filter) => ['--filter', filter])],
      options,
    )
    if (!isDone(outcome)) throw new Error(`${program} could not list its containers: ${complaint(outcome)}`)
    return outcome.stdout.split('\n').filter((id) => id !== '')
  }

  /** Kills containers at once. One that does not run, or is gone, is none to kill. */
  async kill(program: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const outcome = await this.run(program, ['kill', ...ids])
    if (isDone(outcome) || /not running|only kill running|no such container/i.test(outcome.stderr)) return
    throw new Error(`${program} could not kill a container: ${complaint(outcome)}`)
  }

  /** Kills containers and removes them with the volumes that have no name. Those that are gone already are none to remove. */
  async remove(program: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    // A removal alone would wait for a program that does not hear SIGTERM, with podman for ten seconds.
    await this.kill(program, ids)
    const outcome = await this.run(program, ['rm', '--force', '--volumes', ...ids])
    if (isDone(outcome) || /no such container|already in progress/i.test(outcome.stderr)) return
    throw new Error(`${program} could not remove a container: ${complaint(outcome)}`)
  }

  /** Ends what still runs. Nothing can be run any more. */
  stop(): Promise<void> {
    return this.#runner.stop()
  }
}

export function isDone({ end }: ProcessOutcome): boolean {
  return end.kind === 'exited' && end.code === 0
}

/** The last thing that an engine said, as the end of a sentence. */
export function complaint({ end, stderr }: ProcessOutcome): string {
  if (end.kind === 'timed_out') return `it did not answer within ${end.afterMs} ms.`
  const said = stderr.trim().split('\n').at(-1) ?? ''
  if (said !== '') return /[.!?]$/.test(said) ? said : `${said}.`
  return end.kind === 'exited' ? `exit code ${end.code}.` : `it was ended (${end.kind}).`
}
