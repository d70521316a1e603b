/**
 * Where output goes, and whether a person reads it. Handed to every command, so that tests can read along.
 */
import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

export interface Terminal {
  /** Results. With `--json` exactly one document and nothing else. */
  out(text: string): void
  /** Data as it is; resolves when the reader may be given more, so that no more than that is kept. */
  outBytes(bytes: Uint8Array): Promise<void>
  /** Messages and progress. */
  err(text: string): void
  /** Whether standard output is a terminal that can be drawn on. */
  readonly interactive: boolean
  /** Width in columns. */
  readonly columns: number
  style(style: Style, text: string): string
  /** The whole of standard input. */
  readInput(): Promise<string>
  /** Calls back on Ctrl-C, or when somebody asks the process to end. Gives the way to stop. */
  onInterrupt(callback: () => void): () => void
}

/** Where there is no terminal, or one that does not know its size. */
const columnsWithoutTerminal = 100
const interrupts = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Whoever read the output has gone (`| head`): the work goes on, unseen. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

export function terminal({ stdout, stderr, stdin, env }: NodeJS.Process): Terminal {
  const interactive = stdout.isTTY && env['TERM'] !== 'dumb'
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedPipe)
  const coloured = interactive && env['NO_COLOR'] === undefined
  return {
    out: (text) => void stdout.write(text),
    outBytes: (bytes) => new Promise((resolve) => void stdout.write(bytes, () => resolve())),
    err: (text) => void stderr.write(text),
    interactive,
    columns: stdout.columns > 0 ? stdout.columns : columnsWithoutTerminal,
    style: (style, text) => (coloured ? styleText(style, text, { validateStream: false }) : text),
    async readInput() {
      const chunks: Buffer[] = []
      for await (const chunk of stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
    onInterrupt(callback) {
      for (const signal of interrupts) process.on(signal, callback)
      return () => {
        for (const signal of interrupts) process.off(signal, callback)
      }
    },
  }
}
