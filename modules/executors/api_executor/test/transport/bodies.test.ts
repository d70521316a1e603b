/** Bodies that are blobs, forms in parts, or larger than memory, in both directions. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { isBlobReference, TaskFault, type Blobs, type BlobReference, type Json } from '@nexus/sdk'
import { memoryBlobs, readAll } from '@nexus/sdk/testing'
import { maskStream } from '../../transport/mask_stream.ts'
import { echo, faultOf, serve, serveDescribed, setup } from '../world.ts'
import { fileBlobs } from './file_blobs.ts'

const overflowing = { response_overflow: 'blob', max_response_mb: 1 }
const large = 'ä line of text\n'.repeat(100_000)

function reference(output: Json): BlobReference {
  if (isBlobReference(output)) return output
  throw new Error(`This is no reference to a blob: ${JSON.stringify(output).slice(0, 200)}`)
}

/** A service that takes forms as browsers send them, and gives what it understood. */
const form: RequestListener = (request, response) => {
  void readForm(request).then((fields) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ fields, length: request.headers['content-length'] }))
  })
}

async function readForm(request: IncomingMessage): Promise<object[]> {
  const pieces: Buffer[] = await request.toArray()
  const headers = { 'content-type': request.headers['content-type'] ?? '' }
  const fields = await new Response(Buffer.concat(pieces), { headers }).formData()
  const read = [...fields].map(async ([name, value]) =>
    typeof value === 'string'
      ? { name, value }
      : { name, filename: value.name, type: value.type, text: await value.text() },
  )
  return Promise.all(read)
}

test.for(['content', 'raw'])('with `output: %s` an answer above the limit is a blob', async (output) => {
  const blobs = memoryBlobs()
  const { call } = await setup({ config: overflowing, blobs })
  const endpoint = await serve((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(large),
  )
  const given = reference(await call({ method: 'get', endpoint, output }))
  expect(given).toMatchObject({
    size_bytes: Buffer.byteLength(large),
    media_type: 'text/plain; charset=utf-8',
  })
  expect(await readAll(blobs, given)).toBe(large)
})

test('with `output: response` it is the content', async () => {
  const { call } = await setup({ config: overflowing })
  const endpoint = await serve((_request, response) => response.end(large))
  const output = await call({ method: 'get', endpoint, output: 'response' })
  expect(output).toMatchObject({ statusCode: 200, content: { size_bytes: Buffer.byteLength(large) } })
})

test('a packed answer is unpacked into the blob', async () => {
  const blobs = memoryBlobs()
  const { call } = await setup({ config: overflowing, blobs })
  const body = gzipSync(large)
  const endpoint = await serve((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(body),
  )
  expect(await readAll(blobs, reference(await call({ method: 'get', endpoint })))).toBe(large)
})

test('an answer up to the limit is a value, also when larger ones would be blobs', async () => {
  const { call } = await setup({ config: overflowing })
  const endpoint = await serve((_request, response) => response.end('x'.repeat(1_048_576)))
  expect(await call({ method: 'get', endpoint })).toHaveLength(1_048_576)
})

test('an answer that is larger than a blob may be is a fault, and so is any without a blob', async () => {
  const endpoint = await serve((_request, response) => response.end('x'.repeat(3_000_000)))
  const { call } = await setup({ config: { ...overflowing, max_blob_mb: 2 } })
  expect((await faultOf(call({ method: 'get', endpoint }))).message).toContain(
    'larger than the 2097152 bytes',
  )
  const other = await setup({ config: { max_response_mb: 1 } })
  const fault = await faultOf(other.call({ method: 'get', endpoint }))
  expect(fault.error.type).toContain('communication')
  expect(fault.message).toMatch(/answers with more than 1 MB\. .*response_overflow: blob/)
})

test('a large answer that is refused is no blob', async () => {
  let writes = 0
  const memory = memoryBlobs()
  const blobs: Blobs = { ...memory, write: (...given) => (writes++, memory.write(...given)) }
  const { call } = await setup({ config: overflowing, blobs })
  const endpoint = await serve((_request, response) => response.writeHead(500).end(large))
  expect((await faultOf(call({ method: 'get', endpoint }))).message).toContain('answers with more than 1 MB')
  expect(writes).toBe(0)
})

test('an answer that breaks off on its way into a blob is a fault', async () => {
  const { call } = await setup({ config: overflowing })
  const endpoint = await serve((request, response) => {
    response.writeHead(200, { 'content-length': 9_000_000 })
    response.write(large, () => void request.socket.destroy())
  })
  const fault = await faultOf(call({ method: 'get', endpoint }))
  expect(fault.error.type).toContain('communication')
})

test('a store that fails ends the answer, and its own fault is the task’s', async () => {
  const full = TaskFault.of('runtime', 'The disk is full.')
  const failing: Blobs = { ...memoryBlobs(), write: () => Promise.reject(full) }
  const { call } = await setup({ config: overflowing, blobs: failing })
  const closed = Promise.withResolvers<void>()
  const endpoint = await serve((_request, response) => {
    response.on('close', () => closed.resolve())
    response.write('x'.repeat(5_000_000))
  })
  await expect(call({ method: 'get', endpoint })).rejects.toBe(full)
  await closed.promise
})

test('a token that was got for the call is in no blob, however the answer is cut', async () => {
  const token = 'token-that-nobody-may-see'
  const blobs = memoryBlobs()
  const authority = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: token, token_type: 'Bearer' }))
  })
  const uri = await serve((_request, response) => {
    response.write(`${large}${token.slice(0, 9)}`)
    setImmediate(() => response.end(`${token.slice(9)} and ${encodeURIComponent(token)}`))
  })
  const client = { id: 'a', secret: 'secret' }
  const authentication = { oauth2: { authority, grant: 'client_credentials', client } }
  const { call } = await setup({ config: overflowing, blobs })
  const output = await call({ method: 'get', endpoint: { uri, authentication } })
  expect(await readAll(blobs, reference(output))).toBe(`${large}*** and ***`)
})

