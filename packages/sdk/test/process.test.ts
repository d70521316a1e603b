/** Programs: their streams, their limits, and that nothing of them is left. Real processes, of a POSIX shell. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Cancelled, systemClock } from '@nexus/sdk'
import {
  controlGroupsFolder,
  processFault,
  processOutput,
  ProcessRunner,
  type ProcessOptions,
} from '@nexus/sdk/process'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function setup(limits: Partial<ProcessOptions> = {}) {
  const runner = new ProcessRunner(systemClock)
  const folder = await mkdtemp(join(tmpdir(), 'nexus-test-'))
  cleanups.push(() => rm(folder, { recursive: true }))
  cleanups.push(() => runner.stop())
  const live: [string, string][] = []
  const options = {
    program: '/bin/sh',
    folder,
    environment: { PATH: '/usr/bin:/bin' },
    signal: new AbortController().signal,
    timeoutMs: 20_000,
    killAfterMs: 2000,
    outputBytesMax: 1_000_000,
    onOutput: (channel: string, text: string) => void live.push([channel, text]),
    ...limits,
  }
  const run = (script: string, more: Partial<ProcessOptions> = {}) =>
    runner.run({ ...options, arguments: ['-c', script, 'sh'], ...more })
  return { runner, run, live, folder }
}

/** Whether a process is there and not merely waiting to be collected. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat !== undefined && !/\) [ZX] /.test(stat)
}

const gone = (pid: number) => expect.poll(() => isAlive(pid), { interval: 5, timeout: 3000 }).toBe(false)

/** Starts a script that prints the pids of its processes first; resolves with them while it runs. */
async function start(script: string, limits: Partial<ProcessOptions> = {}) {
  const printed = Promise.withResolvers<number[]>()
  const world = await setup()
  const running = world.run(script, {
    ...limits,
    onOutput: (_channel, text) => printed.resolve(text.trim().split(/\s+/).map(Number)),
  })
  running.catch(() => undefined)
  return { ...world, running, pids: await printed.promise }
}

const stubborn = `trap '' TERM; sh -c 'trap "" TERM; echo $$ $PPID; while :; do sleep 0.05; done'`

test('a program gives its exit code and both outputs, and its lines come live', async () => {
  // Longer than a test may take: it fails when the end of the output is not seen.
  const { run, live } = await setup({ killAfterMs: 60_000 })
  const outcome = await run('echo out; echo err >&2; exit 3')
  expect(outcome).toEqual({ end: { kind: 'exited', code: 3 }, stdout: 'out\n', stderr: 'err\n' })
  expect(live).toContainEqual(['stdout', 'out\n'])
  expect(live).toContainEqual(['stderr', 'err\n'])
  expect(processOutput(outcome, 'all')).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' })
  expect(processOutput(outcome, 'none')).toBeNull()
})

test('standard streams can be opened by their names', async () => {
  const { run } = await setup()
  const outcome = await run('cat /dev/stdin; echo oops > /dev/stderr; echo more > /dev/stdout', {
    stdin: 'in\n',
  })
  expect(outcome).toMatchObject({ stdout: 'in\nmore\n', stderr: 'oops\n' })
})

test('standard input of many megabytes is read to its end, and without any it is empty', async () => {
  const { run } = await setup()
  expect((await run('wc -c', { stdin: 'x'.repeat(5_000_000) })).stdout.trim()).toBe('5000000')
  expect((await run('wc -c')).stdout.trim()).toBe('0')
})

test('a program sees the environment that it is given and none of the host’s', async () => {
  const { run } = await setup()
  const { stdout } = await run('/usr/bin/env', { environment: { ONLY: 'this' } })
  expect(stdout.split('\n').filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line))).toEqual(['ONLY=this', ''])
})

test('invalid UTF-8 is replaced, and a letter that comes in two pieces is not', async () => {
  const { run, live } = await setup()
  const { stdout } = await run(String.raw`printf 'a\377b\303'; printf '\251\n'`)
  expect(stdout).toBe('a\uFFFDbé\n')
  expect(live.map(([, text]) => text).join('')).toBe(stdout)
})

test('a program that floods its output is killed at once, and the host keeps no more than the limit', async () => {
  const { run } = await setup({ outputBytesMax: 100_000 })
  const outcome = await run('head -c 2147483648 /dev/zero')
  expect(outcome.end).toEqual({ kind: 'flooded', channel: 'stdout', bytesMax: 100_000 })
  expect(outcome.stdout).toHaveLength(100_000)
  expect(processFault('The command', outcome)?.message).toContain('MB to stdout and was ended')
})

