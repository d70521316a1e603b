/**
 * Which files of blobs go once runs are forgotten, and which stay. Hours pass on the clock alone.
 */
import { systemClock, type BlobReference, type Clock, type Json } from '@nexus/sdk'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openEmbedded } from '../src/backends/embedded.ts'
import type { Backend } from '../src/index.ts'
import { newRun } from './backend_conformance.ts'

const hourMs = 3_600_000
/** Large enough to lie in a blob. */
const large = (text: string): Json => ({ text: text.repeat(100_000) })

function setup(): {
  backend: Backend
  pass(ms: number): void
  /** The file system knows nothing of the clock's hours. */
  written(reference: BlobReference): void
  files(): number
  [Symbol.asyncDispose](): Promise<void>
} {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-sweep-'))
  let passedMs = 0
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + passedMs }
  const backend = openEmbedded({ folder, clock })
  return {
    backend,
    pass: (ms) => void (passedMs += ms),
    written({ blob }) {
      const digest = blob.slice('sha256:'.length)
      const now = new Date(clock.now())
      utimesSync(join(folder, 'blobs', digest.slice(0, 2), digest), now, now)
    },
    files: () =>
      readdirSync(join(folder, 'blobs'), { recursive: true }).filter((name) =>
        /[0-9a-f]{64}/.test(String(name)),
      ).length,
    async [Symbol.asyncDispose]() {
      await backend.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function ended(backend: Backend, id: string, input: Json, output: Json = null): Promise<void> {
  const run = await backend.create({ ...newRun(id), input })
  run.start()
  const step = {
    path: '/a',
    pure: true,
    describe: () => ({ path: '/a', reference: '/a', name: 'a', kind: 'test' }),
  }
  await run.step(step, async () => ({ status: 'completed', output, then: 'continue' }))
  await run.end({ status: 'completed', output: null })
}

test('the payloads of a forgotten run go, but for those that another run has too', async () => {
  await using world = setup()
  const { backend } = world
  await ended(backend, 'r1', large('shared'), large('own'))
  await ended(backend, 'r2', large('shared'))
  expect(world.files()).toBe(2)
  world.pass(2 * hourMs)
  const { blobs } = await backend.forget({ ids: ['r1'] })
  expect(blobs).toEqual({ count: 1, bytes: 300_011 })
  expect(world.files()).toBe(1)
  expect(await backend.get('r2')).toMatchObject({ input: large('shared') })
})

test('a blob that a large payload names stays as long as that is named', async () => {
  await using world = setup()
  const { backend } = world
  const reference = await backend.blobs.write(['rows'], { mediaType: 'text/csv' })
  await ended(backend, 'r1', null, { ...reference, rest: large('x') })
  await ended(backend, 'r2', null)
  world.pass(2 * hourMs)
  await backend.forget({ ids: ['r2'] })
  expect(await backend.blobs.find(reference.blob.slice(7))).toBeDefined()
  await backend.forget({ ids: ['r1'] })
  expect(world.files()).toBe(0)
})

test('an old blob stays that a new payload names', async () => {
  await using world = setup()
  const { backend } = world
  const reference = await backend.blobs.write(['rows'], { mediaType: 'text/csv' })
  world.pass(2 * hourMs)
  const output = { ...reference, rest: large('x') }
  await ended(backend, 'r1', null, output)
  const payload = createHash('sha256').update(JSON.stringify(output)).digest('hex')
  world.written({ ...reference, blob: `sha256:${payload}` })
  await ended(backend, 'r2', null)
  await backend.forget({ ids: ['r2'] })
  expect(await backend.blobs.find(reference.blob.slice(7))).toBeDefined()
})

test('a blob that only the document of a run names stays with that run, whenever the run began', async () => {
  await using world = setup()
  const { backend } = world
  const { blob } = await backend.blobs.write(['named by a document'], { mediaType: 'text/plain' })
  world.pass(2 * hourMs)
  await ended(backend, 'r1', null)
  await (await backend.create({ ...newRun('r2'), document: `do: [${blob}]` })).end({ status: 'cancelled' })
  await backend.forget({ ids: ['r1'] })
  expect(world.files()).toBe(2)
  await backend.forget({ ids: ['r2'] })
  expect(world.files()).toBe(0)
})

test('a blob stays that was written since the oldest unfinished run began, or within the hour', async () => {
  await using world = setup()
  const { backend } = world
  await backend.blobs.write(['nobody names it'], { mediaType: 'text/plain' })
  await ended(backend, 'r1', null)
  await backend.forget({ ids: ['r1'] })
  expect(world.files()).toBe(2)
  world.pass(2 * hourMs)
  const under = await backend.create(newRun('under_way'))
  world.written(await backend.blobs.write(['in the hands of a task'], { mediaType: 'text/plain' }))
  world.pass(2 * hourMs)
  await ended(backend, 'r2', null)
  await backend.forget({ ids: ['r2'] })
  expect(world.files()).toBe(2)
  await under.end({ status: 'cancelled' })
  await backend.forget({ ids: ['under_way'] })
  expect(world.files()).toBe(0)
})

test('a payload that is recorded again counts as new', async () => {
  await using world = setup()
  const { backend } = world
  await ended(backend, 'r1', large('again'))
  world.pass(2 * hourMs)
  const under = await backend.create(newRun('under_way'))
  await ended(backend, 'r2', large('again'))
  await backend.forget({ ids: ['r1', 'r2'] })
  expect(world.files()).toBe(1)
  await under.end({ status: 'cancelled' })
})

test('what somebody else names stays', async () => {
  await using world = setup()
  const { backend } = world
  const { blob } = await backend.blobs.write(['kept'], { mediaType: 'text/plain' })
  world.pass(2 * hourMs)
  await backend.forget({ texts: () => [JSON.stringify({ state: blob })] })
  expect(world.files()).toBe(2)
  await ended(backend, 'r1', null)
  await backend.forget({ ids: ['r1'] })
  expect(world.files()).toBe(0)
})
