/** `code.run` and `code_executor.doctor`: values, files, limits and the network. Real scripts in real boxes. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { openPolicy, TaskFault, type Json, type JsonObject, type Policy } from '@nexus/sdk'
import { testContext, testSetup } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const serverPolicy: Policy = { ...openPolicy, network: { private: false } }

async function setup(config: JsonObject = {}, policy: Policy = openPolicy) {
  const started = await start(config, policy)
  cleanups.push(started.stop)
  return started
}

async function start(config: JsonObject, policy: Policy) {
  const module = new Module()
  const ledger = testSetup({ config, policy })
  await module.setup(ledger)
  const perform = async (kind: string, inputData: Json): Promise<Json> => {
    const context = testContext({ inputData, config, policy, metadata: { kind } })
    return (await module.execute(context)).outputData
  }
  return {
    call: (language: string, code: string, more: JsonObject = {}) =>
      perform('code.run', { language, code, ...more }),
    doctor: () => perform('code_executor.doctor', {}),
    stop: () => ledger.release(),
  }
}

async function faultOf(work: Promise<unknown>): Promise<TaskFault> {
  const fault = await work.catch((error: unknown) => error)
  if (!(fault instanceof TaskFault)) throw new Error('This should have faulted.', { cause: fault })
  return fault
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'nexus-test-'))
  cleanups.push(() => rm(path, { recursive: true }))
  return path
}

/**
 * Answers with what it was sent, `/headers` with its headers, `/cookies` with two; `/away` and `/to/PORT` send elsewhere,
 * `/odd` answers with no status that there is, `/endless` without an end and `/never` not at all.
 */
