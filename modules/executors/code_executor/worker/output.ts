/**
 * What a script writes, as it comes from its worker: kept up to a limit, and passed on live in whole lines. It decides
 * nothing: who feeds it ends the script when it says that a channel is full.
 */
import { StringDecoder } from 'node:string_decoder'
import { Bytes } from './bytes.ts'

/** A line longer than this is passed on in pieces. */
const lineCharactersMax = 65_536

export interface Channel {
  /** Whether there was room for all of it. */
  add(piece: Buffer): boolean
  /** Passes on what no line end followed. */
  flush(): void
  text(): string
}

export function channel(bytesMax: number, pass: (text: string) => void): Channel {
  const kept = new Bytes()
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    add(piece) {
      const part = piece.subarray(0, bytesMax - kept.sizeBytes)
      kept.add(part)
      // Only what is new is looked through: what is kept has no line end, and may have come byte by byte.
      const text = decoder.write(part)
      const cut = text.lastIndexOf('\n') + 1
      if (cut > 0) pass(rest + text.slice(0, cut))
      rest = cut > 0 ? text.slice(cut) : rest + text
      if (rest.length > lineCharactersMax) {
        pass(rest)
        rest = ''
      }
      return part.length === piece.length
    },
    flush() {
      rest += decoder.end()
      if (rest !== '') pass(rest)
      rest = ''
    },
    text: () => kept.text(),
  }
}
