/**
 * What every backend must do of what nobody needs any more: it goes as a whole, and nothing else goes.
 */
import { systemClock } from '@nexus/sdk'
import { expect, test } from 'vitest'
import type { Backend, ChildRun, DurableRun, RunOutcome } from '../src/index.ts'
import { newRun, type BackendWorld } from './backend_conformance.ts'

const childRun = (id: string, attached = true): ChildRun => ({ ...newRun(id), attached })
const completed: RunOutcome = { status: 'completed', output: null }
const faulted: RunOutcome = { status: 'faulted', error: { type: 'x', status: 500 } }
const later = (): number => systemClock.now() + 1_000

async function ended(backend: Backend, id: string, outcome = completed): Promise<DurableRun> {
  const run = await backend.create(newRun(id))
  run.start()
  await run.end(outcome)
  return run
}

async function idsOf(backend: Backend): Promise<readonly string[]> {
  return (await backend.list()).map(({ id }) => id).toSorted()
}

export function forgettingConformance(setup: () => Promise<BackendWorld>): void {
  test('runs that ended before a moment are forgotten by their status; what is under way stays', async () => {
    await using world = await setup()
    const first = await world.open()
    await ended(first, 'completed')
    await ended(first, 'faulted', faulted)
    await first.create(newRun('running'))
    await (await first.create(newRun('suspended'))).suspend()
    const said = await first.forget({ endedBefore: { completed: later(), cancelled: later() } })
    expect(said).toMatchObject({ runs: 1, events: 0 })
    await world.crash(first)
    const second = await world.open()
    expect(await idsOf(second)).toEqual(['faulted', 'running', 'suspended'])
    await expect(second.events('completed')).rejects.toMatchObject({ code: 'run_not_found' })
    expect(await second.events('faulted')).toHaveLength(2)
    await second.close()
  })

  test('a run that ended after the moment stays', async () => {
    await using world = await setup()
    const backend = await world.open()
    const { endedAt = 0 } = await (async () => {
      await ended(backend, 'r1')
      return backend.get('r1')
    })()
    expect(await backend.forget({ endedBefore: { completed: endedAt } })).toMatchObject({ runs: 0 })
    expect(await backend.forget({ endedBefore: { completed: endedAt + 1 } })).toMatchObject({ runs: 1 })
    await backend.close()
  })

  test('what would be forgotten is said without forgetting it', async () => {
    await using world = await setup()
    const backend = await world.open()
    await ended(backend, 'r1')
    await backend.publish({ specversion: '1.0', id: 'e1', source: 's', type: 't' })
    const what = { endedBefore: { completed: later() }, acceptedBefore: later(), dryRun: true }
    expect(await backend.forget(what)).toMatchObject({ runs: 1, events: 1 })
    expect(await idsOf(backend)).toEqual(['r1'])
    await backend.close()
  })

  test('a run goes with those that live with it, and they do not go before it', async () => {
    await using world = await setup()
    const backend = await world.open()
    const parent = await backend.create(newRun('parent'))
    const child = await parent.child('/a/run', () => childRun('child'))
    await (await child.child('/b/run', () => childRun('grandchild'))).end(completed)
    await (await parent.child('/c/run', () => childRun('detached', false))).end(faulted)
    await child.end(completed)
    expect(await backend.forget({ endedBefore: { completed: later() } })).toMatchObject({ runs: 0 })
    await parent.end(completed)
    expect(await backend.forget({ endedBefore: { completed: later() } })).toMatchObject({ runs: 3 })
    expect(await backend.list()).toMatchObject([{ id: 'detached', parent: undefined }])
    await backend.close()
  })

  test('a run is forgotten by its id; one that is under way or lives with another is refused, and nothing goes', async () => {
    await using world = await setup()
    const backend = await world.open()
    const parent = await backend.create(newRun('parent'))
    await (await parent.child('/a/run', () => childRun('child'))).end(completed)
    await ended(backend, 'r1')
    for (const [id, code] of [
      ['parent', 'run_not_ended'],
      ['child', 'run_attached'],
      ['nobody', 'run_not_found'],
    ] as const)
      await expect(backend.forget({ ids: ['r1', id] })).rejects.toMatchObject({ code })
    expect(await idsOf(backend)).toEqual(['child', 'parent', 'r1'])
    expect(await backend.forget({ ids: ['r1', 'r1'] })).toMatchObject({ runs: 1 })
    await backend.close()
  })

  test('the key of a forgotten run may be used again, and its number is not', async () => {
    await using world = await setup()
    const first = await world.open()
    await first.create(newRun('waiting'))
    await (await first.create({ ...newRun('r1'), key: 'order 7' })).end(completed)
    await first.publish({ specversion: '1.0', id: 'e1', source: 's', type: 't' })
    const before = await first.deploy({ workflow: newRun().workflow, document: 'do: []', workflows: {} })
    await first.undeploy('test/conformance:1.0.0')
    await first.forget({ ids: ['r1'], acceptedBefore: later() })
    await world.crash(first)
    const second = await world.open()
    await second.create({ ...newRun('r2'), key: 'order 7' })
    const after = await second.deploy({ workflow: newRun().workflow, document: 'do: []', workflows: {} })
    expect(after.accepted).toBeGreaterThan(before.accepted)
    await second.close()
  })

  test('a run that is retried while it is being forgotten is kept, or the retry is refused', async () => {
    await using world = await setup()
    const backend = await world.open()
    const turnsMax = 12
    for (let turns = 0; turns < turnsMax; turns++) {
      const run = await ended(backend, `r${turns}`, faulted)
      const going = backend.forget({ ids: [run.stored.id] })
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      const [retried, forgotten] = await Promise.allSettled([run.retry(), going])
      const kept = await backend.get(run.stored.id).catch(() => undefined)
      expect(kept?.status).toBe(retried.status === 'fulfilled' ? 'running' : undefined)
      expect(forgotten.status).toBe('fulfilled')
    }
    await backend.close()
  })

  test('what other runs and deployments need of documents stays', async () => {
    await using world = await setup()
    const backend = await world.open()
    const workflows = { 'test/inner:1.0.0': 'do: [inner]' }
    await (await backend.create({ ...newRun('r1'), workflows })).end(completed)
    await (await backend.create({ ...newRun('r2'), workflows })).end(completed)
    const deployed = { ...newRun().workflow, name: 'deployed' }
    await backend.deploy({ workflow: deployed, document: 'do: [deployed]', workflows: { a: 'do: [a]' } })
    await backend.forget({ ids: ['r1'] })
    expect(await backend.get('r2')).toMatchObject({ document: 'do: []', workflows })
    await backend.forget({ ids: ['r2'] })
    expect(backend.deployments()).toMatchObject([{ document: 'do: [deployed]', workflows: { a: 'do: [a]' } }])
    await (await backend.create({ ...newRun('r3'), workflows })).end(completed)
    expect(await backend.get('r3')).toMatchObject({ document: 'do: []', workflows })
    await backend.close()
  })

  test('events are forgotten by age for everybody, and those for one run with that run', async () => {
    await using world = await setup()
    const backend = await world.open()
    await backend.create(newRun('r1'))
    await backend.publish({ specversion: '1.0', id: 'e1', source: 's', type: 'everybody' })
    await backend.publish({ specversion: '1.0', id: 'e2', source: 's', type: 'targeted' }, 'r1')
    expect(await backend.forget({ acceptedBefore: later() })).toMatchObject({ events: 1 })
    const listen = await (await backend.open('r1')).subscribe('/a', { correlates: false })
    const signal = AbortSignal.timeout(5_000)
    expect(await listen.next(({ type }) => type, signal)).toMatchObject({ match: 'targeted' })
    await backend.close()
  })

  test('a run with many events goes in slices, and a crash between them leaves none behind for ever', async () => {
    await using world = await setup()
    const first = await world.open()
    const run = await first.create(newRun('r1'))
    for (let i = 0; i < 5_000; i++) run.keep('/a', i)
    await run.end(completed)
    const stop = new AbortController()
    const going = first.forget({ ids: ['r1'] }, stop.signal)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    stop.abort()
    await Promise.allSettled([going])
    await world.crash(first)
    const second = await world.open()
    await second.create(newRun('r1'))
    await second.forget({})
    expect(await second.events('r1')).toEqual([])
    await second.close()
  })
}
