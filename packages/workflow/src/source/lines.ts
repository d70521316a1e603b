/**
 * Lines of a text: from offsets to lines and columns.
 */
import type { Position } from '../positions.ts'

export class Lines {
  readonly #starts: number[] = [0]
  readonly #length: number

  constructor(text: string) {
    this.#length = text.length
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1)
  }

  positionAt(offset: number): Position {
    const within = Math.min(Math.max(0, offset), this.#length)
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#starts[middle] ?? 0) <= within) low = middle
      else high = middle - 1
    }
    return { offset: within, line: low + 1, column: within - (this.#starts[low] ?? 0) + 1 }
  }
}
