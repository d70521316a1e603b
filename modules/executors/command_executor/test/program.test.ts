/** `run.command`: what a program gets, what comes back, how it ends, and what is left of it. Real programs. */
import { chmod, mkdir, readdir, realpath, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Cancelled, type Json } from '@nexus/sdk'
import { controlGroupsFolder } from '@nexus/sdk/process'
import { layersHere } from '../doctor.ts'
import { faultOf, gone, setup } from './program_world.ts'

test('arguments reach the program as they are, and nothing in them is run', async () => {
  const { run, folder } = await setup()
  const odd = ['a b', '$(touch injected)', '; touch injected', '`id`', '-n', "it's", 'two\nlines', 7, true]
  expect(await run('printf', { arguments: ['%s|', ...odd] })).toBe(`${odd.map(String).join('|')}|`)
  expect(await readdir(folder)).toEqual([])
})

test('a program in the working folder is run by its path', async () => {
  const { run, folder } = await setup()
  await writeFile(join(folder, 'greet'), '#!/bin/sh\necho "$0: $1"\n')
  await chmod(join(folder, 'greet'), 0o755)
  expect(await run('./greet', { arguments: ['hello'] })).toBe(`${join(folder, 'greet')}: hello\n`)
})

test.for([
  ['stdout', 'out\n'],
  ['stderr', 'err\n'],
  ['code', 3],
  ['all', { code: 3, stdout: 'out\n', stderr: 'err\n' }],
  ['none', null],
  ['lines', ['out']],
] as [string, Json][])('`return: %s` gives that', async ([mode, output]) => {
  const { sh } = await setup()
  const end = mode === 'code' || mode === 'all' ? 'exit 3' : 'exit 0'
  expect(await sh(`echo out; echo err >&2; ${end}`, { return: mode })).toEqual(output)
})

test('lines are without their ends, empty ones kept', async () => {
  const { run } = await setup()
  const lines = (text: string): Promise<Json> => run('printf', { arguments: [text], return: 'lines' })
  expect(await lines('a\\n\\nb\\r\\nc')).toEqual(['a', '', 'b', 'c'])
  expect(await lines('')).toEqual([])
})

test('`return: json` gives the value, and what is none is a fault that shows how it begins', async () => {
  const { run } = await setup()
  expect(await run('echo', { arguments: ['{"a": [1]}'], return: 'json' })).toEqual({ a: [1] })
  const fault = await faultOf(run('echo', { arguments: ['<html>'], return: 'json' }))
  expect(fault.message).toMatch(/echo did not write JSON\. What it wrote begins with "<html>\\n"/)
})

test('an exit code that is not expected is a fault with the last lines of stderr', async () => {
  const { sh } = await setup()
  const fault = await faultOf(sh('echo why >&2; exit 3'))
  expect(fault.message).toMatch(/sh ended with exit code 3\. Last lines of stderr:\nwhy/)
  expect(await sh('echo differs; exit 1', { expect_exit: [0, 1] })).toBe('differs\n')
  expect(await sh('exit 9', { expect_exit: 'any' })).toBe('')
  expect((await faultOf(sh('exit 2', { expect_exit: [0, 1], return: 'code' }))).message).toMatch(
    /expected: 0, 1/,
  )
})

test('standard input is text, JSON, or the content of a blob', async () => {
  const { run, blobs } = await setup()
  expect(await run('cat', { stdin: 'plain' })).toBe('plain')
  expect(await run('cat', { stdin: { a: [1] } })).toBe('{"a":[1]}')
  expect(await run('cat')).toBe('')
  const long = Array.from({ length: 40 }, (_, index) => `${index}`.repeat(10_000))
  const reference = await blobs.write(long, { mediaType: 'text/plain' })
  expect(await run('cat', { stdin: reference })).toBe(long.join(''))
  const missing = { ...reference, blob: `sha256:${'0'.repeat(64)}` }
  expect((await faultOf(run('cat', { stdin: missing }))).message).toMatch(/There is no blob/)
})

