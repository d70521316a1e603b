/**
 * Large data, by content: what a module writes piece by piece is kept with the runs, and goes through outputs,
 * expressions and events as a small reference. This file owns the shapes and what can be said of a reference without
 * its data; it stores nothing.
 */
import { TaskFault } from './errors.ts'
import { isJsonObject } from './json.ts'

export interface Blobs {
  /**
   * Stores what comes, as it comes (never whole in memory), up to `bytesMax` (1 GiB by default; past it rejects with a
   * `TaskFault` of type runtime). On disk when it resolves; what was written so far is gone when it rejects. The secrets
   * of the run are masked in it, as in every output. A crash on the way leaves nothing; writing the same again gives the
   * same reference.
   */
  write(content: BlobContent, options: BlobOptions): Promise<BlobReference>
  /**
   * Its bytes in pieces. Rejects with a `TaskFault` where it is not there (validation) or damaged (runtime); damage may
   * be found only after the last piece, so nothing that was read counts until the end.
   */
  read(reference: BlobReference): AsyncIterable<Uint8Array>
}

/** Texts are written as UTF-8. */
export type BlobContent = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

export interface BlobOptions {
  readonly mediaType: string
  readonly bytesMax?: number
}

/** Plain JSON; goes through outputs, expressions and events like any value. */
export type BlobReference = {
  /** `sha256:` and 64 digits. */
  readonly blob: string
  readonly size_bytes: number
  readonly media_type: string
}

export const blobBytesMaxUsual = 1_073_741_824

const named = /^sha256:([0-9a-f]{64})$/

export function isBlobReference(value: unknown): value is BlobReference {
  if (!isJsonObject(value)) return false
  const { blob, size_bytes: sizeBytes, media_type: mediaType } = value
  return (
    typeof blob === 'string' &&
    named.test(blob) &&
    typeof sizeBytes === 'number' &&
    typeof mediaType === 'string'
  )
}

/** The 64 digits of what a reference names. Throws a `TaskFault` of type validation for anything else. */
export function blobDigest(reference: { readonly blob: string }): string {
  const name: unknown = isJsonObject(reference) ? reference['blob'] : reference
  const [, digest] = typeof name === 'string' ? (named.exec(name) ?? []) : []
  if (digest !== undefined) return digest
  const found = JSON.stringify(name) ?? typeof name
  throw TaskFault.of(
    'validation',
    `Not a reference to a blob: ${found.slice(0, 200)}. One looks like {blob: "sha256:<64 digits>", size_bytes, media_type}.`,
  )
}

/** One piece of what is written, as bytes. Throws a `TaskFault` of type runtime for what is neither bytes nor text. */
export function blobPiece(piece: unknown): Uint8Array {
  if (typeof piece === 'string') return new TextEncoder().encode(piece)
  if (piece instanceof Uint8Array) return piece
  throw TaskFault.of(
    'runtime',
    `A blob is written in pieces of bytes or text; one of them is a ${typeof piece}. Write [bytes] where all of it is at hand.`,
  )
}

export function blobTooLarge(bytesMax: number): TaskFault {
  return TaskFault.of(
    'runtime',
    `The data is larger than the ${bytesMax} bytes that a blob may have here. Write less, or in several blobs.`,
  )
}

export function blobMissing(digest: string): TaskFault {
  return TaskFault.of(
    'validation',
    `There is no blob sha256:${digest}. It was never written here, or removed since.`,
  )
}
