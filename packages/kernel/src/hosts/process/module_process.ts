/**
 * One process, from its start to the last trace of it: the connection to it, what it prints, its process group, its
 * temporary folder. It has said `hello` in the right version when `ready` resolves. What runs in it, it does not know.
 */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { invariant, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import type { Watchdog } from '@nexus/sdk/process'
import { ProcessEnded, type ProcessEnd } from './end.ts'
import type { Launch } from './launch.ts'
import { Peer, UnknownMethod } from './peer.ts'
import { outOfMemory, readPrints, type Prints } from './prints.ts'
import { protocolVersion, type WireThrown } from './protocol.ts'
import { encodeThrown } from './thrown.ts'

/** How long what a process wrote before its end is waited for: another may hold its streams open. */
const drainMsMax = 200
/** How long a process that is asked to end has before it is killed. */
const leaveMsMax = 500
/** Ends of which all is said: what was printed last adds nothing. */
const saysItself: ReadonlySet<ProcessEnd['kind']> = new Set(['stopped', 'out_of_memory'])

export interface ProcessServices {
  readonly clock: Clock
  readonly watchdog: Watchdog
  /** A folder for one process, which is removed after it. */
  readonly makeTemporary: () => string
  /** How long a process has for its `hello`. */
  readonly helloMsMax: number
}

/** Who a process works for. */
export interface Tenant {
  answer(method: string, params: JsonObject, id: number): Promise<Json>
  hear(method: string, params: JsonObject): void
  encode(thrown: unknown, method: string, params: JsonObject): WireThrown
  printed(channel: 'stdout' | 'stderr', line: string): void
  /** Called once, before what is under way is rejected. */
  ended(end: ProcessEnd): void
}

export class ModuleProcess {
  readonly peer: Peer
  readonly pid: number
  /** Rejects with `ProcessEnded`. */
  readonly ready: Promise<void>
  /** Resolves when nothing of the process is left. */
  readonly gone: Promise<ProcessEnd>
  readonly #services: ProcessServices
  readonly #child: ChildProcess
  readonly #streams: readonly Socket[]
  readonly #prints: readonly Prints[]
  readonly #hello = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<ProcessEnd>()
  readonly #temporary: string
  readonly #wrapped: boolean
  readonly #memoryMb: number
  readonly #stopWaiting: () => void
  #tenant: Tenant | undefined
  #end: ProcessEnd | undefined

  constructor(launch: Launch, services: ProcessServices) {
    this.#services = services
    this.#temporary = services.makeTemporary()
    this.#wrapped = launch.wrapped
    this.#memoryMb = launch.memoryMb
    this.#child = start(launch, this.#temporary)
    this.pid = this.#child.pid ?? 0
    if (this.pid > 0) services.watchdog.watch(this.pid)
    const { input, output, prints } = streamsOf(this.#child, launch.channel)
    this.#streams = [...new Set([input, output, ...prints.map(({ stream }) => stream)])].map(asSocket)
    this.#prints = prints.map(({ channel, stream }) =>
      readPrints(stream, (line) => this.#tenant?.printed(channel, line), services.clock),
    )
    this.peer = this.#connect(input, output)
    this.ready = this.#hello.promise
    this.gone = this.#gone.promise
    this.ready.catch(() => undefined)
    this.#stopWaiting = services.clock.timer(services.helloMsMax, () =>
      this.end({ kind: 'silent', afterMs: services.helloMsMax }),
    )
    this.#watchEnd(input)
    this.#keepAlive(false)
  }

  /** Set as soon as it is known how the process ends. */
  get ending(): ProcessEnd | undefined {
    return this.#end
  }

  /** Whether it can be given anything more to do. */
  get usable(): boolean {
    return this.#end === undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** From now on the process works for that one, and keeps the host's process alive. */
  serve(tenant: Tenant): void {
    this.#tenant = tenant
    this.#keepAlive(true)
  }

  /** Kills the whole group at once; the first reason counts. */
  end(end: ProcessEnd): void {
    this.#decide(end)
    killGroup(this.#child)
  }

  /** Lets the process end by itself, which it does when the connection ends, and kills what does not. */
  async leave(): Promise<void> {
    this.#decide({ kind: 'stopped' })
    for (const stream of this.#streams) if (stream.writable) stream.end()
    const stopTimer = this.#services.clock.timer(leaveMsMax, () => killGroup(this.#child))
    await this.gone
    stopTimer()
  }

  #connect(input: Readable, output: Writable): Peer {
    return new Peer({
      input,
      output,
      answer: async (method, params, id) => {
        if (this.#tenant !== undefined) return this.#tenant.answer(method, params, id)
        throw new UnknownMethod(`Nobody is here yet to answer "${method}".`)
      },
      hear: (method, params) => {
        if (method === 'hello') this.#greet(params)
        else this.#tenant?.hear(method, params)
      },
      encode: (thrown, method, params) =>
        this.#tenant?.encode(thrown, method, params) ?? encodeThrown(thrown),
      broken: (sent) => this.end({ kind: 'broken', sent }),
    })
  }

  #greet({ protocol }: JsonObject): void {
    this.#stopWaiting()
    if (protocol === protocolVersion) return this.#hello.resolve()
    this.end({ kind: 'other_protocol', theirs: protocol, ours: protocolVersion })
  }

  #decide(end: ProcessEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#stopWaiting()
    const ended = this.ended(end)
    this.#hello.reject(ended)
    this.#tenant?.ended(end)
    this.peer.close(ended)
  }

  /** The error for whoever waits for the process, with what it printed last. */
  ended(end: ProcessEnd): ProcessEnded {
    const last = this.#prints.at(-1)?.last() ?? ''
    return new ProcessEnded(end, saysItself.has(end.kind) ? '' : last)
  }

  #watchEnd(input: Readable): void {
    const closed = new Promise<void>((resolve) => void input.once('close', resolve))
    this.#child.once('error', (error) => {
      this.#decide({ kind: 'not_started', why: error.message })
      if (this.pid === 0) void this.#clear()
    })
    this.#child.once('exit', (code, signal) => void this.#leaveBehind(closed, code, signal))
    for (const stream of this.#streams) stream.on('error', () => stream.destroy())
  }

  /** What the process wrote before its end is read first: it may be the answer that it ended after. */
  async #leaveBehind(
    closed: Promise<void>,
    code: number | null,
    signal: NodeJS.Signals | null,
  ): Promise<void> {
    killGroup(this.#child)
    await this.#within(Promise.all([closed, ...this.#prints.map((prints) => prints.closed)]))
    this.#decide(this.#endOf(code ?? 0, signal ?? this.#signalWithin(code ?? 0)))
    await this.#clear()
  }

  #endOf(code: number, signal: NodeJS.Signals | null): ProcessEnd {
    if (signal === null) return { kind: 'exited', code }
    const isFull = this.#prints.at(-1)?.last().includes(outOfMemory)
    return isFull ? { kind: 'out_of_memory', limitMb: this.#memoryMb } : { kind: 'killed', signal }
  }

  /** What killed the module's process, where another program that is around it tells so by its exit code. */
  #signalWithin(code: number): NodeJS.Signals | null {
    if (!this.#wrapped || code <= 128) return null
    const found = Object.entries(constants.signals).find(([, number]) => number === code - 128)
    return found ? (found[0] as NodeJS.Signals) : null
  }

  async #clear(): Promise<void> {
    for (const stream of this.#streams) stream.destroy()
    if (this.pid > 0) this.#services.watchdog.forget(this.pid)
    await rm(this.#temporary, { recursive: true, force: true }).catch(() => undefined)
    invariant(this.#end, 'a process is cleared away that has not ended')
    this.#gone.resolve(this.#end)
  }

  async #within(work: Promise<unknown>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stopTimer = this.#services.clock.timer(drainMsMax, resolve)
    await Promise.race([work, promise])
    stopTimer()
  }

  #keepAlive(keeps: boolean): void {
    for (const handle of [this.#child, ...this.#streams]) {
      if (keeps) handle.ref()
      else handle.unref()
    }
  }
}

/** Its own group, so that whatever it starts ends with it. */
function start(launch: Launch, temporary: string): ChildProcess {
  const stdio: StdioOptions =
    launch.channel === 'own' ? ['ignore', 'pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe']
  return spawn(launch.program, launch.arguments(temporary), {
    cwd: temporary,
    env: { TMPDIR: temporary, ...launch.environment },
    stdio,
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
}

interface Streams {
  readonly input: Readable
  readonly output: Writable
  readonly prints: readonly { channel: 'stdout' | 'stderr'; stream: Readable }[]
}

function streamsOf(child: ChildProcess, channel: Launch['channel']): Streams {
  const [stdin, stdout, stderr, own] = child.stdio
  invariant(stdout && stderr, 'a module was started without streams for what it prints')
  const printed = { channel: 'stderr', stream: stderr } as const
  if (channel === 'standard') {
    invariant(stdin, 'a module was started without standard input')
    return { input: stdout, output: stdin, prints: [printed] }
  }
  invariant(own, 'a module was started without a stream for the protocol')
  const prints = [{ channel: 'stdout', stream: stdout } as const, printed]
  return { input: own as Socket, output: own as Socket, prints }
}

function asSocket(stream: Readable | Writable): Socket {
  invariant(stream instanceof Socket, 'a stream of a module is no socket')
  return stream
}

/** A group that is gone already is what was wanted. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}
