import { openNexus } from '@nexus/nexus'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

const approval = workflow(`  - first: { set: { x: 1 } }
  - approve: { listen: { to: { one: { with: { type: approved } } } } }
  - last: { set: { done: true } }`)
const greet = workflow('  - greet: { set: { said: \'${ "Hello, " + .name }\' } }')

interface Server {
  readonly data: string
  readonly url: string
  /** Runs a command on the data directory that it holds. */
  nexus: World['nexus']
  /** The command once it has ended. */
  stop(): ReturnType<World['nexus']>
  [Symbol.asyncDispose](): Promise<void>
}

/** `nexus start` in a world, on a port that is free. */
async function start(world: World, ...more: string[]): Promise<Server> {
  const data = join(world.folder, 'data')
  const started = world.nexus('start', '--port', '0', '--data', data, ...more)
  const file = join(data, 'server.json')
  await vi.waitFor(() => expect(existsSync(file)).toBe(true), { timeout: 10_000, interval: 10 })
  const { url } = JSON.parse(readFileSync(file, 'utf8')) as { url: string }
  const stop = (): typeof started => {
    world.interrupt()
    return started
  }
  return {
    data,
    url,
    nexus: (...args) => world.nexus(...args, '--data', data),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

/** Begins a run that waits for its approval, and waits until it does. */
async function startWaiting({ url }: Server, document = approval): Promise<string> {
  const response = await fetch(`${url}/runs`, {
    method: 'POST',
    body: JSON.stringify({ workflow_text: document }),
    headers: { 'content-type': 'application/json' },
  })
  const { id } = (await response.json()) as { id: string }
  const stream = (await fetch(`${url}/runs/${id}/events`)).body?.pipeThrough(new TextDecoderStream())
  for await (const text of stream ?? []) if (/task\.started[^\n]*approve/.test(text)) break
  return id
}

test('a document runs on the server that holds the data, and is shown as it happens', async () => {
  using world = setup()
  await using server = await start(world)
  const file = world.file('greet.yaml', greet)
  const { code, out } = await server.nexus('run', file, '--input', '{"name": "Ada"}')
  expect(code).toBe(0)
  expect(out).toMatch(/✓ greet +set +completed/)
  expect(out).toContain('"said": "Hello, Ada"')
  const json = await server.nexus('run', file, '--input', '{"name": "B"}', '--json')
  expect(JSON.parse(json.out)).toMatchObject({ status: 'completed', output: { said: 'Hello, B' } })
  expect(JSON.parse((await server.nexus('runs', 'list', '--json')).out)).toHaveLength(2)
  const { out: told } = await server.stop()
  expect(told.match(/sample [-0-9a-f]{36} completed/g)).toHaveLength(2)
})

test('a document takes along what it names beside it', async () => {
  using world = setup()
  await using server = await start(world)
  world.file(
    'inner.yaml',
    workflow('  - x: { set: { v: "${ .n + 1 }" } }').replace('name: sample', 'name: inner'),
  )
  world.file('schema.json', '{"type": "object", "required": ["n"]}')
  const run = 'run: { workflow: { namespace: test, name: inner, version: latest, input: { n: "${ .n }" } } }'
  const schema = 'input: { schema: { resource: { endpoint: schema.json } } }'
  const outer = world.file('outer.yaml', workflow(`  - sub: { ${run} }`, schema))
  const good = await server.nexus('run', outer, '--input', '{"n": 1}', '--json')
  expect(JSON.parse(good.out)).toMatchObject({ status: 'completed', output: { v: 2 } })
  const bad = await server.nexus('run', outer, '--input', '{}', '--json')
  expect(bad.code).toBe(1)
  expect(JSON.parse(bad.out)).toMatchObject({ status: 'faulted', error: { status: 400 } })
})

test('a document that is not valid is refused with the place, also where a server is up', async () => {
  using world = setup()
  await using server = await start(world)
  const bad = world.file('bad.yaml', workflow('  - x: { nothing: 1 }'))
  for (const command of [['run'], ['workflows', 'add']]) {
    const refused = await server.nexus(...command, bad)
    expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(/bad\.yaml:4/) })
  }
})

