/** `call: openapi` when all goes well: which request each kind of parameter makes. */
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { serveDescribed, setup } from './world.ts'

interface Where {
  method?: string
  path?: string
  /** What the document has besides its paths. */
  root?: JsonObject
}

/** Calls the one operation of a document, and gives what was sent. */
async function request(operation: JsonObject, parameters: JsonObject, where: Where = {}) {
  const { method = 'get', path = '/pets', root = { openapi: '3.0.3' } } = where
  const { callOpenApi } = await setup()
  const paths = { [path]: { [method]: { operationId: 'op', ...operation } } }
  const { endpoint } = await serveDescribed({ ...root, paths })
  const output = await callOpenApi({ document: { endpoint }, operationId: 'op', parameters })
  return output as { method: string; url: string; headers: Record<string, string>; body: string }
}

test.for([
  ['2.0', { swagger: '2.0', basePath: '/base' }, '/base/pets/1?tag=a'],
  ['3.0', { openapi: '3.0.4', servers: [{ url: '/base/' }] }, '/base/pets/1?tag=a'],
  ['3.1', { openapi: '3.1.1', servers: [{ url: '../base' }] }, '/base/pets/1?tag=a'],
] as [string, JsonObject, string][])('an operation of OpenAPI %s is called', async ([, root, url]) => {
  const { callOpenApi } = await setup()
  const parameters = [
    { name: 'id', in: 'path', required: true },
    { name: 'tag', in: 'query' },
  ]
  const paths = { '/pets/{id}': { get: { operationId: 'getPet', parameters } } }
  const { endpoint } = await serveDescribed({ ...root, paths })
  const values = { id: 1, tag: 'a' }
  const output = await callOpenApi({ document: { endpoint }, operationId: 'getPet', parameters: values })
  expect(output).toMatchObject({
    method: 'GET',
    url,
    headers: { accept: 'application/json, */*;q=0.5' },
    body: '',
  })
})

const list = ['a b', 'c,d']
const object = { r: 100, g: 'x&y' }

test.for([
  ['simple', false, 'é/?', '/%C3%A9%2F%3F'],
  ['simple', false, list, '/a%20b,c%2Cd'],
  ['simple', false, object, '/r,100,g,x%26y'],
  ['simple', true, object, '/r=100,g=x%26y'],
  ['label', false, 5, '/.5'],
  ['label', false, list, '/.a%20b,c%2Cd'],
  ['label', true, list, '/.a%20b.c%2Cd'],
  ['label', true, object, '/.r=100.g=x%26y'],
  ['matrix', false, 5, '/;id=5'],
  ['matrix', false, '', '/;id'],
  ['matrix', false, list, '/;id=a%20b,c%2Cd'],
  ['matrix', true, list, '/;id=a%20b;id=c%2Cd'],
  ['matrix', true, object, '/;r=100;g=x%26y'],
] as [string, boolean, Json, string][])(
  'in a path, %s with explode %s writes %j as %s',
  async ([style, explode, id, url]) => {
    const parameters = [{ name: 'id', in: 'path', required: true, style, explode }]
    expect(await request({ parameters }, { id }, { path: '/{id}' })).toHaveProperty('url', url)
  },
)

test.for([
  [{}, 'a b&c', 'q=a%20b%26c'],
  [{}, true, 'q=true'],
  [{}, '', 'q='],
  [{}, list, 'q=a%20b&q=c%2Cd'],
  [{}, object, 'r=100&g=x%26y'],
  [{ explode: false }, list, 'q=a%20b,c%2Cd'],
  [{ explode: false }, object, 'q=r,100,g,x%26y'],
  [{ style: 'spaceDelimited' }, list, 'q=a%20b%20c%2Cd'],
  [{ style: 'pipeDelimited' }, list, 'q=a%20b%7Cc%2Cd'],
  [{ style: 'pipeDelimited', explode: true }, list, 'q=a%20b&q=c%2Cd'],
  [{ style: 'deepObject' }, object, 'q%5Br%5D=100&q%5Bg%5D=x%26y'],
  [{ style: 'deepObject' }, { a: { b: [1, 2] } }, 'q%5Ba%5D%5Bb%5D=1&q%5Ba%5D%5Bb%5D=2'],
  [{ allowReserved: true }, 'a/b?c=d&e#f', 'q=a/b?c=d%26e%23f'],
  [{ content: { 'application/json': {} } }, { a: [1] }, 'q=%7B%22a%22%3A%5B1%5D%7D'],
] as [JsonObject, Json, string][])('in a query, %j writes %j as %s', async ([writing, q, query]) => {
  const parameters = [{ name: 'q', in: 'query', ...writing }]
  expect(await request({ parameters }, { q })).toHaveProperty('url', `/pets?${query}`)
})

