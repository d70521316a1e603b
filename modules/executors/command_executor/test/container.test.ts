/**
 * `run.container` as a workflow sees it, with every engine at hand: the stand-in always, docker and podman where they
 * answer and have the test image.
 */
import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Cancelled, type JsonObject } from '@nexus/sdk'
import {
  faultOf,
  isHostAlive,
  onCleanup,
  realEngine,
  setupModule,
  standIn,
  type ModuleWorld,
} from './engines.ts'

interface World extends ModuleWorld {
  readonly image: string
  /** How many containers of this world's tasks there are, running or not. */
  readonly count: () => Promise<number>
  /** Whether the program that has this id in its container still runs. */
  readonly isAlive: (pid: string) => Promise<boolean>
}

interface Engine {
  readonly program: string
  readonly why: string | undefined
  readonly setup: (config?: JsonObject) => Promise<World>
}

const engines: readonly Engine[] = [
  {
    program: 'a stand-in',
    why: undefined,
    async setup(config = {}) {
      const engine = await standIn()
      const world = await setupModule(config)
      return {
        ...world,
        image: 'box',
        count: async () => (await engine.containers()).length,
        isAlive: isHostAlive,
      }
    },
  },
  ...['docker', 'podman'].map(real),
]

function real(program: string): Engine {
  const { image, why } = realEngine(program)
  return {
    program,
    why,
    async setup(config = {}) {
      const world = await setupModule({ container_engine: program, ...config })
      const list = (...more: string[]): readonly string[] => listed(program, world.folder, more)
      onCleanup(async () => void spawnSync(program, ['rm', '--force', ...list()]))
      const isAlive = async (): Promise<boolean> => list('--filter', 'status=running').length > 0
      return { ...world, image, count: async () => list().length, isAlive }
    },
  }
}

/** The containers of a task, by its idempotency key. */
function listed(program: string, key: string, more: readonly string[]): readonly string[] {
  const label = `label=nexus.execution=${hash('sha256', key).slice(0, 32)}`
  const { stdout } = spawnSync(program, ['ps', '--all', '--quiet', '--filter', label, ...more], {
    encoding: 'utf8',
  })
  return stdout.split('\n').filter((id) => id !== '')
}

