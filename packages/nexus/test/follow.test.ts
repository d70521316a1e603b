import { expect, test } from 'vitest'
import { followAll, followRun } from '../src/follow.ts'
import type { LifecycleEvent, LiveRun, RunEvent, RunOutcome } from '../src/index.ts'
import { documentOf, setup } from './world.ts'

const approval = documentOf(`  - first: { set: { x: 1 } }
  - approve: { listen: { to: { one: { with: { type: approved } } } } }
  - last: { set: { done: true } }
`)

const signal = (): AbortSignal => new AbortController().signal
const ids = (events: readonly LifecycleEvent[]): string[] => events.map(({ id }) => id)

async function allOf(events: AsyncIterable<LifecycleEvent>): Promise<LifecycleEvent[]> {
  return readUntil(events[Symbol.asyncIterator](), () => false)
}

/** Reads on until an event is there that `until` knows. */
async function readUntil(
  events: AsyncIterator<LifecycleEvent>,
  until: (event: LifecycleEvent) => boolean,
): Promise<LifecycleEvent[]> {
  const read: LifecycleEvent[] = []
  for (;;) {
    const next = await events.next()
    if (next.done === true) return read
    read.push(next.value)
    if (until(next.value)) return read
  }
}

const approveStarted = ({ type, subject }: LifecycleEvent): boolean =>
  type.includes('task.started') && subject === '/do/1/approve'

test('a run is followed from its beginning to its end, and from any event on', async () => {
  await using world = await setup()
  const { nexus } = world
  const { id, ended } = await nexus.run(nexus.check(approval), {})
  const events = nexus.runs.follow(id, { signal: signal() })[Symbol.asyncIterator]()
  const before = await readUntil(events, approveStarted)
  await nexus.runs.signal(id, { type: 'approved' })
  const after = await readUntil(events, () => false)
  await ended
  const { events: recorded } = await nexus.runs.get(id)
  expect(ids([...before, ...after]).toSorted()).toEqual(ids(recorded).toSorted())
  const [last] = ids(before).slice(-1)
  const rest = await allOf(nexus.runs.follow(id, { after: last ?? '', signal: signal() }))
  expect(ids(rest)).toEqual(ids(after))
  const all = await allOf(nexus.runs.follow(id, { after: 'of another run', signal: signal() }))
  expect(ids(all)).toEqual(ids([...before, ...after]))
})

test('whoever follows hears the end of a suspended run, and goes on after it is resumed', async () => {
  await using world = await setup()
  const { nexus } = world
  const { id } = await nexus.run(nexus.check(approval), {})
  const events = nexus.runs.follow(id, { signal: signal() })[Symbol.asyncIterator]()
  const before = await readUntil(events, approveStarted)
  await nexus.runs.suspend(id)
  before.push(...(await readUntil(events, () => false)))
  expect(before.at(-1)?.type).toBe('io.serverlessworkflow.workflow.suspended.v1')
  const live = await nexus.runs.resume(id)
  await nexus.runs.signal(id, { type: 'approved' })
  await live.ended
  const [last] = ids(before).slice(-1)
  const rest = await allOf(nexus.runs.follow(id, { after: last ?? '', signal: signal() }))
  expect(rest.map(({ type }) => type.replace(/io.serverlessworkflow.|.v1/g, '')).slice(0, 2)).toEqual([
    'workflow.resumed',
    'task.resumed',
  ])
  expect(rest.at(-1)?.type).toBe('io.serverlessworkflow.workflow.completed.v1')
})

test('whoever follows everything hears what is to come of the runs there are and of those that begin', async () => {
  await using world = await setup()
  const { nexus } = world
  const old = await nexus.run(nexus.check(approval), {})
  await readUntil(nexus.runs.follow(old.id, { signal: signal() })[Symbol.asyncIterator](), approveStarted)
  const reading = new AbortController()
  const events = nexus.events.follow(reading.signal)[Symbol.asyncIterator]()
  const first = events.next()
  const young = await nexus.run(nexus.check(documentOf('  - only: { set: { y: 1 } }\n')), {})
  const ofYoung = [(await first).value as LifecycleEvent]
  ofYoung.push(...(await readUntil(events, ({ type }) => type.includes('workflow.completed'))))
  expect(ids(ofYoung)).toEqual(ids((await nexus.runs.get(young.id)).events))
  await nexus.runs.signal(old.id, { type: 'approved' })
  const ofOld = await readUntil(events, ({ type }) => type.includes('workflow.completed'))
  const recorded = ids((await nexus.runs.get(old.id)).events)
  expect(ids(ofOld)).toEqual(recorded.slice(-ofOld.length))
  expect(ofOld.length).toBeLessThan(recorded.length)
  reading.abort()
  expect(await events.next()).toMatchObject({ done: true })
})

