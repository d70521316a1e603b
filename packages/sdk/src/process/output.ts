/**
 * What a program writes: kept up to a limit, and passed on live in whole lines. What becomes of more is the caller's to
 * say; it ends no process.
 */
import { isUtf8 } from 'node:buffer'
import { StringDecoder } from 'node:string_decoder'
import type { Readable } from 'node:stream'
import type { Readers } from './stdio.ts'

export type OutputChannel = 'stdout' | 'stderr'

/**
 * What becomes of output beyond the limit: `end` ends the program, `drop` lets it go on unheard, and a function is given
 * all that the channel writes, from its first byte, as fast as it takes it; where that rejects, the program is ended.
 */
export type Overflow = 'end' | 'drop' | ((channel: OutputChannel, content: Content) => Promise<void>)

export interface Content extends AsyncIterable<Uint8Array> {
  /** Whether its beginning is UTF-8. */
  readonly isText: boolean
}

/** A line longer than this is passed on in pieces. */
const lineBytesMax = 65_536

/** The bytes of channels that are not UTF-8. */
export type Binary = Readonly<Partial<Record<OutputChannel, Uint8Array>>>

export interface Output {
  readonly bytesMax: number
  /** Resolves when neither channel gives anything more. */
  readonly closed: Promise<unknown>
  /** Resolves when a channel gives more than the limit and the program is to end; else never. */
  readonly flood: Promise<void>
  flooded(): OutputChannel | undefined
  /** Whether what is beyond the limit is on its way to where it is kept. */
  keeping(): boolean
  read(): { stdout: string; stderr: string; cut?: readonly OutputChannel[]; binary?: Binary }
  /** Reads no more. Rejects with why what was beyond the limit could not be kept. */
  stop(): Promise<void>
}

export interface OutputOptions {
  readonly outputBytesMax: number
  readonly overflow?: Overflow
  readonly onOutput?: (channel: OutputChannel, text: string) => void
}

export function collectOutput(readers: Readers, options: OutputOptions): Output {
  const { outputBytesMax: bytesMax, overflow = 'end', onOutput } = options
  const flood = Promise.withResolvers<void>()
  let flooded: OutputChannel | undefined
  const onFlood = (channel: OutputChannel): void => {
    flooded ??= channel
    flood.resolve()
  }
  const collect = (channel: OutputChannel): Collected =>
    new Collected(readers[channel], {
      bytesMax,
      pass: (text) => onOutput?.(channel, text),
      ...(typeof overflow === 'function' && { keep: (content) => overflow(channel, content) }),
      drops: overflow === 'drop',
      onFlood: () => onFlood(channel),
    })
  const channels = { stdout: collect('stdout'), stderr: collect('stderr') }
  const both = [channels.stdout, channels.stderr]
  return {
    bytesMax,
    closed: Promise.all(both.map((channel) => channel.closed)),
    flood: flood.promise,
    flooded: () => flooded,
    keeping: () => both.some((channel) => channel.keeping),
    read: () => readBoth(channels),
    async stop() {
      for (const channel of both) channel.stop()
      await Promise.all(both.map((channel) => channel.kept))
    },
  }
}

function readBoth(channels: Readonly<Record<OutputChannel, Collected>>): ReturnType<Output['read']> {
  const names = ['stdout', 'stderr'] as const
  const heads = { stdout: channels.stdout.head(), stderr: channels.stderr.head() }
  const cut = names.filter((name) => channels[name].isCut)
  const binary = names.filter((name) => !isUtf8(heads[name])).map((name) => [name, heads[name]] as const)
  return {
    stdout: heads.stdout.toString('utf8'),
    stderr: heads.stderr.toString('utf8'),
    ...(cut.length > 0 && { cut }),
    ...(binary.length > 0 && { binary: Object.fromEntries(binary) }),
  }
}

interface CollectOptions {
  readonly bytesMax: number
  readonly pass: (text: string) => void
  readonly keep?: (content: Content) => Promise<void>
  readonly drops: boolean
  readonly onFlood: () => void
}

class Collected {
  readonly closed: Promise<void>
  isCut = false
  keeping = false
  kept: Promise<void> = Promise.resolve()
  readonly #stream: Readable
  readonly #options: CollectOptions
  readonly #chunks: Buffer[] = []
  readonly #lines: ReturnType<typeof lineBuffer>
  #sizeBytes = 0
  #stopped = false

  constructor(stream: Readable, options: CollectOptions) {
    this.#stream = stream
    this.#options = options
    this.#lines = lineBuffer(options.pass)
    stream.on('data', this.#take)
    stream.on('error', () => stream.destroy())
    const closed = new Promise<void>((resolve) => void stream.on('close', resolve))
    this.closed = closed.then(() => {
      this.#lines.flush()
      return this.kept.catch(() => {}) // told by `stop`
    })
  }

  stop(): void {
    this.#stopped = true
    this.#stream.destroy()
  }

  /** What was kept, not cut in the middle of a character. */
  head(): Buffer {
    const head = Buffer.concat(this.#chunks)
    return this.isCut ? head.subarray(0, wholeCharacters(head)) : head
  }

  readonly #take = (chunk: Buffer): void => {
    const room = this.#options.bytesMax - this.#sizeBytes
    const fits = chunk.length > room ? chunk.subarray(0, room) : chunk
    if (fits.length > 0) this.#chunks.push(fits)
    this.#sizeBytes += fits.length
    this.#lines.add(fits)
    if (fits !== chunk) this.#overflow(chunk.subarray(fits.length))
  }

  #overflow(rest: Buffer): void {
    this.isCut = true
    this.#stream.off('data', this.#take)
    const { keep, drops, onFlood } = this.#options
    if (keep) return this.#keep(keep, rest)
    if (drops) return void this.#stream.on('data', () => {})
    this.#stream.destroy()
    onFlood()
  }

  #keep(keep: NonNullable<CollectOptions['keep']>, rest: Buffer): void {
    this.#stream.pause()
    this.keeping = true
    const content = { isText: isUtf8(this.head()), [Symbol.asyncIterator]: () => this.#all(rest) }
    this.kept = keep(content).finally(() => (this.keeping = false))
    this.kept.catch(() => {
      this.#stream.destroy()
      this.#options.onFlood()
    })
  }

  /** What was written before, and what comes. */
  async *#all(rest: Buffer): AsyncGenerator<Uint8Array> {
    yield* this.#chunks
    yield rest
    try {
      for await (const chunk of this.#stream) yield chunk as Buffer
    } catch (error) {
      if (!this.#stopped) throw error
    }
  }
}

/** Up to where the bytes end with a whole character. */
function wholeCharacters(bytes: Buffer): number {
  const lengthMax = 4
  for (let at = bytes.length - 1; at >= Math.max(0, bytes.length - lengthMax); at--) {
    const byte = bytes[at] ?? 0
    if (byte < 0x80) return bytes.length
    if (byte < 0xc0) continue
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    return at + length > bytes.length ? at : bytes.length
  }
  return bytes.length
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
