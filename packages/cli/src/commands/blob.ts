/**
 * `nexus runs blob DIGEST`: prints large data that a task wrote, or puts it into a file. It is read from the data
 * directory itself, beside whoever holds it.
 */
import { readRuns, type RunReader } from '@nexus/nexus'
import { NexusError, TaskFault } from '@nexus/sdk'
import type { Command } from 'commander'
import { open, rename, rm } from 'node:fs/promises'
import type { Shell } from '../main.ts'
import { dataFolder, dataOption } from './options.ts'

interface BlobOptions {
  readonly data?: string
  readonly out?: string
}

/** `runs`: the command that it belongs to. */
export function addBlobCommand(runs: Command, { io }: Shell): void {
  runs
    .command('blob <digest>')
    .description('print large data that a task wrote: sha256:… as the reference in its output says')
    .option('--out <file>', 'write it into this file instead')
    .option(...dataOption)
    .action(async (name: string, { data, out }: BlobOptions) => {
      const digest = digestOf(name)
      await withBlobs(dataFolder(data), async (blobs) => {
        if ((await blobs?.find(digest)) === undefined || blobs === undefined)
          throw notThere(digest, dataFolder(data))
        const pieces = blobs.read({ blob: `sha256:${digest}`, size_bytes: 0, media_type: '' })
        if (out === undefined) for await (const piece of pieces) await io.outBytes(piece)
        else await writeInto(out, pieces)
      })
    })
}

async function withBlobs(
  folder: string,
  work: (blobs: RunReader['blobs'] | undefined) => Promise<void>,
): Promise<void> {
  const reader = readRuns(folder)
  try {
    await work(reader?.blobs)
  } catch (error) {
    throw error instanceof TaskFault
      ? new NexusError('payload_unreadable', error.message, { cause: error })
      : error
  } finally {
    await reader?.close()
  }
}

function digestOf(name: string): string {
  const [, digest] = /^(?:sha256:)?([0-9a-f]{64})$/.exec(name) ?? []
  if (digest !== undefined) return digest
  throw new NexusError('bad_usage', `"${name}" names no blob. A name looks like sha256:<64 digits>.`)
}

function notThere(digest: string, folder: string): NexusError {
  return new NexusError(
    'blob_not_found',
    `There is no blob sha256:${digest} in ${folder}. Try another one with --data.`,
  )
}

/** The file is there once all of it is. */
async function writeInto(file: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    const handle = await open(temporary, 'wx')
    try {
      for await (const piece of pieces) await handle.writeFile(piece)
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    throw new NexusError('unwritable', `Cannot write ${file}: ${error.message}.`, { cause: error })
  }
}
