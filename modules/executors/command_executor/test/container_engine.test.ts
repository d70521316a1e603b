/**
 * How the module uses a container engine: what it asks for, what others can see of it, what it leaves, and when it says
 * beforehand that there is none. A stand-in engine that keeps a record.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Cancelled, systemClock, type Clock, type Json } from '@nexus/sdk'
import {
  faultOf,
  isHostAlive,
  realEngine,
  setupModule,
  setVariable,
  standIn,
  temporaryFolder,
} from './engines.ts'

/** A clock whose time goes on when the test says so; its timers wait for that too. */
function fakeClock(): Clock & { pass(durationMs: number): void; pending(): number } {
  let [nowMs, elapsedMs] = [systemClock.now(), 0]
  const timers = new Set<{ atMs: number; callback: () => void }>()
  return {
    ...systemClock,
    now: () => nowMs,
    elapsed: () => elapsedMs,
    timer(delayMs, callback) {
      if (delayMs < 700_000) return systemClock.timer(delayMs, callback)
      const timer = { atMs: nowMs + delayMs, callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    pass(durationMs) {
      nowMs += durationMs
      elapsedMs += durationMs
      for (const timer of timers) if (timer.atMs <= nowMs && timers.delete(timer)) timer.callback()
    },
    pending: () => timers.size,
  }
}

test('the engine gets an argument vector in which nothing of a task is an option', async () => {
  const engine = await standIn()
  const { run } = await setupModule()
  const container = {
    image: 'registry.example.com:5000/team/box:1',
    command: 'true',
    arguments: ['--privileged', '-v=/:/host'],
    stdin: 'x',
    ports: { 8080: 80, 5353: '53/udp' },
    environment: { TOKEN: 'secret' },
    lifetime: { cleanup: 'eventually', after: { minutes: 30, seconds: 1 } },
    pullPolicy: 'always',
  }
  await run(container, { key: 'run-1:/do/0' })
  const [create] = await engine.calls('create')
  expect(create?.arguments).toEqual([
    'create',
    '--name',
    'nightly-0b7809937373f3d8.shop-my-task',
    '--pull',
    'always',
    '--interactive',
    '--label',
    'nexus.execution=0b7809937373f3d887f14902ff55bd14',
    '--label',
    'nexus.run=00000000-0000-7000-8000-000000000000',
    '--label',
    'nexus.task=/do/0/test',
    '--label',
    'nexus.remove_after_ms=1801000',
    '--publish',
    '127.0.0.1:5353:53/udp',
    '--publish',
    '127.0.0.1:8080:80/tcp',
    '--env',
    'NEXUS_IDEMPOTENCY_KEY',
    '--env',
    'TOKEN',
    '--entrypoint',
    'sh',
    '--',
    'registry.example.com:5000/team/box:1',
    '-c',
    'true',
    'sh',
    '--privileged',
    '-v=/:/host',
  ])
})

test('values of variables are in no process list, and none of them steers the engine’s program', async () => {
  const engine = await standIn()
  setVariable('HOST_ONLY', 'hidden')
  setVariable('DOCKER_CONTEXT', 'default')
  const { run } = await setupModule()
  const environment = {
    TOKEN: 'my-secret',
    PATH: '/bin:/usr/bin',
    DOCKER_HOST: 'tcp://evil',
    LD_PRELOAD: '/evil.so',
  }
  expect(await run({ image: 'box', command: 'echo $TOKEN $PATH $DOCKER_HOST', environment })).toBe(
    'my-secret /bin:/usr/bin tcp://evil\n',
  )
  const calls = [
    ...(await engine.calls('create')),
    ...(await engine.calls('start')),
    ...(await engine.calls('ps')),
  ]
  for (const call of calls) {
    expect(call.arguments.join(' ')).not.toMatch(/secret|evil/)
    expect(call.environment).toMatchObject({ PATH: process.env['PATH'], DOCKER_CONTEXT: 'default' })
    expect(Object.keys(call.environment)).not.toContain('HOST_ONLY')
    expect(call.environment['DOCKER_HOST']).toBe(process.env['DOCKER_HOST'])
    expect(call.environment['LD_PRELOAD']).toBe(process.env['LD_PRELOAD'])
  }
  expect(calls.filter((call) => call.environment['TOKEN'] !== undefined)).toHaveLength(1)
})

test('a variable that also steers the engine cannot have two lines', async () => {
  await standIn()
  const { run } = await setupModule()
  const fault = await faultOf(run({ image: 'box', environment: { HTTP_PROXY: 'a\nLD_PRELOAD=b' } }))
  expect(fault.message).toContain('container.environment.HTTP_PROXY must be one line')
})

test('folders of the host and volumes are mounted only where the configuration allows it', async () => {
  const engine = await standIn()
  const root = await temporaryFolder()
  for (const name of ['data', 'readable', 'other']) await mkdir(join(root, name))
  await mkdir(join(root, 'data', 'in'))
  await symlink(join(root, 'other'), join(root, 'data', 'out'))
  const volumes_allowed = [join(root, 'data'), `${join(root, 'readable')}:ro`, 'cache']
  const { run } = await setupModule({ volumes_allowed, working_directory: root })
  const given = { './data/in': '/a', [join(root, 'readable')]: '/b:ro', cache: '/c:rw' }
  await run({ image: 'box', command: 'true', volumes: given })
  const [create] = await engine.calls('create')
  expect(create?.arguments.filter((text) => text.startsWith('type='))).toEqual([
    `type=bind,source=${root}/data/in,target=/a`,
    `type=bind,source=${root}/readable,target=/b,ro`,
    'type=volume,source=cache,target=/c',
  ])
  const refused = [`${root}/data/out`, `${root}/data/../other`, `${root}/readable`, root, '/', 'database']
  for (const source of refused) {
    const fault = await faultOf(run({ image: 'box', command: 'true', volumes: { [source]: '/a' } }))
    expect(fault.error.type).toContain('authorization')
    expect(fault.message).toContain('volumes_allowed of command_executor')
  }
  const lost = await faultOf(run({ image: 'box', volumes: { './data/lost': '/a' } }))
  expect(lost.message).toContain(`${root}/data/lost is not there`)
})

test('by default nothing of the host is mounted', async () => {
  await standIn()
  const { run, folder } = await setupModule()
  const fault = await faultOf(run({ image: 'box', command: 'true', volumes: { [folder]: '/a:ro' } }))
  expect(fault.message).toContain('may not be mounted read-only into a container. Allowed: none.')
})

test('after a kill -9 of Nexus the next attempt ends the container that ran on, and runs anew', async () => {
  const engine = await standIn()
  const container = { image: 'box', command: 'echo $$; sleep 60', name: 'my-name' }
  const victim = spawn(process.execPath, [
    join(import.meta.dirname, 'victim.ts'),
    'key-1',
    JSON.stringify(container),
  ])
  const [shown] = await once(victim.stdout, 'data')
  const pid = String(shown)
  const states = async (): Promise<readonly Json[]> =>
    (await engine.containers()).flatMap(({ status = null }) => [status])
  await expect.poll(states, { interval: 5 }).toEqual(['running'])
  victim.kill('SIGKILL')
  await once(victim, 'exit')
  expect(await isHostAlive(pid)).toBe(true)
  const { run } = await setupModule()
  expect(await run({ ...container, command: 'echo again' }, { key: 'key-1' })).toBe('again\n')
  await expect.poll(() => isHostAlive(pid), { interval: 5 }).toBe(false)
  expect(await engine.containers()).toHaveLength(1)
})

test('a container of somebody else that has the name is left alone', async () => {
  const engine = await standIn()
  const { run } = await setupModule()
  await run({ image: 'box', command: 'true', name: 'mine' }, { key: 'one' })
  const fault = await faultOf(run({ image: 'box', command: 'true', name: 'mine' }, { key: 'two' }))
  expect(fault.error.type).toContain('configuration')
  expect(fault.message).toContain('There is another container named "mine". Remove it (`docker rm mine`)')
  expect(await engine.containers()).toHaveLength(1)
})

test('cancelling while the image is pulled leaves no container', async () => {
  const engine = await standIn()
  const { module, contextOf } = await setupModule()
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const context = contextOf({ image: 'slow', command: 'sleep 60' }, { signal: cancel.signal })
  const running = module.execute({
    ...context,
    stream({ channel, text }) {
      expect({ channel, text }).toEqual({ channel: 'progress', text: 'Pulling slow\n' })
      cancel.abort(cancelled)
    },
  })
  await expect(running).rejects.toBe(cancelled)
  expect(await engine.containers()).toEqual([])
})

test('teardown ends the containers of running tasks', async () => {
  const engine = await standIn()
  const { module, ledger, contextOf } = await setupModule()
  const context = contextOf({ image: 'box', command: 'echo $$; sleep 60', lifetime: { cleanup: 'always' } })
  const live = Promise.withResolvers<string>()
  const running = module.execute({ ...context, stream: ({ text }) => live.resolve(text) })
  const pid = await live.promise
  await Promise.all([expect(running).rejects.toThrow(Cancelled), module.teardown()])
  await ledger.release()
  expect(await engine.containers()).toEqual([])
  await expect.poll(() => isHostAlive(pid), { interval: 5 }).toBe(false)
})

test('with `cleanup: eventually` a container is removed when its time has come', async () => {
  const engine = await standIn()
  const clock = fakeClock()
  const { run } = await setupModule({}, clock)
  const lifetime = { cleanup: 'eventually', after: 'PT30M' }
  await run({ image: 'box', command: 'true', lifetime })
  await expect.poll(() => clock.pending(), { interval: 5 }).toBe(1)
  expect(await engine.containers()).toHaveLength(1)
  clock.pass(1_900_000)
  await expect.poll(() => engine.containers(), { interval: 20 }).toEqual([])
})

test('what became due while Nexus did not run is removed when the next container runs, and nothing else is', async () => {
  const engine = await standIn()
  const first = await setupModule()
  await first.run({
    image: 'box',
    command: 'true',
    name: 'due',
    lifetime: { cleanup: 'eventually', after: { seconds: 9 } },
  })
  await first.run({ image: 'box', command: 'true', name: 'kept' }, { key: 'kept' })
  await first.ledger.release()
  const clock = fakeClock()
  clock.pass(10_000)
  const { run } = await setupModule({}, clock)
  await run({ image: 'box', command: 'true', lifetime: { cleanup: 'always' } }, { key: 'next' })
  const names = async (): Promise<readonly Json[]> =>
    (await engine.containers()).flatMap(({ name = null }) => [name])
  await expect.poll(names, { interval: 20 }).toEqual(['kept'])
})

test.for([
  [
    'Error response from daemon: pull access denied for box, repository does not exist',
    'configuration',
    'Image "box" was not found',
  ],
  ['Error: box: image not known', 'configuration', 'Image "box" was not found'],
  ['Get "https://r/v2/": dial tcp: lookup r: no such host', 'communication', 'its registry was not reached'],
  [
    'permission denied while trying to connect to the Docker daemon socket',
    'configuration',
    'may not use docker',
  ],
  ['error during connect: Get "http://x": EOF', 'communication', 'The daemon of docker does not answer'],
  [
    'something else',
    'runtime',
    'docker did not create the container (exit code 1). Last lines of stderr:\nsomething else',
  ],
] as const)('a refusal of the engine is told in words: %s', async ([said, type, told]) => {
  const engine = await standIn()
  await engine.refuse(said)
  const { run } = await setupModule()
  const fault = await faultOf(run({ image: 'box', command: 'exit 0' }, { returns: 'all' }))
  expect(fault.error.type).toContain(type)
  expect(fault.message).toContain(told)
  expect(fault.message).toContain(said)
})

test('tasks can be done when an engine answers, and the answer is remembered for a moment', async () => {
  const engine = await standIn()
  const clock = fakeClock()
  const { module } = await setupModule({}, clock)
  expect(await module.unavailable('run.shell')).toBeUndefined()
  expect(await module.unavailable('run.container')).toBeUndefined()
  await engine.daemon('down')
  clock.pass(4000)
  expect(await module.unavailable('run.container')).toBeUndefined()
  expect(await engine.calls('version')).toHaveLength(1)
  clock.pass(2000)
  expect(await module.unavailable('run.container')).toContain(
    'docker is installed, but it cannot be used: Cannot connect to the Docker daemon',
  )
})

test('the first engine that answers is taken: podman where docker has no daemon', async () => {
  const docker = await standIn('docker')
  await docker.daemon('down')
  const podman = await standIn('podman')
  const { module, run } = await setupModule()
  expect(await module.unavailable('run.container')).toBeUndefined()
  expect(await run({ image: 'box', command: 'echo hi' })).toBe('hi\n')
  expect(await podman.calls('create')).toHaveLength(1)
  const strict = await setupModule({ container_engine: 'docker' })
  expect(await strict.module.unavailable('run.container')).toContain('docker is installed')
  const pathed = await setupModule({ container_engine: 'docker', container_engine_path: podman.program })
  expect(await pathed.module.unavailable('run.container')).toBeUndefined()
})

test('an engine that does not answer in three seconds is none', async () => {
  const engine = await standIn()
  await engine.daemon('hangs')
  const waits: number[] = []
  const timer: Clock['timer'] = (delayMs, callback) => {
    waits.push(delayMs)
    return systemClock.timer(delayMs === 3000 ? 300 : delayMs, callback)
  }
  const { module } = await setupModule({ container_engine: 'docker' }, { ...systemClock, timer })
  expect(await module.unavailable('run.container')).toBe(
    'docker is installed, but it cannot be used: it did not answer within 3000 ms.',
  )
  expect(waits).toContain(3000)
})

test('without an engine on the PATH that is said, before a run and by the task', async () => {
  const folder = await temporaryFolder()
  setVariable('PATH', folder)
  const { module, run } = await setupModule()
  const why = 'Neither docker nor podman is on the PATH. Install it to run containers'
  expect(await module.unavailable('run.container')).toContain(why)
  const fault = await faultOf(run({ image: 'box', command: 'true' }))
  expect(fault.error.type).toContain('configuration')
  expect(fault.message).toContain(why)
  const pathed = await setupModule({ container_engine_path: join(folder, 'docker') })
  expect(await pathed.module.unavailable('run.container')).toContain(`${folder}/docker is not there.`)
})

test.skipIf(!realEngine('docker').isDaemonless)(
  'the docker of this machine, which has no daemon, is told so',
  async () => {
    const { module } = await setupModule({ container_engine: 'docker' })
    expect(await module.unavailable('run.container')).toMatch(
      /^docker is installed, but it cannot be used: .*daemon/,
    )
  },
)