async function serve(onAbandoned?: () => void): Promise<number> {
  const server = createServer((request, response) => {
    if (request.url === '/never') return void response.once('close', () => onAbandoned?.())
    if (request.url === '/endless')
      return void pipeline(Readable.from(endless()), response).catch(() => onAbandoned?.())
    if (request.url === '/cookies') return void response.setHeader('set-cookie', ['a=1', 'b=2']).end()
    const [, port] = /^\/to\/(\d+)$/.exec(request.url ?? '') ?? []
    if (port !== undefined)
      return void response.writeHead(307, { location: `http://127.0.0.1:${port}/headers` }).end()
    if (request.url === '/headers') return void response.end(JSON.stringify(request.headers))
    if (request.url === '/odd') return void response.writeHead(999).end()
    if (request.url === '/away')
      return void response.writeHead(302, { location: 'http://localhost:9/' }).end()
    response.writeHead(200, { 'content-type': 'text/plain' })
    request.pipe(response)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => void server.once('listening', resolve))
  cleanups.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => void server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(1_000_000)
}

test('a value is the last expression, what a script returns, or its default export', async () => {
  const { call } = await setup()
  const value = async (language: string, code: string): Promise<unknown> =>
    Object(await call(language, code)).value
  expect(await value('js', 'const a = 1; a + 1')).toBe(2)
  expect(await value('js', 'return { a: await 1 }')).toEqual({ a: 1 })
  expect(await value('js', `import path from 'node:path'; export default path.join('a', 'b')`)).toBe('a/b')
  expect(await value('js', 'console.log(1)')).toBe(null)
  expect(await value('python', 'a = 1\na + 1')).toBe(2)
  expect(await value('python', 'a = 1')).toBe(null)
})

test('output, exit code and files come with the value; a file that is no text comes as base64', async () => {
  const { call } = await setup()
  const code = `import sys\nopen("out.bin", "wb").write(bytes([255, 0]))\nopen("out.txt", "w").write(open("in/a.json").read())\nprint("said")\n1`
  const inputs = { 'in/a.json': { a: [1] } }
  expect(await call('python', code, { inputs, outputs: ['out.bin', 'out.txt'] })).toEqual({
    value: 1,
    stdout: 'said\n',
    stderr: '',
    code: 0,
    outputs: { 'out.bin': { base64: '/wA=' }, 'out.txt': '{"a":[1]}' },
  })
  expect(await call('js', 'process.exit(3)')).toMatchObject({ code: 3, value: null })
})

test('an error that a script does not catch faults the task, with its line', async () => {
  const { call } = await setup()
  const fault = await faultOf(call('python', 'def f():\n    return 1 / 0\nf()'))
  expect(fault.message).toContain('The script failed at line 2: ZeroDivisionError')
})

test.for([
  [
    'js',
    'const all = []; for (;;) all.push("x".repeat(100000) + all.length)',
    { memory_mb: 32 },
    'memory_mb',
  ],
  ['python', 'all = []\nwhile True: all.append("x" * 100000)', { memory_mb: 32 }, 'memory_mb'],
  ['js', 'for (;;);', { cpu_ms: 200 }, 'cpu_ms'],
  ['python', 'while True: pass', { cpu_ms: 1000 }, 'cpu_ms'],
  ['js', 'for (;;);', { timeout_ms: 200 }, 'timeout_ms'],
  ['python', 'import time; time.sleep(100)', { timeout_ms: 200 }, 'timeout_ms'],
  ['js', 'console.log("x".repeat(3e6))', { output_mb: 1 }, 'max_output_mb'],
  ['python', '"x" * 3000000', { output_mb: 1 }, 'max_output_mb'],
  [
    'js',
    `const fs = require('fs'); for (let at = 0; at < 1000; at++) fs.writeFileSync('f' + at, Buffer.alloc(1e6))`,
    { scratch_mb: 4 },
    'ENOSPC',
  ],
  [
    'python',
    'import threading, time\nthreading.stack_size(32768)\nfor _ in range(200): threading.Thread(target=time.sleep, args=(1,)).start()',
    {},
    'thread',
  ],
  ['python', 'for at in range(1000):\n  open(f"{at}", "wb").write(b"x" * 1000000)', { scratch_mb: 4 }, ''],
] as [string, string, JsonObject, string][])(
  'in %s, %s ends at %j',
  async ([language, code, limits, named]) => {
    const { call } = await setup()
    expect((await faultOf(call(language, code, { limits }))).message).toContain(named)
  },
)

test.for([
  [{ limits: { memory_mb: 100_000 } }, 'limits.memory_mb must be at most 256'],
  [{ limits: { timeout_ms: -1 } }, 'limits.timeout_ms must be a number above 0'],
  [{ inputs: { '../a': '' } }, 'inputs."../a" must be the name of a file'],
  [{ inputs: { a: '', 'a/b': '' } }, 'inputs."a/b" must be elsewhere, since "a" is a file'],
  [{ inputs: { ['ü'.repeat(200)]: '' } }, 'must be the name of a file'],
  [{ inputs: { 'a\0b': '' } }, 'must be the name of a file'],
  [{ environment: { 'A=B': 'c' } }, 'must be given under a name, without = and NUL'],
  [{ environment: { A: 'b\0c' } }, 'without NUL characters'],
  [{ outputs: ['/etc/passwd'] }, 'outputs."/etc/passwd" must be the name of a file'],
  [{ inputs: { a: { path: '/etc/passwd' } } }, 'not in a folder of code_executor’s input_folders'],
  [
    { network: ['example.com'] },
    'asks for the network host "example.com"; code_executor\'s network_allow has nothing',
  ],
  [{ profile: 'vm' }, 'profile must be one of quickjs, v8'],
  [{ file: 'file:///x' }, 'code must be given, or else file'],
] as [JsonObject, string][])('%j is refused', async ([more, message]) => {
  const { call } = await setup()
  expect((await faultOf(call('js', '1', more))).message.replaceAll('’', "'")).toContain(
    message.replaceAll('’', "'"),
  )
})

test('files of the machine come in from the folders that the operator names', async () => {
  const path = await folder()
  await writeFile(join(path, 'a.txt'), 'from there')
  const { call } = await setup({ input_folders: [path] })
  const inputs = { 'a.txt': { path: join(path, 'a.txt') } }
  expect(await call('js', `require('fs').readFileSync('a.txt', 'utf8')`, { inputs })).toMatchObject({
    value: 'from there',
  })
})

test('packages of the operator are loaded by import and require, and by Python', async () => {
  const path = await folder()
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(join(path, name, '..'), { recursive: true })
    await writeFile(join(path, name), text)
  }
  await write('js/plain/index.js', 'module.exports = { two: require("./two").two }')
  await write('js/plain/two.js', 'exports.two = 2')
  await write('js/modern/package.json', '{"type":"module","exports":{"import":"./main.js"}}')
  await write('js/modern/main.js', 'import { three } from "./three.js"\nexport const value = three')
  await write('js/modern/three.js', 'export const three = 3')
  await write('py/plain/__init__.py', 'two = 2')
  const { call } = await setup({ node_packages: join(path, 'js'), python_packages: join(path, 'py') })
  const code = `import plain, { two } from 'plain'\nimport { value } from 'modern'\nexport default [two, plain === require('plain'), value]`
  expect(await call('js', code)).toMatchObject({ value: [2, true, 3] })
  expect(await call('python', 'import plain\nplain.two')).toMatchObject({ value: 2 })
})

