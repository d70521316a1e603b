/**
 * What every backend must do of runs that begin others, and of runs that stop for a while.
 */
import { expect, test } from 'vitest'
import type { ChildRun } from '../src/index.ts'
import { newRun, type BackendWorld } from './backend_conformance.ts'

const childRun = (id: string, attached = true): ChildRun => ({ ...newRun(id), attached })

export function familyConformance(setup: () => Promise<BackendWorld>): void {
  test('a run that was begun under a path is found there after a crash, and no second one is begun', async () => {
    await using world = await setup()
    const first = await world.open()
    const parent = await first.create(newRun('parent'))
    const child = await parent.child('/do/0/sub/run', () => childRun('child'))
    expect(child.stored).toMatchObject({ id: 'child', input: { city: 'Łódź' } })
    await world.crash(first)
    const second = await world.open()
    const again = await (await second.open('parent')).child('/do/0/sub/run', () => childRun('other'))
    expect(again.stored).toMatchObject({ id: 'child', parent: { run: 'parent', attached: true } })
    expect((await second.list()).map(({ id }) => id)).toEqual(['child', 'parent'])
    await second.close()
  })

  test('a run tells how it ended, also after a crash', async () => {
    await using world = await setup()
    const first = await world.open()
    const parent = await first.create(newRun('parent'))
    const child = await parent.child('/a/run', () => childRun('child'))
    expect(child.outcome()).toBeUndefined()
    await child.end({ status: 'completed', output: 7 })
    await world.crash(first)
    const second = await world.open()
    const again = await (await second.open('parent')).child('/a/run', () => childRun('other'))
    expect(again.outcome()).toEqual({ status: 'completed', output: 7 })
    await second.close()
  })

  test('a run that faulted is open again once the run that began it is retried', async () => {
    await using world = await setup()
    const backend = await world.open()
    const parent = await backend.create(newRun('parent'))
    parent.start()
    const child = await parent.child('/a/run', () => childRun('child'))
    await child.end({ status: 'faulted', error: { type: 'x', status: 500 } })
    const resumed = await backend.open('parent')
    expect((await resumed.child('/a/run', () => childRun('other'))).outcome()).toMatchObject({
      status: 'faulted',
    })
    await resumed.end({ status: 'faulted', error: { type: 'x', status: 500 } })
    await resumed.retry()
    const again = await resumed.child('/a/run', () => childRun('other'))
    expect(again.stored.id).toBe('child')
    expect(again.outcome()).toBeUndefined()
    expect(await backend.get('child')).toMatchObject({ status: 'running', endedAt: undefined })
    await backend.close()
  })

  test('runs are listed by the run that began them, and without those that live with it', async () => {
    await using world = await setup()
    const backend = await world.open()
    const parent = await backend.create(newRun('parent'))
    await parent.child('/a/run', () => childRun('with'))
    await parent.child('/b/run', () => childRun('free', false))
    const ids = async (query: object): Promise<string[]> => (await backend.list(query)).map(({ id }) => id)
    expect(await ids({ parent: 'parent' })).toEqual(['free', 'with'])
    expect(await ids({ parent: 'parent', attached: true })).toEqual(['with'])
    expect(await ids({ attached: false })).toEqual(['free', 'parent'])
    await backend.close()
  })

  test('a run keeps the workflows that it may run, and what its expressions see', async () => {
    await using world = await setup()
    const first = await world.open()
    const workflows = { 'test/a:1.0.0': 'do: [a]', 'test/a:latest': 'do: [a]', 'test/b:2.0.0': 'do: [b]' }
    const scope = { context: { kept: [1] }, variables: { item: 'ü' } }
    await first.create({ ...newRun(), workflows, scope })
    await world.crash(first)
    const second = await world.open()
    expect(await second.get('r1')).toMatchObject({ workflows, scope })
    await second.close()
  })

  test('an input of several megabytes comes back as it was', async () => {
    await using world = await setup()
    const first = await world.open()
    const input = { text: 'ab\u{1F600}'.repeat(1_000_000) }
    await first.create({ ...newRun(), input })
    await world.crash(first)
    const second = await world.open()
    expect((await second.get('r1')).input).toEqual(input)
    await second.close()
  })

  test('a suspended run stays suspended over a restart, and runs again once it begins', async () => {
    await using world = await setup()
    const first = await world.open()
    const run = await first.create(newRun())
    run.start()
    await run.suspend()
    await world.crash(first)
    const second = await world.open()
    expect(await second.get('r1')).toMatchObject({ status: 'suspended', endedAt: undefined })
    const again = await second.open('r1')
    again.start()
    await again.settle()
    expect((await second.events('r1')).map(({ type }) => type)).toEqual([
      'run.started',
      'run.suspended',
      'run.resumed',
    ])
    expect(await second.get('r1')).toMatchObject({ status: 'running' })
    await second.close()
  })
}
