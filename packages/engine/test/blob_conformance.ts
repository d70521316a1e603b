/**
 * What every backend promises of blobs: written piece by piece, on disk when their reference is there, and nothing of
 * one that did not come to its end.
 */
import type { BlobReference } from '@nexus/sdk'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Backend } from '../src/index.ts'
import type { BackendWorld } from './backend_conformance.ts'

export function blobConformance(setup: () => Promise<BackendWorld>): void {
  test('a blob comes back whole after a crash, with its size, its type and the name of its content', async () => {
    await using world = await setup()
    const first = await world.open()
    const hash = createHash('sha256')
    async function* pieces(): AsyncGenerator<Uint8Array | string> {
      for (let i = 0; i < 300; i++) {
        const piece = i % 2 === 0 ? Buffer.alloc(10_007, i) : 'Łódź'
        hash.update(piece)
        yield piece
      }
    }
    const reference = await first.blobs.write(pieces(), { mediaType: 'application/x-test' })
    const digest = hash.digest('hex')
    const sizeBytes = 150 * (10_007 + 7)
    expect(reference).toEqual({
      blob: `sha256:${digest}`,
      size_bytes: sizeBytes,
      media_type: 'application/x-test',
    })
    await world.crash(first)
    const second = await world.open()
    expect(await second.blobs.find(digest)).toEqual({ sizeBytes, mediaType: 'application/x-test' })
    expect(digestOf(await read(second, reference))).toBe(digest)
    await second.close()
  })

  test('what is written twice at once is one blob', async () => {
    await using world = await setup()
    const backend = await world.open()
    const write = (): Promise<BlobReference> => backend.blobs.write(['same'], { mediaType: 'text/plain' })
    const [one, other] = await Promise.all([write(), write()])
    expect(one).toEqual(other)
    expect(String(await read(backend, one))).toBe('same')
    await backend.close()
  })

  test('a blob that is too large is a fault at its limit, and nothing of it is left', async () => {
    await using world = await setup()
    const backend = await world.open()
    let taken = 0
    function* endless(): Generator<string> {
      for (;;) {
        taken++
        yield 'x'.repeat(1_000)
      }
    }
    const writing = backend.blobs.write(endless(), { mediaType: 'text/plain', bytesMax: 100_000 })
    await expect(writing).rejects.toMatchObject({ name: 'TaskFault', error: { status: 500 } })
    expect(taken).toBe(101)
    const fits = await backend.blobs.write(['x'.repeat(100)], { mediaType: 'text/plain', bytesMax: 100 })
    expect(fits.size_bytes).toBe(100)
    await backend.close()
  })

  test('what the content throws goes through, and there is no blob', async () => {
    await using world = await setup()
    const backend = await world.open()
    function* broken(): Generator<string> {
      yield 'half'
      throw new RangeError('no more')
    }
    await expect(backend.blobs.write(broken(), { mediaType: 'text/plain' })).rejects.toThrow(
      new RangeError('no more'),
    )
    expect(await backend.blobs.find(digestOf(Buffer.from('half')))).toBeUndefined()
    await backend.close()
  })

  test('a blob that is not there, and what is no reference, are faults that say so', async () => {
    await using world = await setup()
    const backend = await world.open()
    const named = (blob: string): BlobReference => ({ blob, size_bytes: 1, media_type: 'text/plain' })
    await expect(read(backend, named(`sha256:${'0'.repeat(64)}`))).rejects.toThrow(/There is no blob/)
    for (const blob of ['', 'sha256:../../nexus.db', `sha256:${'0'.repeat(63)}`])
      await expect(read(backend, named(blob))).rejects.toThrow(/Not a reference to a blob/)
    await expect(backend.blobs.find('../nexus.db')).rejects.toThrow(/Not a reference/)
    await backend.close()
  })

  test('pieces that are neither bytes nor text, and a type that is none, are refused', async () => {
    await using world = await setup()
    const backend = await world.open()
    const numbers = [1, 2] as unknown as string[]
    await expect(backend.blobs.write(numbers, { mediaType: 'text/plain' })).rejects.toThrow(/is a number/)
    await expect(backend.blobs.write(['x'], { mediaType: 'text\r\n/plain' })).rejects.toThrow(/media type/)
    await backend.close()
  })
}

export async function read({ blobs }: Pick<Backend, 'blobs'>, reference: BlobReference): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of blobs.read(reference)) pieces.push(piece)
  return Buffer.concat(pieces)
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