test('a run that nobody accepted cannot be followed', async () => {
  await using world = await setup()
  const following = allOf(world.nexus.runs.follow('nobody', { signal: signal() }))
  await expect(following).rejects.toMatchObject({ code: 'run_not_found' })
})

test('a key begins one run, also after a restart, and its run is found', async () => {
  await using world = await setup()
  const document = documentOf('  - only: { set: { y: 1 } }\n')
  const { nexus } = world
  const { id, ended } = await nexus.run(nexus.check(document), { n: 1 }, { key: 'order-7' })
  await ended
  const again = await world.restart()
  await expect(again.run(again.check(document), {}, { key: 'order-7' })).rejects.toMatchObject({
    code: 'key_taken',
  })
  expect(await again.runs.keyed('order-7')).toMatchObject({ id, input: { n: 1 }, status: 'completed' })
})

test('a workflow that was handed in with a document is run, and goes before one of a folder', async () => {
  await using world = await setup()
  const { nexus } = world
  const outer = documentOf(
    '  - in: { run: { workflow: { namespace: test, name: inner, version: latest } } }\n',
  )
  const inner = documentOf("  - only: { set: { from: 'handed in' } }\n", '', 'inner')
  expect(nexus.check(outer).document).toBeUndefined()
  const run = await nexus.run(nexus.check(outer, 'w.yaml', undefined, [inner]), {})
  expect(await run.ended).toMatchObject({ output: { from: 'handed in' } })
  const deployed = await nexus.workflows.deploy(nexus.check(outer, 'w.yaml', undefined, [inner]))
  for (const key of [deployed.key, 'test/sample']) {
    const live = await nexus.run(nexus.workflows.checked(key), {})
    expect(await live.ended).toMatchObject({ output: { from: 'handed in' } })
  }
  expect(() => nexus.workflows.checked('test/other')).toThrow(/No workflow "test\/other".*test\/sample:1.0.0/)
})

/** A run whose events are heard while its log is read, which has some of them already. */
function overlapping() {
  const heard = new Set<(event: RunEvent) => void>()
  const ended = Promise.withResolvers<RunOutcome>()
  const eventAt = (seq: number): RunEvent =>
    seq === 1
      ? { seq, at: seq, type: 'run.started' }
      : { seq, at: seq, type: seq % 2 === 0 ? 'run.suspended' : 'run.resumed' }
  const tell = (seq: number): void => {
    for (const listener of heard) listener(eventAt(seq))
  }
  const workflow = { namespace: 'test', name: 'sample', version: '1.0.0' }
  const live: LiveRun = {
    id: 'r',
    workflow,
    ended: ended.promise,
    cancel: () => {},
    listen(listener) {
      heard.add(listener)
      return () => heard.delete(listener)
    },
  }
  const parts = {
    backend: {
      get: async () => ({ id: 'r', workflow }) as never,
      async events() {
        for (const seq of [2, 3]) tell(seq)
        return [1, 2, 3].map(eventAt)
      },
    },
    engine: { live: () => live, liveRuns: () => [live] },
    kernel: { listen: () => () => {} },
    begun: new Set<(run: LiveRun) => void>(),
  }
  const end = (): void => ended.resolve({ status: 'completed', output: null })
  return { parts, tell, end, heard }
}

test('what is heard while the log is read is told once, of one run and of all', async () => {
  const one = overlapping()
  const events = followRun(one.parts, 'r', { signal: signal() })
  const first = await events.next()
  one.tell(4)
  one.end()
  const rest = await readUntil(events, () => false)
  expect(ids([first.value as LifecycleEvent, ...rest])).toEqual(['r/1', 'r/2', 'r/3', 'r/4'])
  expect(one.heard.size).toBe(0)
  const all = overlapping()
  const reading = new AbortController()
  const told = followAll(all.parts, reading.signal)
  expect(ids(await readUntil(told, ({ id }) => id === 'r/3'))).toEqual(['r/2', 'r/3'])
  all.tell(4)
  expect(ids(await readUntil(told, ({ id }) => id === 'r/4'))).toEqual(['r/4'])
  reading.abort()
  await told.next()
  expect([all.heard.size, all.parts.begun.size]).toEqual([0, 0])
})

test('a reader who is too far behind is cut off, and the rest is still in the log', async () => {
  const { parts, tell } = overlapping()
  const told = followRun(parts, 'r', { signal: signal() })
  await told.next()
  for (let seq = 4; seq < 20_000; seq++) tell(seq)
  await expect(readUntil(told, () => false)).rejects.toMatchObject({ code: 'reader_too_slow' })
})
