/**
 * Keeps the key out of whatever leaves this module: an endpoint may repeat in an error, or in an answer, what it was
 * sent. The host masks the secrets that a document declares; this one no document knows.
 */
import type { Json } from '@nexus/sdk'

const stars = '•••'
/** What is shorter would be found everywhere. */
const keyLengthMin = 6

export class Mask {
  readonly #key: string

  constructor(key: string | undefined) {
    this.#key = key !== undefined && key.length >= keyLengthMin ? key : ''
  }

  text(text: string): string {
    return this.#key === '' ? text : text.replaceAll(this.#key, stars)
  }

  json(value: Json): Json {
    if (this.#key === '') return value
    if (typeof value === 'string') return this.text(value)
    if (Array.isArray(value)) return value.map((item: Json) => this.json(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]: [string, Json]) => [this.text(name), this.json(member)]),
    )
  }

  /** Masks a text that comes in pieces, also where the key begins in one and ends in another. */
  pieces(emit: (text: string) => void): { push(piece: string): void; end(): void } {
    let held = ''
    const give = (text: string): void => {
      if (text !== '') emit(text)
    }
    return {
      push: (piece) => {
        const text = this.text(held + piece)
        const keptLength = this.#beginningAtEnd(text)
        held = text.slice(text.length - keptLength)
        give(text.slice(0, text.length - keptLength))
      },
      end: () => {
        give(held)
        held = ''
      },
    }
  }

  /** How many characters at the end of a text may be the beginning of the key. */
  #beginningAtEnd(text: string): number {
    for (let length = Math.min(this.#key.length - 1, text.length); length > 0; length--)
      if (text.endsWith(this.#key.slice(0, length))) return length
    return 0
  }
}
