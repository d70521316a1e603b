/** The part of the hosts' suite that is about blobs, and about what modules are told of the policy. */
import { TaskFault, type Blobs, type Json } from '@nexus/sdk'
import { memoryBlobs } from '@nexus/sdk/testing'
import { expect, test } from 'vitest'
import type { TaskName } from './dialects/dialect.ts'
import type { Subject } from './host_conformance.ts'
import { task } from './world.ts'

export function blobTasks(subject: Subject): void {
  wholeBlobs(subject)
  brokenBlobs(subject)
  policies(subject)
}

function wholeBlobs(subject: Subject): void {
  test('a blob is written and read piece by piece', async () => {
    const blobs = memoryBlobs()
    expect(await outputOf(subject, 'writes a blob and reads it', 25, blobs)).toEqual({
      reference: {
        blob: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        size_bytes: 2_500_000,
        media_type: 'application/x-test',
      },
      size: 2_500_000,
    })
  })

  test('an empty blob is one', async () => {
    expect(await outputOf(subject, 'writes a blob and reads it', 0, memoryBlobs())).toMatchObject({ size: 0 })
  })

  test('no more than a few pieces are ahead of whoever stores them', async () => {
    const began = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const slow: Blobs = {
      ...memoryBlobs(),
      write: async (content, options) => {
        const pieces = content as AsyncIterable<Uint8Array>
        let size = 0
        for await (const piece of pieces) {
          size += piece.length
          began.resolve()
          await goOn.promise
          if (size > 300_000)
            throw TaskFault.of('runtime', `full after ${size} bytes of ${options.mediaType}`)
        }
        throw new Error('It should have been full.')
      },
    }
    const writing = outputOf(subject, 'writes a blob and reads it', 1_000, slow)
    await began.promise
    goOn.resolve()
    await expect(writing).rejects.toThrow(/full after \d{6,7} bytes of application\/x-test/)
  })
}

function brokenBlobs(subject: Subject): void {
  test('what fails in the middle of a blob is told to the module, and ends the writing', async () => {
    const ended = Promise.withResolvers<string>()
    const stored = memoryBlobs()
    const blobs: Blobs = {
      ...stored,
      write: (content, options) => {
        const writing = stored.write(content, options)
        writing.then(
          () => ended.resolve('stored'),
          () => ended.resolve('not stored'),
        )
        return writing
      },
    }
    expect(await outputOf(subject, 'fails in the middle of a blob', null, blobs)).toBe('no more')
    expect(await ended.promise).toBe('not stored')
  })

  test('a blob that is too large, and one that is not there, are faults that say so', async () => {
    const blobs = memoryBlobs()
    await expect(outputOf(subject, 'writes a blob that is too large', null, blobs)).rejects.toThrow(
      /larger than the 5 by/,
    )
    const nothing = { blob: `sha256:${'0'.repeat(64)}`, size_bytes: 1, media_type: 'text/plain' }
    await expect(outputOf(subject, 'reads the blob of its input', nothing, blobs)).rejects.toThrow(
      /There is no blob/,
    )
  })

  test('what one task wrote, another reads', async () => {
    const blobs = memoryBlobs()
    const reference = await blobs.write(['Łódź'], { mediaType: 'text/plain' })
    expect(await outputOf(subject, 'reads the blob of its input', reference, blobs)).toBe('Łódź')
  })
}

function policies({ dialect, setUp }: Subject): void {
  test('a module is told the policy, in its set-up and in its tasks', async () => {
    const code = dialect.tasks['shows its policy']
    const policy = { network: { private: false }, programs: { allow: ['git'], deny: ['sh'] } }
    const instance = await setUp({ code, hosted: { policy } }).start()
    expect((await instance.execute(task(null))).outputData).toEqual([policy, policy])
    await instance.stop()
    const open = { network: { private: true }, programs: { allow: undefined, deny: [] } }
    const other = await setUp({ code, hosted: { policy: open } }).start()
    expect((await other.execute(task(null))).outputData).toEqual([open, open])
    await other.stop()
  })
}

async function outputOf(subject: Subject, name: TaskName, input: Json, blobs: Blobs): Promise<unknown> {
  const instance = await subject.setUp({ code: subject.dialect.tasks[name] }).start()
  try {
    return (await instance.execute(task(input, { blobs }))).outputData
  } finally {
    await instance.stop()
  }
}
