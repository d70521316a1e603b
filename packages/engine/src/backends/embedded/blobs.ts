/**
 * Large payloads, by content: `<data>/blobs/<first two>/<sha-256>`. A blob is on disk before the event that names it,
 * is never changed, and is checked against its name when it is read.
 */
import { NexusError, type Clock } from '@nexus/sdk'
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

export class Blobs {
  readonly #folder: string

  readonly #clock: Clock

  constructor(folder: string, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
  }

  /**
   * Stores text and gives its digest. A crash on the way leaves at most a temporary file. One that is there already counts
   * as written now, so that nobody sweeps it before it is named.
   */
  put(text: string): string {
    const bytes = Buffer.from(text, 'utf8')
    const digest = createHash('sha256').update(bytes).digest('hex')
    const file = this.#file(digest)
    if (existsSync(file)) this.#touch(file)
    else writeDurably(file, bytes)
    return digest
  }

  /** Throws `NexusError` `payload_unreadable` when it is missing or damaged. */
  get(digest: string): string {
    const file = this.#file(digest)
    const bytes = read(file)
    if (createHash('sha256').update(bytes).digest('hex') !== digest)
      throw unreadable(file, 'its content has changed')
    return bytes.toString('utf8')
  }

  #touch(file: string): void {
    const now = new Date(this.#clock.now())
    utimesSync(file, now, now)
  }

  #file(digest: string): string {
    return join(this.#folder, digest.slice(0, 2), digest)
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw unreadable(file, error instanceof Error ? error.message : String(error))
  }
}

function writeDurably(file: string, bytes: Buffer): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, bytes, { mode: 0o600, flush: true })
  renameSync(temporary, file)
  syncFolder(dirname(file))
}

/** A rename is durable once its folder is; Windows cannot open folders and needs no such thing. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function unreadable(file: string, reason: string): NexusError {
  return new NexusError(
    'payload_unreadable',
    `A recorded payload cannot be read: ${file}: ${reason}. All else that was recorded is intact; restore this file from a backup to go on.`,
  )
}
