import { ProblemError } from '@nexus/api'
import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { greet, problemOf, setup, type World } from './world.ts'

const validation = expect.stringMatching(/^https:\/\/.*\/errors\/validation$/)

test('a request that is not valid is refused with the place and what is wanted', async () => {
  await using world = await setup()
  for (const [body, detail] of [
    [{}, /body: exactly one of `workflow`, `workflow_text`/],
    [{ workflow: 'a/b', workflow_text: greet }, /exactly one of/],
    [{ workflow_text: 5 }, /body\/workflow_text: it must be string/],
    [{ workflow_txt: greet }, /body: there is no `workflow_txt`. Did you mean `workflow_text`\?/],
    [{ workflow_text: greet, idempotency_key: '' }, /body\/idempotency_key/],
    [[], /body: it must be object/],
    [{ workflow: '{"document":{}}' }, /body\/workflow: it is a document as text/],
    [{ workflow: greet }, /body\/workflow: it is a document as text.*`workflow_text`/],
  ] as const) {
    const problem = await problemOf(await world.post('/runs', body))
    expect(problem).toMatchObject({ type: validation, status: 400, code: 'bad_request', instance: '/runs' })
    expect(problem.detail).toMatch(detail)
  }
  for (const [ended_before, detail] of [
    [{ complete: '2026-01-01T00:00:00Z' }, /body\/ended_before: .*`complete`. Did you mean `completed`/],
    [{ running: '2026-01-01T00:00:00Z' }, /Known are: completed, faulted, cancelled\./],
    [{ completed: 'yesterday' }, /body\/ended_before\/completed: it must match format "date-time"/],
  ] as const)
    expect((await problemOf(await world.post('/runs/prune', { ended_before }))).detail).toMatch(detail)
  for (const [path, detail] of [
    ['/runs/x?wait=long', /query\/wait: it must be number/],
    ['/runs/x?wait=1000', /query\/wait: it must be <= 60/],
    ['/runs/x?wiat=1', /Did you mean `wait`/],
    ['/runs?status=done', /one of pending, running/],
  ] as const) {
    expect((await problemOf(await world.ask(path))).detail).toMatch(detail)
  }
})

test('a document that is not valid is refused with all that is wrong, and where', async () => {
  await using world = await setup()
  const workflow_text = greet.replace('set:', 'sett:')
  for (const path of ['/runs', '/workflows']) {
    const problem = await problemOf(await world.post(path, { workflow_text }))
    expect(problem).toMatchObject({ type: validation, status: 400, code: 'invalid_workflow' })
    expect(problem.problems?.[0]).toMatchObject({ severity: 'error', start: { line: 3 } })
  }
})

test('a document that was sent names no files of this machine', async () => {
  await using world = await setup()
  const workflow_text = `document: { dsl: '1.0.3', namespace: test, name: files, version: '1.0.0' }
input: { schema: { format: json, resource: { endpoint: 'file:///etc/passwd' } } }
do: [{ x: { set: { y: 1 } } }]`
  const problem = await problemOf(await world.post('/runs', { workflow_text }))
  expect(problem).toMatchObject({ status: 400, code: 'invalid_workflow' })
  expect(JSON.stringify(problem)).not.toContain('root:')
})

test('what is no JSON, or of another kind, is refused', async () => {
  await using world = await setup()
  const send = (body: string, type: string) =>
    world.ask('/runs', { method: 'POST', body, headers: { 'content-type': type } })
  for (const text of ['{"a":', '', '{"workflow_text": "x", "__proto__": {"input": 1}}']) {
    const problem = await problemOf(await send(text, 'application/json'))
    expect(problem).toMatchObject({ status: 400, type: validation, code: 'bad_request' })
  }
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/yaml']) {
    const problem = await problemOf(await send('{}', type))
    expect(problem).toMatchObject({ status: 415, code: 'unknown_media_type' })
    expect(problem.detail).toBe(
      `The body is ${type}. Wanted is JSON, with the header content-type: application/json.`,
    )
  }
  const nested = `{"workflow_text": "x", "input": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`
  expect((await problemOf(await send(nested, 'application/json'))).detail).toMatch(/nested deeper/)
})

