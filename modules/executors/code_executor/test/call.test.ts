/** `code.run` and `code_executor.doctor`: values, files and limits. Real scripts in real boxes. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { JsonObject } from '@nexus/sdk'
import { faultOf, setup, withV8 } from './module.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'nexus-test-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
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

describe('in a box for which a process is started', () => {
  const pyodide = { python: 'pyodide' }
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
