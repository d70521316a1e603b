/**
 * What a module's process prints, as log lines. It is no channel of the protocol, so that it can say anything; it is
 * always read, so that nobody waits for a full pipe, and a flood of it costs its own lines and nothing else.
 */
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { Clock } from '@nexus/sdk'

/** Lines that may come at once, and how many more each second brings. */
const burstLinesMax = 1_000
const linesPerSecondMax = 200
const lineCharactersMax = 8_192
/** A stream that gives more within a second is not read for the rest of it. */
const bytesPerSecondMax = 8 * 1_048_576
const lastLinesKept = 10
/** V8 tells of a heap that is full in dozens of lines; the one that says so is kept. */
const heapDumpBegins = '<--- Last few GCs --->'
const heapDumpLine = /^(?:<---|-----|\[\d+:0x|\s*\d+: 0x)/
export const outOfMemory = 'JavaScript heap out of memory'

/** Lets through so many lines, and counts the others. */
export class LineBudget {
  readonly #clock: Clock
  #lines = burstLinesMax
  #filledMs: number
  #dropped = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#filledMs = clock.elapsed()
  }

  /** Whether a line may pass; if so, and lines before it did not, `tell` hears how many. */
  take(tell: (dropped: number) => void): boolean {
    const nowMs = this.#clock.elapsed()
    this.#lines = Math.min(
      burstLinesMax,
      this.#lines + ((nowMs - this.#filledMs) * linesPerSecondMax) / 1_000,
    )
    this.#filledMs = nowMs
    if (this.#lines < 1) {
      this.#dropped++
      return false
    }
    this.#lines--
    this.settle(tell)
    return true
  }

  settle(tell: (dropped: number) => void): void {
    if (this.#dropped > 0) tell(this.#dropped)
    this.#dropped = 0
  }
}

export const droppedLines = (dropped: number): string =>
  `${dropped} lines were not kept: it logs more than ${linesPerSecondMax} lines a second.`

export interface Prints {
  /** What stood last on it, for the message about its end. */
  last(): string
  /** Resolves when the stream gives nothing more. */
  readonly closed: Promise<void>
}

export function readPrints(stream: Readable, pass: (line: string) => void, clock: Clock): Prints {
  const closed = Promise.withResolvers<void>()
  const last: string[] = []
  let isDump = false
  const lines = lineSplitter((line) => {
    isDump ||= line.trim() === heapDumpBegins
    if (isDump && heapDumpLine.test(line)) return
    if (last.push(line) > lastLinesKept) last.shift()
    pass(line)
  })
  const throttle = throttled(stream, clock)
  stream.on('data', (bytes: Buffer) => {
    throttle.count(bytes.length)
    lines.add(bytes)
  })
  stream.on('error', () => stream.destroy())
  stream.on('close', () => {
    throttle.stop()
    lines.flush()
    closed.resolve()
  })
  return { closed: closed.promise, last: () => last.join('\n') }
}

/** Whole lines; one that is too long loses its rest. */
function lineSplitter(pass: (line: string) => void): { add(bytes: Buffer): void; flush(): void } {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const add = (text: string): void => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(0, lineCharactersMax)
    for (const line of lines) if (line.trim() !== '') pass(line.slice(0, lineCharactersMax))
  }
  return {
    add: (bytes) => add(decoder.write(bytes)),
    flush: () => add(`${decoder.end()}\n`),
  }
}

function throttled(stream: Readable, clock: Clock): { count(sizeBytes: number): void; stop(): void } {
  let sizeBytes = 0
  let stop: (() => void) | undefined
  const nextSecond = (): void => {
    stop = undefined
    sizeBytes = 0
    stream.resume()
  }
  return {
    count(added) {
      sizeBytes += added
      stop ??= clock.timer(1_000, nextSecond)
      if (sizeBytes > bytesPerSecondMax) stream.pause()
    },
    stop: () => stop?.(),
  }
}
