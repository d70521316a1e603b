/**
 * Which engine runs containers here: the first on the PATH that answers, docker before podman, or the one that the
 * configuration names. Asking costs a process, so an answer is remembered for a moment; a daemon that was started or
 * stopped meanwhile is seen after it.
 */
import type { Clock, JsonObject } from '@nexus/sdk'
import type { ProcessOutcome } from '@nexus/sdk/process'
import { complaint, isDone, type EngineCommands } from './engine.ts'

/** How long an engine has to say that it is there. */
const answerMsMax = 3000
const rememberedMsMax = 5000

/** The engine's program, or in sentences why there is none. */
export type Found = { readonly program: string } | { readonly why: string }

export class EngineFinder {
  readonly #commands: EngineCommands
  readonly #clock: Clock
  readonly #candidates: readonly string[]
  #answer: { readonly atMs: number; readonly found: Promise<Found> } | undefined

  constructor(commands: EngineCommands, clock: Clock, config: JsonObject) {
    this.#commands = commands
    this.#clock = clock
    this.#candidates = candidatesOf(config)
  }

  find(): Promise<Found> {
    const nowMs = this.#clock.elapsed()
    if (this.#answer && nowMs - this.#answer.atMs < rememberedMsMax) return this.#answer.found
    const found = this.#ask()
    this.#answer = { atMs: nowMs, found }
    return found
  }

  async #ask(): Promise<Found> {
    const answers = await Promise.all(this.#candidates.map((program) => this.#probe(program)))
    const first = answers.find((answer) => answer && 'program' in answer)
    if (first) return first
    const whys = answers.flatMap((answer) => (answer && 'why' in answer ? [answer.why] : []))
    return { why: whys.length > 0 ? whys.join(' ') : this.#noneInstalled() }
  }

  /** Undefined for one that is not installed: worth a word only when none is. */
  async #probe(program: string): Promise<Found | undefined> {
    try {
      return judge(program, await this.#commands.run(program, ['version'], { timeoutMs: answerMsMax }))
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined
      return {
        why: `${program} cannot be started: ${error instanceof Error ? error.message : String(error)}.`,
      }
    }
  }

  #noneInstalled(): string {
    const [first = '', second] = this.#candidates
    if (first.includes('/')) return `${first} is not there. Correct container_engine_path, or leave it empty.`
    const what = second === undefined ? `${first} is not` : `Neither ${first} nor ${second} is`
    return `${what} on the PATH. Install it to run containers, or say where it is with container_engine_path.`
  }
}

function candidatesOf(config: JsonObject): readonly string[] {
  const { container_engine: engine = 'auto', container_engine_path: path = '' } = config
  if (typeof path === 'string' && path !== '') return [path]
  return engine === 'docker' || engine === 'podman' ? [engine] : ['docker', 'podman']
}

function judge(program: string, outcome: ProcessOutcome): Found {
  if (isDone(outcome)) return { program }
  return { why: `${program} is installed, but it cannot be used: ${complaint(outcome)}` }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
