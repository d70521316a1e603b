import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ModuleFailure } from '@nexus/kernel'
import { Cancelled, systemClock, TaskFault } from '@nexus/sdk'
import { describe, expect, test } from 'vitest'
import { failureOf, isAlive, makeProcessWorld, outputOf, pythonOf } from './process_world.ts'
import { task } from './world.ts'

/** What the module does, by its input. */
const javascript = `
  context.log.info('begun: ' + input)
  if (input === 'exit') process.exit(3)
  if (input === 'pid') return ModuleResult.ok(process.pid)
  if (input === 'wait') await new Promise(() => setTimeout(() => {}, 60_000))
  if (input === 'spin') for (;;);
  if (input === 'throw later') setTimeout(() => { throw new Error('too late') }, 1)
  if (input === 'throw later') await new Promise(() => {})
  if (input === 'count') {
    const count = (await context.state.get('count') ?? 0) + 1
    await context.state.set('count', count)
    return ModuleResult.ok(count)
  }
  return ModuleResult.ok(input)`

const python = pythonOf(`context.log.info(f"begun: {input}")
if input == "exit": os._exit(3)
if input == "pid": return ModuleResult.ok(os.getpid())
if input == "wait":
    while True:
        try: await asyncio.sleep(60)
        except asyncio.CancelledError: pass
if input == "spin":
    while True: pass
if input == "count":
    count = await context.state.get("count", 0) + 1
    await context.state.set("count", count)
    return ModuleResult.ok(count)
return ModuleResult.ok(input)`)

describe.each([
  ['Node', javascript],
  ['Python', python],
])('a process of %s', (_name, source) => {
  test('that ends fails what it had under way, and the next task has another, with the state that was kept', async () => {
    const { start, logged } = makeProcessWorld()
    const module = await start(source)
    const first = await outputOf(module, 'pid')
    expect(await outputOf(module, 'count')).toBe(1)
    const waiting = failureOf(module.execute(task('wait')))
    const exiting = module.execute(task('exit'))
    await expect(exiting).rejects.toBeInstanceOf(TaskFault)
    const why = 'Module "subject" 1.2.3 did not finish this task: its process ended with exit code 3.'
    expect(await failureOf(exiting)).toContain(why)
    expect(await waiting).toContain(why)
    expect(await outputOf(module, 'count')).toBe(2)
    expect(await outputOf(module, 'pid')).not.toBe(first)
    expect(logged.join('\n')).toContain('the next task starts it again')
  })

  test('that is killed says by what', async () => {
    const { start } = makeProcessWorld()
    const module = await start(source)
    const pid = await outputOf(module, 'pid')
    const waiting = failureOf(module.execute(task('wait')))
    process.kill(Number(pid), 'SIGKILL')
    expect(await waiting).toContain('its process was killed by SIGKILL.')
    expect(await outputOf(module, 1)).toBe(1)
  })

  test.each(['wait', 'spin'])(
    'that does not stop when its task is cancelled (%s) is ended after a grace',
    async (how) => {
      const { start, logged } = makeProcessWorld({ graceMsMax: 100 })
      const module = await start(source)
      const pid = Number(await outputOf(module, 'pid'))
      const abort = new AbortController()
      const other = failureOf(module.execute(task('wait')))
      const stuck = module.execute(task(how, { signal: abort.signal }))
      await expect.poll(() => logged).toContain(`begun: ${how}`)
      abort.abort(new Cancelled())
      await expect(stuck).rejects.toBeInstanceOf(Cancelled)
      const why =
        'its process was ended, since task /do/0/test did not stop within 100 ms of its cancellation.'
      expect(await other).toContain(why)
      expect(logged.join('\n')).toContain(why)
      await expect.poll(() => isAlive(pid)).toBe(false)
      expect(await outputOf(module, 1)).toBe(1)
    },
  )
})

test('an exception outside of every task ends the process, and its last words are told', async () => {
  const { start } = makeProcessWorld()
  const module = await start(javascript)
  const failure = await failureOf(module.execute(task('throw later')))
  expect(failure).toContain('its process ended with exit code 1. It printed last:')
  expect(failure).toContain('Error: too late')
})

test('a rejection that nothing handles is logged, and the tasks go on', async () => {
  const { start, logged } = makeProcessWorld()
  const module = await start(
    `void Promise.reject(new Error('forgotten')); await context.state.get('x'); ${javascript}`,
  )
  expect(await outputOf(module, 1)).toBe(1)
  await expect.poll(() => logged.join('\n')).toContain('nothing in the module handles: Error: forgotten')
})

