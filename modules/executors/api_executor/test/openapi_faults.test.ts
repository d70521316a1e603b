/** `call: openapi` when something is wrong: with the task, the document, or an operation in it. */
import { expect, test } from 'vitest'
import type { JsonObject } from '@nexus/sdk'
import { faultOf, serve, serveDescribed, setup } from './world.ts'

/** The fault of a call to one of the operations in that document. */
async function fault(
  document: JsonObject | string,
  call: JsonObject = { operationId: 'op' },
  config: JsonObject = {},
) {
  const { callOpenApi } = await setup({ config })
  const { host, endpoint } = await serveDescribed(document)
  const { error, message } = await faultOf(callOpenApi({ document: { endpoint }, ...call }))
  return { type: error.type.split('/').at(-1), message: message.replaceAll(host, 'HOST') }
}

const withOperation = (operation: JsonObject, path = '/pets', root: JsonObject = {}): JsonObject => ({
  openapi: '3.0.3',
  paths: { [path]: { post: { operationId: 'op', ...operation } } },
  ...root,
})

test.for([
  ['<html>hello</html>', 'it is not an object'],
  ['', 'it is not an object'],
  ['[1]', 'it is not an object'],
  ['{"openapi": ', 'it begins as JSON and is not ('],
  ['a: b: c', 'it is neither JSON nor YAML that can be read ('],
  ['{"paths": {}}', 'it has neither `openapi` nor `swagger`, which say the version'],
  ['{"openapi": "4.0.0"}', 'version "4.0.0" is not one of those that are read: 2.0, 3.0, 3.1'],
  ['{"swagger": "1.2"}', 'version "1.2" is not one of those'],
  ['{"swagger": "3.0"}', 'version "3.0" is not one of those'],
] as const)('a document %j is refused, since %s', async ([text, why]) => {
  const { type, message } = await fault(text)
  expect(type).toBe('configuration')
  expect(message).toContain('HOST/v1/api.json is not an OpenAPI document that can be used: ')
  expect(message).toContain(why)
})

test('YAML that is long, nested deeply or unpacks without end is refused', async () => {
  expect((await fault(`a: ${'x'.repeat(1_500_000)}`)).message).toContain('(more than 1.5 MB, which only JSON')
  expect((await fault(`a: ${'['.repeat(700_000)}`)).message).toContain('(more than 200 levels, which')
  expect((await fault(`a: ${'&a '.repeat(400_000)}`)).message).toContain('(more than 1000 anchors, aliases')
  const levels = Array.from({ length: 12 }, (_, level) => {
    const before = level === 0 ? '"x"' : `*l${level - 1}`
    return `l${level}: &l${level} [${Array.from({ length: 9 }, () => before).join(', ')}]`
  })
  expect((await fault(`openapi: 3.1.0\n${levels.join('\n')}\n`)).message).toContain('neither JSON nor YAML')
})

test('a document that is not there is a communication fault with its status', async () => {
  const { callOpenApi } = await setup()
  const host = await serve((_request, response) => response.writeHead(404).end('gone'))
  const document = { endpoint: `${host}/api.json?key=secret` }
  const { error, message } = await faultOf(callOpenApi({ document, operationId: 'op' }))
  expect(error).toMatchObject({ type: expect.stringContaining('communication'), status: 404 })
  expect(message).toBe(`GET ${host}/api.json answered 404 Not Found. gone`)
})

test('a huge document ends at the limit of answers', async () => {
  const { type, message } = await fault('x'.repeat(1_048_577), { operationId: 'op' }, { max_response_mb: 1 })
  expect(type).toBe('communication')
  expect(message).toContain('more than 1 MB')
})

test.for([
  ['findPetById', 'Did you mean "findPetsById" or "findPetsByIds"?'],
  ['xyz', 'It has findPetsById, findPetsByIds, addPet and 1 more.'],
] as const)('an operation %s that is not there: %s', async ([operationId, hint]) => {
  const names = ['findPetsById', 'findPetsByIds', 'addPet', 'deletePet']
  const paths = Object.fromEntries(names.map((name) => [`/${name}`, { get: { operationId: name } }]))
  const { type, message } = await fault({ openapi: '3.1.0', paths }, { operationId })
  expect(type).toBe('validation')
  expect(message).toBe(`HOST/v1/api.json has no operation "${operationId}". ${hint}`)
})

test.for([{ paths: {} }, { paths: [1] }, { paths: { '/a': null, '/b': { get: 1 }, '/c': { get: {} } } }, {}])(
  'a document without operations says so: %j',
  async (root) => {
    expect((await fault({ openapi: '3.1.0', ...root })).message).toContain('None of its operations has')
  },
)

const declared = {
  parameters: [
    { name: 'id', in: 'path', required: true },
    { name: 'Tenant', in: 'header', required: true },
    { name: 'limit', in: 'query' },
  ],
}

test('parameters that are missing are named with their places, all at once', async () => {
  const call = { operationId: 'op', parameters: { id: null } }
  const { type, message } = await fault(withOperation(declared, '/pets/{id}'), call)
  expect(type).toBe('validation')
  expect(message).toBe('Operation "op" needs "id" (path), "Tenant" (header) in `parameters`.')
})

