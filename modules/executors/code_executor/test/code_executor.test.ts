/** `run.script`: from the task's arguments to its output or its fault. Real scripts in real processes. */
import { createServer, type RequestListener } from 'node:http'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { Cancelled, openPolicy, TaskFault, type Json, type JsonObject, type Policy } from '@nexus/sdk'
import { testContext, testSetup } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const serverPolicy: Policy = { ...openPolicy, network: { private: false } }

async function setup(config: JsonObject = {}, policy: Policy = openPolicy) {
  const module = new Module()
  const ledger = testSetup({ config, policy })
  await module.setup(ledger)
  cleanups.push(() => ledger.release())
  const contextOf = (inputData: Json, signal?: AbortSignal) =>
    testContext({
      inputData,
      input: { the: 'input' },
      config,
      policy,
      metadata: { kind: 'run.script' },
      idempotencyKey: 'key-1',
      ...(signal && { signal }),
    })
  const run = async (script: JsonObject, more: JsonObject = {}) =>
    (await module.execute(contextOf({ script, ...more }))).outputData
  const js = (code: string, more: JsonObject = {}) => run({ language: 'js', code, ...more })
  return { module, ledger, contextOf, run, js }
}

async function faultOf(work: Promise<unknown>): Promise<TaskFault> {
  const fault = await work.catch((error: unknown) => error)
  if (!(fault instanceof TaskFault)) throw new Error('This should have faulted.', { cause: fault })
  return fault
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => void server.once('listening', resolve))
  cleanups.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => void server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a script gets its arguments in argv and gives its standard output as text', async () => {
  const { js } = await setup()
  const code = `const [_, __, arg0, arg1] = process.argv\nconsole.log('arg > ', arg0, arg1)`
  expect(await js(code, { arguments: ['hello', 2] })).toBe('arg >  hello 2\n')
})

test('a script may be written as a module, as CommonJS, or as a mixture', async () => {
  const { js } = await setup()
  expect(await js(`import { sep } from 'node:path'\nconsole.log(await sep)`)).toBe('/\n')
  expect(await js(`const { sep } = require('path'); module.exports = 1; console.log(sep)`)).toBe('/\n')
  expect(await js(`const { sep } = require('path'); console.log(await sep)`)).toBe('/\n')
})

test('a map of arguments becomes variables, in JavaScript and in Python', async () => {
  const { run } = await setup()
  const given = { greeting: 'Hello', names: ['Ada', 'Grace'] }
  const js = 'console.log(greeting, names[1])'
  expect(await run({ language: 'javascript', code: js, arguments: given })).toBe('Hello Grace\n')
  expect(await run({ language: 'python', code: 'print(greeting, names[1])', arguments: given })).toBe(
    'Hello Grace\n',
  )
})

test('standard input is text as it is, anything else as JSON, and by its name too', async () => {
  const { js, run } = await setup()
  expect(await js(`console.log(require('fs').readFileSync('/dev/stdin', 'utf8'))`, { stdin: 'a' })).toBe(
    'a\n',
  )
  const code = 'import json, sys\nprint(sum(json.load(sys.stdin)["values"]))'
  expect(await run({ language: 'python', code, stdin: { values: [1, 2] } })).toBe('3\n')
})

test.for([
  ['stderr', 'err\n'],
  ['code', 0],
  ['all', { code: 0, stdout: 'out\n', stderr: 'err\n' }],
  ['none', null],
] as [string, Json][])('`return: %s` gives that', async ([mode, output]) => {
  const { run } = await setup()
  const script = { language: 'js', code: `console.log('out'); console.error('err')` }
  expect(await run(script, { return: mode })).toEqual(output)
})

test('with `return: code` a failure is the result; else it faults with the message, the line and stderr', async () => {
  const { run } = await setup()
  const script = { language: 'js', code: `console.error('before')\nnull.x` }
  expect(await run(script, { return: 'code' })).toBe(1)
  const fault = await faultOf(run(script))
  expect(fault.error.type).toContain('runtime')
  expect(fault.message).toContain("The script failed at line 2: TypeError: cannot read property 'x' of null")
  expect(fault.message).toContain('Last lines of stderr:\nbefore')
})

test('an exit code that is not 0 faults without an error of the language too', async () => {
  const { run } = await setup()
  const script = { language: 'python', code: 'import sys\nsys.exit("out of paper")' }
  expect((await faultOf(run(script))).message).toBe(
    'The script ended with exit code 1. Last lines of stderr:\nout of paper',
  )
})

test('the idempotency key of the task is in the environment, beside what the task gives', async () => {
  const { js } = await setup()
  const code = 'console.log(process.env.NEXUS_IDEMPOTENCY_KEY, process.env.GIVEN)'
  expect(await js(code, { environment: { GIVEN: 1 } })).toBe('key-1 1\n')
})

test('variables that would change the sandbox are refused', async () => {
  const { js } = await setup()
  const fault = await faultOf(js('1', { environment: { NODE_OPTIONS: '--allow-net' } }))
  expect(fault.message).toContain('script.environment.NODE_OPTIONS would change the sandbox')
  expect(await js('console.log(process.env.NODE_ENV)', { environment: { NODE_ENV: 'test' } })).toBe('test\n')
})

