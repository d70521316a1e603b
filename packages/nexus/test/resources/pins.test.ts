/** Pins: what came over HTTP stays as it came, offline too, until it is asked for anew. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { digestOf, type PinStore } from '../../src/resources/pins.ts'
import { pinsOf } from '../../src/resources/folder_pins.ts'
import { calling, catalogAt, setup, told, type World } from './world.ts'

const path = '/functions/f/1.0.0/function.yaml'

async function pinned(): Promise<World & { text: string; uri: string }> {
  const world = await setup({}, { [path]: 'set: {version: old}\n' })
  const text = calling('f:1.0.0@shared', { use: catalogAt(world.url) })
  expect(told(await world.bundle(text))).toEqual([])
  return { ...world, text, uri: `${world.url}${path}` }
}

const functionIn = async (world: Awaited<ReturnType<typeof pinned>>, refresh = false) =>
  (await world.bundle(world.text, { refresh })).document?.use?.functions?.['f:1.0.0@shared']

test('after the first time no network is needed', async () => {
  await using world = await pinned()
  await world.goOffline()
  expect(await functionIn(world)).toEqual({ set: { version: 'old' } })
  expect(world.requests).toHaveLength(1)
})

test('what changes upstream is not taken until it is asked for', async () => {
  await using world = await pinned()
  world.web[path] = 'set: {version: new}\n'
  expect(await functionIn(world)).toEqual({ set: { version: 'old' } })
  expect(await functionIn(world, true)).toEqual({ set: { version: 'new' } })
  expect(await functionIn(world)).toEqual({ set: { version: 'new' } })
})

test('a pin that is removed is fetched again', async () => {
  await using world = await pinned()
  world.web[path] = 'set: {version: new}\n'
  expect(await world.pins.remove(world.uri)).toBe(true)
  expect(await world.pins.remove(world.uri)).toBe(false)
  expect(await functionIn(world)).toEqual({ set: { version: 'new' } })
})

test('an update that fails leaves the pin', async () => {
  await using world = await pinned()
  await world.goOffline()
  const [problem] = told(await world.bundle(world.text, { refresh: true }))
  expect(problem).toMatch(/resource_unreadable/)
  expect(await functionIn(world)).toEqual({ set: { version: 'old' } })
})

test('an update to something that is no function leaves the pin', async () => {
  await using world = await pinned()
  world.web[path] = '<html>maintenance</html>'
  expect(told(await world.bundle(world.text, { refresh: true }))[0]).toMatch(/invalid_resource/)
  expect(await functionIn(world)).toEqual({ set: { version: 'old' } })
})

test('what is of no use is not pinned', async () => {
  await using world = await setup({}, { [path]: '<html>maintenance</html>' })
  const text = calling('f:1.0.0@shared', { use: catalogAt(world.url) })
  expect(told(await world.bundle(text))[0]).toMatch(/invalid_resource/)
  expect(await world.pins.list()).toEqual([])
  world.web[path] = 'set: {x: 1}\n'
  expect(told(await world.bundle(text))).toEqual([])
})

test('what cannot be pinned is told where it was asked for', async () => {
  await using world = await setup({}, { [path]: 'set: {x: 1}\n' })
  const pins: PinStore = {
    get: async () => undefined,
    put: () => Promise.reject(new Error('no space left')),
    list: async () => [],
    remove: async () => false,
  }
  const bundled = await world.bundle(calling('f:1.0.0@shared', { use: catalogAt(world.url) }), { pins })
  expect(bundled.document).toBeUndefined()
  expect(told(bundled)[0]).toMatch(/^6:13 resource_not_kept .* could not be pinned: no space left$/)
})

test('files are not pinned: a change is taken the next time', async () => {
  await using world = await setup({ 'f.yaml': 'set: {version: old}\n' })
  const functionOf = async () => (await world.bundle(calling('./f.yaml'))).document?.use?.functions
  expect(await functionOf()).toEqual({ './f.yaml': { set: { version: 'old' } } })
  world.write('f.yaml', 'set: {version: new}\n')
  expect(await functionOf()).toEqual({ './f.yaml': { set: { version: 'new' } } })
  expect(await world.pins.list()).toEqual([])
})

test('pins are listed with their digests, and survive another opening of the folder', async () => {
  await using world = await pinned()
  const expected = [{ uri: world.uri, digest: digestOf('set: {version: old}\n') }]
  expect(await world.pins.list()).toEqual(expected)
  const again = pinsOf(join(world.folder, 'data'))
  expect(await again.list()).toEqual(expected)
  expect((await again.get(world.uri))?.text).toBe('set: {version: old}\n')
})

test('the second of two addresses is used offline when it is the one that was pinned', async () => {
  await using world = await setup({}, { '/f/function.yaml': 'wait: PT1S\n' })
  const text = calling(`${world.url}/f`)
  expect(told(await world.bundle(text))).toEqual([])
  await world.goOffline()
  expect(told(await world.bundle(text))).toEqual([])
})

test('content that several addresses share goes with the last of them', async () => {
  await using world = await setup()
  const content = join(world.folder, 'data', 'resources', 'content')
  const pin = { digest: digestOf('same'), text: 'same' }
  await world.pins.put('https://a.test/1', pin)
  await world.pins.put('https://a.test/2', pin)
  await world.pins.remove('https://a.test/1')
  expect(await world.pins.get('https://a.test/2')).toEqual(pin)
  await world.pins.put('https://a.test/2', { digest: digestOf('other'), text: 'other' })
  expect(readdirSync(content)).toEqual([digestOf('other')])
  await world.pins.remove('https://a.test/2')
  expect(readdirSync(content)).toEqual([])
})

const damages: readonly [string, (folder: string, digest: string, entry: string) => void][] = [
  [
    'its content is not what was fetched',
    (folder, digest) => writeFileSync(join(folder, 'content', digest), 'set: {evil: 1}\n'),
  ],
  ['its content is missing', (folder, digest) => rmSync(join(folder, 'content', digest))],
  ['its entry cannot be read', (folder, _digest, entry) => writeFileSync(join(folder, entry), '{"uri":')],
  [
    'its entry cannot be read',
    (folder, _digest, entry) =>
      writeFileSync(
        join(folder, entry),
        readFileSync(join(folder, entry), 'utf8').replace('f/1.0.0', 'g/1.0.0'),
      ),
  ],
  [
    'its entry cannot be read',
    (folder, _digest, entry) =>
      writeFileSync(
        join(folder, entry),
        readFileSync(join(folder, entry), 'utf8').replace(/[0-9a-f]{64}/, '../../secret'),
      ),
  ],
]

test.each(damages)('a damaged pin is refused and never used: %s', async (why, damage) => {
  await using world = await pinned()
  const folder = join(world.folder, 'data', 'resources')
  const entry = readdirSync(folder).find((name) => name.endsWith('.json')) ?? ''
  damage(folder, digestOf('set: {version: old}\n'), entry)
  const bundled = await world.bundle(world.text)
  expect(bundled.document).toBeUndefined()
  expect(told(bundled)[0]).toContain(
    `6:13 resource_damaged The pinned copy of ${world.uri} is damaged: ${why}.`,
  )
  expect(told(bundled)[0]).toContain(`Delete ${join(folder, entry)}`)
  expect(world.requests).toHaveLength(1)
  rmSync(join(folder, entry))
  expect(await functionIn(world)).toEqual({ set: { version: 'old' } })
})

test('a damaged pin is mended by asking for it anew', async () => {
  await using world = await pinned()
  writeFileSync(join(world.folder, 'data', 'resources', 'content', digestOf('set: {version: old}\n')), 'x')
  expect(await functionIn(world, true)).toEqual({ set: { version: 'old' } })
  expect(await functionIn(world)).toEqual({ set: { version: 'old' } })
})

test('a write that was cut off leaves the old pin in use', async () => {
  await using world = await pinned()
  const folder = join(world.folder, 'data', 'resources')
  writeFileSync(join(folder, 'half.tmp'), '{"uri')
  writeFileSync(join(folder, 'content', digestOf('set: {version: new}\n')), 'set: {ver')
  expect(await functionIn(world)).toEqual({ set: { version: 'old' } })
  world.web[path] = 'set: {version: new}\n'
  expect(await functionIn(world, true)).toEqual({ set: { version: 'new' } })
  expect(await world.pins.list()).toHaveLength(1)
})
