/** Answers without end, out of proportion, too slow, or broken off: each ends with a fault that says so. */
import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { faultOf, listen, serve, setup, skippingClock } from '../world.ts'

const text = 'Grüße '.repeat(5_000)
const json = 'application/json'

function packed(encoding: string, body: Buffer): RequestListener {
  return (_request, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(body)
}

test.for([
  ['gzip', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['br', brotliCompressSync(text)],
  ['zstd', zstdCompressSync(text)],
  ['identity', Buffer.from(text)],
  ['gzip, br', brotliCompressSync(gzipSync(text))],
  ['something', Buffer.from(text)],
  ['gzip', Buffer.alloc(0)],
] as [string, Buffer][])('an answer in %s is unpacked', async ([encoding, body]) => {
  const { call } = await setup()
  const output = await call({ method: 'get', endpoint: await serve(packed(encoding, body)) })
  expect(output).toBe(body.length === 0 ? null : text)
})

test('a service hears which encodings are understood, unless the task says', async () => {
  const { call } = await setup()
  const endpoint = await serve((request, response) => response.end(request.headers['accept-encoding']))
  expect(await call({ method: 'get', endpoint })).toBe('gzip, deflate, br, zstd')
  const headers = { 'Accept-Encoding': 'identity' }
  expect(await call({ method: 'get', endpoint, headers })).toBe('identity')
})

const zeros = Buffer.alloc(40_000_000)

test.for([
  ['gzip', gzipSync(zeros)],
  ['deflate', deflateSync(zeros)],
  ['br', brotliCompressSync(zeros)],
  ['zstd', zstdCompressSync(zeros)],
  ['gzip, gzip', gzipSync(gzipSync(zeros))],
] as [string, Buffer][])(
  'a small answer in %s that becomes a huge one ends where it is out of proportion',
  async ([encoding, body]) => {
    const { call } = await setup({ config: { response_overflow: 'blob' } })
    const fault = await faultOf(call({ method: 'get', endpoint: await serve(packed(encoding, body)) }))
    expect(fault.error.type).toContain('communication')
    expect(fault.message).toContain(
      'answers with what unpacks to more than 250 times its size (max_decompression_ratio)',
    )
  },
)

test('a large proportion is allowed where the operator says so', async () => {
  const { call } = await setup({ config: { max_decompression_ratio: 100_000 } })
  const output = await call({ method: 'get', endpoint: await serve(packed('gzip', gzipSync(zeros))) })
  expect(output).toHaveLength(zeros.length)
})

test.for([
  ['gzip', Buffer.from('not packed at all')],
  ['br', Buffer.from('not packed at all')],
  ['zstd', Buffer.from('not packed at all')],
  ['gzip', gzipSync(text).subarray(0, 40)],
  ['br', brotliCompressSync(text).subarray(0, 10)],
] as [string, Buffer][])(
  'an answer that is not %s, or only its beginning, is a fault',
  async ([encoding, body]) => {
    const { call } = await setup()
    const fault = await faultOf(call({ method: 'get', endpoint: await serve(packed(encoding, body)) }))
    expect(fault.error.type).toContain('communication')
    expect(fault.message).toContain('does not answer in the content-encoding that it names')
  },
)

test('an answer that is packed again and again is refused', async () => {
  const { call } = await setup()
  const layers = 'gzip, gzip, gzip, gzip, gzip'
  const fault = await faultOf(call({ method: 'get', endpoint: await serve(packed(layers, gzipSync('x'))) }))
  expect(fault.message).toContain('packs its answer too many times')
})

/** A service that sends a byte whenever it is told to. */
async function dripping(headers = {}) {
  const begun = Promise.withResolvers<ServerResponse>()
  const endpoint = await serve((_request, response) => {
    response.writeHead(200, headers).write('x')
    begun.resolve(response)
  })
  return { endpoint, begun: begun.promise }
}

test('a service that sends next to nothing is given up, however long it goes on', async () => {
  const { clock, pass } = skippingClock()
  const { call } = await setup({ config: { slow_bytes_per_second: 10, slow_window_ms: 1000 }, clock })
  const { endpoint, begun } = await dripping()
  const faulting = faultOf(call({ method: 'get', endpoint }))
  const response = await begun
  const closed = once(response, 'close')
  while (!response.destroyed) {
    pass(250)
    response.write('x')
    await new Promise((resolve) => void setImmediate(resolve))
  }
  const fault = await faulting
  expect(fault.message).toContain('sends fewer than 10 bytes a second for 1000 ms (slow_bytes_per_second')
  await closed
})

test('a service that is slow but not too slow is waited for', async () => {
  const { clock, pass } = skippingClock()
  const { call } = await setup({ config: { slow_bytes_per_second: 10, slow_window_ms: 1000 }, clock })
  const { endpoint, begun } = await dripping()
  const calling = call({ method: 'get', endpoint })
  const response = await begun
  for (let piece = 0; piece < 20; piece++) {
    pass(250)
    await new Promise<unknown>((resolve) => void response.write('xxxxx', resolve))
  }
  response.end()
  expect(await calling).toHaveLength(101)
})

test('a service that takes the request and does not answer is given up in headers_timeout_ms', async () => {
  const { call } = await setup({ config: { headers_timeout_ms: 50 } })
  const fault = await faultOf(call({ method: 'get', endpoint: await serve(() => undefined) }))
  expect(fault.message).toContain('took the request and did not begin to answer in time')
})

test('a service that stops in the middle is given up in body_timeout_ms', async () => {
  const { call } = await setup({ config: { body_timeout_ms: 50 } })
  const { endpoint } = await dripping()
  expect((await faultOf(call({ method: 'get', endpoint }))).message).toContain(
    'stopped in the middle of its answer',
  )
})

/** A service that answers with these bytes, and breaks off. */
const raw = async (answer: string | ((socket: Socket) => void)): Promise<string> => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => (typeof answer === 'string' ? socket.end(answer) : answer(socket)))
  })
  return `http://127.0.0.1:${await listen(server)}/`
}

