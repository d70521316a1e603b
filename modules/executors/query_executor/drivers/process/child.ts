/**
 * A process that holds an engine which would otherwise live in this program: SQLite and DuckDB crash, run out of memory
 * and cannot be stopped without taking their program along. It is asked one thing at a time, is killed when it must
 * stop or takes more memory than it may, and is the first that a system short of memory ends.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Clock } from '@nexus/sdk'
import type { Watchdog } from '@nexus/sdk/process'
import { EngineError } from '../../driver.ts'
import type { EngineAnswer } from './protocol.ts'

export interface ChildOptions {
  /** A program in JavaScript, without imports of its own. */
  readonly program: string
  /** Of Node: what its JavaScript may do. */
  readonly rights: readonly string[]
  readonly arguments?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** All that the process may take. */
  readonly memoryMb: number
  /** How large a file may become that it writes; without a bound by default. */
  readonly fileMb?: number
  readonly watchdog: Watchdog
  readonly clock: Clock
}

const lookEveryMs = 100
const pageBytes = 4_096
/** Of the JavaScript around the engine. */
const heapMb = 256

export class EngineChild {
  readonly #child: ChildProcess
  readonly #options: ChildOptions
  readonly #exited: Promise<unknown>
  #isAlive = true
  #wasTooLarge = false
  #answered: ((answer: EngineAnswer | undefined) => void) | undefined

  constructor(options: ChildOptions) {
    const child = start(options)
    this.#child = child
    this.#options = options
    if (child.pid !== undefined) options.watchdog.watch(child.pid)
    this.#exited = child.pid === undefined ? Promise.resolve() : once(child, 'exit')
    child.on('message', (answer: EngineAnswer) => this.#settle(answer))
    child.on('exit', () => this.#ended())
    child.on('error', () => this.#ended())
    // An idle process does not keep the program alive.
    child.unref()
    child.channel?.unref()
  }

  isAlive(): boolean {
    return this.#isAlive
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Rejects with an `EngineError` where the process is gone; what the engine could not do is an answer. */
  async ask(request: object): Promise<EngineAnswer> {
    if (!this.#isAlive) throw this.#lost()
    const { promise, resolve } = Promise.withResolvers<EngineAnswer | undefined>()
    this.#answered = resolve
    this.#child.channel?.ref()
    this.#child.send(request, (error) => error && this.#settle(undefined))
    const stopLooking = this.#look()
    const answer = await promise
    stopLooking()
    this.#child.channel?.unref()
    if (answer === undefined) throw this.#lost()
    return answer
  }

  /** Kills it, and waits until it is gone. */
  async end(): Promise<void> {
    this.#isAlive = false
    this.#child.ref()
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  #look(): () => void {
    const { clock, memoryMb } = this.#options
    let stopTimer = (): void => undefined
    let isOver = false
    const judge = (takenMb: number): void => {
      if (isOver) return
      if (takenMb <= memoryMb) return again()
      this.#wasTooLarge = true
      this.#child.kill('SIGKILL')
    }
    const again = (): void => {
      stopTimer = clock.timer(lookEveryMs, () => void residentMb(this.#child.pid).then(judge))
    }
    again()
    return () => {
      isOver = true
      stopTimer()
    }
  }

  #ended(): void {
    this.#isAlive = false
    if (this.#child.pid !== undefined) this.#options.watchdog.forget(this.#child.pid)
    this.#settle(undefined)
  }

  #settle(answer: EngineAnswer | undefined): void {
    this.#answered?.(answer)
    this.#answered = undefined
  }

  #lost(): EngineError {
    if (!this.#wasTooLarge)
      return new EngineError('communication', 'the process that held the database open has ended')
    const { memoryMb } = this.#options
    return new EngineError('runtime', `out of memory: it took more than ${memoryMb} MB. Ask for less at once`)
  }
}

function start({ program, rights, fileMb, ...options }: ChildOptions): ChildProcess {
  const node = ['--permission', ...rights, `--max-old-space-size=${heapMb}`, '--no-warnings']
  const vector = [process.execPath, ...node, '--eval', program, ...(options.arguments ?? [])]
  const [file = '', ...rest] = process.platform === 'win32' ? vector : limited(vector, fileMb)
  return spawn(file, rest, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    env: { ...options.environment },
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
}

/** A shell sets what only a process can set of itself, and becomes the program. */
function limited(vector: readonly string[], fileMb: number | undefined): readonly string[] {
  // A file beyond its bound is an error of the engine, not its end.
  const bound = fileMb === undefined ? '' : `trap '' XFSZ; ulimit -f ${fileMb * 2_048}; `
  const first = 'echo 1000 2>/dev/null >/proc/self/oom_score_adj; '
  return ['/bin/sh', '-c', `${first}${bound}exec "$@"`, 'sh', ...vector]
}

/** 0 where the system does not say. */
async function residentMb(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/statm`, 'latin1').catch(() => '')
  return (Number(text.split(' ')[1] ?? 0) * pageBytes) / 1_048_576
}
