import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { documentOf, setup } from './world.ts'

/** A server that answers with the texts of paths, and counts what it is asked for. */
async function serve(files: Record<string, string>) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const text = files[request.url ?? '']
    response.writeHead(text === undefined ? 404 : 200).end(text)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    stop,
    [Symbol.asyncDispose]: async () => (server.listening ? stop() : undefined),
  }
}

const catalog = (root: string): string => `use: { catalogs: { ours: { endpoint: '${root}' } } }`
const call = "  - twice: { call: 'double:1.0.0@ours', with: { n: '${ .n }' } }\n"
const double = "set: { result: '${ .n * 2 }' }\n"

test('a function of a catalog in a folder runs like one of the document', async () => {
  await using world = await setup()
  const folder = join(world.folder, 'catalog/functions/double/1.0.0')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'function.yaml'), double)
  const document = documentOf(call, catalog('catalog'))
  const live = await world.nexus.run(world.nexus.check(document, 'w.yaml', world.folder), { n: 4 })
  expect(await live.ended).toEqual({ status: 'completed', output: { result: 8 } })
})

test('what came over HTTP stays as it came, without the network, until it is let go of', async () => {
  await using world = await setup()
  const files: Record<string, string> = { '/functions/double/1.0.0/function.yaml': double }
  await using server = await serve(files)
  const run = async (): Promise<unknown> => {
    const { nexus } = world
    return await (
      await nexus.run(nexus.check(documentOf(call, catalog(server.url))), { n: 4 })
    ).ended
  }
  expect(await run()).toMatchObject({ output: { result: 8 } })
  files['/functions/double/1.0.0/function.yaml'] = double.replace('* 2', '* 3')
  expect(await run()).toMatchObject({ output: { result: 8 } })
  const [pinned] = await world.nexus.resources.list()
  expect(pinned?.uri).toBe(`${server.url}/functions/double/1.0.0/function.yaml`)
  expect(await world.nexus.resources.remove(pinned?.uri ?? '')).toBe(true)
  expect(await run()).toMatchObject({ output: { result: 12 } })
  await server.stop()
  await world.restart()
  expect(await run()).toMatchObject({ output: { result: 12 } })
})

test('a run that was interrupted needs no network to go on', async () => {
  await using world = await setup()
  await using server = await serve({ '/functions/double/1.0.0/function.yaml': double })
  const tasks = `  - approve: { listen: { to: { one: { with: { type: go } } } }, output: { as: '\${ {n: .[0]} }' } }\n${call}`
  const live = await world.nexus.run(world.nexus.check(documentOf(tasks, catalog(server.url))), {})
  await new Promise<void>((resolve) => live.listen((event) => event.type === 'listen.begun' && resolve()))
  for (const { uri } of await world.nexus.resources.list()) await world.nexus.resources.remove(uri)
  await server.stop()
  const nexus = await world.restart()
  await nexus.runs.signal(live.id, { type: 'go', data: 21 })
  expect(await (await nexus.runs.resume(live.id)).ended).toMatchObject({ output: { result: 42 } })
})

test('a function that cannot be had is told at its call, before anything runs', async () => {
  await using world = await setup()
  await using server = await serve({})
  const checked = world.nexus.check(documentOf(call, catalog(server.url)))
  expect(checked.problems).toEqual([])
  const { document, problems } = await world.nexus.complete(checked)
  expect(document).toBeUndefined()
  expect(problems).toMatchObject([
    { severity: 'error', start: { line: 4 }, message: expect.stringContaining('double') },
  ])
  await expect(world.nexus.run(checked, {})).rejects.toMatchObject({ code: 'invalid_workflow' })
  expect(await world.nexus.runs.list()).toEqual([])
})

test('schemas in external resources are checked like those of the document, in workflows that others run too', async () => {
  await using world = await setup()
  await using server = await serve({ '/city.json': '{"type": "object", "required": ["city"]}' })
  const head = `input: { schema: { format: json, resource: { endpoint: '${server.url}/city.json' } } }`
  const inner = documentOf("  - x: { set: '${ .city }' }\n", head, 'inner')
  writeFileSync(join(world.folder, 'inner.yaml'), inner)
  const outer =
    '  - sub: { run: { workflow: { namespace: test, name: inner, version: latest, input: "${ . }" } } }\n'
  expect((await world.run(outer, { input: { city: 'Łódź' } })).output).toBe('Łódź')
  expect((await world.run(outer, { input: {} })).error).toMatchObject({
    detail: expect.stringContaining('city'),
  })
})
