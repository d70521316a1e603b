/** `call: http` when all goes well: what is sent, and what is given back. */
import { expect, test } from 'vitest'
import type { JsonObject } from '@nexus/sdk'
import { expandTemplate } from '../uri_template.ts'
import { echo, serve, setup } from './world.ts'

test('an answer in JSON is given as a value', async () => {
  const { call } = await setup({ input: { petId: 'a/b' } })
  const endpoint = `${await serve(echo)}/pet/{petId}`
  const output = await call({ method: 'get', endpoint, query: { tag: ['x', 'y'], n: 1, none: null } })
  expect(output).toMatchObject({ method: 'GET', url: '/pet/a%2Fb?tag=x&tag=y&n=1', body: '' })
  expect(output).not.toHaveProperty('headers.idempotency-key')
})

test('an object goes out as JSON with the idempotency key; text as it is; a form when the task says so', async () => {
  const { call } = await setup()
  const endpoint = await serve(echo)
  expect(await call({ method: 'post', endpoint, body: { a: [1, 'ü'] } })).toMatchObject({
    body: '{"a":[1,"ü"]}',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'key-1' },
  })
  const own = { 'Content-Type': 'text/csv', 'Idempotency-Key': 'mine' }
  expect(await call({ method: 'put', endpoint, body: 'a,b', headers: own })).toMatchObject({
    body: 'a,b',
    headers: { 'content-type': 'text/csv', 'idempotency-key': 'mine' },
  })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  expect(
    await call({ method: 'patch', endpoint, body: { a: 'x y', b: [1, 2] }, headers: form }),
  ).toMatchObject({
    body: 'a=x+y&b=1&b=2',
  })
})

test('text is given as text in its own character set, and nothing as null', async () => {
  const { call } = await setup()
  const latin = await serve((_request, response) => {
    response.setHeader('content-type', 'text/plain; charset=iso-8859-1')
    response.end(Buffer.from([0x66, 0xfc, 0x72]))
  })
  expect(await call({ method: 'get', endpoint: latin })).toBe('für')
  const nothing = await serve((_request, response) => response.writeHead(204).end())
  expect(await call({ method: 'delete', endpoint: nothing })).toBeNull()
})

test('`output: response` gives all of the answer, and no secret of the request', async () => {
  const { call } = await setup()
  const endpoint = await serve((_request, response) => {
    response.writeHead(201, { 'content-type': 'application/problem+json', 'set-cookie': ['a=1', 'b=2'] })
    response.end('{"ok":true}')
  })
  const authentication = { bearer: { token: 'secret' } }
  const output = await call({
    method: 'post',
    endpoint: { uri: endpoint, authentication },
    output: 'response',
  })
  expect(output).toMatchObject({
    request: { method: 'POST', uri: `${endpoint}/`, headers: { authorization: '***' } },
    statusCode: 201,
    headers: { 'set-cookie': 'a=1, b=2' },
    content: { ok: true },
  })
})

test('`output: raw` gives the body in base64', async () => {
  const { call } = await setup()
  const endpoint = await serve((_request, response) => response.end(Buffer.from([0, 255, 10])))
  expect(await call({ method: 'get', endpoint, output: 'raw' })).toBe('AP8K')
})

test.for([
  [{ basic: { username: 'ada', password: 'pä:ss' } }, `Basic ${Buffer.from('ada:pä:ss').toString('base64')}`],
  [{ bearer: { token: 't-1' } }, 'Bearer t-1'],
] as [JsonObject, string][])('authentication by %j', async ([authentication, header]) => {
  const { call } = await setup()
  const output = await call({ method: 'get', endpoint: { uri: await serve(echo), authentication } })
  expect(output).toHaveProperty('headers.authorization', header)
})

test('a user and password in the address are authentication too', async () => {
  const { call } = await setup()
  const endpoint = (await serve(echo)).replace('//', '//ada:p%20w@')
  const output = await call({ method: 'get', endpoint })
  expect(output).toHaveProperty('headers.authorization', `Basic ${Buffer.from('ada:p w').toString('base64')}`)
})

test.for([
  ['/{id}', '/1%202'],
  ['/{id,list}', '/1%202,a%2Fb'],
  ['{+list}', 'a/b'],
  ['{#list}', '#a/b'],
  ['{.ext}', '.txt'],
  ['{/id,ext}', '/1%202/txt'],
  ['{;id,empty}', ';id=1%202;empty'],
  ['{?id,empty}', '?id=1%202&empty='],
  ['?x=1{&n}', '?x=1&n=7'],
  ['/none', '/none'],
] as const)('the template %s becomes %s', ([template, expanded]) => {
  const values = { id: '1 2', list: 'a/b', ext: 'txt', empty: '', n: 7 }
  expect(expandTemplate(template, values)).toBe(expanded)
})