test('a program sees the variables that are allowed, those it inherits, and those it is given', async () => {
  const { run } = await setup({ config: { environment_allow: ['PATH', 'HOME'] } })
  const own = /^(?:PWD|SHLVL|_|NEXUS_PROCESS)$/
  const names = async (input: object): Promise<string[]> => {
    const lines = (await run('env', { return: 'lines', ...input })) as string[]
    const found = lines.map((line) => line.split('=')[0] ?? '')
    return found.filter((name) => !own.test(name)).toSorted()
  }
  expect(await names({})).toEqual(['HOME', 'NEXUS_IDEMPOTENCY_KEY', 'PATH'])
  expect(await names({ inherit_environment: ['PATH'], environment: { X: 1 } })).toEqual([
    'NEXUS_IDEMPOTENCY_KEY',
    'PATH',
    'X',
  ])
  expect(await names({ inherit_environment: [] })).toEqual(['NEXUS_IDEMPOTENCY_KEY'])
  const fault = await faultOf(run('env', { inherit_environment: ['SECRET'] }))
  expect(fault.error).toMatchObject({
    status: 403,
    detail: expect.stringMatching(/"SECRET", which environment_allow/),
  })
})

test('a program runs inside the working folder, or one that the operator lists, links followed', async () => {
  const outside = await setup()
  const { run, folder } = await setup({ config: { folders_allowed: [join(outside.folder, 'shared')] } })
  await mkdir(join(folder, 'inside'))
  await mkdir(join(outside.folder, 'shared'))
  await symlink(outside.folder, join(folder, 'link'))
  await symlink(join(outside.folder, 'shared'), join(folder, 'granted'))
  const pwd = (working_directory: string): Promise<Json> => run('pwd', { working_directory, return: 'lines' })
  expect(await pwd('inside')).toEqual([join(folder, 'inside')])
  expect(await pwd('granted')).toEqual([join(outside.folder, 'shared')])
  for (const out of ['link', '..', '/', outside.folder]) {
    expect((await faultOf(pwd(out))).error).toMatchObject({
      status: 403,
      detail: expect.stringMatching(/outside/),
    })
  }
  expect((await faultOf(pwd('nowhere'))).message).toMatch(/nowhere cannot be used: ENOENT/)
})

test('output comes live, in whole lines', async () => {
  const { module, contextOf } = await setup()
  const context = contextOf({ program: 'sh', arguments: ['-c', 'echo one; echo two >&2; printf three'] })
  await module.execute(context)
  expect(context.recorded.streams).toEqual(
    expect.arrayContaining([
      { channel: 'stderr', text: 'two\n' },
      { channel: 'stdout', text: 'three' },
    ]),
  )
})

test.for([
  ['', /program must be the name or path/],
  ['ls\nrm', /without control characters, such as line ends; this is "ls\\nrm"/],
  ['ls\0', /without control characters/],
] as [string, RegExp][])('a program named %j is refused', async ([program, message]) => {
  const { run } = await setup()
  expect((await faultOf(run(program))).error).toMatchObject({
    status: 400,
    detail: expect.stringMatching(message),
  })
})

test.for([
  [{ arguments: ['a\0b'] }, /arguments\[0\] must be a text without NUL/],
  [{ arguments: 'a' }, /arguments must be a list/],
  [{ arguments: [{}] }, /arguments\[0\] must be a text, a number or a boolean/],
  [{ environment: { 'A=B': 1 } }, /the name "A=B" must be/],
  [{ environment: { A: 'x\0' } }, /environment\.A must be a text without NUL/],
  [{ timeout: 0 }, /timeout must be a duration/],
  [{ timeout: 'soon' }, /timeout must be a duration/],
  [{ timeout: { hours: 100 } }, /timeout must be at most 600000/],
  [{ output: { overflow: 'lose' } }, /output\.overflow must be one of fault, truncate, blob/],
  [{ output: { max_bytes: 1e12 } }, /output\.max_bytes must be at most/],
  [{ expect_exit: ['0'] }, /expect_exit must be a list of exit codes/],
  [{ return: 'everything' }, /return must be one of stdout, .*json/],
  [{ argument: [] }, /argument must be left out: there are program, arguments/],
] as [object, RegExp][])('a wrong argument is named: %j', async ([input, message]) => {
  const { run } = await setup()
  expect((await faultOf(run('true', input as never))).error).toMatchObject({
    status: 400,
    detail: expect.stringMatching(message),
  })
})

