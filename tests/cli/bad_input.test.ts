/**
 * Bad input gets an error that says what, where, and what to do next; nothing crashes, hangs or is left behind.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

async function run(
  world: World,
  text: string,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  return world.nexus('run', world.file('sample.yaml', text), '--data', join(world.folder, 'data'), ...args)
}

test('what is not YAML is refused with its position', async () => {
  using world = setup()
  const { code, err } = await run(world, 'document: {dsl: "1.0.3"\ndo: [')
  expect(code).toBe(2)
  expect(err).toMatch(/sample\.yaml:\d+:\d+ error/)
})

test('a file that is not there is named', async () => {
  using world = setup()
  const { code, err } = await world.nexus('run', join(world.folder, 'nowhere.yaml'))
  expect(code).toBe(2)
  expect(err).toMatch(/nowhere\.yaml cannot be read: there is no such file/)
})

test('a value of the wrong type is refused with its position', async () => {
  using world = setup()
  const { code, err } = await run(world, workflow('  - a: { set: { x: 1 }, then: 7 }\n'))
  expect(code).toBe(2)
  expect(err).toMatch(/sample\.yaml:4:\d+ error/)
})

test('an unknown kind of task is refused, with the nearest one', async () => {
  using world = setup()
  const { code, err } = await run(world, workflow('  - a: { swich: [] }\n'))
  expect(code).toBe(2)
  expect(err).toMatch(/sample\.yaml:4:\d+ error/)
  expect(err).toContain('switch')
})

test('a capability that no module provides is refused before the run starts', async () => {
  using world = setup()
  const { code, err } = await run(
    world,
    workflow('  - a: { set: { x: 1 } }\n  - b: { call: query.sqll, with: {} }\n'),
  )
  expect(code).toBe(2)
  expect(err).toMatch(/sample\.yaml:5:\d+ error.*query\.sqll/)
  const { out } = await world.nexus('runs', 'list', '--json', '--data', join(world.folder, 'data'))
  expect(JSON.parse(out)).toEqual([])
})

test('a mistake in a jq expression is shown where it is in the file', async () => {
  using world = setup()
  const { code, err } = await run(world, workflow('  - a:\n      set:\n        x: ${ .a + }\n'))
  expect(code).toBe(2)
  expect(err).toMatch(/sample\.yaml:6:1[0-9] error/)
  expect(err).toContain('^')
})

test('flow that goes round for ever is refused, with the way that it goes', async () => {
  using world = setup()
  const { code, err } = await run(
    world,
    workflow('  - a: { set: {x: 1} }\n  - b: { set: {x: 2}, then: a }\n'),
  )
  expect(code).toBe(2)
  expect(err).toMatch(/`a` → `b` → `a`/)
})

test('an input that does not match its schema faults the run as a validation error', async () => {
  using world = setup()
  const schema = 'input: { schema: { format: json, document: { type: object, required: [city] } } }'
  const { code, out } = await run(
    world,
    workflow('  - a: { set: {x: 1} }\n', schema),
    '--json',
    '--input',
    '{"town": 1}',
  )
  expect(code).toBe(1)
  const { status, error } = JSON.parse(out)
  expect(status).toBe('faulted')
  expect(error).toMatchObject({
    status: 400,
    type: expect.stringMatching(/\/errors\/validation$/),
    detail: expect.stringContaining('city'),
  })
})

test('input that is no JSON is refused, with the forms that are wanted', async () => {
  using world = setup()
  const { code, err } = await run(world, workflow('  - a: { set: {x: 1} }\n'), '--input', '{city: 1}')
  expect(code).toBe(2)
  expect(err).toContain('--input @file.json')
})

test('a script that throws faults its task with what it said and the line', async () => {
  using world = setup()
  const script =
    '  - a:\n      run:\n        script:\n          language: js\n          code: |\n            const x = 1\n            throw new Error("no luck")\n'
  const { code, out } = await run(world, workflow(script))
  expect(code).toBe(1)
  expect(out).toContain('no luck')
  expect(out).toMatch(/at \/do\/0\/a \(.*sample\.yaml:5:\d+\)/)
})

test('a command that is not there is named', async () => {
  using world = setup()
  const { code, out } = await run(
    world,
    workflow('  - a: { run: { shell: { command: frobnicate --all } } }\n'),
    '--json',
  )
  expect(code).toBe(1)
  expect(JSON.parse(out).error).toMatchObject({
    instance: '/do/0/a',
    detail: expect.stringContaining('frobnicate'),
  })
})

test('an HTTP 500 faults the task with that status', async () => {
  using world = setup()
  const server = createServer((_, response) => response.writeHead(500).end('out of coffee'))
  const url = await listen(server)
  const { code, out } = await run(
    world,
    workflow(`  - a: { call: http, with: { method: get, endpoint: '${url}' } }\n`),
    '--json',
  )
  expect(code).toBe(1)
  expect(JSON.parse(out).error).toMatchObject({
    status: 500,
    detail: expect.stringContaining('out of coffee'),
  })
  server.close()
  server.closeAllConnections()
})

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

test('two gigabytes of output end the command, not the process', async () => {
  using world = setup()
  const { code, out } = await run(
    world,
    workflow('  - a: { run: { shell: { command: head -c 2000000000 /dev/zero } } }\n'),
    '--json',
  )
  expect(code).toBe(1)
  expect(JSON.parse(out).error).toMatchObject({
    instance: '/do/0/a',
    detail: expect.stringMatching(/output|stdout/i),
  })
  expect(process.memoryUsage().rss).toBeLessThan(1_500_000_000)
})

test('bad usage is exit code 2 with a way out', async () => {
  using world = setup()
  expect(await world.nexus('rnu')).toMatchObject({ code: 2, err: expect.stringContaining('run') })
  expect(await world.nexus('run')).toMatchObject({ code: 2, err: expect.stringContaining('file') })
  expect(await world.nexus('runs', 'show', 'nobody', '--data', join(world.folder, 'data'))).toMatchObject({
    code: 2,
  })
  expect(await world.nexus('modules', 'show', 'nobody')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Installed'),
  })
})
