/** Descriptions of services that came with the workflow, and those on disk. */
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { dataAddress } from '../../../../packages/nexus/src/resources/inlined.ts'
import { proto, startService } from './grpc/service.ts'
import { echo, faultOf, serve, setup } from './world.ts'

test('an OpenAPI document may come with the workflow, and its servers are then absolute', async () => {
  const { callOpenApi } = await setup()
  const url = await serve(echo)
  const paths = { '/pets': { get: { operationId: 'list' } } }
  const endpointOf = (document: object) =>
    dataAddress({ name: 'docs/my pets.json', text: JSON.stringify(document) }, new Map())
  const endpoint = endpointOf({ openapi: '3.1.0', servers: [{ url }], paths })
  expect(await callOpenApi({ document: { endpoint }, operationId: 'list' })).toMatchObject({ url: '/pets' })
  const relative = endpointOf({ openapi: '3.1.0', servers: [{ url: '/v1' }], paths })
  const fault = await faultOf(callOpenApi({ document: { endpoint: relative }, operationId: 'list' }))
  expect(fault.message).toBe(
    'Server "/v1" of my pets.json is not a URL. The document stands in a file, so that its servers must be absolute.',
  )
})

test('a proto file may come with the workflow, and what it imports with it', async () => {
  const { port } = await startService()
  const { caller } = await setup()
  const text = `${proto}\nimport "deep/other.proto";\nmessage Uses { Other.Other other = 1; }`
  const beside = new Map([
    ['deep/other.proto', 'syntax = "proto3"; package Other; message Other { string a = 1; }'],
  ])
  const call = (endpoint: string) =>
    caller('grpc')({
      proto: { endpoint },
      service: { name: 'GreeterApi.Greeter', host: 'localhost', port },
      method: 'SayHello',
      arguments: { name: 'Ada' },
    })
  expect(await call(dataAddress({ name: 'a.proto', text }, beside))).toEqual({ message: 'Hello Ada' })
  const lone = await faultOf(call(dataAddress({ name: 'a.proto', text }, new Map())))
  expect(lone.message).toContain(
    'a.proto is not a proto file that can be used: it imports "deep/other.proto"',
  )
})

test.for(['data:text/plain,a', 'data:;base64,%%%', 'data:application/vnd.nexus.files+json;base64,e30='])(
  'the address %s holds nothing that can be read',
  async (endpoint) => {
    const { callOpenApi } = await setup()
    const { error } = await faultOf(callOpenApi({ document: { endpoint }, operationId: 'list' }))
    expect(error.type).toContain('configuration')
  },
)

test('a file is read for whoever may reach private addresses, and for nobody else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-openapi-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const url = await serve(echo)
  const paths = { '/pets': { get: { operationId: 'list' } } }
  writeFileSync(join(folder, 'a.json'), JSON.stringify({ openapi: '3.1.0', servers: [{ url }], paths }))
  const given = { document: { endpoint: `file://${folder}/a.json` }, operationId: 'list' }
  expect(await (await setup()).callOpenApi(given)).toMatchObject({ url: '/pets' })
  const { error } = await faultOf((await setup({ private: false })).callOpenApi(given))
  expect(error.type).toContain('authorization')
})