test('runs of a server are suspended, resumed, signalled, cancelled, retried and forked', async () => {
  using world = setup()
  await using server = await start(world)
  const id = await startWaiting(server)
  expect((await server.nexus('runs', 'suspend', id)).out).toContain('is suspended')
  const resumed = server.nexus('runs', 'resume', id, '--json')
  const signalled = await server.nexus('runs', 'signal', id, '--type', 'approved')
  expect(signalled).toMatchObject({ code: 0, out: expect.stringMatching(/has it\.\n$/) })
  expect(JSON.parse((await resumed).out)).toMatchObject({ id, status: 'completed' })
  const changed = world.file('changed.yaml', approval.replace('done: true', 'done: again'))
  const from = ['--from', '/do/1/approve', '--file', changed]
  const forked = await server.nexus('runs', 'fork', id, ...from, '--json')
  expect(JSON.parse(forked.out)).toMatchObject({ status: 'completed', output: { done: 'again' } })
  const other = await startWaiting(server)
  expect((await server.nexus('runs', 'cancel', other)).out).toContain('is cancelled.')
  const retried = server.nexus('runs', 'retry', other)
  await vi.waitFor(
    async () => expect((await server.nexus('runs', 'signal', other, '--type', 'approved')).code).toBe(0),
    { timeout: 10_000, interval: 50 }, // until it is being retried, it has ended
  )
  expect(await retried).toMatchObject({ code: 0, out: expect.stringMatching(/last +set +completed/) })
  const refused = await server.nexus('runs', 'suspend', other)
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('has ended already') })
  expect(await server.nexus('runs', 'cancel', 'nobody')).toMatchObject({ code: 2 })
})

test('Ctrl-C cancels the run that a command follows on a server', async () => {
  using world = setup()
  await using server = await start(world)
  using terminal = setup()
  const file = world.file('w.yaml', approval)
  const running = terminal.nexus('run', file, '--data', server.data, '--json')
  const waiting = async (): Promise<string> => (await server.nexus('runs', 'list', '--json')).out
  await vi.waitFor(async () => expect(await waiting()).toContain('"running"'), {
    timeout: 10_000,
    interval: 50,
  })
  terminal.interrupt()
  const { code, out } = await running
  expect([code, JSON.parse(out)]).toMatchObject([130, { status: 'cancelled' }])
})

test('workflows are deployed on a server, listed, shown and removed', async () => {
  using world = setup()
  await using server = await start(world)
  const scheduled = world.file(
    'w.yaml',
    workflow('  - x: { set: { v: 1 } }', "schedule: { cron: '0 6 * * *' }"),
  )
  const added = await server.nexus('workflows', 'add', scheduled)
  expect(added.out).toContain('test/sample:1.0.0 is deployed. Its schedule has begun.')
  expect((await server.nexus('workflows', 'list')).out).toMatch(
    /test\/sample:1\.0\.0 +cron 0 6 \* \* \* +\d{4}-/,
  )
  const shown = await server.nexus('workflows', 'show', 'test/sample:1.0.0')
  expect(shown.out).toBe(readFileSync(scheduled, 'utf8'))
  expect(await server.nexus('workflows', 'remove', 'test/sample:1.0.0')).toMatchObject({ code: 0 })
  for (const key of ['test/sample:1.0.0', 'no key']) {
    expect(await server.nexus('workflows', 'remove', key)).toMatchObject({ code: 2 })
  }
})

test('where it listens stands in the data directory, for its owner alone, until it ends', async () => {
  using world = setup()
  const token = 'a-token-that-nobody-guesses'
  const tokenFile = world.file('token', `${token}\n`)
  await using server = await start(world, '--token-file', tokenFile)
  const file = join(server.data, 'server.json')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).not.toContain(token)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid, token_file: tokenFile })
  expect((await fetch(`${server.url}/runs`)).status).toBe(401)
  const { code } = await server.nexus('run', world.file('w.yaml', greet), '--input', '{"name": "A"}')
  expect(code).toBe(0)
  const { err } = await server.stop()
  expect(err).toContain(`It serves ${server.url};`)
  expect(existsSync(file)).toBe(false)
})

test('what a killed server left behind does not stand in the way', async () => {
  using world = setup()
  const data = join(world.folder, 'data')
  const greeting = world.file('w.yaml', greet)
  const run = () => world.nexus('run', greeting, '--input', '{"name": "A"}', '--data', data)
  expect((await run()).code).toBe(0)
  const other = createServer((_request, response) =>
    response.setHeader('content-type', 'application/json').end('{"instance": "another", "version": "1"}'),
  ).listen(0, '127.0.0.1')
  await once(other, 'listening')
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
  const left = { url, pid: 1, instance: 'one that was killed', token_file: null }
  for (const text of [JSON.stringify(left), '{"url":', '{}']) {
    writeFileSync(join(data, 'server.json'), text)
    expect((await run()).code).toBe(0)
  }
  other.close()
  await once(other, 'close')
  writeFileSync(join(data, 'server.json'), JSON.stringify(left))
  expect((await run()).code).toBe(0)
})

