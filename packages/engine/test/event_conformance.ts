/**
 * What every backend must do with events: part of the suite in `backend_conformance.ts`.
 */
import { expect, test } from 'vitest'
import type { CloudEvent, Consumed, Subscription, TaskOutcome } from '../src/index.ts'
import { newRun, type BackendWorld } from './backend_conformance.ts'

const eventOf = (id: string, type = 'order.placed', data: string | number = id): CloudEvent => ({
  specversion: '1.0',
  id,
  source: '/test',
  type,
  data,
})

const plain = { correlates: false }
const anything = (): true => true
const ofType = (type: string) => (event: CloudEvent) => (event.type === type ? { found: type } : undefined)
const never = new AbortController().signal

const idsOf = (consumed: readonly Consumed[]): readonly string[] => consumed.map(({ event }) => event.id)

/** Consumes without waiting: what is there already. */
async function consume(subscription: Subscription, count: number): Promise<readonly string[]> {
  const ids: string[] = []
  while (ids.length < count) ids.push((await subscription.next(anything, never)).event.id)
  return ids
}

/** That nothing is there for a listen: it still waits when a later event, which it alone wants, is on disk. */
async function hearsNothing(subscription: Subscription, publish: () => Promise<void>): Promise<void> {
  const abort = new AbortController()
  const waiting = subscription.next(anything, abort.signal)
  const outcome = waiting.then(
    ({ event }) => event.id,
    () => 'nothing',
  )
  await publish()
  abort.abort(new Error('enough'))
  expect(await outcome).toBe('nothing')
}