test('a program that is not there is said, with the nearest that is', async () => {
  const { run, folder } = await setup()
  expect((await faultOf(run('sleeep'))).message).toMatch(
    /"sleeep" was not found on the PATH .* Did you mean "sleep"\?/,
  )
  expect((await faultOf(run('./nowhere'))).message).toMatch(
    /"\.\/nowhere" is not there, or is not executable/,
  )
  await writeFile(join(folder, 'plain'), 'text')
  expect((await faultOf(run('./plain'))).message).toMatch(/is not executable/)
  await writeFile(join(folder, 'script'), '#!/no/such/interpreter\n', { mode: 0o755 })
  expect((await faultOf(run('./script'))).message).toMatch(/what its first line \(#!\) names is not there/)
})

test('what the working folder has is not run by its name alone, whatever PATH says', async () => {
  const { run, folder } = await setup()
  await writeFile(join(folder, 'evil'), '#!/bin/sh\necho evil\n', { mode: 0o755 })
  for (const PATH of ['', '.', ':', './']) {
    expect((await faultOf(run('evil', { environment: { PATH } }))).message).toMatch(/was not found/)
  }
})

test('a timeout ends the program and its children, also those that ignore SIGTERM', async () => {
  const { module, contextOf } = await setup()
  const script = `trap '' TERM; sh -c 'trap "" TERM; echo $$ $PPID; while :; do sleep 0.05; done'`
  const context = contextOf({ program: 'sh', arguments: ['-c', script], timeout: { milliseconds: 300 } })
  const fault = await faultOf(module.execute(context))
  expect(fault.error).toMatchObject({
    status: 408,
    detail: expect.stringMatching(/sh was ended after 300 ms/),
  })
  const pids = context.recorded.streams[0]?.text.trim().split(' ').map(Number) ?? []
  expect(pids).toHaveLength(2)
  for (const pid of pids) await gone(pid)
})

test('a cancelled run ends the program', async () => {
  const { module, contextOf } = await setup()
  const abort = new AbortController()
  const started = Promise.withResolvers<number>()
  const context = {
    ...contextOf({ program: 'sh', arguments: ['-c', 'echo $$; exec sleep 60'] }, abort.signal),
    stream: ({ text }: { text: string }) => started.resolve(Number(text)),
  }
  const running = module.execute(context).catch((error: unknown) => error)
  const pid = await started.promise
  const reason = new Cancelled()
  abort.abort(reason)
  expect(await running).toBe(reason)
  await gone(pid)
})

test.skipIf(process.platform !== 'linux')(
  'a grandchild with a session of its own, whose parent is gone, does not outlive its task',
  async () => {
    const { sh } = await setup()
    const daemon = `setsid sh -c 'setsid sh -c "echo \\$\\$ > pid; exec sleep 60" </dev/null >/dev/null 2>&1 &' &
      while [ ! -s pid ]; do sleep 0.01; done; cat pid`
    await gone(Number(await sh(daemon)))
  },
)

test.skipIf(controlGroupsFolder() === undefined)(
  'a daemon with an empty environment does not outlive its task where a control group can be made',
  async () => {
    const { sh } = await setup()
    await gone(Number(await sh('env -i PATH="$PATH" setsid sleep 60 >/dev/null 2>&1 & echo $!')))
  },
)

test('a program gets no variable that nobody gave it', async () => {
  const { run } = await setup({ config: { environment_allow: [] } })
  const lines = (await run('/usr/bin/env', {
    return: 'lines',
    environment: { PWD: '/given', X: 1 },
  })) as string[]
  const names = lines.map((line) => line.split('=')[0] ?? '').filter((name) => name !== '_')
  expect(names.toSorted()).toEqual(['NEXUS_IDEMPOTENCY_KEY', 'NEXUS_PROCESS', 'PWD', 'X'])
  expect(lines).toContain('PWD=/given')
})

test('a program that cannot be started says why, and is told from one that ends with 126 or 127', async () => {
  const { run, sh, folder } = await setup()
  const file = async (name: string, text: string, mode: number): Promise<void> => {
    await writeFile(join(folder, name), text)
    await chmod(join(folder, name), mode)
  }
  await file('broken', '#!/nowhere/interpreter\n', 0o755)
  await file('plain', 'echo\n', 0o644)
  expect((await faultOf(run('./broken'))).message).toMatch(
    /cannot be started: what its first line \(#!\) names/,
  )
  for (const program of ['./plain', './', folder, './nothing'])
    expect((await faultOf(run(program))).message, program).toMatch(/is not there, or is not executable/)
  for (const code of [126, 127]) expect(await sh(`exit ${code}`, { return: 'code' })).toBe(code)
  const large = run('true', { arguments: ['x'.repeat(3_000_000)] })
  expect((await faultOf(large)).message).toMatch(/larger than the system takes/)
  expect(await run('true', { stdin: 'x'.repeat(3_000_000), return: 'code' })).toBe(0)
})

test('what is not held is said in words', () => {
  expect(layersHere({ platform: 'linux', folder: '/sys/fs/cgroup' })).toEqual({
    layers: ['control_group', 'environment_mark', 'process_group'],
    not_contained: [],
  })
  expect(layersHere({ platform: 'linux', folder: undefined })).toMatchObject({
    not_contained: [expect.stringMatching(/empty environment.*Delegate=yes/)],
  })
  expect(layersHere({ platform: 'darwin', folder: undefined })).toMatchObject({ layers: ['process_group'] })
})

test('the policy decides which programs are run, by the file that a name leads to', async () => {
  const { run, folder } = await setup({ programs: { allow: ['echo', '/bin/cat'] } })
  expect(await run('echo', { arguments: ['a'] })).toBe('a\n')
  expect(await run(await realpath('/bin/cat'), { stdin: 'b' })).toBe('b')
  await symlink(await realpath('/bin/sh'), join(folder, 'echo'))
  for (const program of ['sh', 'env', './echo', '/usr/bin/env']) {
    const fault = await faultOf(run(program, { arguments: ['-c', 'echo'] }))
    expect(fault.error).toMatchObject({
      status: 403,
      detail: expect.stringMatching(/policy .* allows "echo"/),
    })
  }
  const preload = run('echo', { environment: { LD_PRELOAD: './evil.so' } })
  expect((await faultOf(preload)).message).toMatch(/"LD_PRELOAD" may load any code/)
})

test('a program that is denied is not run under another name, nor where it is allowed, too', async () => {
  const { run, folder } = await setup({ programs: { allow: ['sh', 'echo'], deny: ['sh'] } })
  await symlink(await realpath('/bin/sh'), join(folder, 'other'))
  for (const program of ['sh', './other', '/bin/sh']) {
    expect((await faultOf(run(program))).error).toMatchObject({
      status: 403,
      detail: expect.stringMatching(/denies "sh"/),
    })
  }
  expect(await run('echo')).toBe('\n')
})

test('run.shell needs the shell to be allowed, and says so before a run begins', async () => {
  const denied = await setup({ programs: { deny: ['sh'] } })
  expect(await denied.module.unavailable('run.shell')).toMatch(
    /"\/bin\/sh" .* may not be run: .* denies "sh"/,
  )
  const context = { ...denied.contextOf({ shell: { command: 'echo a' } }) }
  const shell = { ...context, metadata: { ...context.metadata, kind: 'run.shell' } }
  expect((await faultOf(denied.module.execute(shell))).error.status).toBe(403)
  const allowed = await setup({ programs: { allow: ['sh'] } })
  expect(await allowed.module.unavailable('run.shell')).toBeUndefined()
  expect(await allowed.module.unavailable('run.command')).toBeUndefined()
})
