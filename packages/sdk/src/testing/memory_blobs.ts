/**
 * Blobs without a disk, for tests: they keep what any store of them promises (limits, digests, faults), for as long as
 * the test holds them.
 */
import {
  blobBytesMaxUsual,
  blobDigest,
  blobMissing,
  blobPiece,
  blobTooLarge,
  type BlobContent,
  type BlobReference,
  type Blobs,
} from '../blobs.ts'

/** As small as no wire would have it, so that a test sees more than one piece. */
const pieceBytes = 65_536

export function memoryBlobs(): Blobs {
  const stored = new Map<string, Uint8Array<ArrayBuffer>>()
  return {
    async write(content, { mediaType, bytesMax = blobBytesMaxUsual }) {
      const bytes = joined(await piecesOf(content, bytesMax))
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      const digest = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
      stored.set(digest, bytes)
      return { blob: `sha256:${digest}`, size_bytes: bytes.length, media_type: mediaType }
    },
    async *read(reference) {
      const digest = blobDigest(reference)
      const bytes = stored.get(digest)
      if (bytes === undefined) throw blobMissing(digest)
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.slice(at, at + pieceBytes)
    },
  }
}

/** All of a blob as one text, for what a test expects of it. */
export async function readAll(blobs: Blobs, reference: BlobReference): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of blobs.read(reference)) pieces.push(piece)
  return new TextDecoder().decode(joined(pieces))
}

async function piecesOf(content: BlobContent, bytesMax: number): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of content) {
    const bytes = blobPiece(piece).slice()
    sizeBytes += bytes.length
    if (sizeBytes > bytesMax) throw blobTooLarge(bytesMax)
    pieces.push(bytes)
  }
  return pieces
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