for (const { program, why, setup } of engines) {
  const withEngine = (name: string, body: () => Promise<void>): void =>
    test.skipIf(why !== undefined)(
      `${program}: ${name}${why === undefined ? '' : ` (skipped: ${why})`}`,
      body,
    )

  withEngine(
    'a command runs in sh with its arguments and standard input, and gives what it wrote',
    async () => {
      const { run, image } = await setup()
      const command = 'input=$(cat)\necho "STDIN was: $input"\necho "ARGS are $1 $2"'
      const output = await run({ image, command, arguments: ['Foo', '$(echo Bar)'], stdin: { a: [1] } })
      expect(output).toBe('STDIN was: {"a":[1]}\nARGS are Foo $(echo Bar)\n')
    },
  )

  withEngine(
    'without standard input there is none, and without a command the arguments are run',
    async () => {
      const { run, image } = await setup()
      expect(await run({ image, command: 'cat' })).toBe('')
      expect(await run({ image, arguments: ['echo', 'a  b', 7] })).toBe('a  b 7\n')
    },
  )

  withEngine('standard input with the keys that detach a terminal arrives whole', async () => {
    const { run, image } = await setup()
    expect(await run({ image, command: 'cat', stdin: 'a\u0010\u0011b' })).toBe('a\u0010\u0011b')
  })

  withEngine('a program sees its variables as they are, and the idempotency key', async () => {
    const { run, image, folder } = await setup()
    const environment = { TOKEN: 'a "b" \\ $c\nd', HTTP_PROXY: ' a b"#', COUNT: 3 }
    const command = 'printf "%s|" "$TOKEN" "$HTTP_PROXY" "$COUNT" "$NEXUS_IDEMPOTENCY_KEY" "$HOST_ONLY"'
    process.env['HOST_ONLY'] = 'hidden'
    expect(await run({ image, command, environment })).toBe(`a "b" \\ $c\nd| a b"#|3|${folder}||`)
    delete process.env['HOST_ONLY']
  })

  withEngine(
    '`return: all` gives the exit code of the program, be it one that engines have too',
    async () => {
      const { run, image } = await setup()
      const command = 'echo out; echo err >&2; exit 127'
      expect(await run({ image, command }, { returns: 'all' })).toEqual({
        code: 127,
        stdout: 'out\n',
        stderr: 'err\n',
      })
      expect(await run({ image, command: 'exit 125' }, { returns: 'code' })).toBe(125)
    },
  )

  withEngine('an exit code that is not 0 faults the task with the last lines of stderr', async () => {
    const { run, image } = await setup()
    const fault = await faultOf(run({ image, command: 'echo why >&2; exit 125' }))
    expect(fault.message).toBe(
      'The program in the container ended with exit code 125. Last lines of stderr:\nwhy',
    )
    const missing = await faultOf(run({ image, command: 'no-such-program' }))
    expect(missing.message).toContain(`Image "${image}" has no command "no-such-program" (exit code 127).`)
  })

  withEngine('what the engine cannot start is told apart from a program that fails', async () => {
    const { run, image, count } = await setup()
    const fault = await faultOf(run({ image, arguments: ['no-such-program'] }, { returns: 'all' }))
    expect(fault.message).toContain(`Image "${image}" does not have the command that it was started with.`)
    expect(await count()).toBe(0)
  })

  withEngine('an image that is not here and must not be pulled is a configuration error', async () => {
    const { run } = await setup()
    const fault = await faultOf(run({ image: 'no-such-image', pullPolicy: 'never' }))
    expect(fault.error.type).toContain('configuration')
    expect(fault.message).toContain('Image "no-such-image" is not on this machine, and pullPolicy is never.')
  })

  withEngine('a container stays by default, and is removed at once with `cleanup: always`', async () => {
    const { run, image, count } = await setup()
    await run({ image, command: 'true', lifetime: { cleanup: 'always' } })
    expect(await count()).toBe(0)
    await run({ image, command: 'true' })
    expect(await count()).toBe(1)
  })

  withEngine(
    'the next attempt at a task removes the container of the last one, but not of another task',
    async () => {
      const { run, image, count } = await setup()
      await run({ image, command: 'true' }, { key: 'another task' })
      const before = await count()
      await run({ image, command: 'true' })
      await run({ image, command: 'true' })
      expect(await count()).toBe(program === 'a stand-in' ? before + 1 : 1)
      await run({ image, command: 'true', lifetime: { cleanup: 'always' } }, { key: 'another task' })
    },
  )

  withEngine(
    'cancelling kills the program in the container within a second, though it ignores SIGTERM',
    async () => {
      for (const cleanup of ['always', 'never']) {
        const { module, contextOf, image, count, isAlive } = await setup()
        const cancel = new AbortController()
        const cancelled = new Cancelled()
        const command = 'trap "" TERM; echo $$; while :; do sleep 0.05; done'
        const context = contextOf({ image, command, lifetime: { cleanup } }, { signal: cancel.signal })
        const live = Promise.withResolvers<string>()
        const running = module.execute({ ...context, stream: ({ text }) => live.resolve(text) })
        const pid = await live.promise
        expect(await isAlive(pid)).toBe(true)
        const sinceMs = performance.now()
        cancel.abort(cancelled)
        await expect(running).rejects.toBe(cancelled)
        expect(performance.now() - sinceMs).toBeLessThan(1000)
        expect(context.recorded.logs.filter(({ level }) => level === 'warn')).toEqual([])
        expect(await count()).toBe(cleanup === 'always' ? 0 : 1)
        await expect.poll(() => isAlive(pid), { interval: 5 }).toBe(false)
      }
    },
  )

  withEngine('a container that takes too long, or writes too much, is killed', async () => {
    const { run, image, count } = await setup({ timeout_ms: 700, max_output_mb: 1 })
    const lifetime = { cleanup: 'always' }
    const late = await faultOf(run({ image, command: 'trap "" TERM; echo up; sleep 30', lifetime }))
    expect(late.error).toMatchObject({ status: 408 })
    const flood = await faultOf(
      run({ image, command: 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done', lifetime }),
    )
    expect(flood.message).toContain('The container wrote more than 1 MB to stdout')
    expect(await count()).toBe(0)
  })
}

test.skipIf(engines.slice(1).every(({ why }) => why !== undefined))(
  'a folder that is allowed is mounted, for reading only where the task says so',
  async () => {
    const engine = engines.slice(1).find(({ why }) => why === undefined)
    if (!engine) return
    const { run, image, folder } = await engine.setup({ volumes_allowed: ['/tmp'] })
    await mkdir(join(folder, 'data'))
    await writeFile(join(folder, 'data', 'a'), 'content')
    const volumes = { './data': '/data:ro', [folder]: '/all' }
    const output = await run({
      image,
      command: 'cat /data/a; touch /data/b || echo " no"; touch /all/c && echo yes',
      volumes,
    })
    expect(output).toBe('content no\nyes\n')
  },
)

test('an engine that the policy does not allow runs no container, since a container may run anything', async () => {
  await standIn()
  const { module, contextOf } = await setupModule()
  for (const programs of [
    { allow: ['git'], deny: [] },
    { allow: undefined, deny: ['docker'] },
  ]) {
    const context = { ...contextOf({ image: 'box' }), policy: { network: { private: true }, programs } }
    expect((await faultOf(module.execute(context))).error).toMatchObject({
      status: 403,
      detail: expect.stringMatching(/"docker" .* may not be run/),
    })
  }
})