const fetching = (port: number, path = ''): string =>
  `const answer = await fetch('http://127.0.0.1:${port}/${path}', { method: 'POST', body: 'hello' })\nreturn [answer.status, await answer.text()]`

describe('the network', () => {
  test('is there for the hosts that both the call and the operator name', async () => {
    const port = await serve()
    const { call } = await setup({ network_allow: ['127.0.0.1'] })
    const network = [`127.0.0.1:${port}`]
    expect(await call('js', fetching(port), { network })).toMatchObject({ value: [200, 'hello'] })
  })

  test('is not there for a call that names none, nor for another host or port', async () => {
    const port = await serve()
    const { call } = await setup({ network_allow: ['*'] })
    for (const network of [[], ['127.0.0.1:1'], ['localhost']]) {
      expect((await faultOf(call('js', fetching(port), { network }))).message).toContain(
        'not among the hosts',
      )
    }
  })

  test('has no private address on a server, whatever network_allow says, also after its name was looked up', async () => {
    const port = await serve()
    const { call } = await setup({ network_allow: ['*'] }, serverPolicy)
    for (const host of ['127.0.0.1', 'localhost', '127.1', '[::1]', '[::ffff:127.0.0.1]', hostname()]) {
      const network = [`${host}:${port}`, '*']
      const js = await faultOf(call('js', fetching(port).replace('127.0.0.1', host), { network }))
      expect(js.message).toContain('may not reach private addresses')
    }
  })

  test('gets what is meant for one origin, not what is meant for another', async () => {
    const [port, other] = await Promise.all([serve(), serve()])
    const { call } = await setup({ network_allow: ['*'] })
    const asking = (path: string): string =>
      `return await (await fetch('http://127.0.0.1:${port}/${path}', { headers: { authorization: 'Bearer SECRET', cookie: 'SECRET', accept: 'x/y' } })).json()`
    const network = ['127.0.0.1']
    expect(await call('js', asking(`to/${port}`), { network })).toMatchObject({ value: { cookie: 'SECRET' } })
    const { value } = Object(await call('js', asking(`to/${other}`), { network }))
    expect(value).toMatchObject({ accept: 'x/y', host: `127.0.0.1:${other}` })
    expect(JSON.stringify(value)).not.toContain('SECRET')
  })

  test('is asked for many things at once, and for no more than that', async () => {
    const port = await serve()
    const { call } = await setup({ network_allow: ['127.0.0.1'] })
    const asking = (count: number): string =>
      `const all = await Promise.allSettled(Array.from({ length: ${count} }, (_, at) => fetch('http://127.0.0.1:${port}/', { method: 'POST', body: String(at) }).then((answer) => answer.text())))
       return [all.filter(({ status }) => status === 'fulfilled').length, all[99].value, String(all.at(-1).reason)]`
    const network = ['127.0.0.1']
    expect(await call('js', asking(200), { network })).toMatchObject({ value: [200, '99', 'undefined'] })
    const { value } = Object(await call('js', asking(2000), { network }))
    expect(value[0]).toBe(256)
    expect(value[2]).toContain('more than 256 requests at once')
    const large = `return await fetch('http://127.0.0.1:${port}/', { method: 'POST', body: 'x'.repeat(300000) })`
    expect((await faultOf(call('js', large, { network }))).message).toContain('a request of more than 256 KB')
  })

  test('is not left by a redirect', async () => {
    const port = await serve()
    const { call } = await setup({ network_allow: ['127.0.0.1'] })
    const away = await faultOf(call('js', fetching(port, 'away'), { network: ['127.0.0.1'] }))
    expect(away.message).toContain('localhost:9 is not among the hosts')
  })
})