test.for([
  [{ id: 1, Tenant: 'a', limits: 5 }, 'has no parameter "limits". Did you mean "limit"?'],
  [{ id: 1, Tenant: 'a', x: 5 }, 'has no parameter "x". It takes id, Tenant, limit.'],
  [{ id: '..', Tenant: 'a' }, 'would become /pets/.., which leads elsewhere. A value is "..".'],
  [{ id: '', Tenant: 'a' }, 'would become /pets/, which leads elsewhere. A value is "".'],
  [{ id: 1, Tenant: 'a\r\nb: c' }, 'parameters.Tenant must be one line of Latin-1 text'],
] as [JsonObject, string][])('the parameters %j are refused: %s', async ([parameters, why]) => {
  const call = { operationId: 'op', parameters }
  const { type, message } = await fault(withOperation(declared, '/pets/{id}'), call)
  expect(type).toBe('validation')
  expect(message).toContain(why)
})

const body = (mediaType: string, required = true): JsonObject => ({
  requestBody: { required, content: { [mediaType]: {} } },
})

test.for([
  [body('application/json'), {}, 'needs "body" in `parameters`'],
  [body('application/json'), { body: 1, x: 2 }, '"body" is the whole body already, so that "x" has no place'],
  [body('text/plain'), { text: 'a' }, 'has no parameter "text". It takes body.'],
  [body('text/plain'), { body: { a: 1 } }, 'takes its body as text/plain: it must be a text.'],
  [body('multipart/form-data'), { body: [1] }, 'takes its body as multipart/form-data'],
] as [JsonObject, JsonObject, string][])(
  'a body %j of %j is refused: %s',
  async ([operation, parameters, why]) => {
    const { type, message } = await fault(withOperation(operation), { operationId: 'op', parameters })
    expect(type).toBe('validation')
    expect(message).toContain(why)
  },
)

test('a form of 2.0 that lacks a field names it; a GET request has no body', async () => {
  const fields = [{ name: 'a', in: 'formData', required: true }]
  const form = { swagger: '2.0', paths: { '/f': { post: { operationId: 'op', parameters: fields } } } }
  const call = { operationId: 'op', parameters: { b: 1 } }
  expect((await fault(form, call)).message).toBe('Operation "op" needs "a" (form) in `parameters`.')
  const get = {
    openapi: '3.0.0',
    paths: { '/g': { get: { operationId: 'op', ...body('application/json') } } },
  }
  expect((await fault(get, call)).message).toBe('Operation "op" is a GET request, which has no body.')
})

test.for([
  ['#/components/parameters/a', 'leads back to itself'],
  ['#/components/parameters/none', 'points to nothing'],
  ['#/components/parameters/%', 'is not encoded as the fragment of a URI'],
  ['#/constructor', 'points to nothing'],
  ['other.json#/a', 'points into another document. Bundle the documents into one'],
] as const)('the reference %s is refused: it %s', async ([$ref, why]) => {
  const a = { $ref: '#/components/parameters/b' }
  const components = { parameters: { a, b: { $ref: '#/components/parameters/a' } } }
  const { type, message } = await fault(withOperation({ parameters: [{ $ref }] }, '/pets', { components }))
  expect(type).toBe('configuration')
  expect(message).toContain(why)
})

test('a schema that refers to itself is no trouble, nor is a broken path beside the one that is called', async () => {
  const { callOpenApi } = await setup()
  const node = { properties: { child: { $ref: '#/components/schemas/node' } } }
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/node' } } }
  const document = withOperation({ requestBody: { content } }, '/nodes', {
    components: { schemas: { node } },
  })
  const paths = { '/broken': { $ref: '#/nothing' }, ...(document['paths'] as JsonObject) }
  const { endpoint } = await serveDescribed({ ...document, paths })
  const parameters = { child: { child: {} } }
  const output = await callOpenApi({ document: { endpoint }, operationId: 'op', parameters })
  expect(output).toHaveProperty('body', '{"child":{"child":{}}}')
})

test.for([
  [{ servers: [{ url: '/{v}' }] }, 'Server "/{v}" of HOST/v1/api.json has no default for its variable "v".'],
  [{ servers: [{ url: 'http://a b' }] }, 'Server "http://a b" of HOST/v1/api.json is not a URL.'],
  [{ servers: [{ url: 'ws://host' }] }, '"ws://host/pets" is not an http or https URL.'],
  [{ openapi: '3.1.0', paths: { '/{x}': { get: { operationId: 'op' } } } }, 'declares no such parameter'],
] as [JsonObject, string][])('a document with %j cannot be called: %s', async ([root, why]) => {
  const { type, message } = await fault(withOperation({}, '/pets', root))
  expect(type).toBe('configuration')
  expect(message).toContain(why)
})

test('a description of 2.0 for web sockets alone cannot be called', async () => {
  const paths = { '/a': { get: { operationId: 'op' } } }
  const { message } = await fault({ swagger: '2.0', host: 'example.org', schemes: ['wss'], paths })
  expect(message).toContain('describes no address that can be called: host "example.org", schemes ["wss"]')
})

test.for([
  [{ operationId: 'op' }, 'document must be an object with an `endpoint`'],
  [{ document: {}, operationId: 'op' }, 'endpoint must be a URI'],
  [{ document: { endpoint: 'http://a' } }, 'operationId must be the id of an operation'],
  [{ document: { endpoint: 'http://a' }, operationId: 'op', parameters: [] }, 'parameters must be an object'],
  [{ document: { endpoint: 'http://a' }, operationId: 'op', output: 'all' }, 'output must be one of'],
  [{ document: { endpoint: 'http://a' }, operationId: 'op', redirect: 1 }, 'redirect must be true or false'],
] as [JsonObject, string][])('wrong arguments say what is wrong: %j', async ([input, message]) => {
  const { callOpenApi } = await setup()
  const { error } = await faultOf(callOpenApi(input))
  expect(error.type).toContain('validation')
  expect(error.detail).toContain(message)
})