test.for([
  ['csv', 'q=a%20b,c%2Cd'],
  ['ssv', 'q=a%20b%20c%2Cd'],
  ['tsv', 'q=a%20b%09c%2Cd'],
  ['pipes', 'q=a%20b%7Cc%2Cd'],
  ['multi', 'q=a%20b&q=c%2Cd'],
] as const)('in 2.0, collectionFormat %s writes a list as %s', async ([collectionFormat, query]) => {
  const parameters = [{ name: 'q', in: 'query', type: 'array', collectionFormat }]
  expect(await request({ parameters }, { q: list }, { root: { swagger: '2.0' } })).toHaveProperty(
    'url',
    `/pets?${query}`,
  )
})

test('headers and cookies carry parameters; null is not given', async () => {
  const parameters = [
    { name: 'X-Ids', in: 'header' },
    { name: 'session', in: 'cookie' },
    { name: 'ids', in: 'cookie', explode: false },
    { name: 'none', in: 'query', required: false },
    { name: 'Authorization', in: 'header', required: true },
  ]
  const values = { 'X-Ids': [1, 'a b'], session: 'x;y', ids: [1, 2], none: null }
  const { headers, url } = await request({ parameters }, values)
  expect(headers).toMatchObject({ 'x-ids': '1,a b', cookie: 'session=x%3By; ids=1,2' })
  expect(url).toBe('/pets')
})

test('an operation replaces parameters of its path, and both may be references', async () => {
  const { callOpenApi } = await setup()
  const { endpoint } = await serveDescribed({
    openapi: '3.1.0',
    components: {
      parameters: {
        'a/b': { name: 'id', in: 'path', required: true, style: 'label' },
        twice: { $ref: '#/components/parameters/a~1b' },
      },
      pathItems: { pets: { parameters: [{ name: 'tag', in: 'query', explode: false }] } },
    },
    paths: {
      '/pets/{id}': {
        $ref: '#/components/pathItems/pets',
        get: {
          operationId: 'getPet',
          parameters: [{ $ref: '#/components/parameters/twice' }, { name: 'tag', in: 'query' }],
        },
      },
      '/tags/{id}': {
        parameters: [{ name: 'id', in: 'path', required: true }],
        get: { operationId: 'getTag' },
      },
    },
  })
  const get = (operationId: string, parameters: JsonObject) =>
    callOpenApi({ document: { endpoint }, operationId, parameters })
  expect(await get('getTag', { id: 7 })).toHaveProperty('url', '/tags/7')
  const both = await get('getPet', { id: 7, tag: ['a', 'b'] })
  expect(both).toHaveProperty('url', '/pets/.7?tag=a&tag=b')
})

const bodyOf = (mediaType: string, content: JsonObject = {}): JsonObject => ({
  requestBody: { required: true, content: { [mediaType]: content } },
})

test('what is not declared is the JSON body, with the idempotency key', async () => {
  const operation = {
    ...bodyOf('application/json'),
    parameters: [{ name: 'id', in: 'path', required: true }],
  }
  const sent = await request(
    operation,
    { id: 1, name: 'Rex', tags: ['a'] },
    { method: 'post', path: '/pets/{id}' },
  )
  expect(sent).toMatchObject({ method: 'POST', url: '/pets/1', body: '{"name":"Rex","tags":["a"]}' })
  expect(sent.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'key-1' })
})

test('a parameter `body` is the whole body, unless the body has a member of that name', async () => {
  const post = { method: 'post' }
  expect(await request(bodyOf('application/json'), { body: [1, 'é'] }, post)).toHaveProperty(
    'body',
    '[1,"é"]',
  )
  expect(await request(bodyOf('application/json'), { body: 'text' }, post)).toHaveProperty('body', '"text"')
  const schema = { properties: { body: { type: 'string' } } }
  const comment = await request(bodyOf('application/json', { schema }), { body: 'text' }, post)
  expect(comment).toHaveProperty('body', '{"body":"text"}')
})

