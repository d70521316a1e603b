import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Cancelled, openPolicy, type JsonObject, type Policy } from '@nexus/sdk'
import { faultOf, serve, setup } from '../world.ts'
import { everything, isAlive, program, stdio } from './world.ts'

async function client(transport: JsonObject, world: Parameters<typeof setup>[0] = {}) {
  const { caller } = await setup(world)
  return (method: string, parameters: JsonObject = {}, own: JsonObject = {}, signal?: AbortSignal) =>
    caller('mcp')({ method, parameters, transport, ...own }, signal && { signal })
}

const polite = `read(({ id, method }) => method === 'initialize' ? welcome(id) : id !== undefined && BODY)`

test('a tool that fails faults the task with its words', async () => {
  const body = `answer(id, { isError: true, content: [{ type: 'text', text: 'no such channel' }] })`
  const call = await client(program(polite.replace('BODY', body)))
  const { error } = await faultOf(call('tools/call', { name: 'post' }))
  expect(error.type).toContain('runtime')
  expect(error.detail).toMatch(/The tool "post" of .* failed: no such channel/)
})

test('an error of the protocol faults the task with its words and its code', async () => {
  const call = await client(stdio)
  const { error } = await faultOf(call('prompts/get', { name: 'no-such-prompt' }))
  expect(error.type).toContain('runtime')
  expect(error.detail).toMatch(/refused prompts\/get: .*no-such-prompt.*\(code -32602\)/s)
})

test('a server that ends at once is a fault with its exit code and its last words', async () => {
  const call = await client(program(`console.error('no token given'); process.exit(3)`))
  const { error } = await faultOf(call('tools/list'))
  expect(error.type).toContain('communication')
  expect(error.detail).toMatch(
    /ended with exit code 3 before it answered\. Last lines of stderr:\nno token given/,
  )
})

test('a program that is not there, or is none, is a fault before anything runs', async () => {
  for (const command of ['no-such-program-here', '/etc/passwd', '/no/such/file']) {
    const { error } = await faultOf((await client({ stdio: { command } }))('tools/list'))
    expect(error.type).toContain('configuration')
    expect(error.detail).toContain(command)
  }
})

test('a server that never answers is ended in time, with all that it started', async () => {
  const server = program(`
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => 0, 1e6)'])
    process.on('SIGTERM', () => 0)
    require('node:fs').writeFileSync(__filename + '.pids', process.pid + ' ' + child.pid)
    setInterval(() => 0, 1e6)`)
  const [file = ''] = (server['stdio'] as { arguments: string[] }).arguments
  const call = await client(server)
  const { error } = await faultOf(call('tools/list', {}, { timeout: { milliseconds: 600 } }))
  expect(error.type).toContain('timeout')
  expect(error.detail).toContain('600 ms')
  const pids = readFileSync(`${file}.pids`, 'utf8').split(' ').map(Number)
  expect(pids).toHaveLength(2)
  await expect.poll(() => pids.filter(isAlive)).toEqual([])
})

test('cancelling ends the server', async () => {
  const call = await client(
    program(
      `require('node:fs').writeFileSync(__filename + '.pid', String(process.pid)); setInterval(() => 0, 1e6)`,
    ),
  )
  const stop = new AbortController()
  const running = call('tools/list', {}, {}, stop.signal).catch((error: unknown) => error)
  stop.abort(new Cancelled())
  expect(await running).toBeInstanceOf(Cancelled)
})

test('a server that floods its output is ended', async () => {
  for (const body of [
    `const line = 'x'.repeat(65536); const more = () => { while (process.stdout.write(line)); process.stdout.once('drain', more) }; more()`,
    `const line = '{"jsonrpc":"2.0","method":"notifications/x"}\\n'.repeat(1000); const more = () => { while (process.stdout.write(line)); process.stdout.once('drain', more) }; more()`,
  ]) {
    const call = await client(program(body), { config: { max_response_mb: 1 } })
    expect((await faultOf(call('tools/list'))).message).toContain('wrote more than 1 MB')
  }
})