test.for([
  ['a length that it does not keep', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'],
  ['a chunk that it does not end', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhalf'],
  ['a packed body', 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 99\r\n\r\nhalf'],
  ['nothing but a status', 'HTTP/1.1 200 OK\r\n'],
  ['nothing', ''],
])('a service that breaks off after %s is a fault', async ([, answer = '']) => {
  const { call } = await setup()
  const fault = await faultOf(call({ method: 'get', endpoint: await raw(answer) }))
  expect(fault.error.type).toContain('communication')
  expect(fault.message).toMatch(/127\.0\.0\.1:\d+/)
})

test('a flood of headers ends the call, many or one', async () => {
  const { call } = await setup({ config: { max_header_kb: 8 } })
  const flood = (socket: Socket): void => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const more = (): void => {
      while (!socket.destroyed && socket.write(`x-flood: ${'y'.repeat(1000)}\r\n`));
    }
    socket.on('drain', more)
    more()
  }
  const many = await faultOf(call({ method: 'get', endpoint: await raw(flood) }))
  expect(many.message).toContain('answers with more than 8 KB of headers (max_header_kb)')
  const one = `HTTP/1.1 200 OK\r\nx-one: ${'y'.repeat(100_000)}\r\n\r\n`
  const single = await faultOf(call({ method: 'get', endpoint: await raw(one) }))
  expect(single.message).toContain('answers with more than 8 KB of headers (max_header_kb)')
})

test('an endless stream of packed data ends at the limit, and its connection is closed', async () => {
  const { call } = await setup({ config: { max_response_mb: 1, max_decompression_ratio: 1e9 } })
  const piece = gzipSync(Buffer.alloc(1_000_000))
  const closed = Promise.withResolvers<void>()
  const endpoint = await serve((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': json })
    response.on('close', () => closed.resolve())
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
    }
    response.on('drain', more)
    more()
  })
  const fault = await faultOf(call({ method: 'get', endpoint }))
  expect(fault.message).toContain('answers with more than 1 MB')
  await closed.promise
})

test('an answer that says that it comes later is waited for', async () => {
  const { call } = await setup()
  const endpoint = await serve((_request, response) => {
    response.writeProcessing()
    response.writeEarlyHints({ link: '</a>; rel=preload' })
    response.end('at last')
  })
  expect(await call({ method: 'get', endpoint })).toBe('at last')
})
