/**
 * Where output goes, and whether a person reads it. Handed to every command, so that tests can read along. What people
 * read goes through `terminal_text.ts`; what programs read is exact.
 */
import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'
import { StdinLines } from './stdin_lines.ts'
import { jsonText, shown, styled, terminalText, type Style } from './terminal_text.ts'

export interface Terminal {
  /** Results for people. Whatever a terminal would obey is shown; styles are those of `style`. */
  out(text: string): void
  /** A result for programs: with `--json` exactly one, and nothing else on standard output. */
  json(value: unknown): void
  /** A document as it is; on a terminal without what that would obey. */
  document(text: string): void
  /** Data as it is, as `document`; resolves when the reader may be given more, so that no more than that is kept. */
  outBytes(bytes: Uint8Array): Promise<void>
  /** Messages and progress. */
  err(text: string): void
  /** Draws a line below all that was written, in the place of the one before; empty for none. For `interactive` ones. */
  status(text: string): void
  /** Whether standard output is a terminal that can be drawn on. */
  readonly interactive: boolean
  /** Width in columns. */
  readonly columns: number
  style(style: Style, text: string): string
  /** The whole of standard input. */
  readInput(): Promise<string>
  /** The line that answers a question, from whoever types or from what is piped in; undefined where there is none. */
  ask(question: string): Promise<string | undefined>
  /** Calls back on Ctrl-C, or when somebody asks the process to end. Gives the way to stop. */
  onInterrupt(callback: () => void): () => void
}

/** As much of a process as a terminal is made of. */
export interface Streams {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  on(signal: NodeJS.Signals, callback: () => void): unknown
  off(signal: NodeJS.Signals, callback: () => void): unknown
}

type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** Where there is no terminal, or one that does not know its size: nothing is cut for whoever reads a pipe. */
const columnsWithoutTerminal = 10_000
const interrupts = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const eraseLine = '\r\u001B[2K'

/** Whoever read the output has gone (`| head`): the work goes on, unseen. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

export function terminal(streams: Streams): Terminal {
  const { stdout, stderr, stdin, env } = streams
  const isScreen = stdout.isTTY === true
  const interactive = isScreen && env['TERM'] !== 'dumb'
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedPipe)
  const coloured = interactive && env['NO_COLOR'] === undefined
  const lines = new StdinLines(stdin)
  const decoder = new TextDecoder()
  let isDrawn = false
  const put = (stream: Output, text: string): void => {
    if (isDrawn) stdout.write(eraseLine)
    isDrawn = false
    stream.write(text)
  }
  return {
    out: (text) => put(stdout, terminalText(text)),
    json: (value) => put(stdout, `${jsonText(value)}\n`),
    document: (text) => put(stdout, isScreen ? shown(text) : text),
    outBytes: (bytes) => {
      const data = isScreen ? shown(decoder.decode(bytes, { stream: true })) : bytes
      return new Promise((resolve) => void stdout.write(data, () => resolve()))
    },
    err: (text) => put(stderr, terminalText(text)),
    status(text) {
      if (isDrawn) stdout.write(eraseLine)
      isDrawn = interactive && text !== ''
      if (isDrawn) stdout.write(terminalText(text))
    },
    interactive,
    get columns() {
      return stdout.columns !== undefined && stdout.columns > 0 ? stdout.columns : columnsWithoutTerminal
    },
    style: (style, text) => (coloured ? styled(style, text) : text),
    readInput: () => lines.rest(),
    ask: async (question) => {
      if (stdin.isTTY === true) return askPerson(stdin, stderr, terminalText(question))
      const line = await lines.next()
      if (line !== undefined) put(stderr, terminalText(`${question}${line}\n`))
      return line
    },
    onInterrupt(callback) {
      for (const signal of interrupts) streams.on(signal, callback)
      return () => {
        for (const signal of interrupts) streams.off(signal, callback)
      }
    },
  }
}

/** Undefined where they end the input instead. */
async function askPerson(input: Readable, output: Writable, question: string): Promise<string | undefined> {
  const asking = createInterface({ input, output })
  try {
    const closed = new Promise<undefined>((resolve) => asking.once('close', () => resolve(undefined)))
    return await Promise.race([asking.question(question), closed])
  } finally {
    asking.close()
  }
}