test.for([
  ['application/merge-patch+json', { body: { a: null } }, '{"a":null}', 'application/merge-patch+json'],
  ['*/*', { a: 1 }, '{"a":1}', 'application/json'],
  ['text/csv', { body: 'a,b' }, 'a,b', 'text/csv'],
  [
    'application/x-www-form-urlencoded',
    { a: 'x y', b: [1, 2], c: { d: 1 } },
    'a=x%20y&b=1&b=2&c=%7B%22d%22%3A1%7D',
    'application/x-www-form-urlencoded',
  ],
] as [string, JsonObject, string, string][])(
  'a body of %s is made of %j',
  async ([mediaType, parameters, body, type]) => {
    const sent = await request(bodyOf(mediaType), parameters, { method: 'patch' })
    expect(sent).toMatchObject({ body, headers: { 'content-type': type } })
  },
)

test('JSON is chosen where an operation takes several types, and a form follows its encoding', async () => {
  const several = { content: { 'text/xml': {}, 'application/json': {}, 'multipart/form-data': {} } }
  const sent = await request({ requestBody: several }, { a: 1 }, { method: 'put' })
  expect(sent).toMatchObject({ body: '{"a":1}', headers: { 'content-type': 'application/json' } })
  const schema = { properties: { ids: { type: 'array' } } }
  const encoding = { ids: { style: 'pipeDelimited', explode: false } }
  const form = bodyOf('application/x-www-form-urlencoded', { schema, encoding })
  expect(await request(form, { ids: [1, 2] }, { method: 'put' })).toHaveProperty('body', 'ids=1%7C2')
})

test('a form in parts is one that other programs read', async () => {
  const schema = { properties: { file: { type: 'string', format: 'binary' }, meta: { type: 'object' } } }
  const form = bodyOf('multipart/form-data', { schema, encoding: { file: { contentType: 'text/csv' } } })
  const values = { file: 'a,b\r\n--c', meta: { d: 1 }, tag: ['x', 'ü'] }
  const { headers, body } = await request(form, values, { method: 'post' })
  const data = await new Response(body, {
    headers: { 'content-type': headers['content-type'] ?? '' },
  }).formData()
  expect(data.getAll('tag')).toEqual(['x', 'ü'])
  const file = data.get('file')
  if (!(file instanceof File)) throw new Error('The part "file" is no file.')
  expect([file.type, await file.text()]).toEqual(['text/csv', 'a,b\r\n--c'])
  expect(await new Response(data.get('meta')).json()).toEqual({ d: 1 })
})

test('the body and the forms of 2.0 are sent as `consumes` says', async () => {
  const where = { method: 'post', root: { swagger: '2.0', consumes: ['application/json'] } }
  const whole = { parameters: [{ name: 'pet', in: 'body', required: true, schema: {} }] }
  for (const parameters of [{ pet: { a: 1 } }, { body: { a: 1 } }, { a: 1 }])
    expect(await request(whole, parameters, where)).toHaveProperty('body', '{"a":1}')
  const fields = [
    { name: 'a', in: 'formData', type: 'string', required: true },
    { name: 'b', in: 'formData', type: 'array', collectionFormat: 'csv' },
  ]
  const form = await request({ parameters: fields }, { a: 'x', b: [1, 2] }, where)
  expect(form).toMatchObject({ body: 'a=x&b=1,2' })
  expect(form.headers['content-type']).toBe('application/x-www-form-urlencoded')
  const file = { name: 'c', in: 'formData', type: 'file' }
  const parts = await request({ parameters: [...fields, file] }, { a: 'x', c: 'text' }, where)
  expect(parts.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
  expect(parts.body).toContain('filename="c"')
})

test('the values of a task are never taken for a template or for another path', async () => {
  const parameters = [
    { name: 'id', in: 'path', required: true },
    { name: 'q', in: 'query', allowReserved: true },
  ]
  const sent = await request({ parameters }, { id: '{q}', q: '{id}?' }, { path: '/pets/{{id}}' })
  expect(sent.url).toBe('/pets/%7B%7Bq%7D%7D?q=%7Bid%7D?')
})
