/**
 * A worker: one process that runs scripts, one at a time, and says what becomes of them in frames on its standard
 * streams. It is started once and kept warm. What it sends is not trusted; a worker that breaks the protocol, or whose
 * script does not end when it has to, is killed with everything that it started.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { invariant, TaskFault, type Clock, type Json } from '@nexus/sdk'
import type { Watchdog } from '@nexus/sdk/process'
import { frame, frameReader, type Frame } from './frames.ts'
import { workerEnvironment } from './launch.ts'

export interface WorkerProgram {
  readonly program: string
  readonly arguments: readonly string[]
  /** Whether the worker itself ends its script when it is told to, and stays. */
  readonly canStop: boolean
  /** Whether it is over after one script. */
  readonly isSingleUse: boolean
  /** A descriptor of this host that it has as 3. */
  readonly inherits?: number | undefined
  /** Whether its standard streams are the script's own, and frames have descriptors 3 and 4. */
  readonly isRaw?: boolean
  /** Releases what was made for it, once it is gone. */
  release?(): Promise<void>
}

/** How long a worker may take until it says that it is there. */
const readyMsMax = 30_000
/** How long a worker that can stop its script may take for it. */
const stopMsMax = 400
const diagnosticCharactersMax = 4000

export class Worker {
  readonly isSingleUse: boolean
  readonly canStop: boolean
  /** Resolves when its process and all that held its streams are gone. */
  readonly gone: Promise<void>
  readonly isRaw: boolean
  readonly #child: ChildProcess
  readonly #clock: Clock
  readonly #streams: Streams
  #onFrame: ((frame: Frame) => void) | undefined
  #diagnostics = ''
  #hello: Json = null
  #isGone = false

  /** Resolves when the worker is ready for a script; rejects with what it said when it cannot be. */
  static async start(program: WorkerProgram, clock: Clock, watchdog: Watchdog): Promise<Worker> {
    const child = spawn(program.program, program.arguments, {
      env: workerEnvironment,
      stdio: stdioOf(program),
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
    const worker = new Worker(child, program, clock)
    const { pid } = child
    if (pid !== undefined) watchdog.watch(pid)
    void worker.gone.then(() => pid !== undefined && watchdog.forget(pid))
    await worker.#ready()
    return worker
  }

  private constructor(child: ChildProcess, program: WorkerProgram, clock: Clock) {
    this.isSingleUse = program.isSingleUse
    this.canStop = program.canStop
    this.isRaw = program.isRaw === true
    this.#child = child
    this.#clock = clock
    this.#streams = streamsOf(child, this.isRaw)
    this.#read()
    child.once('error', (error) => this.#note(error.message))
    this.gone = new Promise<void>((resolve) => void child.once('close', () => resolve())).then(async () => {
      this.#isGone = true
      await program.release?.()
    })
  }

  get isAlive(): boolean {
    return !this.#isGone && this.#child.exitCode === null && this.#child.signalCode === null
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** What it said of itself when it was ready. */
  get hello(): Json {
    return this.#hello
  }

  /** How its process ended, and what it last wrote to its standard error. */
  get ending(): { code: number | null; signal: NodeJS.Signals | null; diagnostics: string } {
    const { exitCode: code, signalCode: signal } = this.#child
    return { code, signal, diagnostics: this.#diagnostics.trim() }
  }

  /** Sends frames; one that no longer listens is found out by its end. */
  send(frames: Iterable<Buffer>): void {
    for (const one of frames) this.#streams.toWorker.write(one)
  }

  /** All that a script finds on a standard input of its own. */
  feed(text: string): void {
    this.#streams.stdin?.end(text)
  }

  /** Takes what comes from now on; nobody does, with undefined. */
  listen(onFrame: ((frame: Frame) => void) | undefined): void {
    this.#onFrame = onFrame
  }

  /** Asks it to end its script; kills it where it cannot, or does not in time. Resolves when the script is gone. */
  async stopScript(ended: Promise<unknown>): Promise<void> {
    if (!this.canStop) return this.end()
    this.send([frame('K', '')])
    const timeUp = Promise.withResolvers<boolean>()
    const stopTimer = this.#clock.timer(stopMsMax, () => timeUp.resolve(false))
    const isStopped = await Promise.race([timeUp.promise, ended.then(() => true)])
    stopTimer()
    if (!isStopped) await this.end()
  }

  kill(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      if (process.platform === 'win32') this.#child.kill('SIGKILL')
      else process.kill(-pid, 'SIGKILL')
    } catch {
      // None of its group is left.
    }
  }

  /** Kills it and waits until it is gone. */
  async end(): Promise<void> {
    this.wake()
    this.kill()
    await this.gone
  }

  /** A worker that waits for its next script does not keep its host alive. */
  rest(): void {
    this.#child.unref()
    for (const stream of this.#sockets()) stream.unref()
  }

  wake(): void {
    this.#child.ref()
    for (const stream of this.#sockets()) stream.ref()
  }

  #sockets(): Socket[] {
    return this.#child.stdio.filter((stream) => stream instanceof Socket)
  }

  #read(): void {
    const { fromWorker, stdout, stderr } = this.#streams
    const read = frameReader((one) => this.#onFrame?.(one))
    fromWorker.on('data', (chunk: Buffer) => {
      try {
        read(chunk)
      } catch (error) {
        this.#note(String(error))
        this.kill()
      }
    })
    stdout?.on('data', (payload: Buffer) => this.#onFrame?.({ type: 'O', payload }))
    stderr.on('data', (payload: Buffer) => {
      this.#note(payload.toString())
      if (this.isRaw) this.#onFrame?.({ type: 'E', payload })
    })
    for (const stream of this.#child.stdio) stream?.on('error', () => undefined)
  }

  #note(text: string): void {
    this.#diagnostics = (this.#diagnostics + text).slice(-diagnosticCharactersMax)
  }

  async #ready(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#onFrame = ({ type, payload }) => {
      if (type !== 'H') return
      this.#hello = JSON.parse(payload.toString()) as Json
      resolve(true)
    }
    const stopTimer = this.#clock.timer(readyMsMax, () => resolve(false))
    const isReady = await Promise.race([promise, this.gone.then(() => false)])
    stopTimer()
    this.#onFrame = undefined
    if (isReady) return
    await this.end()
    const { code, signal, diagnostics } = this.ending
    const how = diagnostics.split('\n').slice(-3).join(' ') || `it ended by ${signal ?? code ?? 'itself'}`
    throw TaskFault.of('configuration', `The sandbox did not start: ${how}`)
  }
}

interface Streams {
  readonly toWorker: Writable
  readonly fromWorker: Readable
  readonly stderr: Readable
  /** The script's own, where it has any. */
  readonly stdin?: Writable
  readonly stdout?: Readable
}

function stdioOf({ isRaw, inherits }: WorkerProgram): ('pipe' | number)[] {
  if (isRaw) return ['pipe', 'pipe', 'pipe', 'pipe', 'pipe']
  return ['pipe', 'pipe', 'pipe', ...(inherits === undefined ? [] : [inherits])]
}

function streamsOf({ stdio }: ChildProcess, isRaw: boolean): Streams {
  const [stdin, stdout, stderr, toWorker, fromWorker] = stdio
  invariant(stdin && stdout && stderr, 'a worker was started without pipes')
  if (!isRaw) return { toWorker: stdin, fromWorker: stdout, stderr }
  invariant(
    toWorker instanceof Socket && fromWorker instanceof Socket,
    'a worker was started without pipes for frames',
  )
  return { toWorker, fromWorker, stderr, stdin, stdout }
}
