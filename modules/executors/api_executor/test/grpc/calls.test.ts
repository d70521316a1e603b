import { expect, test } from 'vitest'
import type { JsonObject } from '@nexus/sdk'
import { serve, setup } from '../world.ts'
import { proto, protoFiles, startService } from './service.ts'

async function greeter(own: Parameters<typeof startService>[0] = {}) {
  const { port, seen } = await startService(own)
  const { caller } = await setup()
  const endpoint = protoFiles({ 'greet.proto': proto })
  const call = (method: string, given: JsonObject = {}, service: JsonObject = {}) =>
    caller('grpc')({
      proto: { endpoint },
      service: { name: 'GreeterApi.Greeter', host: 'localhost', port, ...service },
      method,
      arguments: given,
    })
  return { port, seen, call, caller, endpoint }
}

test('a method with one message each way gives the message of the answer', async () => {
  const { call, seen } = await greeter()
  expect(await call('SayHello', { name: 'Ada' })).toEqual({ message: 'Hello Ada' })
  expect(seen.metadata[0]).toMatchObject({ 'idempotency-key': 'key-1' })
})

test('a service is also found by the last part of its name, at an address', async () => {
  const { call } = await greeter()
  expect(await call('SayHello', { name: 'Ada' }, { name: 'Greeter', host: '127.0.0.1' })).toEqual({
    message: 'Hello Ada',
  })
})

test('values are written as ProtoJSON has them, there and back', async () => {
  const { call } = await greeter()
  const everything = {
    big: '-9007199254740993',
    bigger: '18446744073709551615',
    raw: Buffer.from([0, 255, 254]).toString('base64'),
    mood: 'HAPPY',
    at: '2026-02-03T04:05:06.789Z',
    free: { a: [1, 'two', null, { b: true }] },
    took: '3.500s',
    maybe: 'there',
    rates: { 'a b': 1.5 },
    replies: [{ message: 'one' }, {}],
    flag: true,
    notANumber: 'NaN',
    snakeCaseName: 'by either name',
    inner: { mood: 'SAD' },
  }
  const { snakeCaseName, ...others } = everything
  expect(await call('Echo', { ...others, snake_case_name: snakeCaseName })).toEqual(everything)
})

test('a message without fields is an empty object', async () => {
  const { call } = await greeter()
  expect(await call('Nothing')).toEqual({})
  expect(await call('Echo', {})).toEqual({})
})

test('a stream of answers is a list', async () => {
  const { call } = await greeter()
  expect(await call('Count', { count: 3 })).toEqual([{ message: '1' }, { message: '2' }, { message: '3' }])
  expect(await call('Count', { count: -1 })).toEqual([])
})

test('a stream of requests is sent from a list', async () => {
  const { call } = await greeter()
  const messages = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]
  expect(await call('Join', { messages })).toEqual({ message: 'a+b+c' })
  expect(await call('Join', { messages: [] })).toEqual({})
  expect(await call('Chat', { messages })).toEqual(messages.map(({ name }) => ({ message: `re: ${name}` })))
})

test('thousands of messages go both ways', async () => {
  const { call } = await greeter()
  const messages = Array.from({ length: 5_000 }, (_, at) => ({ name: `${at}-${'x'.repeat(100)}` }))
  const answers = await call('Chat', { messages })
  expect(answers).toHaveLength(5_000)
})

test('authentication goes into the metadata', async () => {
  const { call, seen } = await greeter()
  await call('SayHello', {}, { authentication: { bearer: { token: 'secret' } } })
  await call('SayHello', {}, { authentication: { basic: { username: 'u', password: 'p' } } })
  expect(seen.metadata.map(({ authorization }) => authorization)).toEqual([
    'Bearer secret',
    `Basic ${btoa('u:p')}`,
  ])
})

test('a token is got by oauth2, renewed when the service refuses it, and not in the output', async () => {
  let issued = 0
  const authority = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({ access_token: `token-${++issued}`, token_type: 'Bearer', expires_in: 3600 }),
    )
  })
  const { call, seen } = await greeter({
    SayHello(call_, answer) {
      const [given] = call_.metadata.get('authorization')
      if (given === 'Bearer token-1' && seen.metadata.length > 1) answer({ code: 16, details: 'too old' })
      else answer(null, { message: `You sent ${String(given)}` })
    },
  })
  const oauth2 = { authority, grant: 'client_credentials', client: { id: 'me', secret: 'word' } }
  const said = () => call('SayHello', {}, { authentication: { oauth2 } })
  expect(await said()).toEqual({ message: 'You sent Bearer ***' })
  expect(await said()).toEqual({ message: 'You sent Bearer ***' })
  expect(issued).toBe(2)
})

test('a proto file is fetched over HTTP with the files beside it, and once', async () => {
  const { port } = await startService()
  const asked: unknown[] = []
  const files: Record<string, string> = {
    '/api/greet.proto': `syntax = "proto3"; package GreeterApi; import "parts/messages.proto"; service Greeter { rpc SayHello (HelloRequest) returns (HelloReply); }`,
    '/api/parts/messages.proto': `syntax = "proto3"; package GreeterApi; message HelloRequest { string name = 1; } message HelloReply { string message = 1; }`,
  }
  const host = await serve((request, response) => {
    asked.push([request.url, request.headers.authorization])
    response.end(files[request.url ?? ''])
  })
  const { caller } = await setup({ input: { file: 'greet' } })
  const call = () =>
    caller('grpc')({
      proto: { endpoint: { uri: `${host}/api/{file}.proto`, authentication: { bearer: { token: 't' } } } },
      service: { name: 'GreeterApi.Greeter', host: 'localhost', port },
      method: 'SayHello',
      arguments: { name: 'Bo' },
    })
  expect(await call()).toEqual({ message: 'Hello Bo' })
  expect(await call()).toEqual({ message: 'Hello Bo' })
  expect(asked).toEqual([
    ['/api/greet.proto', 'Bearer t'],
    ['/api/parts/messages.proto', 'Bearer t'],
  ])
})
