/** What describes a service and stands beside the workflow: proto files, OpenAPI and AsyncAPI documents, cards of agents. */
import { expect, test } from 'vitest'
import { setup } from './world.ts'

const head = 'document: {dsl: 1.0.3, namespace: test, name: test, version: 1.0.0}\n'
const told = (bundled: { problems: readonly { start: { line: number; column: number }; code: string }[] }) =>
  bundled.problems.map(({ start, code }) => `${start.line}:${start.column} ${code}`)

function contentOf(address: unknown): string {
  const [, content = ''] = /^data:[^,]*;base64,(.*)$/.exec(String(address)) ?? []
  return Buffer.from(content, 'base64').toString('utf8')
}

const openapi = (endpoint: string) =>
  `${head}do: [{a: {call: openapi, with: {document: {endpoint: ${endpoint}}, operationId: list}}}]\n`

test.for(['pets.json', './pets.json', 'FILE/pets.json'])(
  'the document %s is written into the workflow, and pinned with the run',
  async (endpoint) => {
    await using world = await setup({ 'pets.json': '{"openapi":"3.0.0"}' })
    const bundled = await world.bundle(openapi(endpoint.replace('FILE', `file://${world.folder}`)))
    expect(told(bundled)).toEqual([])
    const [first] = Object.values(bundled.document?.do[0] ?? {}) as {
      with: { document: { endpoint: string } }
    }[]
    const address = first?.with.document.endpoint
    expect(address).toContain('name=pets.json')
    expect(contentOf(address)).toBe('{"openapi":"3.0.0"}')
    expect(bundled.resources).toMatchObject([{ uri: expect.stringContaining('/pets.json') }])
    world.write('pets.json', 'another')
    expect(bundled.selfContained).toContain(String(address))
  },
)

test('a proto file has with it what it imports, beside it and below it, and nothing else', async () => {
  await using world = await setup({
    'protos/a.proto':
      'import "b.proto"; // import "no.proto";\nimport public "deep/c.proto";\nimport "google/protobuf/empty.proto";',
    'protos/b.proto': 'import "deep/c.proto";',
    'protos/deep/c.proto': 'syntax = "proto3";',
    'secret.proto': 'syntax = "proto3";',
  })
  const text = (name: string) =>
    `${head}do: [{a: {call: grpc, with: {proto: {endpoint: ${name}}, service: {name: X, host: a.test}, method: M}}}]\n`
  const bundled = await world.bundle(text('protos/a.proto'))
  expect(told(bundled)).toEqual([])
  const [first] = Object.values(bundled.document?.do[0] ?? {}) as { with: { proto: { endpoint: string } } }[]
  expect(Object.keys(JSON.parse(contentOf(first?.with.proto.endpoint)).beside as object)).toEqual([
    'b.proto',
    'deep/c.proto',
  ])
  expect(bundled.resources).toHaveLength(3)
  world.write('protos/out.proto', 'import "../secret.proto";')
  expect(told(await world.bundle(text('protos/out.proto')))).toEqual(['2:48 resource_unreadable'])
})

test('a document that came over the network names no file', async () => {
  await using world = await setup({ 'pets.json': '{}' })
  const file = `file://${world.folder}/pets.json`
  expect(told(await world.bundle(openapi(file), { base: undefined }))).toEqual(['2:54 file_not_allowed'])
  expect(told(await world.bundle(openapi('pets.json'), { base: undefined }))).toEqual([
    '2:54 address_not_absolute',
  ])
})

test('a file that is not there is told where it is asked for', async () => {
  await using world = await setup()
  expect(told(await world.bundle(openapi('missing.json')))).toEqual(['2:54 resource_unreadable'])
})

test('what is absolute, a template or an expression is left to the call', async () => {
  await using world = await setup()
  for (const endpoint of ['https://a.test/pets.json', "'{host}/pets.json'", "'${ .where }'"]) {
    const bundled = await world.bundle(openapi(endpoint))
    expect(told(bundled)).toEqual([])
    expect(bundled.resources).toEqual([])
  }
})