test('a process that ends again and again is started less and less often, then not for a while', async () => {
  let nowMs = 0
  const waits: number[] = []
  const clock = {
    ...systemClock,
    elapsed: () => nowMs,
    async sleep(delayMs: number) {
      waits.push(delayMs)
      nowMs += delayMs
    },
  }
  const { start } = makeProcessWorld({ clock })
  const module = await start(javascript)
  const failures: string[] = []
  for (let task_ = 0; task_ < 8; task_++) failures.push(await failureOf(module.execute(task('exit'))))
  expect(waits).toEqual([100, 200, 400, 800, 1600])
  expect(failures.at(-1)).toContain('ended 7 times in a row. It is started again in 4 s at the earliest')
  nowMs += 3200
  expect(await outputOf(module, 1)).toBe(1)
  expect(await failureOf(module.execute(task('exit')))).toContain('exit code 3')
  expect(await outputOf(module, 2)).toBe(2)
  expect(waits).toHaveLength(5)
})

describe('a process that breaks the protocol', () => {
  test.each([
    [
      'with what is not JSON',
      `require('node:fs').writeSync(3, 'hello?\\n')`,
      'sent "hello?", which is not JSON-RPC 2.0',
    ],
    [
      'with an answer that nobody asked for',
      `require('node:fs').writeSync(3, '{"jsonrpc":"2.0","id":99,"result":1}\\n')`,
      'sent an answer to nothing that was asked (id 99)',
    ],
    [
      'with an endless message',
      `const piece = 'x'.repeat(1 << 20)
       const write = () => { try { require('node:fs').writeSync(3, piece) } catch (e) { if (e.code !== 'EAGAIN') throw e } }
       for (;;) write()`,
      'sent a line of more than 67108864 bytes',
    ],
  ])('%s fails its tasks and is ended', async (_how, code, why) => {
    const { start } = makeProcessWorld()
    const module = await start(
      `if (input === 'break') { ${code}; await new Promise(() => {}) } return ModuleResult.ok(input)`,
    )
    expect(await failureOf(module.execute(task('break')))).toContain(`its process ${why}`)
    expect(await outputOf(module, 1)).toBe(1)
  })

  test('an output of more than the limit fails its own task alone', async () => {
    const { start } = makeProcessWorld()
    const module = await start(
      `return ModuleResult.ok(input === 'large' ? 'x'.repeat(70 << 20) : process.pid)`,
    )
    const pid = await outputOf(module)
    expect(await failureOf(module.execute(task('large')))).toContain('more than 64 MB of JSON')
    expect(await outputOf(module)).toBe(pid)
  })

  test('an input of more than the limit is refused', async () => {
    const { start } = makeProcessWorld()
    const module = await start('return ModuleResult.ok(1)')
    const failure = await failureOf(module.execute(task('x'.repeat(70 << 20))))
    expect(failure).toContain('The input for Module "subject" 1.2.3 is more than 64 MB of JSON.')
    expect(await outputOf(module)).toBe(1)
  })
})

describe('a process that does not come up', () => {
  const hello = (protocol: number): string =>
    `echo '{"jsonrpc":"2.0","method":"hello","params":{"protocol":${protocol}}}' >&3`

  test.each([
    [
      'of another version',
      `${hello(99)}; sleep 60`,
      /speaks version 99 of the host's protocol, and 1 is needed/,
    ],
    ['that says nothing', 'sleep 60', /did not answer within 300 ms and was ended/],
    ['that ends at once', 'echo no luck >&2; exit 4', /ended with exit code 4\. It printed last:\s+no luck/],
    [
      'that ends while it loads',
      `${hello(1)}; read -r line <&3; exit 5`,
      /failed in load: its process ended with exit code 5/,
    ],
    ['that cannot be started', undefined, /could not be started: spawn .* ENOENT/],
  ])('%s is a failure that names the module', async (_which, script, message) => {
    const world = makeProcessWorld()
    const node = join(world.folder, 'node')
    if (script !== undefined) writeFileSync(node, `#!/bin/sh\n${script}\n`)
    if (script !== undefined) chmodSync(node, 0o755)
    const { start } = makeProcessWorld({ programs: { node }, helloMsMax: 300 })
    const starting = start('return ModuleResult.ok(1)')
    await expect(starting).rejects.toBeInstanceOf(ModuleFailure)
    const failure = await failureOf(starting)
    expect(failure).toMatch(message)
    expect(failure).toContain('Module "subject" 1.2.3')
  })
})
