/**
 * `nexus resources`: what was fetched stays as it came, is listed, and is let go of, also beside a server.
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer } from './server_process.ts'
import { setup } from './shell.ts'

interface Schemas extends AsyncDisposable {
  readonly url: string
  schema: object
}

async function serveSchema(): Promise<Schemas> {
  const served = { url: '', schema: { type: 'object', required: ['name'] } }
  const server = createServer((_request, response) => response.end(JSON.stringify(served.schema)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  served.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/schema.json`
  return Object.assign(served, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

test('what was fetched is listed with its digest, stays as it came, and is fetched anew once it is let go of', async () => {
  using world = setup()
  await using schemas = await serveSchema()
  const document = `document: { dsl: '1.0.3', namespace: test, name: pinned, version: '1.0.0' }
input: { schema: { resource: { endpoint: '${schemas.url}' } } }
do:
  - greet: { set: { said: hello } }
`
  const data = ['--data', join(world.folder, 'data')]
  const run = () => world.nexus('run', world.file('a.yaml', document), '--input', '{"name": "Ada"}', ...data)
  expect(await world.nexus('resources', 'list', ...data)).toMatchObject({ out: 'Nothing is pinned.\n' })
  expect(await run()).toMatchObject({ code: 0 })
  schemas.schema = { type: 'object', required: ['other'] }
  expect(await run()).toMatchObject({ code: 0 })
  await using server = await startServer(world.folder)
  const listed = JSON.parse((await world.nexus('resources', 'list', '--json', ...data)).out) as unknown
  expect(listed).toEqual([{ uri: schemas.url, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }])
  expect(await world.nexus('resources', 'update', schemas.url, ...data)).toMatchObject({ code: 0 })
  const again = await world.nexus('resources', 'update', schemas.url, ...data)
  expect(again).toMatchObject({ code: 2, err: expect.stringMatching(/is not pinned/) })
  await server[Symbol.asyncDispose]()
  expect(await run()).toMatchObject({ code: 1 })
})