test('messages that are no JSON-RPC, nested too deep, or for nobody do not end the host', async () => {
  const body = `(console.log('{"jsonrpc":"2.0","id":99,"result":{}}'), console.log('{"jsonrpc":1}'), console.log('[]'),
    console.log('{"jsonrpc":"2.0","id":' + id + ',"result":{"deep":' + '['.repeat(50000) + ']'.repeat(50000) + '}}'), answer(id, { tools: [] }))`
  const call = await client(program(polite.replace('BODY', body)), { config: { timeout_ms: 3_000 } })
  await call('tools/list').catch((error: unknown) => expect(error).toBeInstanceOf(Error))
})

test.each([
  ['is not allowed', { allow: ['npx'], deny: [] }],
  ['is denied by its name', { allow: undefined, deny: ['node'] }],
  ['is denied by its path', { allow: ['node'], deny: [process.execPath] }],
])('a program that %s is not started', async (_why, programs) => {
  const policy: Policy = { ...openPolicy, programs }
  const call = await client({ stdio: { command: process.execPath, arguments: [everything] } }, { policy })
  const { error } = await faultOf(call('tools/list'))
  expect(error.type).toContain('authorization')
  expect(error.detail).toContain('policy.programs')
})

test('a program is allowed by its name as the PATH has it, and no namesake of it', async () => {
  const policy: Policy = { ...openPolicy, programs: { allow: ['sh'], deny: [] } }
  const call = await client({ stdio: { command: 'sh', arguments: ['-c', 'exit 7'] } }, { policy })
  expect((await faultOf(call('tools/list'))).message).toContain('exit code 7')
  const namesake = program('')
  const [file = ''] = (namesake['stdio'] as { arguments: string[] }).arguments
  const { writeFileSync, chmodSync } = await import('node:fs')
  const evil = file.replace('server.cjs', 'sh')
  writeFileSync(evil, '#!/bin/sh\nexit 8\n')
  chmodSync(evil, 0o755)
  const refused = await client({ stdio: { command: evil } }, { policy })
  expect((await faultOf(refused('tools/list'))).error.type).toContain('authorization')
})

test('statuses of a server over HTTP are faults', async () => {
  for (const [status, type] of [
    [401, 'authentication'],
    [403, 'authorization'],
    [404, 'communication'],
    [500, 'communication'],
  ] as const) {
    const endpoint = await serve((_request, response) => response.writeHead(status).end('its words'))
    const { error } = await faultOf((await client({ http: { endpoint } }))('tools/list'))
    expect(error.status).toBe(status)
    expect(error.type).toContain(type)
  }
})

test('a server over HTTP that is silent, closes halfway, floods, or speaks no JSON is a fault', async () => {
  const silent = await serve(() => undefined)
  const slow = await client({ http: { endpoint: silent } })
  expect((await faultOf(slow('tools/list', {}, { timeout: 'PT0.2S' }))).error.type).toContain('timeout')
  const half = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('{"jsonrpc"', () => response.destroy())
  })
  await faultOf((await client({ http: { endpoint: half } }))('tools/list', {}, { timeout: 'PT5S' }))
  const flood = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const more = (): void => {
      while (response.write(`data: ${'x'.repeat(65_536)}\n`));
      response.once('drain', more)
    }
    more()
  })
  const bounded = await client({ http: { endpoint: flood } }, { config: { max_response_mb: 1 } })
  expect((await faultOf(bounded('tools/list', {}, { timeout: 'PT10S' }))).message).toContain('more than 1 MB')
  const words = await serve((_request, response) => response.end('hello'))
  await faultOf((await client({ http: { endpoint: words } }))('tools/list', {}, { timeout: 'PT5S' }))
})

test('nobody who listens, and private addresses where they are not allowed, are faults', async () => {
  const nobody = await client({ http: { endpoint: 'http://127.0.0.1:1/mcp' } })
  expect((await faultOf(nobody('tools/list'))).error.type).toContain('communication')
  const { endpoint } = { endpoint: await serve((_request, response) => response.end()) }
  const guarded = await client({ http: { endpoint } }, { private: false })
  expect((await faultOf(guarded('tools/list'))).error.type).toContain('authorization')
})