export function eventConformance(setup: () => Promise<BackendWorld>): void {
  test('an event that was accepted is heard after a crash by the run that listened before it', async () => {
    await using world = await setup()
    const first = await world.open()
    await (await first.create(newRun())).subscribe('/l', plain)
    await first.publish(eventOf('e1'))
    await world.crash(first)
    const second = await world.open()
    const again = await (await second.open('r1')).subscribe('/l', plain)
    expect(await consume(again, 1)).toEqual(['e1'])
    await second.close()
  })

  test('an event that came while no run was open is found', async () => {
    await using world = await setup()
    const first = await world.open()
    const run = await first.create(newRun())
    await run.subscribe('/l', plain)
    await run.step(
      { path: '/a', pure: false, describe: () => ({ path: '/a', reference: '/a', name: 'a', kind: 'test' }) },
      async () => ({ status: 'skipped' }),
    )
    await run.settle()
    await world.crash(first)
    const between = await world.open()
    await between.publish(eventOf('e1'))
    await world.crash(between)
    const last = await world.open()
    expect(await consume(await (await last.open('r1')).subscribe('/l', plain), 1)).toEqual(['e1'])
    await last.close()
  })

  test('an event that is published twice is consumed once', async () => {
    await using world = await setup()
    const backend = await world.open()
    const subscription = await (await backend.create(newRun())).subscribe('/l', plain)
    await Promise.all([backend.publish(eventOf('e1')), backend.publish(eventOf('e1'))])
    await backend.publish(eventOf('e1'))
    await backend.publish(eventOf('e2'))
    expect(await consume(subscription, 2)).toEqual(['e1', 'e2'])
    await backend.close()
  })

  test('events are consumed in the order of their acceptance, those that do not match are passed over', async () => {
    await using world = await setup()
    const backend = await world.open()
    const subscription = await (await backend.create(newRun())).subscribe('/l', plain)
    const ids = Array.from({ length: 200 }, (_, index) => `e${index}`)
    await Promise.all(ids.map((id, index) => backend.publish(eventOf(id, index % 2 ? 'odd' : 'even'))))
    const consumed: Consumed[] = []
    for (let count = 0; count < 100; count++) consumed.push(await subscription.next(ofType('odd'), never))
    expect(idsOf(consumed)).toEqual(ids.filter((_, index) => index % 2))
    await backend.close()
  })

  test('an event behind hundreds that do not match is found', async () => {
    await using world = await setup()
    const backend = await world.open()
    const subscription = await (await backend.create(newRun())).subscribe('/l', plain)
    const others = Array.from({ length: 300 }, (_, index) => backend.publish(eventOf(`e${index}`, 'other')))
    await Promise.all([...others, backend.publish(eventOf('wanted', 'wanted'))])
    expect((await subscription.next(ofType('wanted'), never)).event.id).toBe('wanted')
    await backend.close()
  })

  test('an event that was accepted before the listen began is not heard', async () => {
    await using world = await setup()
    const backend = await world.open()
    const run = await backend.create(newRun())
    await backend.publish(eventOf('early'))
    const subscription = await run.subscribe('/l', plain)
    await backend.publish(eventOf('late'))
    expect(await consume(subscription, 1)).toEqual(['late'])
    await backend.close()
  })

  test('whoever waits is woken by the event that it waits for', async () => {
    await using world = await setup()
    const backend = await world.open()
    const subscription = await (await backend.create(newRun())).subscribe('/l', plain)
    const waiting = subscription.next(ofType('wanted'), never)
    await backend.publish(eventOf('e1', 'other'))
    await Promise.all([backend.publish(eventOf('e2', 'wanted')), backend.publish(eventOf('e3', 'wanted'))])
    expect(await waiting).toMatchObject({ event: eventOf('e2', 'wanted'), match: { found: 'wanted' } })
    expect((await subscription.next(ofType('wanted'), never)).event.id).toBe('e3')
    await backend.close()
  })

  test('what was consumed is given again after a crash, with what was said of it and what came of it', async () => {
    await using world = await setup()
    const first = await world.open()
    const run = await first.create(newRun())
    const subscription = await run.subscribe('/l', plain)
    for (const id of ['e1', 'e2', 'e3']) await first.publish(eventOf(id))
    await subscription.next(() => ({ filter: 1 }), never)
    subscription.handled({ output: 'done', then: 'continue', context: { seen: 1 } })
    await subscription.next(() => ({ filter: 2 }), never)
    await run.settle()
    await world.crash(first)
    const second = await world.open()
    const reopened = await second.open('r1')
    expect(reopened.context).toEqual({ seen: 1 })
    const again = await reopened.subscribe('/l', plain)
    expect(again.past).toMatchObject([
      { event: eventOf('e1'), match: { filter: 1 }, handled: { output: 'done', then: 'continue' } },
      { event: eventOf('e2'), match: { filter: 2 } },
    ])
    expect(again.past[1]?.handled).toBeUndefined()
    expect(await consume(again, 1)).toEqual(['e3'])
    await second.close()
  })

  test('what was consumed is on disk before the next effect begins', async () => {
    await using world = await setup()
    const first = await world.open()
    const run = await first.create(newRun())
    const subscription = await run.subscribe('/l', plain)
    await first.publish(eventOf('e1'))
    await subscription.next(anything, never)
    const effect = async (): Promise<TaskOutcome> => {
      await world.crash(first)
      throw new Error('the process ends here')
    }
    const describe = () => ({ path: '/a', reference: '/a', name: 'a', kind: 'test' })
    await run.step({ path: '/a', pure: false, describe }, effect).catch(() => {})
    const second = await world.open()
    expect(idsOf((await (await second.open('r1')).subscribe('/l', plain)).past)).toEqual(['e1'])
    await second.close()
  })

  test('every listen of every run hears an event for all', async () => {
    await using world = await setup()
    const backend = await world.open()
    const [one, two] = [await backend.create(newRun('one')), await backend.create(newRun('two'))]
    const listens = [
      await one.subscribe('/a', plain),
      await one.subscribe('/b', plain),
      await two.subscribe('/a', plain),
    ]
    await backend.publish(eventOf('e1'))
    for (const listen of listens) expect(await consume(listen, 1)).toEqual(['e1'])
    await backend.close()
  })

  test('an event for one run is kept from before its listen began, and is not heard by others', async () => {
    await using world = await setup()
    const first = await world.open()
    await first.create(newRun('meant'))
    await (await first.create(newRun('other'))).subscribe('/l', plain)
    await first.publish(eventOf('signal'), 'meant')
    await world.crash(first)
    const second = await world.open()
    const other = await (await second.open('other')).subscribe('/l', plain)
    await hearsNothing(other, () => second.publish(eventOf('second'), 'meant'))
    const meant = await (await second.open('meant')).subscribe('/l', plain)
    expect(await consume(meant, 2)).toEqual(['signal', 'second'])
    await second.close()
  })

  test('an event for one run is consumed by one of its listens, once, also after a crash', async () => {
    await using world = await setup()
    const first = await world.open()
    const run = await first.create(newRun())
    await first.publish(eventOf('signal'), 'r1')
    expect(await consume(await run.subscribe('/a', plain), 1)).toEqual(['signal'])
    const other = await run.subscribe('/b', plain)
    await first.publish(eventOf('x'), 'r1')
    expect(await consume(other, 1)).toEqual(['x'])
    await run.settle()
    await world.crash(first)
    const second = await world.open()
    const third = await (await second.open('r1')).subscribe('/c', plain)
    await second.publish(eventOf('y'), 'r1')
    expect(await consume(third, 1)).toEqual(['y'])
    await second.close()
  })

  test('of two listens of a run that wait for the same signal, one gets it', async () => {
    await using world = await setup()
    const backend = await world.open()
    const run = await backend.create(newRun())
    const listens = [await run.subscribe('/a', plain), await run.subscribe('/b', plain)]
    const waiting = listens.map((listen) => listen.next(anything, never))
    await backend.publish(eventOf('first'), 'r1')
    await backend.publish(eventOf('second'), 'r1')
    expect(idsOf(await Promise.all(waiting))).toEqual(['first', 'second'])
    await backend.close()
  })

  test('the same id may be sent to two runs, and each gets its own', async () => {
    await using world = await setup()
    const backend = await world.open()
    for (const id of ['one', 'two']) {
      const run = await backend.create(newRun(id))
      await backend.publish(eventOf('e1', 'approved', id), id)
      const consumed = await (await run.subscribe('/l', plain)).next(anything, never)
      expect(consumed.event['data']).toBe(id)
    }
    await backend.close()
  })

  test('a wait for an event ends at once when it is aborted, and takes nothing', async () => {
    await using world = await setup()
    const backend = await world.open()
    const subscription = await (await backend.create(newRun())).subscribe('/l', plain)
    const abort = new AbortController()
    const waiting = subscription.next(anything, abort.signal)
    abort.abort(new Error('stop here'))
    await expect(waiting).rejects.toThrow('stop here')
    await expect(subscription.next(anything, abort.signal)).rejects.toThrow('stop here')
    await backend.publish(eventOf('e1'))
    expect(await consume(subscription, 1)).toEqual(['e1'])
    await backend.close()
  })

  test('an event for a run that is not there, or has ended, is refused', async () => {
    await using world = await setup()
    const backend = await world.open()
    await expect(backend.publish(eventOf('e1'), 'nobody')).rejects.toMatchObject({ code: 'run_not_found' })
    const run = await backend.create(newRun())
    await run.end({ status: 'cancelled' })
    await expect(backend.publish(eventOf('e1'), 'r1')).rejects.toMatchObject({ code: 'run_ended' })
    await backend.close()
  })

  test('an event of megabytes comes back whole, before and after a crash', async () => {
    await using world = await setup()
    const first = await world.open()
    const run = await first.create(newRun())
    const subscription = await run.subscribe('/l', plain)
    const large = eventOf('large', 'file.sent', 'ä'.repeat(2_000_000))
    await first.publish(large)
    expect((await subscription.next(anything, never)).event).toEqual(large)
    await run.settle()
    await world.crash(first)
    const second = await world.open()
    expect((await (await second.open('r1')).subscribe('/l', plain)).past[0]?.event).toEqual(large)
    await second.close()
  })
}