test('a body that is too large is refused', async () => {
  await using world = await setup({ limits: { bodyBytesMax: 1_000 } })
  const response = await world.post('/runs', { workflow_text: 'x'.repeat(2_000) })
  expect(await problemOf(response)).toMatchObject({ status: 413, code: 'body_too_large', type: validation })
})

test('what is not there is said', async () => {
  await using world = await setup()
  const nothing = await problemOf(await world.ask('/nothing?x=1'))
  expect(nothing).toMatchObject({ status: 404, code: 'not_found', instance: '/nothing' })
  expect(await problemOf(await world.ask('/modules/nothing'))).toMatchObject({
    status: 404,
    code: 'module_not_found',
  })
  expect(await problemOf(await world.ask('/runs/%'))).toMatchObject({ status: 400 })
})

test('a path that is asked by another method says by which it is', async () => {
  await using world = await setup()
  for (const [method, path, allow] of [
    ['PUT', '/runs?x=1', 'GET, POST'],
    ['DELETE', '/health', 'GET'],
    ['GET', '/generations/1/activate', 'POST'],
    ['POST', '/openapi.json', 'GET'],
  ] as const) {
    const response = await world.ask(path, { method })
    expect([path, response.headers.get('allow')]).toEqual([path, allow])
    const problem = await problemOf(response)
    expect(problem).toMatchObject({ status: 405, type: validation, code: 'method_not_allowed' })
    expect(problem.detail).toContain(`is for ${allow}`)
  }
  expect((await world.ask('/nothing/at/all', { method: 'PUT' })).headers.get('allow')).toBe(null)
})

test('a generation that is not there is not found', async () => {
  await using world = await setup()
  const problem = await problemOf(await world.post('/generations/99/activate'))
  expect(problem).toMatchObject({
    status: 404,
    code: 'generation_not_found',
    detail: expect.stringContaining('There are: 1'),
  })
})

/** Sends text as it is, and gives all that comes back until the other side ends. */
async function sendRaw({ served }: World, text: string): Promise<string> {
  const { hostname, port } = new URL(served.url)
  const socket = connect(Number(port), hostname).setEncoding('utf8')
  let said = ''
  socket.on('data', (chunk: string) => (said += chunk))
  socket.write(text)
  await once(socket, 'close')
  return said
}

test('a client that does not send what it began is told, and cut off', async () => {
  await using world = await setup({ limits: { requestMsMax: 100, requestCheckMs: 20 } })
  const head = 'POST /runs HTTP/1.1\r\nhost: localhost\r\n'
  const body = 'content-type: application/json\r\ncontent-length: 10\r\n\r\n{"a"'
  for (const begun of [head, `${head}${body}`]) {
    const said = await sendRaw(world, begun)
    expect(said).toMatch(/^HTTP\/1\.1 408 /)
    expect(said).toContain('/errors/timeout"')
  }
  expect((await world.ask('/health')).status).toBe(200)
})

test('what is no HTTP is answered with a problem', async () => {
  await using world = await setup()
  const said = await sendRaw(world, 'HELLO\r\n\r\n')
  expect(said).toMatch(/^HTTP\/1\.1 400 /)
  expect(said).toContain('application/problem+json')
})

test('the client throws what the server refused, with its code', async () => {
  await using world = await setup()
  const thrown: unknown = await world.client.ended('nobody').catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(ProblemError)
  expect(thrown).toMatchObject({ code: 'run_not_found', problem: { status: 404 } })
  await world.served.close()
  await expect(world.client.ended('nobody')).rejects.toMatchObject({ code: 'server_unreachable' })
})

test('a client that never sends the rest does not keep the server from stopping', async () => {
  await using world = await setup({ limits: { drainMsMax: 50 } })
  const { hostname, port } = new URL(world.served.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {}) // it is cut off
  const closed = once(socket, 'close')
  const head = 'POST /runs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n'
  socket.write(`${head}content-length: 10\r\nexpect: 100-continue\r\n\r\n`)
  await once(socket, 'data') // by now it has begun to answer
  await world.served.close()
  await closed
})
