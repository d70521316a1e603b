import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { documentOf, setup } from './world.ts'

/** The longest that anything may take to stop. */
const cancelMsMax = 1_000

const forever = '{ wait: { hours: 1 } }'

/** Tasks that go on for ever. `started`: a file that a process makes, with its id in it. */
const endless: Readonly<Record<string, (world: { started: string; url: string }) => string>> = {
  wait: () => `  - x: ${forever}\n`,
  listen: () => '  - x: { listen: { to: { one: { with: { type: never } } } } }\n',
  'listen with an iterator': () =>
    `  - x: { listen: { to: { any: [ { with: { type: go } } ], until: 'false' } }, foreach: { do: [ { y: ${forever} } ] } }\n`,
  do: () => `  - x: { do: [ { y: ${forever} } ] }\n`,
  for: () => `  - x: { for: { in: '\${ [1, 2] }' }, do: [ { y: ${forever} } ] }\n`,
  fork: () => `  - x: { fork: { branches: [ { a: ${forever} }, { b: ${forever} } ] } }\n`,
  'nexus.dag': () =>
    `  - x: { call: nexus.dag, with: { tasks: [ { a: ${forever} }, { b: ${forever} } ] } }\n`,
  'nexus.map': () => `  - x: { call: nexus.map, with: { in: '\${ [1, 2] }', do: [ { y: ${forever} } ] } }\n`,
  switch: () => `  - x: { switch: [ { go: { then: y } } ] }\n  - y: ${forever}\n`,
  'try, in its tasks': () =>
    `  - x: { try: [ { y: ${forever} } ], catch: { do: [ { z: { set: { v: 1 } } } ] } }\n`,
  'try, between attempts': () =>
    '  - x: { try: [ { y: { raise: { error: { type: a, status: 500 } } } } ], catch: { retry: { delay: { hours: 1 } } } }\n',
  'a function': () => '  - x: { call: endless }\n',
  'another workflow': () =>
    '  - x: { run: { workflow: { namespace: test, name: inner, version: latest } } }\n',
  'a timeout of its own': () => `  - x: { do: [ { y: ${forever} } ], timeout: { after: { hours: 1 } } }\n`,
  shell: ({ started }) =>
    `  - x: { run: { shell: { command: 'echo $$ > ${started}; sleep 1000 & sleep 1000' } } }\n`,
  'a shell command that does not listen': ({ started }) =>
    `  - x: { run: { shell: { command: 'trap "" TERM INT; echo $$ > ${started}; while true; do sleep 1; done' } } }\n`,
  JavaScript: () => "  - x: { run: { script: { language: js, code: 'while (true) {}' } } }\n",
  Python: () => "  - x: { run: { script: { language: python, code: 'while True: pass' } } }\n",
  'http, before the answer': ({ url }) =>
    `  - x: { call: http, with: { method: get, endpoint: '${url}/silent' } }\n`,
  'http, in the answer': ({ url }) =>
    `  - x: { call: http, with: { method: get, endpoint: '${url}/slow' } }\n`,
}

/** Answers nothing, or a part of an answer, and no end of it. */
async function endlessServer() {
  const server = createServer((request, response) => {
    if (request.url === '/slow')
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"a": ')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: once(server, 'request'),
    [Symbol.dispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test.each(Object.keys(endless))(
  'a run is cancelled within a second: %s',
  { timeout: 30_000 },
  async (kind) => {
    await using world = await setup()
    using server = await endlessServer()
    writeFileSync(join(world.folder, 'inner.yaml'), documentOf(`  - x: ${forever}\n`, '', 'inner'))
    const started = join(world.folder, 'started')
    const tasks = endless[kind]?.({ started, url: server.url }) ?? ''
    const head = `use: { functions: { endless: ${forever} } }`
    const live = await world.nexus.run(world.nexus.check(documentOf(tasks, head)), {})
    const underWay = new Promise<void>((resolve) =>
      live.listen(({ type }) => type === 'task.started' && resolve()),
    )
    await underWay
    if (tasks.includes(started))
      await vi.waitFor(() => expect(existsSync(started)).toBe(true), { timeout: 10_000 })
    if (tasks.includes(server.url)) await server.asked
    if (tasks.includes('type: go')) await world.nexus.events.publish({ type: 'go' })
    const before = performance.now()
    live.cancel()
    expect(await live.ended).toEqual({ status: 'cancelled' })
    expect(performance.now() - before).toBeLessThan(cancelMsMax)
    const record = await world.nexus.runs.get(live.id)
    expect(record.tasks.filter(({ status }) => status === 'running' || status === 'waiting')).toEqual([])
    for (const { status } of await world.nexus.runs.list()) expect(status).toBe('cancelled')
    if (existsSync(started)) expect(isAlive(Number(readFileSync(started, 'utf8')))).toBe(false)
  },
)