test('a flood of standard error is one too', async () => {
  const { run } = await setup({ outputBytesMax: 1000 })
  expect((await run('yes >&2')).end).toMatchObject({ kind: 'flooded', channel: 'stderr' })
})

test('a program that takes too long is ended, with what it wrote until then', async () => {
  const { run } = await setup({ timeoutMs: 100 })
  const outcome = await run('echo begun; exec sleep 30')
  expect(outcome).toMatchObject({ end: { kind: 'timed_out', afterMs: 100 }, stdout: 'begun\n' })
  expect(processFault('The command', outcome)?.error).toMatchObject({ status: 408 })
})

test('a program that ends by a signal says which', async () => {
  const { run } = await setup()
  const outcome = await run('kill -USR1 $$')
  expect(outcome.end).toEqual({ kind: 'killed', signal: 'SIGUSR1' })
  expect(processOutput(outcome, 'code')).toBe(138)
  expect(processFault('The command', outcome)?.message).toBe('The command was killed by SIGUSR1.')
})

test('cancelling ends the whole group, also members that ignore SIGTERM, and gives the reason', async () => {
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const { running, pids } = await start(stubborn, { signal: cancel.signal, killAfterMs: 100 })
  expect(pids).toHaveLength(2)
  expect(await Promise.all(pids.map(isAlive))).toEqual([true, true])
  cancel.abort(cancelled)
  await expect(running).rejects.toBe(cancelled)
  for (const pid of pids) await gone(pid)
})

test('a program that ends itself on SIGTERM has the time to', async () => {
  const cancel = new AbortController()
  const script = `trap 'echo bye; exit 0' TERM; echo $$; while :; do sleep 0.01; done`
  const { folder, run } = await setup()
  const texts: string[] = []
  const ready = Promise.withResolvers<void>()
  const running = run(script, {
    signal: cancel.signal,
    onOutput(_channel, text) {
      texts.push(text)
      ready.resolve()
    },
  })
  await ready.promise
  cancel.abort(new Cancelled())
  await expect(running).rejects.toBeInstanceOf(Cancelled)
  expect(texts).toContain('bye\n')
  expect(await readdir(folder)).toEqual([])
})

test('what a program leaves running in the background ends with it', async () => {
  const { running, pids } = await start('sleep 30 >/dev/null 2>&1 & echo $!')
  expect((await running).end).toEqual({ kind: 'exited', code: 0 })
  for (const pid of pids) await gone(pid)
})

test('a background process that holds the output open does not hold the task', async () => {
  const { running, pids } = await start('sleep 30 & echo $!', { killAfterMs: 50 })
  expect((await running).end).toEqual({ kind: 'exited', code: 0 })
  for (const pid of pids) await gone(pid)
})

test('an aborted signal starts nothing, and a program that is not there is the system’s error', async () => {
  const { run, folder } = await setup()
  await expect(run('touch started', { signal: AbortSignal.abort(new Cancelled()) })).rejects.toThrow(
    'Cancelled',
  )
  await expect(run('', { program: '/no/such/program' })).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await readdir(folder)).toEqual([])
})

test('arguments that are too large for the system say to use standard input', async () => {
  const { run } = await setup()
  await expect(run('x'.repeat(3_000_000))).rejects.toThrow(
    'larger than the system takes. Pass large data as stdin.',
  )
})

test('stopping the runner ends its programs; stopping twice is safe', async () => {
  const { running, pids, runner } = await start(stubborn, { killAfterMs: 50 })
  await runner.stop()
  await expect(running).rejects.toBeInstanceOf(Cancelled)
  for (const pid of pids) await gone(pid)
  await runner.stop()
})

