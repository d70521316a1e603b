/**
 * Whatever comes from outside is shown to people, and never obeyed by their terminals; programs get it exactly.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer, writeExecutor } from './server_process.ts'
import { setup, workflow } from './shell.ts'

/** Clears the screen, sets the title of the window, colours, goes back in the line, and turns letters round. */
const evil = '\u001B[2J\u001B]0;owned\u0007\u001B[31mred\u009B2J\rok\u202Etxt'
const inYaml = JSON.stringify(evil).replaceAll(/[\u007F-\u{10FFFF}]/gu, escaped)
const shown = String.raw`\x1b[2J\x1b]0;owned\x07\x1b[31mred\x9b2J`
// oxlint-disable-next-line no-control-regex -- those are the characters that it is about
const obeyed = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u

function escaped(sign: string): string {
  return `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}

const faulty = workflow(`  - "made\\e[2Jup": { set: { said: ${inYaml} } }
  - fail:
      raise:
        error: { type: https://example.com/e, status: 500, title: ${inYaml}, detail: ${inYaml} }`)

test('a fault shows what its text would have a terminal do, in the run and wherever it is looked at', async () => {
  using world = setup()
  const data = ['--data', join(world.folder, 'data')]
  const file = world.file('evil.yaml', faulty)
  const run = await world.nexus('run', file, ...data)
  expect(run.code).toBe(1)
  expect(run.out + run.err).not.toMatch(obeyed)
  expect(run.out).toContain(`made\\x1b[2Jup`)
  expect(run.out).toMatch(/✗ fail .*\\x1b\[2J/)
  expect(run.out.split(shown)).toHaveLength(4) // in the task's line, and as title and detail at the end
  const [record] = JSON.parse((await world.nexus('runs', 'list', '--json', ...data)).out) as { id: string }[]
  for (const args of [['list'], ['show', record?.id ?? '']]) {
    const { code, out, err } = await world.nexus('runs', ...args, ...data)
    expect([code, (out + err).match(obeyed)]).toEqual([0, null])
  }
})

test('an output for people shows it, and one for programs has it exactly', async () => {
  using world = setup()
  const data = ['--data', join(world.folder, 'data')]
  const file = world.file('evil.yaml', workflow(`  - say: { set: { said: ${inYaml} } }`))
  const { out } = await world.nexus('run', file, ...data)
  expect(out).not.toMatch(obeyed)
  const json = (await world.nexus('run', file, '--json', ...data)).out
  expect(json).not.toMatch(obeyed)
  expect(JSON.parse(json)).toMatchObject({ output: { said: evil } })
})

test('what another server answers cannot write to the terminal', async () => {
  using world = setup()
  const server = createServer((_request, response) => void response.writeHead(500).end(evil)).listen(0)
  await once(server, 'listening')
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const tasks = `  - get: { call: http, with: { method: get, endpoint: '${url}' } }`
    const file = world.file('http.yaml', workflow(tasks))
    const { code, out, err } = await world.nexus('run', file, '--data', join(world.folder, 'data'))
    expect(code).toBe(1)
    expect(out).toContain(String.raw`\x1b[2J`)
    expect(out + err).not.toMatch(obeyed)
  } finally {
    server.close()
  }
})

test('a document that is not valid is shown with what is in it', async () => {
  using world = setup()
  const bad = [
    workflow(`  - a: { swich: ${inYaml} }`),
    workflow('  - a: { call: "no\\e[2Jthing" }'),
    `a: "${evil}"`,
    `"b\\e[2J": 1`,
  ]
  for (const text of bad) {
    const { code, out, err } = await world.nexus('validate', world.file('bad.yaml', text))
    expect([code, (out + err).match(obeyed)]).toEqual([2, null])
  }
  const { err } = await world.nexus('validate', join(world.folder, `no${evil}file.yaml`))
  expect(err).toContain(shown)
  expect(err).not.toMatch(obeyed)
})

test('a goal, its plan and its answer are shown', async () => {
  using world = setup()
  const data = ['--data', join(world.folder, 'data')]
  const file = world.file('evil.txt', evil)
  const said = await world.nexus('goal', `Run the command "cat ${file}"`, ...data)
  const failed = await world.nexus('goal', `Run the command "cat ${file} >&2; exit 3"`, ...data)
  expect(said.code + failed.code).toBe(1)
  for (const { out, err } of [said, failed]) expect(out + err).toMatch(/(?:x1|u001)b\[2J/)
  const planned = await world.nexus('goal', '--plan', `Run the command "echo ${evil}"`, ...data)
  for (const { out, err } of [said, failed, planned]) expect(out + err).not.toMatch(obeyed)
})

test('a deployed document is shown on a screen without, and given to a program as it is', async () => {
  using world = setup()
  using screen = setup('', { screen: 80 })
  const data = ['--data', join(world.folder, 'data')]
  const text = workflow('  - a: { set: { x: "\u202Eabc" } }')
  await world.nexus('workflows', 'add', world.file('bidi.yaml', text), ...data)
  expect((await world.nexus('workflows', 'show', 'test/sample:1.0.0', ...data)).out).toBe(text)
  const seen = await screen.nexus('workflows', 'show', 'test/sample:1.0.0', ...data)
  expect(seen.out).toContain(String.raw`\u202eabc`)
  expect(seen.out).not.toMatch(obeyed)
})

test('on a screen our own styles take effect, and no others', async () => {
  using world = setup('', { screen: 100 })
  const file = world.file('evil.yaml', faulty)
  const { out } = await world.nexus('run', file, '--data', join(world.folder, 'data'))
  expect(out).toContain('\u001B[31m✗\u001B[39m')
  expect(out).toContain(String.raw`\x1b[31mred`)
  const ours = /\u001B\[(?:2|22|3[0-9]|9[0-9]|1)m|\r\u001B\[2K/g // oxlint-disable-line no-control-regex
  expect(out.replaceAll(ours, '')).not.toMatch(obeyed)
})

test('lines of somebody else do not pass for lines of ours', async () => {
  using world = setup()
  const detail = JSON.stringify('first\n✓ deploy completed')
  const tasks = `  - "a\\n✓ b": { raise: { error: { type: https://example.com/e, status: 500, title: T, detail: ${detail} } } }`
  const file = world.file('lines.yaml', workflow(tasks))
  const { out } = await world.nexus('run', file, '--data', join(world.folder, 'data'))
  expect(out.split('\n').filter((line) => line.startsWith('✓'))).toEqual([])
})

test('a server tells its operator of faults and of modules without writing to the terminal', async () => {
  using world = setup()
  const { folder } = world
  mkdirSync(join(folder, 'modules'))
  const told = `description_evil: ${inYaml}`
  writeExecutor(join(folder, 'modules'), 'evil', {
    body: `async execute() { this.log?.warn?.('x'); throw new Error(${JSON.stringify(evil)}) }`,
    more: `metadata: { author: ${inYaml}, tags: [${inYaml}] }\n`,
  })
  writeExecutor(join(folder, 'modules'), 'broken', {
    body: 'async execute() {}',
    more: `${told}\n"k\\e[2J": 1\n`,
  })
  await using server = await startServer(folder)
  await server.post('/runs', { workflow_text: faulty })
  await server.says(/sample \S+ faulted/)
  await server.post('/runs', { workflow_text: workflow('  - a: { call: evil }') })
  await server.says(/sample \S+ faulted[\s\S]*sample \S+ faulted/)
  expect(server.said()).toContain(String.raw`\x1b[2J`)
  expect(server.said()).not.toMatch(obeyed)
  const data = ['--data', join(folder, 'data')]
  for (const args of [['list'], ['show', 'evil'], ['show', 'broken'], ['generations']]) {
    const { out, err } = await world.nexus('modules', ...args, ...data)
    expect([args, (out + err).match(obeyed)]).toEqual([args, null])
  }
})
