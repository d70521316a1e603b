/** The body of an answer: in memory up to a limit; what is larger goes to the blob store as it comes, or is refused. */
import type { BlobReference, Blobs, TaskFault } from '@nexus/sdk'
import { continued } from './inflate.ts'
import { maskStream } from './mask_stream.ts'

export interface Overflow {
  readonly blobs: Blobs
  readonly bytesMax: number
  /** Texts that must not be kept. It may grow until the body is read. */
  readonly secrets: readonly string[]
}

export interface ReceiveOptions {
  readonly bytesMax: number
  /** Undefined where a larger body is refused. */
  readonly overflow: Overflow | undefined
  readonly mediaType: string
  readonly tooLarge: () => TaskFault
}

export type Received = { readonly body: Buffer } | { readonly blob: BlobReference }

/** Leaving early ends the source. */
export async function receive(source: AsyncIterable<Buffer>, options: ReceiveOptions): Promise<Received> {
  const pieces = source[Symbol.asyncIterator]()
  const kept: Buffer[] = []
  let bytes = 0
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    kept.push(next.value)
    bytes += next.value.length
    if (bytes > options.bytesMax) return overflowing(Buffer.concat(kept), pieces, options)
  }
  return { body: Buffer.concat(kept) }
}

async function overflowing(
  first: Buffer,
  left: AsyncIterator<Buffer>,
  { overflow, mediaType, tooLarge }: ReceiveOptions,
): Promise<Received> {
  if (overflow === undefined) {
    await left.return?.()
    throw tooLarge()
  }
  const { blobs, bytesMax, secrets } = overflow
  const whole = continued(first, left)
  const content = secrets.length === 0 ? whole : maskStream(whole, secrets)
  try {
    return { blob: await blobs.write(content, { mediaType, bytesMax }) }
  } finally {
    // Where the store gave up, the rest of the answer is nobody's.
    await whole.return(undefined)
  }
}