test('a server that may not begin says why, and leaves the data alone', async () => {
  using world = setup()
  await using server = await start(world)
  const { port } = new URL(server.url)
  using elsewhere = setup()
  const data = join(elsewhere.folder, 'data')
  for (const [args, said] of [
    [['--port', port], /Port \d+ of 127\.0\.0\.1 is taken by another Nexus.*--port/],
    [['--host', '0.0.0.0', '--port', '0'], /a token is needed.*--token-file/],
    [['--port', 'http'], /--port is a whole number/],
    [['--token-file', join(elsewhere.folder, 'none')], /token cannot be read/],
  ] as const) {
    const refused = await elsewhere.nexus('start', '--data', data, ...args)
    expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(said) })
    expect(existsSync(join(data, 'server.json'))).toBe(false)
  }
  expect(await world.nexus('start', '--port', '0', '--data', server.data)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/is held by/),
  })
  await (await openNexus({ data })).close()
})

test('a run in flight when the process is told to end goes on with the next start', async () => {
  using world = setup()
  const data = join(world.folder, 'data')
  const command = join(import.meta.dirname, '../../packages/cli/bin/nexus.js')
  const begin = async () => {
    const child = spawn(process.execPath, [command, 'start', '--port', '0', '--data', data], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    const url = Promise.withResolvers<string>()
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const [, found] = /It serves (\S+);/.exec(said) ?? []
      if (found !== undefined) url.resolve(found)
    })
    return { child, ended: once(child, 'close'), server: { url: await url.promise } as Server }
  }
  const first = await begin()
  const id = await startWaiting(first.server)
  first.child.kill('SIGTERM')
  expect(await first.ended).toEqual([0, null])
  const second = await begin()
  const { code } = await world.nexus('runs', 'signal', id, '--type', 'approved', '--data', data)
  expect(code).toBe(0)
  const shown: unknown = await (await fetch(`${second.server.url}/runs/${id}?wait=20`)).json()
  expect(shown).toMatchObject({ id, status: 'completed', output: { done: true } })
  second.child.kill('SIGKILL')
  await second.ended
  expect(existsSync(join(data, 'server.json'))).toBe(true)
  expect(await world.nexus('runs', 'cancel', id, '--data', data)).toMatchObject({
    out: expect.stringContaining('It had ended before'),
  })
})

test('the modules of a server are changed, listed and shown where it has them', async () => {
  using world = setup()
  await using server = await start(world)
  const folder = join(world.folder, 'executors/teller')
  mkdirSync(folder, { recursive: true })
  const manifest = `id: teller\nversion: 1.0.0\ntype: executor\nname: Teller\ndescription: Says something.
entry_points: {main: main.js}\nprovides: [{task: tell}]\n`
  writeFileSync(join(folder, 'manifest.yaml'), manifest)
  writeFileSync(join(folder, 'main.js'), 'export class Module { async execute() {} }\n')
  expect(await server.nexus('modules', 'swap', folder)).toMatchObject({ code: 0 })
  expect((await server.nexus('modules', 'list')).out).toMatch(/teller +1\.0\.0 +executor +loaded/)
  expect((await server.nexus('modules', 'unload', 'teller')).out).toBe('✓ teller 1.0.0 is available.\n')
  const shown = await server.nexus('modules', 'show', 'teller')
  expect(shown.out).toMatch(/serves +1\.0\.0 [0-9a-f]{12}: generation 2; 0 runs see it/)
  expect(await server.nexus('modules', 'swap', 'teller@9.0.0')).toMatchObject({ code: 2 })
})

test('who follows a run on a server that ends is told which run goes on, and where', async () => {
  using world = setup()
  using person = setup() // whose Ctrl-C is not the server's
  await using server = await start(world)
  const file = person.file('approval.yaml', approval)
  const following = person.nexus('run', file, '--data', server.data)
  const listed = async (): Promise<string> => (await server.nexus('runs', 'list', '--json')).out
  await vi.waitFor(async () => expect(await listed()).toContain('"id"'), { timeout: 10_000 })
  const [{ id }] = JSON.parse(await listed()) as [{ id: string }]
  await server.stop()
  const { code, err } = await following
  expect(code).toBe(1)
  expect(err).toContain(`Run ${id} goes on when a server is up on its data again`)
})
