/**
 * Large data that tasks wrote, as it is. It is anybody's content, so that a browser never shows it as a page of this
 * server.
 */
import { operations } from '@nexus/api'
import { NexusError } from '@nexus/sdk'
import { Readable } from 'node:stream'
import { bindRaw, type Surface } from '../surface.ts'

const unknownMediaType = 'application/octet-stream'

export function addBlobRoutes(surface: Surface): void {
  const { blobs } = surface.nexus
  bindRaw(surface, operations.blobs.get, async ({ params }, { reply }) => {
    const digest = params.digest.replace(/^sha256:/, '')
    const found = await blobs.find(digest)
    if (found === undefined) {
      throw new NexusError(
        'blob_not_found',
        `There is no blob sha256:${digest}. Is it of another data directory?`,
      )
    }
    const { sizeBytes, mediaType = unknownMediaType } = found
    const reference = { blob: `sha256:${digest}`, size_bytes: sizeBytes, media_type: mediaType }
    void reply
      .code(200)
      .type(mediaType)
      .headers({
        'content-length': sizeBytes,
        'content-disposition': `attachment; filename="${digest}"`,
        'content-security-policy': "sandbox; default-src 'none'",
        etag: `"${digest}"`,
      })
    return reply.send(Readable.from(blobs.read(reference), { objectMode: false }))
  })
}
