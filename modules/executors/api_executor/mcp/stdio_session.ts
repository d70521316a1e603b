/**
 * A session with a server that is started for it: a process group of its own, with the environment that the task gives
 * it and a PATH, and nothing of it left when the session ends. What it writes is bounded; lines that are no JSON are
 * not its protocol, and go to the log of the task.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client'
import { TaskFault } from '@nexus/sdk'
import { lastLines, type Watchdog } from '@nexus/sdk/process'
import { readJson } from '../json_text.ts'
import type { ProtocolOptions } from '../protocol_options.ts'
import { findProgram, refuseProgram } from '../program.ts'
import type { StdioServer } from './arguments.ts'
import type { Session } from './call_mcp.ts'
import { readLines } from './lines.ts'

/** How long a server has between being asked to end and being killed. */
const killAfterMs = 500
const stderrLengthMax = 16_384

export interface StdioSession extends Session {
  /** Whether nothing more can come of it. */
  readonly isOver: boolean
  /** Is for another call from now on, with its limits and its log. */
  serve(options: ProtocolOptions): void
}

/** Throws where the program is none, or may not be started. */
export function allowedProgram({ command }: StdioServer, { policy }: ProtocolOptions): string {
  const program = findProgram(command)
  refuseProgram({ given: command, found: program }, policy.programs)
  return program
}

export function stdioSession(
  server: StdioServer & { readonly program: string },
  options: ProtocolOptions,
  watchdog: Watchdog,
): StdioSession {
  const process = new ServerProcess(server, options, watchdog)
  return {
    transport: process,
    name: `the MCP server "${server.command}"`,
    tokens: [],
    get isOver() {
      return process.isClosed
    },
    serve: (next) => process.serve(next),
    failure: () => process.failure(),
    end: () => process.end(),
  }
}

class ServerProcess implements Transport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: ((message: JSONRPCMessage) => void) | undefined
  readonly #server: StdioServer & { readonly program: string }
  #options: ProtocolOptions
  #lines: ReturnType<typeof readLines> | undefined
  readonly #watchdog: Watchdog
  #child: ChildProcess | undefined
  #failure: TaskFault | undefined
  #stderr = ''
  #isClosed = false

  constructor(
    server: StdioServer & { readonly program: string },
    options: ProtocolOptions,
    watchdog: Watchdog,
  ) {
    this.#server = server
    this.#options = options
    this.#watchdog = watchdog
  }

  async start(): Promise<void> {
    const { program, arguments: given, environment } = this.#server
    const { PATH } = process.env
    const child = spawn(program, given, {
      env: { ...(PATH !== undefined && { PATH }), ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
    this.#child = child
    child.stdin.on('error', () => undefined)
    try {
      await once(child, 'spawn')
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw this.#fail(
        TaskFault.of('configuration', `"${this.#server.command}" cannot be started: ${why}.`, {
          cause: error,
        }),
      )
    }
    if (child.pid !== undefined) this.#watchdog.watch(child.pid)
    this.#listen(child)
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin
    if (!stdin?.writable) return
    // One that takes nothing any more is ending, which is told when it has.
    await new Promise<void>((resolve) => void stdin.write(`${JSON.stringify(message)}\n`, () => resolve()))
  }

  async close(): Promise<void> {
    this.#close()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  serve(options: ProtocolOptions): void {
    this.#options = options
    this.#stderr = ''
    this.#lines?.restart(options.responseBytesMax)
  }

  failure(): TaskFault | undefined {
    return this.#failure
  }

  /** Asks the group to end, and kills what does not. */
  async end(): Promise<void> {
    this.#close()
    const child = this.#child
    this.#child = undefined
    if (child?.pid === undefined) return
    const exited =
      child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit')
    child.stdin?.end()
    killGroup(child, 'SIGTERM')
    const waited = new AbortController()
    await Promise.race([exited, this.#options.clock.sleep(killAfterMs, waited.signal).catch(() => undefined)])
    waited.abort()
    killGroup(child, 'SIGKILL')
    await exited
    this.#watchdog.forget(child.pid)
    child.stdout?.destroy()
    child.stderr?.destroy()
  }

  #listen(child: ChildProcess): void {
    if (child.stdout)
      this.#lines = readLines(child.stdout, this.#options.responseBytesMax, {
        line: (line) => this.#receive(line),
        tooMuch: () =>
          void this.#fail(
            TaskFault.of(
              'communication',
              `"${this.#server.command}" wrote more than ${this.#options.responseBytesMax / 1_048_576} MB. Ask for less, or raise max_response_mb.`,
            ),
          ),
      })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrLengthMax)
    })
    child.once('close', (code, signal) => {
      if (this.#isClosed) return
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`
      const detail = `The MCP server "${this.#server.command}" ended ${how} before it answered.${lastLines(this.#stderr)}`
      this.#fail(TaskFault.of('communication', detail))
    })
  }

  #receive(line: string): void {
    let message: unknown
    try {
      message = readJson(line)
    } catch {
      this.#options.log.debug(`The MCP server "${this.#server.command}" wrote a line that is no JSON.`)
      return
    }
    if (typeof message === 'object' && message !== null && 'jsonrpc' in message)
      this.onmessage?.(message as JSONRPCMessage)
  }

  /** Whoever waits for an answer hears that none comes. */
  #fail(fault: TaskFault): TaskFault {
    this.#failure ??= fault
    this.#close()
    return this.#failure
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.onclose?.()
  }
}

/** On Windows the server itself; elsewhere all that it started too. */
function killGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch (error) {
    // None of the group is left, or only such as are dying already.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}
