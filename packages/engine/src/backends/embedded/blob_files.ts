/**
 * The blobs that modules write, piece by piece, beside the payloads of the log and under the same names:
 * `<data>/blobs/<first two>/<sha-256>`, with the media type in a file `<sha-256>.type`. What is being written has a name
 * under `<data>/blobs/tmp` until all of it is on disk. It never holds more than a few pieces in memory.
 */
import { blobBytesMaxUsual, blobDigest, blobMissing, blobPiece, blobTooLarge, TaskFault } from '@nexus/sdk'
import type { BlobContent, BlobOptions, BlobReference } from '@nexus/sdk'
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BlobStore, StoredBlob } from '../../backend.ts'

/** Small pieces, such as lines, are written together. */
const writtenBytes = 65_536
const readBytes = 65_536
const mediaTypeBytesMax = 1_000

export class BlobFiles implements BlobStore {
  readonly #folder: string
  #written = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Removes what a crash left half-written. For whoever holds the data directory, before anything is written. */
  sweep(): void {
    rmSync(this.#temporaryFolder, { recursive: true, force: true })
  }

  async write(
    content: BlobContent,
    { mediaType, bytesMax = blobBytesMaxUsual }: BlobOptions,
  ): Promise<BlobReference> {
    if (typeof mediaType !== 'string' || !printable.test(mediaType) || mediaType.length > mediaTypeBytesMax)
      throw TaskFault.of('validation', 'A blob needs a media type, such as "application/json".')
    const temporary = join(this.#temporaryFolder, `${process.pid}-${++this.#written}`)
    await asStored(mkdir(this.#temporaryFolder, { recursive: true, mode: 0o700 }))
    try {
      const { digest, sizeBytes } = await writeFileOf(content, temporary, bytesMax)
      await asStored(this.#place(temporary, digest, mediaType))
      return { blob: `sha256:${digest}`, size_bytes: sizeBytes, media_type: mediaType }
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  }

  /** Also over one that is there already: it may be damaged. */
  async #place(temporary: string, digest: string, mediaType: string): Promise<void> {
    const file = this.#file(digest)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(`${file}.type`, mediaType, { mode: 0o600, flush: true })
    await rename(temporary, file)
    await syncFolder(dirname(file))
    await syncFolder(this.#folder)
  }

  async *read(reference: BlobReference): AsyncGenerator<Uint8Array> {
    const digest = blobDigest(reference)
    const handle = await open(this.#file(digest)).catch((error: unknown) => {
      throw isMissing(error) ? blobMissing(digest) : damaged(digest, messageOf(error))
    })
    try {
      const hash = createHash('sha256')
      for (;;) {
        const piece = await readPiece(handle, digest)
        if (piece.length === 0) break
        hash.update(piece)
        yield piece
      }
      if (hash.digest('hex') !== digest) throw damaged(digest, 'its content has changed')
    } finally {
      await handle.close()
    }
  }

  async find(digest: string): Promise<StoredBlob | undefined> {
    const file = this.#file(blobDigest({ blob: `sha256:${digest}` }))
    try {
      const { size } = await stat(file)
      return { sizeBytes: size, mediaType: await readFile(`${file}.type`, 'utf8').catch(() => undefined) }
    } catch (error) {
      if (isMissing(error)) return undefined
      throw damaged(digest, messageOf(error))
    }
  }

  get #temporaryFolder(): string {
    return join(this.#folder, 'tmp')
  }

  #file(digest: string): string {
    return join(this.#folder, digest.slice(0, 2), digest)
  }
}

const printable = /^[ -~]+$/

/** On disk when it resolves. What the content throws goes through. */
async function writeFileOf(
  content: BlobContent,
  file: string,
  bytesMax: number,
): Promise<{ digest: string; sizeBytes: number }> {
  const handle = await asStored(open(file, 'wx', 0o600))
  try {
    const hash = createHash('sha256')
    let sizeBytes = 0
    let waiting: Uint8Array[] = []
    let waitingBytes = 0
    const flush = async (): Promise<void> => {
      const bytes = Buffer.concat(waiting)
      waiting = []
      waitingBytes = 0
      hash.update(bytes)
      await asStored(handle.writeFile(bytes))
    }
    for await (const piece of content) {
      const bytes = blobPiece(piece)
      sizeBytes += bytes.length
      if (sizeBytes > bytesMax) throw blobTooLarge(bytesMax)
      waiting.push(bytes)
      waitingBytes += bytes.length
      if (waitingBytes >= writtenBytes) await flush()
    }
    await flush()
    await asStored(handle.sync())
    return { digest: hash.digest('hex'), sizeBytes }
  } finally {
    await handle.close()
  }
}

async function readPiece(handle: FileHandle, digest: string): Promise<Uint8Array> {
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(readBytes), 0, readBytes)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    throw damaged(digest, messageOf(error))
  }
}

/** A rename is durable once its folder is; Windows cannot open folders and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function asStored<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const message = `A blob could not be stored: ${messageOf(error)}. See to the data directory, then run the task again.`
    throw TaskFault.of('runtime', message, { cause: error })
  }
}

function damaged(digest: string, reason: string): TaskFault {
  return TaskFault.of(
    'runtime',
    `The blob sha256:${digest} cannot be read: ${reason}. Restore it from a backup, or run the task again that wrote it.`,
  )
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
