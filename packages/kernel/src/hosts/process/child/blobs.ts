/**
 * `context.blobs` in a module's process: pieces to and from the host, each answered before the next one goes.
 */
import { blobPiece, isBlobReference, TaskFault } from '@nexus/sdk'
import type { BlobContent, Blobs, JsonObject } from '@nexus/sdk'
import { pieceBytesMax } from '../transfers.ts'
import type { Connection } from './connection.ts'

/** Small pieces, such as lines, go together. */
const sentBytes = 262_144

export function blobsOf(link: Connection, task: number): Blobs {
  return {
    async write(content, { mediaType, bytesMax }) {
      const limit = bytesMax === undefined ? {} : { bytes_max: bytesMax }
      const opened = await link.ask('blobs.write', { task, media_type: mediaType, ...limit })
      const about = { task, ...(opened as JsonObject) }
      try {
        for await (const piece of together(content))
          await link.ask('blobs.append', { ...about, data: piece.toString('base64') })
        const reference = await link.ask('blobs.commit', about)
        if (isBlobReference(reference)) return reference
        throw TaskFault.of('runtime', 'The host gave no reference to the blob.')
      } catch (error) {
        await link.ask('blobs.close', about).catch(() => {})
        throw error
      }
    },
    async *read(reference) {
      const about = { task, ...((await link.ask('blobs.read', { task, reference })) as JsonObject) }
      try {
        for (;;) {
          const { data } = (await link.ask('blobs.next', about)) as JsonObject
          if (typeof data !== 'string') return
          yield Buffer.from(data, 'base64')
        }
      } finally {
        await link.ask('blobs.close', about).catch(() => {})
      }
    },
  }
}

async function* together(content: BlobContent): AsyncGenerator<Buffer> {
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  for await (const piece of content) {
    const bytes = blobPiece(piece)
    waiting.push(bytes)
    waitingBytes += bytes.length
    if (waitingBytes < sentBytes) continue
    yield* pieces(Buffer.concat(waiting))
    waiting = []
    waitingBytes = 0
  }
  if (waitingBytes > 0) yield* pieces(Buffer.concat(waiting))
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytesMax) yield bytes.subarray(at, at + pieceBytesMax)
}
