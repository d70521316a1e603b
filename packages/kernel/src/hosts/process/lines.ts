/**
 * Bytes to lines. A line may come in any number of pieces; one that is longer than the limit is never put together.
 */

export class LineTooLong extends Error {
  override readonly name = 'LineTooLong'
}

export class LineReader {
  readonly #bytesMax: number
  readonly #pass: (line: string) => void
  #pieces: Buffer[] = []
  #sizeBytes = 0

  constructor(bytesMax: number, pass: (line: string) => void) {
    this.#bytesMax = bytesMax
    this.#pass = pass
  }

  /** Passes on each line that the bytes complete, without its end. Throws `LineTooLong`. */
  add(bytes: Buffer): void {
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      this.#keep(bytes.subarray(start, end))
      start = end + 1
      this.flush()
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start))
  }

  /** Passes on what has come of the line under way, as a line. */
  flush(): void {
    const [first] = this.#pieces
    if (first === undefined) return
    const line = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#sizeBytes = 0
    this.#pass(line.toString('utf8'))
  }

  #keep(piece: Buffer): void {
    this.#sizeBytes += piece.length
    if (this.#sizeBytes > this.#bytesMax) throw new LineTooLong(`a line of more than ${this.#bytesMax} bytes`)
    this.#pieces.push(piece)
  }
}