test('a secret is found in a stream at every cut', async () => {
  const text = 'before sec/ret-one after sec%2Fret-one end'
  for (let cut = 1; cut < text.length; cut++) {
    const pieces = [text.slice(0, cut), text.slice(cut)].map((piece) => Buffer.from(piece))
    const masked: Uint8Array[] = []
    for await (const piece of maskStream(streamOf(pieces), ['sec/ret-one'])) masked.push(piece)
    expect(Buffer.concat(masked).toString()).toBe('before *** after *** end')
  }
})

async function* streamOf(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces
}

test('a blob is a body: with its type and size, as it is read', async () => {
  const blobs = memoryBlobs()
  const blob = await blobs.write([large], { mediaType: 'text/csv' })
  const { call } = await setup({ blobs })
  const endpoint = await serve(echo)
  expect(await call({ method: 'put', endpoint, body: blob })).toMatchObject({
    body: large,
    headers: { 'content-type': 'text/csv', 'content-length': String(Buffer.byteLength(large)) },
  })
  const headers = { 'Content-Type': 'text/tab-separated-values' }
  const own = await call({ method: 'put', endpoint, body: blob, headers })
  expect(own).toHaveProperty('headers.content-type', 'text/tab-separated-values')
})

test('a blob is sent again after a redirect, and when a service was busy', async () => {
  const blobs = memoryBlobs()
  const body = await blobs.write(['the content'], { mediaType: 'text/plain' })
  const { call } = await setup({ blobs })
  let asked = 0
  const endpoint = await serve((request, response) => {
    asked++
    if (request.url === '/end' && asked > 2) return echo(request, response)
    request.resume()
    if (asked === 1) response.writeHead(307, { location: '/end' }).end()
    else response.writeHead(503, { 'retry-after': '0' }).end()
  })
  const output = await call({ method: 'put', endpoint, body, redirect: true })
  expect(output).toMatchObject({ url: '/end', body: 'the content' })
  expect(asked).toBe(3)
})

test('a blob that is not there is the task’s fault', async () => {
  const { call } = await setup()
  const body = { blob: `sha256:${'0'.repeat(64)}`, size_bytes: 3, media_type: 'text/plain' }
  const fault = await faultOf(call({ method: 'post', endpoint: await serve(echo), body }))
  expect(fault.error.type).toContain('validation')
  expect(fault.message).toContain('There is no blob')
})

test('a blob that is shorter than its reference says is a fault', async () => {
  const blobs = memoryBlobs()
  const body = { ...(await blobs.write(['short'], { mediaType: 'text/plain' })), size_bytes: 99 }
  const { call } = await setup({ blobs })
  const fault = await faultOf(call({ method: 'post', endpoint: await serve(echo), body }))
  expect(fault.error.type).toContain('communication')
})

const parts = { 'content-type': 'multipart/form-data' }

