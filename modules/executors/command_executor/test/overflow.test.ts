/** More output than a command may give: a fault, its beginning, or all of it in a blob. Real floods. */
import { expect, test } from 'vitest'
import type { BlobReference, Blobs, Json, JsonObject } from '@nexus/sdk'
import { readAll } from '@nexus/sdk/testing'
import { faultOf, setup, type ProgramWorld } from './program_world.ts'

const capped = (overflow: string, max_bytes = 100): JsonObject => ({ output: { max_bytes, overflow } })

/** Keeps nothing but how much came, as fast as it comes. */
function countingBlobs(): Blobs & { bytes: number } {
  return {
    bytes: 0,
    async write(content, { mediaType }) {
      for await (const piece of content) this.bytes += piece.length
      return { blob: `sha256:${'0'.repeat(64)}`, size_bytes: this.bytes, media_type: mediaType }
    },
    // oxlint-disable-next-line require-yield -- nothing is kept
    async *read() {
      throw new Error('Nothing is kept.')
    },
  }
}

/** How much larger this process grew while it worked, at its largest. */
async function growthMbOf(work: Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss()
  let most = before
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20)
  await work.finally(() => clearInterval(watch))
  return (Math.max(most, process.memoryUsage.rss()) - before) / 1_048_576
}

test('`fault` ends the program, and says what to do', async () => {
  const { run } = await setup()
  const fault = await faultOf(run('yes', capped('fault')))
  expect(fault.message).toMatch(/yes wrote more than 100 bytes to stdout and was ended\. .*overflow: blob/)
})

test('`truncate` gives the beginning, and the program comes to its end', async () => {
  const { sh } = await setup()
  const script = 'yes | head -c 1000000; echo done >&2; exit 4'
  expect(await sh(script, { return: 'all', ...capped('truncate', 10) })).toEqual({
    code: 4,
    stdout: 'y\n'.repeat(5),
    stderr: 'done\n',
    truncated: ['stdout'],
  })
})

test('what is cut is not cut in the middle of a character', async () => {
  const { run } = await setup()
  const write = (text: string, max: number): Promise<Json> =>
    run('printf', { arguments: [text], ...capped('truncate', max) })
  expect(await write('aé€😀b', 2)).toBe('a')
  expect(await write('aé€😀b', 3)).toBe('aé')
  expect(await write('aé€😀b', 9)).toBe('aé€')
  expect(await write('aé€😀b', 10)).toBe('aé€😀')
})

test('`blob` keeps all of it, from its first byte, in the order in which it was written', async () => {
  const { sh, blobs } = await setup()
  const output = (await sh('seq 300000; echo few >&2', { return: 'all', ...capped('blob') })) as unknown as {
    stdout: string
    stdout_blob: BlobReference
  }
  const all = Array.from({ length: 300_000 }, (_, index) => `${index + 1}\n`).join('')
  expect(output).toMatchObject({ code: 0, stderr: 'few\n', truncated: ['stdout'], stdout: all.slice(0, 100) })
  expect(output.stdout_blob).toMatchObject({
    size_bytes: all.length,
    media_type: 'text/plain; charset=utf-8',
  })
  expect(await readAll(blobs, output.stdout_blob)).toBe(all)
  expect(output).not.toHaveProperty('stderr_blob')
})

test('where output is asked for alone, a reference stands in its place', async () => {
  const { run } = await setup()
  const blob = { blob: expect.stringMatching(/^sha256:/), size_bytes: 292 }
  expect(await run('seq', { arguments: [100], ...capped('blob') })).toMatchObject(blob)
  expect(await run('seq', { arguments: [100], return: 'lines', ...capped('blob') })).toMatchObject(blob)
  expect(await run('seq', { arguments: [10], ...capped('blob') })).toBe('1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n')
  const fault = await faultOf(run('seq', { arguments: [100], return: 'json', ...capped('blob') }))
  expect(fault.message).toMatch(/cannot be read as JSON/)
})

test('a flood that is no UTF-8 is a blob of bytes; a little of it too; as text it has U+FFFD', async () => {
  const { sh, blobs } = await setup()
  const flood = (await sh(
    `head -c 100000 /dev/zero | tr '\\0' '\\377'`,
    capped('blob'),
  )) as unknown as BlobReference
  expect(flood).toMatchObject({ size_bytes: 100_000, media_type: 'application/octet-stream' })
  const few = (await sh(`printf '\\377'`, capped('blob'))) as unknown as BlobReference
  expect(few).toMatchObject({ size_bytes: 1, media_type: 'application/octet-stream' })
  for await (const piece of blobs.read(few)) expect([...piece]).toEqual([0xff])
  expect(await sh(`printf 'a\\377b'`, capped('truncate'))).toBe('a\uFFFDb')
})

test('run.shell does the same by the configuration', async () => {
  const { module, contextOf, blobs } = await setup({ config: { overflow: 'blob', max_output_mb: 0.001 } })
  const context = contextOf({ shell: { command: 'seq 1000' } })
  const shell = { ...context, metadata: { ...context.metadata, kind: 'run.shell' } }
  const { outputData } = await module.execute(shell)
  expect(await readAll(blobs, outputData as unknown as BlobReference)).toMatch(/^1\n2\n[^]*\n1000\n$/)
})

test('a blob that grows too large ends the program', async () => {
  const { run } = await setup({ config: { max_blob_mb: 1 } })
  expect((await faultOf(run('yes', capped('blob')))).message).toMatch(
    /larger than the 1048576 bytes that a blob may/,
  )
})

test('what cannot be kept is the fault that its keeper gives, and the program is ended', async () => {
  const broken: Blobs = {
    ...countingBlobs(),
    write: async () => Promise.reject(new Error('the disk is full')),
  }
  const { run } = await setup({ blobs: broken })
  await expect(run('yes', capped('blob'))).rejects.toThrow('the disk is full')
})

const gigabyte = 1_000_000_000

test('1 GB of output passes in bounded memory, wherever it goes', { timeout: 60_000 }, async () => {
  const blobs = countingBlobs()
  const { run } = await setup({ blobs })
  const write = (world: ProgramWorld['run'], overflow: string): Promise<Json> =>
    world('head', { arguments: ['-c', gigabyte, '/dev/zero'], return: 'all', ...capped(overflow, 1_000) })
  const growth = await growthMbOf(
    (async () => {
      expect(await write(run, 'blob')).toMatchObject({ code: 0, stdout_blob: { size_bytes: gigabyte } })
      expect(await write(run, 'truncate')).toMatchObject({ code: 0, stdout: '\0'.repeat(1_000) })
      await faultOf(write(run, 'fault'))
    })(),
  )
  expect(growth).toBeLessThan(200)
})
