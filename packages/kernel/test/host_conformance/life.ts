/** The life of a module in a host: whether it starts, what it hands over, what it leaves behind. */
import { ModuleFailure } from '@nexus/kernel'
import { describe, expect, test } from 'vitest'
import { refused } from '../dialects/dialect.ts'
import { manualClock, task } from '../world.ts'
import type { Subject } from './subject.ts'

export function life(subject: Subject): void {
  describe('modules that do not start', () => refusals(subject))
  describe('setting up', () => setUps(subject))
  describe('handing over', () => handOvers(subject))
  describe('tearing down', () => tearDowns(subject))
}

function refusals({ dialect, setUp }: Subject): void {
  test.each(refused)('%s is a failure that names the module', async (name) => {
    const [code, message] = dialect.refused[name]
    const thrown = await setUp({ code })
      .start()
      .catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(ModuleFailure)
    expect(String(thrown)).toMatch(message)
    expect(String(thrown)).toContain('Module "subject"')
  })

  test('a probe fails where an executor does not do what its manifest provides', async () => {
    const code = dialect.tasks['does "one" and no other task']
    const instance = await setUp({
      code,
      manifest: { provides: [{ task: 'one' }, { task: 'two' }] },
    }).start()
    await expect(instance.probe()).rejects.toThrow(/provides "two", but its canExecute\("two"\) is not true/)
    await instance.stop()
  })
}

function setUps({ dialect, endsModules, setUp }: Subject): void {
  test('a set-up that throws is told, and torn down all the same', async () => {
    const { logged, start } = setUp({ code: dialect.recording({ setup: 'throws' }) })
    await expect(start()).rejects.toThrow(
      new ModuleFailure(`Module "subject" 1.2.3 failed in setup: ${dialect.words.exception}: no port.`),
    )
    expect(logged).toEqual(['setup', 'teardown', 'second', 'first'])
  })

  test('a set-up that hangs ends at its deadline, and is torn down all the same', async () => {
    const clock = manualClock()
    const { logged, start } = setUp({
      code: dialect.recording({ setup: 'hangs' }),
      hosted: { clock },
    })
    const starting = start()
    await expect.poll(() => logged).toContain('setup')
    clock.expire()
    await expect(starting).rejects.toThrow(/failed in setup: DeadlineExceeded: took longer than 1000 ms/)
    expect(logged).toEqual(['setup', 'teardown', 'second', 'first'])
    expect(clock.armed).toBe(0)
  })

  test('what a set-up registers after its deadline is released at once', async () => {
    const clock = manualClock()
    const late = Promise.withResolvers<string>()
    const asked = Promise.withResolvers<void>()
    const waits = {
      get() {
        asked.resolve()
        return late.promise
      },
    }
    const manifest = { permissions: { secrets: ['late'] } }
    const { logged, start } = setUp({
      code: dialect.recording({ setup: 'late' }),
      manifest,
      hosted: { clock, secrets: waits },
    })
    const starting = start()
    await asked.promise
    clock.expire()
    await expect(starting).rejects.toThrow(/took longer/)
    late.resolve('')
    // Where the module is ended with its process, it has no later.
    if (endsModules) expect(logged).toEqual(['setup', 'teardown', 'second', 'first'])
    else await expect.poll(() => logged).toContain('late')
  })
}