const opening = (port: number, path = ''): string =>
  `import urllib.request\nurllib.request.urlopen("http://127.0.0.1:${port}/${path}", data=b"hello", timeout=5).read().decode()`

describe.each([
  ['the system’s Python', {}],
  ['Pyodide', { python: 'pyodide' }],
] as const)('the network of %s', { timeout: 120_000 }, (name, box) => {
  // Pyodide takes seconds until it was tried out.
  const network_allow = ['127.0.0.1', 'localhost']
  const isPyodide = name === 'Pyodide'
  const open = start({ network_allow, ...box }, openPolicy)
  const server = start({ network_allow: ['*'], ...box }, serverPolicy)
  afterAll(() => Promise.all([open, server].map(async (started) => (await started).stop())))

  test('is there for the hosts that both the call and the operator name', async () => {
    const port = await serve()
    const { call } = await open
    const network = [`127.0.0.1:${port}`]
    expect(await call('python', opening(port), { network })).toMatchObject({ value: 'hello' })
    const asking = `import http.client
connection = http.client.HTTPConnection("127.0.0.1", ${port}, timeout=5)
answers = []
for path in ("/cookies", "/odd"):
    connection.request("GET", path)
    answer = connection.getresponse()
    answers.append([answer.status, answer.read().decode(), answer.headers.get_all("set-cookie")])
answers`
    expect(await call('python', asking, { network })).toMatchObject({
      value: [
        [200, '', ['a=1', 'b=2']],
        [999, '', null],
      ],
    })
  })

  test('takes a body in pieces, and the fields of a request as they were given', async () => {
    const port = await serve()
    const { call } = await open
    const asking = `import http.client, json
connection = http.client.HTTPConnection("127.0.0.1", ${port}, timeout=5)
connection.request("PUT", "/", iter([b"ab", b"", b"\\r\\n" * 9]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
echo = connection.getresponse().read().decode()
connection.putrequest("GET", "/headers")
connection.putheader("X-Several", "a")
connection.putheader("X-Several", "b")
connection.endheaders()
[echo, json.loads(connection.getresponse().read())["x-several"]]`
    expect(await call('python', asking, { network: ['127.0.0.1'] })).toMatchObject({
      value: [`ab${'\r\n'.repeat(9)}`, 'a, b'],
    })
  })

  test('is not there for a call that names none, nor for another host or port', async () => {
    const port = await serve()
    const { call } = await open
    for (const network of [[], ['127.0.0.1:1'], ['localhost']]) {
      const { message } = await faultOf(call('python', opening(port), { network }))
      expect(message).toContain('failed at line 2')
      if (network.length > 0) expect(message).toContain('not among the hosts that this script was granted')
    }
  })

  test('has no private address on a server, whatever network_allow says, also after its name was looked up', async () => {
    const port = await serve()
    const { call } = await server
    const hosts = ['127.0.0.1', 'localhost', '127.1', '[::1]', '[::ffff:127.0.0.1]', hostname()]
    const asking = `import urllib.request
said = []
for host in hosts:
    try:
        said.append(urllib.request.urlopen(f"http://{host}:${port}/", data=b"hello", timeout=5).read().decode())
    except OSError as error:
        said.append(str(error))
said`
    const { value } = Object(await call('python', asking, { network: ['*'], arguments: { hosts } }))
    expect(value).toEqual(hosts.map(() => expect.stringContaining('may not reach private addresses')))
  })

  test('is not left by a redirect', async () => {
    const port = await serve()
    const { call } = await open
    const away = await faultOf(call('python', opening(port, 'away'), { network: ['127.0.0.1'] }))
    expect(away.message).toContain('localhost:9 is not among the hosts')
    const other = `import urllib.request\nurllib.request.urlopen("http://127.0.0.1:${port}/to/${port + 1}").read()`
    const refused = await faultOf(call('python', other, { network: [`127.0.0.1:${port}`] }))
    expect(refused.message).toContain(`127.0.0.1:${port + 1} is not among the hosts`)
  })

  test('is waited for no longer than the script says, and not after its end', async () => {
    const abandoned = Promise.withResolvers<void>()
    const port = await serve(abandoned.resolve)
    const { call } = await open
    const network = ['127.0.0.1']
    const asking = (timeout: string): string =>
      `import urllib.request\ntry:\n    urllib.request.urlopen("http://127.0.0.1:${port}/never"${timeout})\nexcept OSError as error:\n    said = type(getattr(error, "reason", error)).__name__\nsaid`
    expect(await call('python', asking(', timeout=0.2'), { network })).toMatchObject({
      value: 'TimeoutError',
    })
    await abandoned.promise
    const fault = await faultOf(call('python', asking(''), { network, limits: { timeout_ms: 1500 } }))
    expect(fault.error.type).toContain('timeout')
  })

  test('has no header that is two, whoever writes it', async () => {
    const port = await serve()
    const { call } = await open
    const asking = `import http.client
connection = http.client.HTTPConnection("127.0.0.1", ${port}, timeout=5)
try:
    connection.request("GET", "/headers", headers={"X-A": "b\\r\\nX-Smuggled: c"})
except ValueError as error:
    said = str(error)
said`
    expect(await call('python', asking, { network: ['127.0.0.1'] })).toMatchObject({
      value: expect.stringContaining('Invalid header value'),
    })
  })

  test.runIf(isPyodide)('keeps what an answer may hold, and is no socket', async () => {
    const abandoned = Promise.withResolvers<void>()
    const port = await serve(abandoned.resolve)
    const { call } = await open
    const network = ['127.0.0.1']
    const endless = await faultOf(call('python', opening(port, 'endless'), { network }))
    expect(endless.message).toContain('the answer is larger than 16 MB')
    await abandoned.promise
    const large = opening(port).replace('b"hello"', 'b"x" * 300000')
    expect((await faultOf(call('python', large, { network }))).message).toContain(
      'a request of more than 256 KB',
    )
    const socket = `import socket\nsocket.create_connection(("127.0.0.1", ${port}))`
    expect((await faultOf(call('python', socket, { network }))).message).toContain('Scripts have no sockets')
  })

  test.runIf(isPyodide)('gives nothing to who gets hold of what asks the host, and misuses it', async () => {
    const port = await serve()
    const { call } = await open
    const attempts: Json[] = [
      null,
      [],
      { url: 7 },
      { url: 'file:///etc/passwd' },
      { url: `http://127.0.0.1:${port}@localhost:${port}/` },
      { url: `http://127.0.0.1:${port}/`, headers: { 'x-a': 'b\r\nx-smuggled: c' } },
      { url: `http://127.0.0.1:${port}/`, headers: { 'x-a\r\nx-smuggled': 'c' } },
      { url: `http://127.0.0.1:${port}/`, method: 'GET / HTTP/1.1\r\nx-smuggled: c' },
      { url: `http://127.0.0.1:${port}/away`, redirect: 'follow' },
      { url: `http://127.0.0.1:${port}/never`, timeout_ms: -1 },
    ]
    const asking = `import http.client, json
ask = next(cell.cell_contents for cell in http.client.HTTPConnection.connect.__closure__ if type(cell.cell_contents).__name__.startswith("Js"))
answers = [json.loads(ask(json.dumps(attempt))) for attempt in attempts]
got = [answer for answer in answers if "error" not in answer]
try:
    ask("no JSON")
except Exception as error:
    got.append(type(error).__name__)
got.append(json.loads(ask(json.dumps({"url": "http://127.0.0.1:${port}/headers"})))["status"])
got`
    const how = { network: [`127.0.0.1:${port}`], arguments: { attempts } }
    expect(await call('python', asking, how)).toMatchObject({ value: ['JsException', 200] })
  })
})

