/** The lines that a stream gives, up to a size of all of them together; beyond it, it stops reading. */
import { StringDecoder } from 'node:string_decoder'
import type { Readable } from 'node:stream'

export interface LineReader {
  line(text: string): void
  /** Once, when there is more than the limit. */
  tooMuch(): void
}

/** What comes back lets it begin to count anew, up to another limit. */
export function readLines(
  stream: Readable,
  bytesMax: number,
  reader: LineReader,
): { restart(bytesMax: number): void } {
  const decoder = new StringDecoder('utf8')
  let leftBytes = bytesMax
  let pieces: string[] = []
  stream.on('error', () => undefined)
  stream.on('data', (chunk: Buffer) => {
    leftBytes -= chunk.length
    if (leftBytes < 0) {
      stream.destroy()
      reader.tooMuch()
      return
    }
    const [first = '', ...others] = decoder.write(chunk).split('\n')
    pieces.push(first)
    for (const other of others) {
      const line = pieces.join('').trim()
      pieces = [other]
      if (line !== '') reader.line(line)
    }
  })
  return { restart: (newBytesMax) => void (leftBytes = newBytesMax) }
}
