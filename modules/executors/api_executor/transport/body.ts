/** What is sent as the body of a request: a text, or pieces that are read only while they are sent. */
import { Readable } from 'node:stream'
import type { BlobReference, Blobs } from '@nexus/sdk'

/** A text in UTF-8, or the content of a blob. */
export type Piece = string | BlobReference

/** A body in pieces. It can be read again, as another try or a redirect needs it. */
export class Pieces {
  readonly list: readonly Piece[]

  constructor(list: readonly Piece[]) {
    this.list = list
  }

  get sizeBytes(): number {
    return this.list.reduce((sum, piece) => sum + sizeOf(piece), 0)
  }

  open(blobs: Blobs): Readable {
    return Readable.from(contentOf(this.list, blobs), { objectMode: false })
  }
}

export type RequestBody = string | Pieces

function sizeOf(piece: Piece): number {
  return typeof piece === 'string' ? Buffer.byteLength(piece) : piece.size_bytes
}

async function* contentOf(pieces: readonly Piece[], blobs: Blobs): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (typeof piece === 'string') yield Buffer.from(piece)
    else yield* blobs.read(piece)
  }
}