test('an object goes out as a form in parts: fields, lists, JSON, and files that are texts or blobs', async () => {
  const blobs = memoryBlobs()
  const blob = await blobs.write(['a,b\n', '1,2\n'], { mediaType: 'text/csv' })
  const { call } = await setup({ blobs })
  const body = {
    title: 'Grüße "an" alle',
    count: 3,
    tag: ['x', 'y', null],
    none: null,
    meta: { a: [1] },
    table: blob,
    note: { filename: 'n"o\r\nte.txt', content: 'Hello', content_type: 'text/plain' },
    copy: { filename: 'copy.csv', content: blob },
    bare: { content: 'bytes' },
  }
  const { fields } = (await call({ method: 'post', endpoint: await serve(form), headers: parts, body })) as {
    fields: unknown
  }
  expect(fields).toEqual([
    { name: 'title', value: 'Grüße "an" alle' },
    { name: 'count', value: '3' },
    { name: 'tag', value: 'x' },
    { name: 'tag', value: 'y' },
    { name: 'meta', value: '{"a":[1]}' },
    { name: 'table', filename: 'table', type: 'text/csv', text: 'a,b\n1,2\n' },
    { name: 'note', filename: 'n"o\r\nte.txt', type: 'text/plain', text: 'Hello' },
    { name: 'copy', filename: 'copy.csv', type: 'text/csv', text: 'a,b\n1,2\n' },
    { name: 'bare', filename: 'bare', type: 'application/octet-stream', text: 'bytes' },
  ])
})

test.for([
  ['text', null],
  [['a'], 'body must be an object of parts'],
  [
    { a: { content: 'x', mode: 1 } },
    'body.a must be a file of filename, content and content_type, without "mode"',
  ],
  [{ a: { content: 7 } }, 'body.a.content must be a text, or a reference to a blob'],
  [{ a: { content: 'x', filename: 7 } }, 'body.a.filename must be a text'],
  [
    { a: { content: 'x', content_type: 'a\r\nb: c' } },
    'body.a.content_type must be named as media types are',
  ],
] as [Json, string | null][])('a form in parts of %j', async ([body, why]) => {
  const { call } = await setup()
  const calling = call({ method: 'post', endpoint: await serve(echo), headers: parts, body })
  if (why === null) expect(await calling).toHaveProperty('body', body)
  else expect((await faultOf(calling)).message).toContain(why)
})

test('an operation takes blobs as files and as its body', async () => {
  const blobs = memoryBlobs()
  const blob = await blobs.write(['PNG'], { mediaType: 'image/png' })
  const properties = { picture: { type: 'string', format: 'binary' }, name: { type: 'string' } }
  const content = { 'multipart/form-data': { schema: { type: 'object', properties } } }
  const raw = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
  const document = {
    openapi: '3.0.0',
    paths: {
      '/upload': { post: { operationId: 'upload', requestBody: { content } } },
      '/raw': { post: { operationId: 'raw', requestBody: { content: raw } } },
    },
  }
  const { endpoint } = await serveDescribed(document)
  const { callOpenApi } = await setup({ blobs })
  const call = (operationId: string, parameters: { readonly [name: string]: Json }) =>
    callOpenApi({ document: { endpoint }, operationId, parameters })
  const upload = (await call('upload', { picture: blob, name: 'Ada' })) as { body: string }
  expect(upload.body).toContain(
    'name="picture"; filename="picture"\r\ncontent-type: image/png\r\n\r\nPNG\r\n',
  )
  expect(await call('raw', { body: blob })).toMatchObject({
    body: 'PNG',
    headers: { 'content-type': 'application/octet-stream' },
  })
})

const gigabyte = 1_073_741_824

test('a gigabyte comes and goes through blobs, and never is in memory', { timeout: 120_000 }, async () => {
  const blobs = fileBlobs()
  const config = { ...overflowing, timeout_ms: 110_000, max_blob_mb: 1100 }
  const { call } = await setup({ config, blobs })
  const piece = Buffer.alloc(1_048_576, 'gigabyte ')
  const expected = createHash('sha256')
  const received = createHash('sha256')
  const endpoint = await serve((request, response) => {
    if (request.method === 'PUT') {
      request.on('data', (bytes: Buffer) => void received.update(bytes))
      request.on('end', () => void response.end('taken'))
      return
    }
    void (async () => {
      for (let sent = 0; sent < gigabyte; sent += piece.length) {
        expected.update(piece)
        if (!response.write(piece)) await once(response, 'drain')
      }
      response.end()
    })()
  })
  const peak = watchMemory()
  const output = reference(await call({ method: 'get', endpoint }))
  const digest = expected.digest('hex')
  expect(output).toMatchObject({ blob: `sha256:${digest}`, size_bytes: gigabyte })
  expect(await call({ method: 'put', endpoint, body: output })).toBe('taken')
  expect(received.digest('hex')).toBe(digest)
  expect(peak()).toBeLessThan(150)
})

/** How many megabytes more than at the beginning there were at most. */
function watchMemory(): () => number {
  const before = process.memoryUsage.rss()
  let most = before
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20)
  return () => {
    clearInterval(timer)
    return Math.round((most - before) / 1_048_576)
  }
}
