/** Blobs over HTTP. */
import { expect, test } from 'vitest'
import { documentOf, problemOf, setup, type World } from './world.ts'

/** A task whose output goes past the cap keeps all of it in a blob. */
async function blobOf({ nexus }: World): Promise<{ blob: string; size_bytes: number }> {
  const output = '{ max_bytes: 10, overflow: blob }'
  const call = `{ call: run.command, with: { program: seq, arguments: [100000], return: all, output: ${output} } }`
  const live = await nexus.run(nexus.check(documentOf(`  - flood: ${call}\n`)), {})
  const ended = await live.ended
  if (ended.status !== 'completed') throw new Error(JSON.stringify(ended))
  return (ended.output as unknown as { stdout_blob: { blob: string; size_bytes: number } }).stdout_blob
}

test('a blob is answered whole, with its media type, and never as a page of this server', async () => {
  await using world = await setup()
  const reference = await blobOf(world)
  for (const name of [reference.blob, reference.blob.slice('sha256:'.length)]) {
    const response = await world.ask(`/blobs/${name}`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(response.headers.get('content-length')).toBe(String(reference.size_bytes))
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/)
    const text = await response.text()
    expect([text.slice(0, 4), text.length]).toEqual(['1\n2\n', reference.size_bytes])
  }
})

test('a blob that is not there, and a name that is none, are problems', async () => {
  await using world = await setup()
  const missing = await problemOf(await world.ask(`/blobs/sha256:${'0'.repeat(64)}`))
  expect(missing).toMatchObject({ status: 404, code: 'blob_not_found' })
  for (const name of ['x', '..%2F..%2Fnexus.db', 'sha256:0'])
    expect(await problemOf(await world.ask(`/blobs/${name}`))).toMatchObject({ status: 400 })
})

test('without a token that is asked for there are no blobs', async () => {
  await using world = await setup({ token: 'a token of some length' })
  expect((await world.ask(`/blobs/${'0'.repeat(64)}`)).status).toBe(401)
})