test('a script that writes two gigabytes faults at the limit', async () => {
  const { js } = await setup({ max_output_mb: 1 })
  const code = `const block = Buffer.alloc(1 << 20); for (let i = 0; i < 2048; i++) require('fs').writeSync(1, block)`
  expect((await faultOf(js(code))).message).toContain('wrote more than 1 MB to stdout and was ended')
})

test('a script that takes too long faults with a timeout', async () => {
  const { js } = await setup({ timeout_ms: 200 })
  expect((await faultOf(js('for (;;);'))).error).toMatchObject({ status: 408 })
})

test('output is shown live, and cancelling ends the script', async () => {
  const { module, contextOf } = await setup()
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const context = contextOf(
    { script: { language: 'python', code: 'print("on", flush=True)\nwhile True: pass' } },
    cancel.signal,
  )
  const texts: string[] = []
  const stream = ({ text }: { text: string }): void => {
    texts.push(text)
    cancel.abort(cancelled)
  }
  await expect(module.execute({ ...context, stream })).rejects.toBe(cancelled)
  expect(texts).toEqual(['on\n'])
})

test('`await: false` gives the input at once, and teardown ends the script', async () => {
  const { module, ledger, contextOf } = await setup()
  const script = { language: 'js', code: 'setInterval(() => {}, 1000)' }
  expect((await module.execute(contextOf({ script, await: false }))).outputData).toEqual({ the: 'input' })
  await module.teardown()
  await ledger.release()
})

test('the code comes from an http URL, or from a file of the operator’s folders', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-test-'))
  cleanups.push(() => rm(folder, { recursive: true }))
  const { run } = await setup({ input_folders: [folder] })
  const url = await serve((request, response) =>
    request.url === '/'
      ? response.writeHead(302, { location: '/there' }).end()
      : response.end('console.log("from afar")'),
  )
  await writeFile(join(folder, 'near.py'), 'print("from near")')
  expect(await run({ language: 'js', source: { endpoint: { uri: url } } })).toBe('from afar\n')
  const near = pathToFileURL(join(folder, 'near.py')).href
  expect(await run({ language: 'python', source: { endpoint: near } })).toBe('from near\n')
})

test('code that cannot be read is a communication error that says why', async () => {
  const { run } = await setup()
  const url = await serve((_request, response) => response.writeHead(404).end())
  const fault = await faultOf(run({ language: 'js', source: { endpoint: url } }))
  expect(fault.error.type).toContain('communication')
  expect(fault.message).toContain(`Cannot read the script at ${url}/: the server answered 404.`)
})

test('a file of the machine that is in no folder of the operator’s is no script, whether it is there or not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-test-'))
  cleanups.push(() => rm(folder, { recursive: true }))
  await symlink('/etc/passwd', join(folder, 'link'))
  const { run } = await setup({ input_folders: [folder] })
  const refused = async (path: string): Promise<TaskFault> =>
    faultOf(run({ language: 'js', source: { endpoint: `file://${path}` } }))
  for (const path of ['/etc/passwd', '/no/such.js', `${folder}/../x.js`, `${folder}x/y`, `${folder}/link`]) {
    const fault = await refused(path)
    expect(fault.error.type).toContain('authorization')
    expect(fault.message).toContain('input_folders')
  }
  expect((await refused(`${folder}/none.js`)).message).toContain('there is no such file')
})

test('on a server no code comes from a private address, neither by its name nor by a redirect', async () => {
  const { run } = await setup({}, serverPolicy)
  const url = await serve((_request, response) => response.end('console.log("from afar")'))
  for (const endpoint of [url, url.replace('127.0.0.1', 'localhost'), 'http://[::ffff:169.254.169.254]/']) {
    const fault = await faultOf(run({ language: 'js', source: { endpoint } }))
    expect(fault.error.type).toContain('authorization')
    expect(fault.message).toContain('may not reach private addresses')
  }
})

test.for([
  [{}, 'validation', 'script must be an object'],
  [{ script: { language: 'ruby', code: '' } }, 'configuration', 'No sandbox for scripts in "ruby"'],
  [{ script: { language: 'js' } }, 'validation', 'either `code` or `source`'],
  [{ script: { language: 'js', source: { endpoint: 'lib/x.js' } } }, 'configuration', 'not "lib/x.js"'],
  [
    { script: { language: 'js', source: { endpoint: { uri: 'http://a', authentication: {} } } } },
    'configuration',
    'with authentication is not supported',
  ],
  [{ script: { language: 'js', code: '', arguments: { 'a-b': 1 } } }, 'validation', 'script.arguments.a-b'],
  [{ script: { language: 'js', code: '', arguments: [[]] } }, 'validation', 'script.arguments[0]'],
  [{ script: { language: 'js', code: '' }, return: 'some' }, 'validation', 'return must be one of'],
] as [Json, string, string][])('wrong arguments say what is wrong: %j', async ([input, type, message]) => {
  const { module, contextOf } = await setup()
  const fault = await faultOf(module.execute(contextOf(input)))
  expect(fault.error.type).toContain(type)
  expect(fault.message).toContain(message)
})

test('a machine without Python and without Pyodide says what to install', async () => {
  const { run } = await setup({ python: 'pyodide', pyodide_folder: '/no/such/folder' })
  const fault = await faultOf(run({ language: 'python', code: '1' }))
  expect(fault.error.type).toContain('configuration')
  expect(fault.message).toContain('npm install pyodide')
})