test('when the host is killed, its programs end too', async () => {
  const host = spawn(process.execPath, ['--input-type=module', '-e', hostProgram], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [printed] = (await once(host.stdout, 'data')) as [Buffer]
  const pid = Number(printed.toString())
  expect(await isAlive(pid)).toBe(true)
  host.kill('SIGKILL')
  await gone(pid)
})

const hostProgram = `
import { systemClock } from '@nexus/sdk'
import { ProcessRunner } from '@nexus/sdk/process'
await new ProcessRunner(systemClock).run({
  program: '/bin/sh', arguments: ['-c', 'echo $$; while :; do sleep 0.05; done'], folder: '/', environment: { PATH: '/usr/bin:/bin' },
  signal: new AbortController().signal, timeoutMs: 60000, killAfterMs: 100, outputBytesMax: 1000,
  onOutput: (channel, text) => process.stdout.write(text),
})
`

test.skipIf(process.platform !== 'linux')(
  'when the host is killed, those that left their group end too where that is asked for',
  async () => {
    const escape = `setsid sh -c 'echo $$; while :; do sleep 0.05; done' &\nwait`
    const program = hostProgram
      .replace(`'echo $$; while :; do sleep 0.05; done'`, () => JSON.stringify(escape))
      .replace('killAfterMs', 'endsEscaped: true, killAfterMs')
    const host = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = (await once(host.stdout, 'data')) as [Buffer]
    const pid = Number(printed.toString())
    expect(await isAlive(pid)).toBe(true)
    host.kill('SIGKILL')
    await gone(pid)
  },
)

test.skipIf(process.platform !== 'linux')(
  'a daemon that left its group ends with its program where that is asked for, and another one’s does not',
  async () => {
    const { run } = await setup({ endsEscaped: true })
    const other = await start(`setsid sh -c 'echo $$; exec sleep 60' & wait`, { endsEscaped: true })
    const daemon = `setsid sh -c 'echo $$ > pid; exec sleep 60 >/dev/null 2>&1' &
      while [ ! -s pid ]; do sleep 0.01; done; cat pid`
    const pid = Number((await run(daemon)).stdout)
    await gone(pid)
    expect(await isAlive(other.pids[0] ?? 0)).toBe(true)
    await other.runner.stop()
    await gone(other.pids[0] ?? 0)
  },
)

test.skipIf(controlGroupsFolder() === undefined)(
  'a daemon with an empty environment, and one of another user, end with their program where a control group can be made',
  async () => {
    const { run } = await setup({ endsEscaped: true })
    const asNobody = process.getuid?.() === 0 ? 'setpriv --reuid 65534 --clear-groups' : ''
    const daemons = `grep -ho 'nexus-[0-9a-f-]*' /proc/self/cgroup
      for word in one two; do
        env -i PATH="$PATH" ${asNobody} setsid sh -c 'exec sleep 60' $word >/dev/null 2>&1 &
        echo $!
      done`
    const [group, ...printed] = (await run(daemons)).stdout.trim().split('\n')
    const pids = printed.map(Number)
    expect(pids.length).toBe(2)
    for (const pid of pids) await gone(pid)
    expect(group).toMatch(/^nexus-/)
    expect(await readdir(controlGroupsFolder() ?? '')).not.toContain(group)
  },
)

test.skipIf(controlGroupsFolder() === undefined)(
  'when the host is killed, a daemon with an empty environment ends too, and its control group is removed',
  async () => {
    const escape = `env -i PATH="$PATH" setsid sh -c 'echo $$; while :; do sleep 0.05; done' &\nwait`
    const program = hostProgram
      .replace(`'echo $$; while :; do sleep 0.05; done'`, () => JSON.stringify(escape))
      .replace('killAfterMs', 'endsEscaped: true, killAfterMs')
    const host = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = (await once(host.stdout, 'data')) as [Buffer]
    const pid = Number(printed.toString())
    const [group] = /nexus-[0-9a-f-]+/.exec(await readFile(`/proc/${pid}/cgroup`, 'utf8')) ?? []
    expect(group).toBeDefined()
    host.kill('SIGKILL')
    await gone(pid)
    const left = (): Promise<string[]> => readdir(controlGroupsFolder() ?? '')
    await expect.poll(left, { timeout: 3_000 }).not.toContain(group)
  },
)

test.skipIf(process.platform !== 'linux')(
  'without control groups a daemon that kept its environment ends with its program all the same',
  async () => {
    const { run } = await setup({ endsEscaped: true, controlGroups: false })
    const daemon = `setsid sh -c 'echo $$ > pid; exec sleep 60 >/dev/null 2>&1' &
      while [ ! -s pid ]; do sleep 0.01; done; cat pid`
    await gone(Number((await run(daemon)).stdout))
  },
)

test('a hundred small programs leave no open file behind', async () => {
  const { run } = await setup()
  await run(':')
  const before = (await readdir('/proc/self/fd')).length
  for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 20 }, () => run('echo a')))
  expect((await readdir('/proc/self/fd')).length).toBeLessThanOrEqual(before)
})
