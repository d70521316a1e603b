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
