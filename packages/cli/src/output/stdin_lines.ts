/**
 * Standard input where it is no terminal: line by line for questions, or the whole of it. Nothing is lost between the
 * lines, and between them nothing is read, so that an open pipe keeps nobody from ending.
 */
import type { Readable } from 'node:stream'

export class StdinLines {
  readonly #input: Readable
  #waiting: Buffer = Buffer.alloc(0)
  #ended = false

  constructor(input: Readable) {
    this.#input = input
  }

  /** The next line without its end; undefined where there is no more. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const end = this.#waiting.indexOf('\n')
      if (end >= 0) return this.#take(end, end + 1)
      if (this.#ended) return this.#waiting.length === 0 ? undefined : this.#take(this.#waiting.length)
      await this.#read()
    }
  }

  /** All that is left. */
  async rest(): Promise<string> {
    while (!this.#ended) await this.#read()
    return this.#take(this.#waiting.length)
  }

  #take(end: number, next = end): string {
    const text = this.#waiting.subarray(0, end).toString('utf8').replace(/\r$/, '')
    this.#waiting = this.#waiting.subarray(next)
    return text
  }

  async #read(): Promise<void> {
    const input = this.#input
    if (input.readableEnded || input.destroyed) return void (this.#ended = true)
    const read = Promise.withResolvers<void>()
    const keep = (chunk: Buffer | string): void => {
      this.#waiting = Buffer.concat([this.#waiting, Buffer.from(chunk)])
      input.pause()
      read.resolve()
    }
    const end = (): void => {
      this.#ended = true
      read.resolve()
    }
    const ends = ['end', 'close', 'error'] as const
    hold(input, 'ref')
    input.on('data', keep)
    input.resume()
    for (const each of ends) input.on(each, end)
    try {
      await read.promise
    } finally {
      input.off('data', keep)
      for (const each of ends) input.off(each, end)
      hold(input, 'unref')
    }
  }
}

/** Whether the process stays up for it. A file has no such thing. */
function hold(input: Readable, how: 'ref' | 'unref'): void {
  const handle: Readable & { ref?: unknown; unref?: unknown } = input
  const turn = handle[how]
  if (typeof turn === 'function') turn.call(input)
}
