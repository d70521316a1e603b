/** Blobs in files of a folder of the test's own, so that large ones are in no memory. */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { blobDigest, blobPiece, blobTooLarge, type Blobs } from '@nexus/sdk'

export function fileBlobs(): Blobs {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-blobs-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return {
    async write(content, { mediaType, bytesMax = Number.POSITIVE_INFINITY }) {
      const path = join(folder, randomUUID())
      const file = await open(path, 'w')
      const hash = createHash('sha256')
      let sizeBytes = 0
      try {
        for await (const piece of content) {
          const bytes = blobPiece(piece)
          sizeBytes += bytes.length
          if (sizeBytes > bytesMax) throw blobTooLarge(bytesMax)
          hash.update(bytes)
          await file.write(bytes)
        }
      } finally {
        await file.close()
      }
      const digest = hash.digest('hex')
      renameSync(path, join(folder, digest))
      return { blob: `sha256:${digest}`, size_bytes: sizeBytes, media_type: mediaType }
    },
    read: (reference) => createReadStream(join(folder, blobDigest(reference))),
  }
}
