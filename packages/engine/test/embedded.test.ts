import { systemClock } from '@nexus/sdk'
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import type { Backend } from '../src/backend.ts'
import { openEmbedded, readEmbedded } from '../src/backends/embedded.ts'
import { backendConformance, type BackendWorld } from './backend_conformance.ts'
import { read } from './blob_conformance.ts'

function setupFolder(): { folder: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-embedded-'))
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A crash is a copy of the files as they are on disk at that moment: what was only in memory is not in it. */
async function setupWorld(): Promise<BackendWorld> {
  let folder = setupFolder()
  const folders = [folder]
  const backends: Backend[] = []
  return {
    async open() {
      const backend = openEmbedded({ folder: folder.folder, clock: systemClock })
      backends.push(backend)
      return backend
    },
    async crash() {
      const next = setupFolder()
      cpSync(folder.folder, next.folder, { recursive: true })
      folder = next
      folders.push(next)
    },
    async [Symbol.asyncDispose]() {
      for (const backend of backends) await backend.close()
      for (const each of folders) each[Symbol.dispose]()
    },
  }
}

backendConformance('the embedded backend', setupWorld)

const newRun = {
  id: 'r1',
  workflow: { namespace: 'test', name: 'embedded', version: '1.0.0' },
  document: 'do: []',
  input: null,
}

const step = (path: string) => ({
  path,
  pure: false,
  describe: () => ({ path, reference: path, name: path, kind: 'test' }),
})

test('a second process on the same folder is told who holds it', async () => {
  using world = setupFolder()
  const backend = openEmbedded({ folder: world.folder, clock: systemClock })
  const engine = new URL('../src/backends/embedded.ts', import.meta.url).href
  const script = `import('${engine}').then(({openEmbedded}) => openEmbedded({folder: ${JSON.stringify(world.folder)}, clock: Date})).catch((error) => console.log(error.code + ' ' + error.message))`
  const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = await new Response(other.stdout as never).text()
  expect(said).toContain('data_held')
  expect(said).toContain(`process ${process.pid}`)
  await backend.close()
})

test('another process may read while one holds the folder', async () => {
  using world = setupFolder()
  const backend = openEmbedded({ folder: world.folder, clock: systemClock })
  await backend.create(newRun)
  const reader = readEmbedded({ folder: world.folder, clock: systemClock })
  expect(await reader?.list()).toHaveLength(1)
  await reader?.close()
  await backend.close()
})

test.skipIf(process.platform !== 'linux')('a folder that cannot be made is named, at once', () => {
  expect(() => openEmbedded({ folder: '/proc/nexus/data', clock: systemClock })).toThrow(/cannot be made/)
})

test('a database that is none is named, and left as it is', () => {
  using world = setupFolder()
  writeFileSync(join(world.folder, 'nexus.db'), 'This is a diary, not a database. '.repeat(100))
  expect(() => openEmbedded({ folder: world.folder, clock: systemClock })).toThrow(
    /nexus\.db is damaged.*left as it is/,
  )
})

test('a database of a newer Nexus is refused', async () => {
  using world = setupFolder()
  await openEmbedded({ folder: world.folder, clock: systemClock }).close()
  const database = new DatabaseSync(join(world.folder, 'nexus.db'))
  database.exec('PRAGMA user_version = 99')
  database.close()
  expect(() => openEmbedded({ folder: world.folder, clock: systemClock })).toThrow(/newer Nexus/)
})

test('a database of the first schema is brought up to date with all that it holds', async () => {
  using world = setupFolder()
  const old = openEmbedded({ folder: world.folder, clock: systemClock })
  const run = await old.create(newRun)
  await run.step(step('/kept'), async () => ({ status: 'completed', output: 'kept', then: 'continue' }))
  await old.close()
  const database = new DatabaseSync(join(world.folder, 'nexus.db'))
  database.exec(
    'DROP TABLE accepted; DROP TABLE deployments; DROP TABLE forgotten; DROP TABLE counted; DROP INDEX runs_by_parent; DROP INDEX runs_by_key; PRAGMA user_version = 1',
  )
  for (const column of [
    'parent',
    'attached',
    'input_blob',
    'workflows',
    'scope',
    'key',
    'generation',
    'priority',
    'sources',
  ])
    database.exec(`ALTER TABLE runs DROP COLUMN ${column}`)
  database.close()
  const reader = readEmbedded({ folder: world.folder, clock: systemClock })
  expect(await reader?.list()).toHaveLength(1)
  await reader?.close()
  const migrated = openEmbedded({ folder: world.folder, clock: systemClock })
  const again = await migrated.open('r1')
  const kept = await again.step(step('/kept'), () => Promise.reject(new Error('ran again')))
  expect(kept).toMatchObject({ output: 'kept' })
  const subscription = await again.subscribe('/listen', { correlates: false })
  await migrated.publish({ specversion: '1.0', id: 'e1', source: '/test', type: 'test' })
  const { event } = await subscription.next(() => true, new AbortController().signal)
  expect(event.id).toBe('e1')
  await migrated.close()
  await openEmbedded({ folder: world.folder, clock: systemClock }).close()
})

test('a full disk is said, and what was recorded before is still there', async () => {
  using world = setupFolder()
  const backend = openEmbedded({ folder: world.folder, clock: systemClock, databaseBytesMax: 49_152 })
  const run = await backend.create(newRun)
  await run.step(step('/kept'), async () => ({ status: 'completed', output: 'kept', then: 'continue' }))
  await run.settle()
  const fill = run.step(step('/lost'), async () => ({
    status: 'completed',
    output: Array.from({ length: 15_000 }, (_, index) => index % 10),
    then: 'continue',
  }))
  await fill
  await expect(run.settle()).rejects.toMatchObject({ code: 'disk_full' })
  await expect(run.step(step('/after'), async () => ({ status: 'skipped' }))).rejects.toMatchObject({
    code: 'disk_full',
  })
  await backend.close()
  const again = openEmbedded({ folder: world.folder, clock: systemClock })
  const outcome = await (
    await again.open('r1')
  ).step(step('/kept'), () => Promise.reject(new Error('ran again')))
  expect(outcome).toMatchObject({ output: 'kept' })
  await again.close()
})

test('a damaged payload is named, and every other event can still be read', async () => {
  using world = setupFolder()
  const backend = openEmbedded({ folder: world.folder, clock: systemClock })
  const run = await backend.create(newRun)
  const large = 'x'.repeat(200_000)
  await run.step(step('/small'), async () => ({ status: 'completed', output: 1, then: 'continue' }))
  await run.step(step('/large'), async () => ({ status: 'completed', output: large, then: 'continue' }))
  await backend.close()
  const [shelf = ''] = readdirSync(join(world.folder, 'blobs'))
  const [blob = ''] = readdirSync(join(world.folder, 'blobs', shelf))
  truncateSync(join(world.folder, 'blobs', shelf, blob), 100)
  const again = openEmbedded({ folder: world.folder, clock: systemClock })
  const reopened = await again.open('r1')
  expect(await reopened.step(step('/small'), () => Promise.reject(new Error('ran again')))).toMatchObject({
    output: 1,
  })
  await expect(again.events('r1')).rejects.toMatchObject({ code: 'payload_unreadable' })
  await expect(reopened.step(step('/large'), () => Promise.reject(new Error('ran again')))).rejects.toThrow(
    blob,
  )
  await again.close()
})

test('a blob that has changed on disk is damaged, and one that a crash left half-written is gone', async () => {
  using world = setupFolder()
  const backend = openEmbedded({ folder: world.folder, clock: systemClock })
  const reference = await backend.blobs.write(['as it was'], { mediaType: 'text/plain' })
  const digest = reference.blob.slice('sha256:'.length)
  writeFileSync(join(world.folder, 'blobs', digest.slice(0, 2), digest), 'as it is!')
  await expect(read(backend, reference)).rejects.toThrow(/its content has changed/)
  expect(await backend.blobs.write(['as it was'], { mediaType: 'text/plain' })).toEqual(reference)
  expect(String(await read(backend, reference))).toBe('as it was')
  await backend.close()
  writeFileSync(join(world.folder, 'blobs', 'tmp', 'half'), 'half')
  await openEmbedded({ folder: world.folder, clock: systemClock }).close()
  expect(readdirSync(join(world.folder, 'blobs'))).toEqual([digest.slice(0, 2)])
})

test('what fails leaves no file behind', async () => {
  using world = setupFolder()
  const backend = openEmbedded({ folder: world.folder, clock: systemClock })
  const long = ['x'.repeat(1_000_000)]
  await expect(backend.blobs.write(long, { mediaType: 'text/plain', bytesMax: 10 })).rejects.toThrow(/larger/)
  expect(readdirSync(join(world.folder, 'blobs', 'tmp'))).toEqual([])
  await backend.close()
})

test('documents that nobody uses any more go with the last run that did', async () => {
  using world = setupFolder()
  const backend = openEmbedded({ folder: world.folder, clock: systemClock })
  await (
    await backend.create({ ...newRun, workflows: { inner: 'do: [inner]' } })
  ).end({ status: 'cancelled' })
  await backend.create({ ...newRun, id: 'r2', document: 'do: [other]' })
  await backend.forget({ ids: ['r1'] })
  await backend.close()
  using database = new DatabaseSync(join(world.folder, 'nexus.db'), { readOnly: true })
  expect(database.prepare('SELECT text FROM documents').all()).toEqual([{ text: 'do: [other]' }])
})
