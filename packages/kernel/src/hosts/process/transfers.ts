/**
 * The blobs that one task is writing and reading over the wire: pieces in base64, one under way at a time for each, so
 * that neither side gets ahead of the other or of the disk. Whatever is open ends with the task.
 */
import { isBlobReference, TaskFault } from '@nexus/sdk'
import type { BlobReference, Blobs, Json, JsonObject } from '@nexus/sdk'

/** Blobs that a task may write and read at once. */
const transfersMax = 32
/** Of one piece, before base64. */
export const pieceBytesMax = 1_048_576

export const blobMethods = [
  'blobs.write',
  'blobs.append',
  'blobs.commit',
  'blobs.read',
  'blobs.next',
  'blobs.close',
] as const

type BlobMethod = (typeof blobMethods)[number]

export class Transfers {
  readonly #blobs: Blobs
  readonly #open = new Map<number, Writing | Reading>()
  #lastId = 0

  constructor(blobs: Blobs) {
    this.#blobs = blobs
  }

  async answer(method: BlobMethod, params: JsonObject): Promise<Json> {
    switch (method) {
      case 'blobs.write':
        return { transfer: this.#enter(new Writing(this.#blobs, params)) }
      case 'blobs.append':
        await this.#at(params, Writing).append(pieceOf(params))
        return null
      case 'blobs.commit':
        return this.#leave(params, (transfer) => transfer instanceof Writing && transfer.commit())
      case 'blobs.read':
        return { transfer: this.#enter(new Reading(this.#blobs, params)) }
      case 'blobs.next':
        return this.#at(params, Reading).next()
      case 'blobs.close':
        return this.#leave(params, (transfer) => transfer.close())
    }
  }

  /** Ends what is open, with that reason. Never rejects. */
  close(why: unknown): void {
    for (const transfer of this.#open.values()) void transfer.close(why)
    this.#open.clear()
  }

  #enter(transfer: Writing | Reading): number {
    if (this.#open.size >= transfersMax) {
      void transfer.close()
      throw TaskFault.of(
        'runtime',
        `A task may write and read ${transfersMax} blobs at once. Finish some of them first.`,
      )
    }
    this.#open.set(++this.#lastId, transfer)
    return this.#lastId
  }

  #at<T extends Writing | Reading>({ transfer }: JsonObject, Kind: new (...args: never[]) => T): T {
    const found = typeof transfer === 'number' ? this.#open.get(transfer) : undefined
    if (found instanceof Kind) return found
    throw TaskFault.of(
      'validation',
      `There is no such blob under way (transfer ${JSON.stringify(transfer)}).`,
    )
  }

  async #leave(
    params: JsonObject,
    end: (transfer: Writing | Reading) => false | Promise<BlobReference | void>,
  ): Promise<Json> {
    const { transfer } = params
    const found = typeof transfer === 'number' ? this.#open.get(transfer) : undefined
    if (found === undefined) return null
    this.#open.delete(transfer as number)
    const reference = await end(found)
    return reference ? { ...reference } : null
  }
}

class Writing {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #stored: Promise<BlobReference>
  #appending = false

  constructor(blobs: Blobs, { media_type: mediaType, bytes_max: bytesMax }: JsonObject) {
    if (typeof mediaType !== 'string') throw TaskFault.of('validation', '"media_type" must be a text.')
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    this.#writer = writable.getWriter()
    this.#stored = blobs.write(readable, {
      mediaType,
      ...(typeof bytesMax === 'number' && { bytesMax }),
    })
    this.#stored.catch(() => {}) // told to whoever appends or commits
    this.#writer.closed.catch(() => {})
  }

  /** Resolves when the piece has been taken; rejects with why the blob cannot be stored. */
  async append(piece: Uint8Array): Promise<void> {
    if (this.#appending)
      throw TaskFault.of('validation', 'One piece of a blob at a time: await the last one.')
    this.#appending = true
    try {
      await this.#orFailure(this.#writer.write(piece))
    } finally {
      this.#appending = false
    }
  }

  async commit(): Promise<BlobReference> {
    await this.#orFailure(this.#writer.close())
    return this.#stored
  }

  async close(why: unknown = new Error('This blob is not written to its end.')): Promise<void> {
    await this.#writer.abort(why).catch(() => {})
    await this.#stored.catch(() => {})
  }

  async #orFailure(work: Promise<void>): Promise<void> {
    work.catch(() => {})
    await Promise.race([work, this.#stored]).catch(async (error: unknown) => {
      await this.#stored
      throw error
    })
  }
}

class Reading {
  readonly #pieces: AsyncIterator<Uint8Array>

  constructor(blobs: Blobs, { reference }: JsonObject) {
    if (!isBlobReference(reference)) throw notAReference(reference)
    this.#pieces = blobs.read(reference)[Symbol.asyncIterator]()
  }

  async next(): Promise<Json> {
    const { done, value } = await this.#pieces.next()
    return done === true ? {} : { data: Buffer.from(value).toString('base64') }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.()
  }
}

function notAReference(found: Json | undefined): TaskFault {
  const shown = (JSON.stringify(found) ?? 'nothing').slice(0, 200)
  const expected = '{blob: "sha256:<64 digits>", size_bytes, media_type}'
  return TaskFault.of('validation', `Not a reference to a blob: ${shown}. One looks like ${expected}.`)
}

function pieceOf({ data }: JsonObject): Uint8Array {
  const bytes = typeof data === 'string' ? Buffer.from(data, 'base64') : undefined
  if (bytes !== undefined && bytes.length <= pieceBytesMax) return bytes
  throw TaskFault.of('validation', `"data" must be at most ${pieceBytesMax} bytes in base64.`)
}
