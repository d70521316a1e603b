/** The network of scripts in every box that has one: what was granted, and nothing else. Real scripts, a real server. */
import { hostname } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import { openPolicy, type Json, type Policy } from '@nexus/sdk'
import { faultOf, setup, start, withV8 } from './module.ts'
import { serve } from './server.ts'

const serverPolicy: Policy = { ...openPolicy, network: { private: false } }

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

  test('gives every field of an answer, and an error where a server goes on with another protocol', async () => {
    const port = await serve()
    const { call } = await setup({ network_allow: ['127.0.0.1'] })
    const network = ['127.0.0.1']
    const cookies = `return (await fetch('http://127.0.0.1:${port}/cookies')).headers.get('set-cookie')`
    expect(await call('js', cookies, { network })).toMatchObject({ value: 'a=1, b=2' })
    const { message } = await faultOf(call('js', fetching(port, 'switch'), { network }))
    expect(message).toContain('the connection was closed without an answer')
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

describe('the network of V8', () => {
  test('reaches the hosts that were granted by fetch, and by nothing else', async ({ skip }) => {
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

  test('has no private address on a server, and is asked for no more than it can answer', async ({
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
