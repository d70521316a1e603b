/**
 * Unpacks an answer as it comes: gzip, deflate, br, zstd, also several of them on top of each other. A small answer that
 * would become a huge one ends where it gets out of proportion, whatever size would be allowed. It keeps no more than a
 * piece in memory.
 */
import { pipeline, Readable, type Duplex } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'

type Bytes = AsyncIterable<Buffer>

export type Encoding = 'gzip' | 'deflate' | 'br' | 'zstd'

export const acceptedEncodings = 'gzip, deflate, br, zstd'

/** More layers are nothing but a trick. */
const layersMax = 4
/** However well it was packed: below this nothing is out of proportion. */
const proportionateBytes = 4 * 1_048_576
/** 8 MB of window, as RFC 8878 wants it supported, and no more. */
const zstdWindowBits = 23

/** The encodings in the order in which they were applied; none where one of them is not known: the body stays as it came. */
export function encodingsOf(header: string | undefined): readonly Encoding[] | 'too many' {
  if (header === undefined || header === '') return []
  const names = header
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  if (names.length > layersMax) return 'too many'
  const known = names.map((name) => aliases.get(name))
  return known.every((encoding) => encoding !== undefined) ? known : []
}

const aliases = new Map<string, Encoding>([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
  ['zstd', 'zstd'],
])

export interface InflateLimits {
  readonly ratioMax: number
  /** Of what came so far, packed. */
  readonly packedBytes: () => number
}

/** Thrown where an answer is out of proportion. */
export class OutOfProportion extends Error {}
/** Thrown where an answer is not packed as it says. */
export class BadlyPacked extends Error {}

export async function* inflate(
  source: Bytes,
  encodings: readonly Encoding[],
  limits: InflateLimits,
): AsyncGenerator<Buffer> {
  let bytes = 0
  const unpacked = encodings.toReversed().reduce(unpackedBy, source)
  for await (const piece of unpacked) {
    bytes += piece.length
    if (bytes > proportionateBytes && bytes > limits.ratioMax * limits.packedBytes())
      throw new OutOfProportion()
    yield piece
  }
}

async function* unpackedBy(source: Bytes, encoding: Encoding): AsyncGenerator<Buffer> {
  const pieces = source[Symbol.asyncIterator]()
  const first = await pieces.next()
  if (first.done === true) return
  const unpacking = unpackerOf(encoding, first.value)
  try {
    yield* pipeline(Readable.from(continued(first.value, pieces)), unpacking, () => undefined) as Bytes
  } catch (error) {
    throw isOfZlib(error) ? new BadlyPacked(error.message, { cause: error }) : error
  } finally {
    unpacking.destroy()
  }
}

/** `first`, then what is left. Ending it ends the source. */
export async function* continued<Piece>(first: Piece, left: AsyncIterator<Piece>): AsyncGenerator<Piece> {
  try {
    yield first
    for (let next = await left.next(); next.done !== true; next = await left.next()) yield next.value
  } finally {
    await left.return?.()
  }
}

function unpackerOf(encoding: Encoding, first: Buffer): Duplex {
  switch (encoding) {
    case 'gzip':
      return createGunzip()
    case 'deflate':
      // Some services send it without the header of zlib.
      return ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw()
    case 'br':
      return createBrotliDecompress()
    case 'zstd':
      return createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindowBits } })
  }
}

function isOfZlib(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^(?:Z_|ZSTD_|ERR_(?!STREAM))/.test(String(error.code))
}
