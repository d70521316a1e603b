/** `run.shell`: what a command gets, what comes back, and how it ends. Real commands of a POSIX shell. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Cancelled, TaskFault, type Json, type JsonObject, type ProvidedTask } from '@nexus/sdk'
import { checkOutput, testContext, testSetup } from '@nexus/sdk/testing'
import { parse } from 'yaml'
import { Module } from '../main.ts'
import { missingCommand, shellInvocation } from '../shell.ts'

const { provides } = parse(await readFile(join(import.meta.dirname, '../manifest.yaml'), 'utf8')) as {
  provides: ProvidedTask[]
}

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function setup(config: JsonObject = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-test-'))
  cleanups.push(() => rm(folder, { recursive: true }))
  const module = new Module()
  const ledger = testSetup()
  await module.setup(ledger)
  cleanups.push(() => ledger.release())
  const contextOf = (inputData: Json, signal?: AbortSignal) =>
    testContext({
      inputData,
      input: { the: 'input' },
      config: { working_directory: folder, ...config },
      metadata: { kind: 'run.shell' },
      idempotencyKey: 'key-1',
      ...(signal && { signal }),
    })
  const run = async (shell: JsonObject | string, more: JsonObject = {}) => {
    const inputData = { shell: typeof shell === 'string' ? { command: shell } : shell, ...more }
    const { outputData } = await module.execute(contextOf(inputData))
    checkOutput(provides, 'run.shell', outputData)
    return outputData
  }
  return { module, ledger, folder, contextOf, run }
}

async function faultOf(work: Promise<unknown>): Promise<TaskFault> {
  const fault = await work.catch((error: unknown) => error)
  if (!(fault instanceof TaskFault)) throw new Error('This should have faulted.', { cause: fault })
  return fault
}

test('a command gives its standard output as text, its last line end included', async () => {
  const { run } = await setup()
  expect(await run('echo "Hello, $USER_NAME"; echo no >&2')).toBe('Hello, \n')
})

test.for([
  ['stdout', 'out\n'],
  ['stderr', 'err\n'],
  ['code', 3],
  ['all', { code: 3, stdout: 'out\n', stderr: 'err\n' }],
] as [string, Json][])('`return: %s` gives that', async ([mode, output]) => {
  const { run } = await setup()
  const end = mode === 'code' || mode === 'all' ? 'exit 3' : 'exit 0'
  expect(await run(`echo out; echo err >&2; ${end}`, { return: mode })).toEqual(output)
})

test('`return: none` gives null', async () => {
  const { run } = await setup()
  expect(await run('echo out', { return: 'none' })).toBeNull()
})

test('arguments are $1, $2… and nothing in them is run', async () => {
  const { run, folder } = await setup()
  const command = 'printf "%s|" "$@"'
  const output = await run({ command, arguments: ['a b', '$(touch injected)', '; touch injected', '-n', 7] })
  expect(output).toBe('a b|$(touch injected)|; touch injected|-n|7|')
  expect(await readdir(folder)).toEqual([])
})

test('standard input is text as it is, and anything else as JSON', async () => {
  const { run } = await setup()
  expect(await run({ command: 'cat', stdin: 'plain' })).toBe('plain')
  expect(await run({ command: 'cat', stdin: { a: [1] } })).toBe('{"a":[1]}')
  expect(await run('cat')).toBe('')
})

test('a command sees what is allowed of the host’s environment, what it is given, and the idempotency key', async () => {
  process.env['NEXUS_TEST_ALLOWED'] = 'yes'
  process.env['NEXUS_TEST_HIDDEN'] = 'no'
  cleanups.push(async () => {
    delete process.env['NEXUS_TEST_ALLOWED']
    delete process.env['NEXUS_TEST_HIDDEN']
  })
  const { run } = await setup({ environment_allow: ['PATH', 'NEXUS_TEST_ALLOWED', 'NEXUS_TEST_ABSENT'] })
  const output = JSON.stringify(await run({ command: 'env', environment: { GIVEN: 1 } })).replaceAll(
    '\\n',
    '\n',
  )
  const names = output.split('\n').map((line) => line.split('=')[0])
  expect(output).toContain('NEXUS_IDEMPOTENCY_KEY=key-1\n')
  expect(output).toContain('GIVEN=1\n')
  expect(names).toContain('NEXUS_TEST_ALLOWED')
  expect(names).not.toContain('NEXUS_TEST_HIDDEN')
  expect(names).not.toContain('HOME')
})

test('a command runs in the working folder; one that is not there is a configuration error', async () => {
  const { run, folder } = await setup()
  expect(await run('pwd -P')).toContain(folder.split('/').at(-1))
  const lost = await setup({ working_directory: '/no/such/folder' })
  const fault = await faultOf(lost.run('pwd'))
  expect(fault.error.type).toContain('configuration')
  expect(fault.message).toContain('in /no/such/folder')
})

test('an exit code that is not 0 faults the task, with the last lines of stderr', async () => {
  const { run } = await setup()
  const fault = await faultOf(run('for i in $(seq 50); do echo line $i >&2; done; exit 4'))
  expect(fault.error).toMatchObject({ type: expect.stringContaining('runtime'), status: 500 })
  expect(fault.message).toContain('exit code 4.')
  expect(fault.message).toContain('line 50')
  expect(fault.message).not.toContain('line 40\n')
})

test('a command that is not found is named', async () => {
  const { run } = await setup()
  expect((await faultOf(run('true; no-such-program --x'))).message).toContain(
    'Command "no-such-program" was not found (exit code 127)',
  )
  expect((await faultOf(run('"two\nlines"'))).message).toContain('exit code 127')
})

test('what shells say about a command that is not found is understood', () => {
  expect(missingCommand('sh: 1: foo: not found\n')).toBe('foo')
  expect(missingCommand('bash: line 3: foo: command not found\n')).toBe('foo')
  expect(missingCommand('/bin/sh: foo: not found')).toBe('foo')
  expect(missingCommand('file not found')).toBeUndefined()
})

test('on Windows the command goes to cmd', () => {
  const invocation = shellInvocation({ text: 'echo hi', arguments: ['a'] }, 'win32')
  expect(invocation).toEqual({ program: 'cmd.exe', arguments: ['/d', '/s', '/c', 'echo hi', 'a'] })
})

test('a command that writes two gigabytes is killed at the limit and faults', async () => {
  const { run } = await setup({ max_output_mb: 1 })
  const fault = await faultOf(run('head -c 2147483648 /dev/zero'))
  expect(fault.message).toContain('The command wrote more than 1 MB to stdout and was ended')
})

test('a command that takes too long faults with a timeout', async () => {
  const { run } = await setup({ timeout_ms: 50 })
  expect((await faultOf(run('sleep 30'))).error).toMatchObject({ status: 408 })
})

test('a command that is killed from outside says by which signal', async () => {
  const { run } = await setup()
  expect((await faultOf(run('kill -KILL $$'))).message).toBe('The command was killed by SIGKILL.')
})

test('output is shown live, and cancelling ends the whole command', async () => {
  const { module, contextOf } = await setup()
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const context = contextOf({ shell: { command: 'sleep 30 & echo $!; wait' } }, cancel.signal)
  const live = Promise.withResolvers<string>()
  const running = module.execute({ ...context, stream: ({ text }) => live.resolve(text) })
  const pid = Number(await live.promise)
  cancel.abort(cancelled)
  await expect(running).rejects.toBe(cancelled)
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z ')
  expect(stat).toMatch(/\) [ZX] /)
})

test('`await: false` gives the input at once, and teardown ends the command', async () => {
  const { module, ledger, contextOf, folder } = await setup()
  const context = contextOf({ shell: { command: 'echo $$ > pid; exec sleep 30' }, await: false })
  expect((await module.execute(context)).outputData).toEqual({ the: 'input' })
  const pid = await expect
    .poll(() => readFile(join(folder, 'pid'), 'utf8').catch(() => ''), { interval: 5 })
    .not.toBe('')
    .then(() => readFile(join(folder, 'pid'), 'utf8'))
  await module.teardown()
  await ledger.release()
  await expect(readFile(`/proc/${pid.trim()}/stat`)).rejects.toThrow('ENOENT')
})

test.for([
  [{}, 'run: shell must be an object'],
  [{ shell: {} }, 'shell.command must be a text'],
  [{ shell: { command: 'a', arguments: [{}] } }, 'shell.arguments[0] must be a text'],
  [{ shell: { command: 'a', arguments: ['a\0b'] } }, 'without NUL'],
  [{ shell: { command: 'a', environment: { A: [] } } }, 'shell.environment.A must be'],
  [{ shell: { command: 'a' }, return: 'some' }, 'return must be one of stdout'],
] as [Json, string][])('wrong arguments are a validation error: %j', async ([input, message]) => {
  const { module, contextOf } = await setup()
  const fault = await faultOf(module.execute(contextOf(input)))
  expect(fault.error.type).toContain('validation')
  expect(fault.message).toContain(message)
})