function handOvers({ dialect, endsModules, setUp }: Subject): void {
  test('a module says what it hands over, and its successor takes it up', async () => {
    const { start } = setUp({ code: dialect.handing })
    const [old, next] = [await start(), await start()]
    expect([...(await old.hooks())].toSorted()).toEqual(['migrate', 'restore', 'snapshot'])
    await old.execute(task(2))
    const memory = (await old.snapshot()) ?? null
    expect(memory).toEqual({ count: 2 })
    const versions = { from: '1.0.0', to: '1.1.0' }
    const handed = await next.migrate({ state: { a: 1 }, memory }, versions)
    expect(handed).toEqual({ state: { a: 1, versions }, memory: { count: 4 } })
    await next.restore(handed.memory)
    expect(await next.execute(task(1))).toMatchObject({ outputData: 5 })
    await Promise.all([old.stop(), next.stop()])
  })

  test.runIf(endsModules)(
    'a module whose process has ended hands nothing over, and can take up',
    async () => {
      const { start, logged } = setUp({ code: dialect.handing })
      const [old, next] = [await start(), await start()]
      await old.execute(task(2))
      await expect(old.execute(task('end'))).rejects.toThrow('exit code 3')
      await expect(next.execute(task('end'))).rejects.toThrow('exit code 3')
      expect((await old.hooks()).has('snapshot')).toBe(true)
      expect(await old.snapshot()).toBeUndefined()
      expect(logged.join('\n')).toContain(
        'hands over nothing from its memory, which has ended with its process',
      )
      await next.probe()
      await next.restore({ count: 4 })
      expect(await next.execute(task(1))).toMatchObject({ outputData: 5 })
      await next.execute(task('end later'))
      expect(await next.snapshot()).toBeUndefined()
      expect(await old.stop()).toEqual({ problems: [], handlesLeft: 0 })
      await next.stop()
      await expect(next.probe()).rejects.toThrow('Module "subject" 1.2.3 is stopped.')
    },
  )

  test('most modules hand nothing over', async () => {
    const instance = await setUp({ code: dialect.tasks['gives one'] }).start()
    expect([...(await instance.hooks())]).toEqual([])
    await instance.stop()
  })

  test('a hand-over that fails, or gives back nothing that can be taken up, is told with the module and the step', async () => {
    const instance = await setUp({ code: dialect.handingBadly }).start()
    const { exception } = dialect.words
    await expect(instance.snapshot()).rejects.toThrow(
      `Module "subject" 1.2.3 failed in snapshot: ${exception}: lost`,
    )
    const handed = { state: {}, memory: null }
    await expect(instance.migrate(handed, { from: '1.0.0', to: '1.1.0' })).rejects.toThrow(
      'Module "subject" 1.2.3 gave back from migrate no object with a map `state`',
    )
    await instance.stop()
  })
}

function tearDowns({ dialect, setUp }: Subject): void {
  test('what a set-up registers is released in reverse, after teardown, once', async () => {
    const { logged, start } = setUp({ code: dialect.recording() })
    const instance = await start()
    const report = await instance.stop()
    expect(await instance.stop()).toBe(report)
    expect(logged).toEqual(['setup', 'teardown', 'second', 'first'])
    expect(report).toEqual({ problems: [], handlesLeft: 0 })
  })

  test('a stopped module takes no more tasks', async () => {
    const instance = await setUp({ code: dialect.tasks['gives one'] }).start()
    await instance.stop()
    await expect(instance.execute(task(null))).rejects.toThrow(/is stopped and takes no more tasks/)
  })

  test('a teardown that throws is reported, and everything is released all the same', async () => {
    const { logged, start } = setUp({ code: dialect.recording({ teardown: 'throws' }) })
    const { problems, handlesLeft } = await (await start()).stop()
    const { exception } = dialect.words
    expect(problems).toEqual([`Module "subject" 1.2.3 failed in teardown: ${exception}: stuck.`])
    expect(handlesLeft).toBe(0)
    expect(logged).toEqual(expect.arrayContaining(['second', 'first']))
  })

  test('a teardown that hangs is left at its deadline', async () => {
    const clock = manualClock()
    const { start } = setUp({
      code: dialect.recording({ teardown: 'hangs' }),
      hosted: { clock },
    })
    const stopping = (await start()).stop()
    clock.expire()
    expect((await stopping).problems).toEqual([
      expect.stringContaining('failed in teardown: DeadlineExceeded'),
    ])
  })

  test('a release that throws counts as a handle that is left, and the others are released', async () => {
    const { logged, start } = setUp({ code: dialect.recording({ setup: 'stuck' }) })
    const { problems, handlesLeft } = await (await start()).stop()
    const { exception } = dialect.words
    expect(problems).toEqual([`Module "subject" 1.2.3 could not release "the socket": ${exception}: busy.`])
    expect(handlesLeft).toBe(1)
    expect(logged).toEqual(expect.arrayContaining(['second', 'first']))
  })
}
