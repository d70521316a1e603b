/** That a wrong argument of a capability is refused when its document is checked, at its place in the file. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Nexus } from '../src/index.ts'
import { documentOf, setup } from './world.ts'

const command = (input: string): string => documentOf(`  - one: { call: run.command, with: ${input} }\n`)

function problemsOf(nexus: Nexus, text: string): readonly unknown[] {
  return nexus
    .check(text)
    .problems.map(({ code, message, hint, pointer, start }) => ({ code, message, hint, pointer, start }))
}

test('an argument of a wrong type is told with its line and column', async () => {
  await using world = await setup()
  const text = documentOf(`  - one:
      call: run.command
      with:
        program: ls
        arguments: -l
`)
  expect(problemsOf(world.nexus, text)).toMatchObject([
    {
      code: 'invalid_input',
      message: 'Expected a list, found "-l". That is no input for `run.command` (task `one`).',
      pointer: '/do/0/one/with/arguments',
      start: { line: 8, column: 20 },
    },
  ])
  expect(world.nexus.check(text).document).toBeUndefined()
})

test('an unknown argument is told with the nearest known one, and a missing one by its name', async () => {
  await using world = await setup()
  expect(problemsOf(world.nexus, command('{ progam: ls }'))).toMatchObject([
    { message: expect.stringMatching(/The key "program" is missing/), pointer: '/do/0/one/with' },
    {
      hint: expect.stringMatching(/program/),
      pointer: '/do/0/one/with/progam',
      start: { line: 4, column: 39 },
    },
  ])
  expect(problemsOf(world.nexus, documentOf('  - one: { call: run.command }\n'))).toMatchObject([
    { message: expect.stringMatching(/The key "program" is missing/) },
  ])
})

const one = (task: string): string => documentOf(`  - one: ${task}\n`)

test.for([
  ['{ call: http, with: { method: gett, endpoint: https://a.test } }', 'with/method', /Did you mean "get"/],
  [
    '{ call: http, with: { method: get, endpoint: https://a.test, headers: { a: [1] } } }',
    'with/headers/a',
    undefined,
  ],
  [
    '{ call: grpc, with: { proto: { endpoint: https://a.test }, service: { name: A, host: a, port: 70000 }, method: B } }',
    'with/service/port',
    undefined,
  ],
  [
    '{ call: asyncapi, with: { document: { endpoint: https://a.test }, channel: a, protocol: kafka, message: {} } }',
    'with/protocol',
    undefined,
  ],
  [
    '{ call: mcp, with: { method: tools/list, transport: { stdio: { command: 1 } } } }',
    'with/transport/stdio/command',
    undefined,
  ],
  ['{ call: a2a, with: { method: message/send } }', 'with', undefined],
  ['{ run: { script: { language: pyton, code: a } } }', 'run/script/language', /Did you mean "python"/],
  ['{ run: { shell: { command: a, arguments: [[1]] } } }', 'run/shell/arguments/0', undefined],
] as const)('%s is refused at its place', async ([task, pointer, hint]) => {
  await using world = await setup()
  const problems = problemsOf(world.nexus, one(task))
  expect(problems).toMatchObject([
    { pointer: `/do/0/one/${pointer}`, ...(hint && { hint: expect.stringMatching(hint) }) },
  ])
})

test.for([
  "{ call: http, with: { method: '${ .m }', endpoint: '${ .e }', headers: '${ .h }', query: '${ .q }', output: response } }",
  '{ call: http, with: { method: get, endpoint: { uri: https://a.test, authentication: { use: me } } } }',
  '{ call: openapi, with: { document: { endpoint: a.json }, operationId: a, parameters: { a: 1 } } }',
  "{ call: mcp, with: { method: tools/call, parameters: '${ . }', transport: { http: { endpoint: https://a.test } } } }",
  '{ call: a2a, with: { method: tasks/get, server: https://a.test, parameters: { id: 1 } } }',
  "{ run: { script: { language: js, code: '1', arguments: '${ .a }', environment: { A: '${ .b }' } }, await: false, return: all } }",
  "{ run: { container: { image: '${ .i }', ports: { '8080': 80 }, lifetime: { cleanup: eventually, after: { minutes: 1 } } } } }",
])('%s is as it should be', async (task) => {
  await using world = await setup()
  const use = 'use: { authentications: { me: { basic: { username: a, password: b } } } }'
  expect(problemsOf(world.nexus, documentOf(`  - one: ${task}\n`, use))).toEqual([])
})

test.for([
  `{ program: '\${ .program }', arguments: '\${ .list }', timeout: '\${ .timeout }', return: '\${ .how }' }`,
  `{ program: ls, arguments: ['\${ . }', 1, '-l'], output: { max_bytes: '\${ 1 + 1 }' } }`,
  `{ program: ls, expect_exit: ['\${ .code }'], timeout: { seconds: '\${ .s }' }, stdin: { any: [thing] } }`,
])('where an expression stands anything may come: %s', async (input) => {
  await using world = await setup()
  expect(problemsOf(world.nexus, command(input))).toEqual([])
})

test('beside an expression, what is literal is checked all the same', async () => {
  await using world = await setup()
  const input = `{ program: '\${ .program }', arguments: ['\${ . }', {}], outputs: '\${ . }', return: everything }`
  expect(problemsOf(world.nexus, command(input))).toMatchObject([
    { pointer: '/do/0/one/with/outputs' },
    { pointer: '/do/0/one/with/arguments/1' },
    { pointer: '/do/0/one/with/return' },
  ])
})

test('in loose mode any text may be an expression', async () => {
  await using world = await setup()
  const loose = `  - one: { call: run.command, with: { program: ls, arguments: .list } }\n`
  expect(problemsOf(world.nexus, documentOf(loose, 'evaluate: { mode: loose }'))).toEqual([])
  expect(problemsOf(world.nexus, documentOf(loose))).toMatchObject([{ code: 'invalid_input' }])
})

test('a function of the document is no capability, and what it calls is looked at', async () => {
  await using world = await setup()
  const head = 'use: { functions: { list: { call: run.command, with: { program: 1 } } } }'
  const text = documentOf('  - one: { call: list, with: { whatever: 1 } }\n', head)
  expect(problemsOf(world.nexus, text)).toMatchObject([
    { pointer: '/use/functions/list/with/program', message: expect.stringMatching(/Expected text, found 1/) },
  ])
})

test('a run that was accepted goes on, and a task that its module does not take any more says so', async () => {
  await using world = await setup()
  const folder = join(world.folder, 'modules', 'executors', 'taker')
  const install = (schema: string, version: string): void => {
    mkdirSync(folder, { recursive: true })
    const manifest = `id: taker\nversion: ${version}\ntype: executor\nname: taker\ndescription: A module of a test.\nentry_points: {main: main.js}\nprovides: [{task: take, input_schema: ${schema}}]\n`
    writeFileSync(join(folder, 'manifest.yaml'), manifest)
    const main = `export class Module { async execute(context) { return { success: true, outputData: context.inputData, metadata: {} } } }`
    writeFileSync(join(folder, 'main.js'), main)
  }
  const modules = [join(world.folder, 'modules')]
  install('{required: [a]}', '1.0.0')
  const before = await world.restart({ modules })
  const text = documentOf(`  - wait: { listen: { to: { one: { with: { type: go } } } } }
  - take: { call: take, with: { a: 1 } }
`)
  const { id } = await before.run(before.check(text), {})
  install('{required: [b]}', '1.0.1')
  const after = await world.restart({ modules })
  expect(after.check(text).problems).toMatchObject([{ message: expect.stringMatching(/"b" is missing/) }])
  const live = await after.runs.resume(id)
  await after.runs.signal(id, { type: 'go' })
  expect(await live.ended).toMatchObject({
    status: 'faulted',
    error: { status: 400, detail: expect.stringMatching(/no input for `take`.*"b" is missing/s) },
  })
})
