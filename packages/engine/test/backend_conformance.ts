/**
 * What every backend must do. `open` opens the same storage again each time, as a process does after a restart;
 * `crash` lets go of it as `kill -9` does: nothing that was not on disk is left.
 */
import { systemClock, type Json } from '@nexus/sdk'
import { describe, expect, test } from 'vitest'
import type { Backend, DurableRun, NewRun, RunEvent, TaskOutcome, TaskStep } from '../src/index.ts'
import { blobConformance } from './blob_conformance.ts'
import { deploymentConformance } from './deployment_conformance.ts'
import { eventConformance } from './event_conformance.ts'
import { familyConformance } from './family_conformance.ts'
import { forgettingConformance } from './forgetting_conformance.ts'

export interface BackendWorld {
  open(): Promise<Backend>
  crash(backend: Backend): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export const newRun = (id = 'r1'): NewRun => ({
  id,
  workflow: { namespace: 'test', name: 'conformance', version: '1.0.0' },
  document: 'do: []',
  input: { city: 'Łódź' },
})

const stepAt = (path: string, pure = false): TaskStep => ({
  path,
  pure,
  describe: () => ({ path, reference: path, name: path.slice(1), kind: 'test', input: null }),
})

const completed = (output: Json): TaskOutcome => ({ status: 'completed', output, then: 'continue' })

const never = (): Promise<TaskOutcome> => Promise.reject(new Error('A recorded effect ran again.'))

async function interrupted(run: DurableRun, path: string): Promise<void> {
  await run.step(stepAt(path), () => Promise.reject(new Error('the process ends here'))).catch(() => {})
}

export function backendConformance(name: string, setup: () => Promise<BackendWorld>): void {
  describe(name, () => {
    test('an accepted run is found after a crash, with its document and its input', async () => {
      await using world = await setup()
      const first = await world.open()
      await first.create(newRun())
      await world.crash(first)
      const second = await world.open()
      expect(await second.get('r1')).toMatchObject({
        status: 'running',
        document: 'do: []',
        input: { city: 'Łódź' },
      })
      await second.close()
    })

    test('a run that waits for its turn is pending over a crash, with its priority, until it begins', async () => {
      await using world = await setup()
      const first = await world.open()
      await first.create({ ...newRun(), priority: 7, pending: true })
      await world.crash(first)
      const second = await world.open()
      const waiting = { status: 'pending', priority: 7, startedAt: undefined }
      expect(await second.list({ statuses: ['pending'] })).toMatchObject([waiting])
      const run = await second.open('r1')
      await run.suspend()
      const again = await second.open('r1')
      expect(again.stored).toMatchObject({ status: 'suspended', startedAt: undefined })
      again.start()
      await again.settle()
      expect((await second.events('r1')).map(({ type }) => type)).toEqual(['run.suspended', 'run.started'])
      expect(await second.get('r1')).toMatchObject({ status: 'running', startedAt: expect.any(Number) })
      await second.close()
    })

    test('a run id that is taken is refused', async () => {
      await using world = await setup()
      const backend = await world.open()
      await backend.create(newRun())
      await expect(backend.create(newRun())).rejects.toMatchObject({ code: 'run_exists' })
      await backend.close()
    })

    test('a key begins one run, asked for twice at once and again after a crash', async () => {
      await using world = await setup()
      const first = await world.open()
      expect(await first.keyed('k')).toBeUndefined()
      const asked = ['r1', 'r2'].map((id) => first.create({ ...newRun(id), key: 'k' }))
      const [accepted, refused] = await Promise.allSettled(asked)
      expect(accepted?.status).toBe('fulfilled')
      expect(refused).toMatchObject({ reason: { code: 'key_taken' } })
      await world.crash(first)
      const second = await world.open()
      expect(await second.keyed('k')).toMatchObject({ id: 'r1', input: { city: 'Łódź' } })
      await expect(second.create({ ...newRun('r3'), key: 'k' })).rejects.toMatchObject({ code: 'key_taken' })
      await second.create({ ...newRun('r4'), key: 'other' })
      expect((await second.list()).map(({ id }) => id)).toEqual(['r4', 'r1'])
      await second.close()
    })

    test('a run that nobody accepted is not found', async () => {
      await using world = await setup()
      const backend = await world.open()
      await expect(backend.open('nobody')).rejects.toMatchObject({ code: 'run_not_found' })
      await expect(backend.get('nobody')).rejects.toMatchObject({ code: 'run_not_found' })
      await expect(backend.events('nobody')).rejects.toMatchObject({ code: 'run_not_found' })
      await backend.close()
    })

    for (const outcome of [
      completed({ deep: [1, 'ü', null] }),
      { status: 'faulted', error: { type: 'x', status: 500, detail: 'no' } },
      { status: 'cancelled' },
      { status: 'skipped' },
    ] satisfies TaskOutcome[]) {
      test(`an outcome "${outcome.status}" is computed once and survives a crash`, async () => {
        await using world = await setup()
        const first = await world.open()
        const run = await first.create(newRun())
        expect(await run.step(stepAt('/a'), async () => outcome)).toEqual(outcome)
        await run.settle()
        await world.crash(first)
        const second = await world.open()
        expect(await (await second.open('r1')).step(stepAt('/a'), never)).toEqual(outcome)
        await second.close()
      })
    }

    test('an effect that was under way when the process died runs again as the next attempt', async () => {
      await using world = await setup()
      const first = await world.open()
      const run = await first.create(newRun())
      await interrupted(run, '/a')
      await run.step(stepAt('/b'), async () => completed('b'))
      await run.settle()
      await world.crash(first)
      const second = await world.open()
      const attempts: number[] = []
      await (
        await second.open('r1')
      ).step(stepAt('/a'), async (attempt) => {
        attempts.push(attempt)
        return completed('a')
      })
      expect(attempts).toEqual([2])
      await second.close()
    })

    test('a task that starts again is told when it first did, to the millisecond', async () => {
      await using world = await setup()
      const first = await world.open()
      const run = await first.create(newRun())
      const told: number[] = []
      const step: TaskStep = {
        ...stepAt('/a'),
        describe(startedAt) {
          told.push(startedAt)
          const until = systemClock.now() + 2
          while (systemClock.now() < until);
          return stepAt('/a').describe(startedAt, undefined)
        },
      }
      await run.step(step, () => Promise.reject(new Error('the process ends here'))).catch(() => {})
      await run.step(stepAt('/b'), async () => completed('b'))
      await run.settle()
      await world.crash(first)
      const second = await world.open()
      await (await second.open('r1')).step(step, async () => completed('a'))
      expect(told[1]).toBe(told[0])
      await second.close()
    })

    test('a pure outcome is on disk before an effect that follows it is', async () => {
      await using world = await setup()
      const first = await world.open()
      const run = await first.create(newRun())
      await run.step(stepAt('/pure', true), async () => completed(1))
      await run.step(stepAt('/effect'), async () => completed(2))
      await run.settle()
      await world.crash(first)
      const second = await world.open()
      const again = await second.open('r1')
      expect(await again.step(stepAt('/pure', true), never)).toEqual(completed(1))
      expect(await again.step(stepAt('/effect'), never)).toEqual(completed(2))
      await second.close()
    })

    test('an outcome is on disk before the next effect begins', async () => {
      await using world = await setup()
      const first = await world.open()
      const run = await first.create(newRun())
      await run.step(stepAt('/one'), async () => completed(1))
      await run
        .step(stepAt('/two'), async () => {
          await world.crash(first)
          throw new Error('the process ends here')
        })
        .catch(() => {})
      const second = await world.open()
      expect(await (await second.open('r1')).step(stepAt('/one'), never)).toEqual(completed(1))
      await second.close()
    })

    test('a time that was read is on disk before the next effect begins', async () => {
      await using world = await setup()
      const first = await world.open()
      const run = await first.create(newRun())
      const read = await run.now('/now')
      await run
        .step(stepAt('/effect'), async () => {
          await world.crash(first)
          throw new Error('the process ends here')
        })
        .catch(() => {})
      const second = await world.open()
      expect(await (await second.open('r1')).now('/now')).toBe(read)
      await second.close()
    })

    test('a wait that was begun before a crash ends at the moment that it had', async () => {
      await using world = await setup()
      const first = await world.open()
      const run = await first.create(newRun())
      const until = systemClock.now() + 60
      const abort = new AbortController()
      const sleeping = run.sleep('/w', until, abort.signal).catch(() => {})
      await run.step(stepAt('/other'), async () => completed(null))
      await run.settle()
      abort.abort(new Error('the process ends here'))
      await sleeping
      await world.crash(first)
      const second = await world.open()
      const tenMinutesOn = systemClock.now() + 600_000
      await (await second.open('r1')).sleep('/w', tenMinutesOn, new AbortController().signal)
      expect(systemClock.now()).toBeGreaterThanOrEqual(until - 1)
      expect(systemClock.now()).toBeLessThan(tenMinutesOn)
      await second.close()
    })

    test('the context of the last export is there when the run is opened again', async () => {
      await using world = await setup()
      const first = await world.open()
      const run = await first.create(newRun())
      await run.step(stepAt('/a'), async () => ({ ...completed(1), context: { seen: 'a' } }) as TaskOutcome)
      await run.step(stepAt('/b'), async () => ({ ...completed(2), context: { seen: 'b' } }) as TaskOutcome)
      await run.step(stepAt('/c'), async () => completed(3))
      await run.settle()
      await world.crash(first)
      const second = await world.open()
      expect((await second.open('r1')).context).toEqual({ seen: 'b' })
      await second.close()
    })

    test('what a listener hears is on disk, in order, and is what the log says', async () => {
      await using world = await setup()
      const backend = await world.open()
      const run = await backend.create(newRun())
      const heard: RunEvent[] = []
      run.listen((event) => heard.push(event))
      run.start()
      await Promise.all(['/a', '/b', '/c'].map((path) => run.step(stepAt(path), async () => completed(path))))
      await run.end({ status: 'completed', output: 'done' })
      expect(heard).toEqual(await backend.events('r1'))
      expect(heard.map((event) => event.seq)).toEqual(
        heard.map((event) => event.seq).toSorted((a, b) => a - b),
      )
      await backend.close()
    })

    test('an ended run is listed with its status and is no longer unfinished', async () => {
      await using world = await setup()
      const backend = await world.open()
      const run = await backend.create(newRun('ended'))
      await backend.create(newRun('open'))
      run.start()
      await run.end({ status: 'faulted', error: { type: 'x', status: 400 } })
      expect((await backend.list()).map(({ id, status }) => [id, status])).toEqual([
        ['open', 'running'],
        ['ended', 'faulted'],
      ])
      expect((await backend.list({ statuses: ['pending', 'running'] })).map(({ id }) => id)).toEqual(['open'])
      await backend.close()
    })

    test('a payload of megabytes comes back whole after a crash', async () => {
      await using world = await setup()
      const first = await world.open()
      const run = await first.create(newRun())
      const large = { text: 'ä'.repeat(3_000_000), small: 1 }
      await run.step(stepAt('/large'), async () => completed(large))
      await run.settle()
      await world.crash(first)
      const second = await world.open()
      expect(await (await second.open('r1')).step(stepAt('/large'), never)).toEqual(completed(large))
      await second.close()
    })

    test('thousands of steps at once are all recorded', async () => {
      await using world = await setup()
      const first = await world.open()
      const run = await first.create(newRun())
      const paths = Array.from({ length: 3_000 }, (_, index) => `/s/${index}`)
      await Promise.all(paths.map((path) => run.step(stepAt(path), async () => completed(path))))
      await run.settle()
      await world.crash(first)
      const second = await world.open()
      const again = await second.open('r1')
      for (const path of paths) expect(await again.step(stepAt(path), never)).toEqual(completed(path))
      await second.close()
    })

    blobConformance(setup)
    eventConformance(setup)
    familyConformance(setup)
    forgettingConformance(setup)
    deploymentConformance(setup)

    test('closing twice is safe, and a second process may open afterwards', async () => {
      await using world = await setup()
      const backend = await world.open()
      await backend.close()
      await backend.close()
      await (await world.open()).close()
    })
  })
}
