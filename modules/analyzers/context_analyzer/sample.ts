/** The beginning of a file, bounded, from a handle on a regular file; it follows no link and waits for no pipe. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

export interface Sample {
  readonly bytes: Buffer
  /** Whether that is all of it. */
  readonly complete: boolean
  readonly sizeBytes: number
  readonly modifiedMs: number
}

export const sampleBytesMax = 1_048_576

/** Undefined for what is no regular file. Rejects with the system's error. */
export async function sampleOf(path: string): Promise<Sample | undefined> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
  try {
    const about = await handle.stat()
    if (!about.isFile()) return undefined
    const bytes = Buffer.alloc(Math.min(about.size, sampleBytesMax))
    let length = 0
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return {
      bytes: bytes.subarray(0, length),
      complete: length >= about.size,
      sizeBytes: about.size,
      modifiedMs: about.mtimeMs,
    }
  } finally {
    await handle.close()
  }
}

/** As UTF-8, without a byte order mark and without a letter cut in two at the end. */
export function textOf({ bytes, complete }: Sample): string {
  return new TextDecoder().decode(bytes, { stream: !complete })
}
