/**
 * Bytes that come in pieces of any size, kept together. Small pieces are copied into larger blocks, since a script that
 * writes one byte at a time would else cost this host a hundred for each; an empty piece costs nothing.
 */
const blockBytes = 65_536

export class Bytes {
  readonly #blocks: Buffer[] = []
  #sizeBytes = 0
  /** How much of the last block is free. */
  #freeBytes = 0

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  add(piece: Uint8Array): void {
    for (let at = 0; at < piece.length;) {
      const block = this.#room(piece.length - at)
      const part = piece.subarray(at, at + this.#freeBytes)
      block.set(part, block.length - this.#freeBytes)
      this.#freeBytes -= part.length
      this.#sizeBytes += part.length
      at += part.length
    }
  }

  whole(): Buffer {
    return Buffer.concat(this.#blocks, this.#sizeBytes)
  }

  text(): string {
    return this.whole().toString('utf8')
  }

  #room(neededBytes: number): Buffer {
    const last = this.#blocks.at(-1)
    if (last && this.#freeBytes > 0) return last
    const block = Buffer.allocUnsafeSlow(Math.max(blockBytes, neededBytes))
    this.#blocks.push(block)
    this.#freeBytes = block.length
    return block
  }
}
