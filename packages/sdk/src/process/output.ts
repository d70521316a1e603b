/**
 * What a program writes: kept up to a limit, and passed on live in whole lines. Beyond the limit it stops reading at
 * once; it ends no process.
 */
import { StringDecoder } from 'node:string_decoder'
import type { Readable } from 'node:stream'
import type { Readers } from './stdio.ts'

export type OutputChannel = 'stdout' | 'stderr'

/** A line longer than this is passed on in pieces. */
const lineBytesMax = 65_536

export interface Output {
  readonly bytesMax: number
  /** Resolves when neither channel gives anything more. */
  readonly closed: Promise<unknown>
  /** Resolves when a channel gives more than the limit; else never. */
  readonly flood: Promise<void>
  flooded(): OutputChannel | undefined
  text(): { stdout: string; stderr: string }
  stop(): void
}

export interface OutputOptions {
  readonly outputBytesMax: number
  readonly onOutput?: (channel: OutputChannel, text: string) => void
}

export function collectOutput(readers: Readers, { outputBytesMax, onOutput }: OutputOptions): Output {
  const flood = Promise.withResolvers<void>()
  let flooded: OutputChannel | undefined
  const collect = (channel: OutputChannel): Collected =>
    collectChannel(readers[channel], {
      bytesMax: outputBytesMax,
      pass: (text) => onOutput?.(channel, text),
      onFlood() {
        flooded ??= channel
        flood.resolve()
      },
    })
  const [stdout, stderr] = [collect('stdout'), collect('stderr')]
  return {
    bytesMax: outputBytesMax,
    closed: Promise.all([stdout.closed, stderr.closed]),
    flood: flood.promise,
    flooded: () => flooded,
    text: () => ({ stdout: stdout.text(), stderr: stderr.text() }),
    stop() {
      readers.stdout.destroy()
      readers.stderr.destroy()
    },
  }
}

interface Collected {
  readonly closed: Promise<void>
  text(): string
}

function collectChannel(
  stream: Readable,
  options: { bytesMax: number; pass: (text: string) => void; onFlood: () => void },
): Collected {
  const chunks: Buffer[] = []
  const lines = lineBuffer(options.pass)
  const closed = Promise.withResolvers<void>()
  let sizeBytes = 0
  stream.on('data', (chunk: Buffer) => {
    const room = options.bytesMax - sizeBytes
    const kept = chunk.length > room ? chunk.subarray(0, room) : chunk
    chunks.push(kept)
    sizeBytes += kept.length
    lines.add(kept)
    if (kept === chunk) return
    stream.destroy()
    options.onFlood()
  })
  stream.on('error', () => stream.destroy())
  stream.on('close', () => {
    lines.flush()
    closed.resolve()
  })
  return { closed: closed.promise, text: () => Buffer.concat(chunks).toString('utf8') }
}

/** Passes on text up to the last line end that has come, and the rest when nothing more comes. */
function lineBuffer(pass: (text: string) => void): { add(chunk: Buffer): void; flush(): void } {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    add(chunk) {
      rest += decoder.write(chunk)
      const cut = rest.length > lineBytesMax ? rest.length : rest.lastIndexOf('\n') + 1
      if (cut > 0) pass(rest.slice(0, cut))
      rest = rest.slice(cut)
    },
    flush() {
      rest += decoder.end()
      if (rest !== '') pass(rest)
      rest = ''
    },
  }
}