describe('in a box for which a process is started', () => {
  const pyodide = { python: 'pyodide' }
  const withV8 = async (config: JsonObject = {}) => {
    const { call, doctor } = await setup(config)
    const { boxes } = Object(await doctor()) as {
      boxes: { name: string; available: boolean; reason: string }[]
    }
    const v8 = boxes.find(({ name }) => name === 'v8')
    return { call, missing: v8?.available ? undefined : v8?.reason }
  }
  const grow = {
    js: 'const all = []; for (let at = 0; at < 100; at++) all.push(new Uint8Array(1e6).fill(1)); return all.length',
    python: 'all = [bytearray(b"x" * 1000000) for _ in range(100)]\nlen(all)',
  }

  test('V8 ends a script at its processor time', async ({ skip }) => {
    const { call, missing } = await withV8()
    skip(missing !== undefined, missing)
    const limits = { cpu_ms: 300, timeout_ms: 20_000 }
    expect((await faultOf(call('js', 'for (;;);', { profile: 'v8', limits }))).message).toContain('cpu_ms')
    const idle = 'await new Promise((done) => setTimeout(done, 400)); return 1'
    expect(await call('js', idle, { profile: 'v8', limits })).toMatchObject({ value: 1 })
  })

  test('V8 keeps the memory and the folder of a call that asks for less than others have', async ({
    skip,
  }) => {
    const { call, missing } = await withV8()
    skip(missing !== undefined, missing)
    expect(await call('js', grow.js, { profile: 'v8' })).toMatchObject({ value: 100 })
    const less = await faultOf(call('js', grow.js, { profile: 'v8', limits: { memory_mb: 16 } }))
    expect(less.message).toMatch(/memory_mb|allocation failed|exit code/)
    const write = `require('fs').writeFileSync('large', Buffer.alloc(8e6)); return 1`
    expect(await call('js', write, { profile: 'v8' })).toMatchObject({ value: 1 })
    const small = await faultOf(call('js', write, { profile: 'v8', limits: { scratch_mb: 4 } }))
    expect(small.message).toContain('ENOSPC')
  })

  test(
    'Pyodide keeps the processor time, the memory and the folder of a call',
    { timeout: 120_000 },
    async () => {
      const { call } = await setup(pyodide)
      const limits = { cpu_ms: 300 }
      expect((await faultOf(call('python', 'while True: pass', { limits }))).message).toContain('cpu_ms')
      expect(await call('python', grow.python)).toMatchObject({ value: 100 })
      const less = await faultOf(call('python', grow.python, { limits: { memory_mb: 32 } }))
      expect(less.message).toContain('memory_mb')
      const write = 'open("large", "wb").write(b"x" * 8000000)'
      expect(await call('python', write)).toMatchObject({ value: 8_000_000 })
      const small = await faultOf(call('python', write, { limits: { scratch_mb: 4 } }))
      expect(small.message).toContain('scratch_mb')
    },
  )

  test('V8 reaches the hosts that were granted by fetch, and by nothing else', async ({ skip }) => {
    const port = await serve()
    const { call, missing } = await withV8({ network_allow: ['127.0.0.1', 'localhost'] })
    skip(missing !== undefined, missing)
    const inV8 = (code: string, network = [`127.0.0.1:${port}`]) =>
      call('js', code, { profile: 'v8', network })
    expect(await inV8(fetching(port))).toMatchObject({ value: [200, 'hello'] })
    const headers = `const answer = await fetch(new Request('http://127.0.0.1:${port}/headers', { headers: { accept: 'x/y' } }))
      return [(await answer.json()).accept, answer.url, answer.headers.get('content-length') !== null]`
    expect(await inV8(headers)).toMatchObject({ value: ['x/y', `http://127.0.0.1:${port}/headers`, true] })
    for (const network of [[], ['127.0.0.1:1'], ['localhost']])
      expect((await faultOf(inV8(fetching(port), network))).message).toContain('not among the hosts')
    expect((await faultOf(inV8(fetching(port, 'away'), ['127.0.0.1']))).message).toContain(
      'localhost:9 is not',
    )
    const dialled = `return await new Promise((done) => require('http').get('http://127.0.0.1:${port}/').on('error', (error) => done(error.code)))`
    expect(await inV8(dialled)).toMatchObject({
      value: expect.stringMatching(/ERR_ACCESS_DENIED|ECONNREFUSED/),
    })
  })

  test('V8 has no private address on a server, and is asked for no more than it can answer', async ({
    skip,
  }) => {
    const port = await serve()
    const { call, missing } = await withV8({ network_allow: ['127.0.0.1'] })
    skip(missing !== undefined, missing)
    const how = { profile: 'v8', network: ['127.0.0.1'] }
    const many = `const all = await Promise.allSettled(Array.from({ length: 400 }, (_, at) => fetch('http://127.0.0.1:${port}/', { method: 'POST', body: String(at) }).then((answer) => answer.text())))
      return [all.filter(({ status }) => status === 'fulfilled').length, all[99].value, String(all.at(-1).reason)]`
    const { value } = Object(await call('js', many, how))
    expect(value).toEqual([256, '99', expect.stringContaining('more than 256 requests at once')])
    const odd = `return await fetch('http://127.0.0.1:${port}/odd').catch(({ name }) => name)`
    expect(await call('js', odd, how)).toMatchObject({ value: 'RangeError' })
    const abandoned = `return await fetch('http://127.0.0.1:${port}/', { signal: AbortSignal.abort() }).catch(({ name }) => name)`
    expect(await call('js', abandoned, how)).toMatchObject({ value: 'AbortError' })
    const server = await setup({ network_allow: ['*'] }, serverPolicy)
    const fault = await faultOf(server.call('js', fetching(port), how))
    expect(fault.message).toContain('may not reach private addresses')
  })
})

test('the doctor tells of every box, and a box that is not available says why', async () => {
  const { doctor } = await setup({ bubblewrap: 'never' })
  const { boxes } = Object(await doctor()) as { boxes: { language: string; name: string }[] }
  expect(boxes.map(({ language, name }) => `${language} ${name.split(' ')[0]}`)).toEqual([
    'javascript quickjs',
    'javascript v8',
    'python python',
    'python pyodide',
  ])
  expect(boxes[0]).toMatchObject({
    available: true,
    layers: expect.arrayContaining(['webassembly', 'node_permissions']),
  })
  expect(boxes[1]).toMatchObject({ available: false, reason: expect.stringContaining('needs an OS sandbox') })
})

test('a task without the box that it asks for is refused, never run in another', async () => {
  const { call } = await setup({ bubblewrap: 'never' })
  const fault = await faultOf(call('js', '1', { profile: 'v8' }))
  expect(fault.error.type).toContain('configuration')
  expect(fault.message).toContain(
    'Nothing here contains scripts in javascript: profile v8 needs an OS sandbox',
  )
})
