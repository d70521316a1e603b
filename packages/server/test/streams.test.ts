import { decodeEvents, operations, type LifecycleEvent } from '@nexus/api'
import { expect, test } from 'vitest'
import { approval, greet, problemOf, setup, type World } from './world.ts'

const { runs } = operations

async function start(world: World, workflow_text: string): Promise<string> {
  return (await world.client.call(runs.start, { body: { workflow_text, input: { name: 'A' } } })).id
}

interface Stream {
  readonly response: Response
  /** Reads until an event is there that `until` knows, or to the end. */
  read(until?: (event: LifecycleEvent) => boolean): Promise<LifecycleEvent[]>
  hangUp(): void
}

async function listenTo(world: World, path: string, after?: string): Promise<Stream> {
  const gone = new AbortController()
  const headers: Record<string, string> = after === undefined ? {} : { 'last-event-id': after }
  const response = await world.ask(path, { headers, signal: gone.signal })
  if (!response.body) throw new Error('There is no stream.')
  const events = decodeEvents(response.body.pipeThrough(new TextDecoderStream()))
  return {
    response,
    async read(until = () => false) {
      const read: LifecycleEvent[] = []
      for (;;) {
        const next = await events.next()
        if (next.done === true) return read
        const event = JSON.parse(next.value.data) as LifecycleEvent
        expect(next.value.id).toBe(event.id)
        read.push(event)
        if (until(event)) return read
      }
    },
    hangUp: () => gone.abort(),
  }
}

const ids = (events: readonly LifecycleEvent[]): string[] => events.map(({ id }) => id)
const waits = ({ type, subject }: LifecycleEvent): boolean =>
  type.includes('task.started') && subject === '/do/1/approve'

test('a run is followed from its first event to its last', async () => {
  await using world = await setup()
  const id = await start(world, approval)
  const stream = await listenTo(world, `/runs/${id}/events`)
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
  const before = await stream.read(waits)
  await world.nexus.runs.signal(id, { type: 'approved' })
  const after = await stream.read()
  const { events } = await world.nexus.runs.get(id)
  expect(ids([...before, ...after]).toSorted()).toEqual(ids(events).toSorted())
  expect(after.at(-1)?.type).toBe('io.serverlessworkflow.workflow.completed.v1')
})

test('whoever was cut off goes on after the last event that it has, without a gap and without a repeat', async () => {
  await using world = await setup()
  const id = await start(world, approval)
  const whole = await listenTo(world, `/runs/${id}/events`)
  const first = await listenTo(world, `/runs/${id}/events`)
  const seen = await first.read(waits)
  first.hangUp()
  await world.nexus.runs.signal(id, { type: 'approved' })
  const all = await whole.read()
  const second = await listenTo(world, `/runs/${id}/events`, seen.at(-1)?.id)
  expect(ids([...seen, ...(await second.read())])).toEqual(ids(all))
  const headers = { 'last-event-id': all.at(-1)?.id ?? '' }
  expect((await world.ask(`/runs/${id}/events`, { headers })).status).toBe(204)
})

test('whoever follows goes on where it was after the server was started anew', async () => {
  await using world = await setup()
  const id = await start(world, approval)
  const seen: LifecycleEvent[] = []
  for await (const event of world.client.follow(id)) {
    seen.push(event)
    if (waits(event)) break
  }
  await world.restart()
  await world.nexus.start()
  await world.nexus.runs.signal(id, { type: 'approved' })
  for await (const event of world.client.follow(id, { after: seen.at(-1)?.id ?? '' })) seen.push(event)
  const { events } = await world.nexus.runs.get(id)
  expect(ids(seen).toSorted()).toEqual(ids(events).toSorted())
})

test('a stream ends when its run is suspended, and the client stops following', async () => {
  await using world = await setup()
  const id = await start(world, approval)
  const seen: LifecycleEvent[] = []
  for await (const event of world.client.follow(id)) {
    seen.push(event)
    if (waits(event)) await world.nexus.runs.suspend(id)
  }
  expect(seen.at(-1)?.type).toBe('io.serverlessworkflow.workflow.suspended.v1')
})

test('a run that is retried is followed to its last end', async () => {
  await using world = await setup()
  const id = await start(world, approval)
  for await (const event of world.client.follow(id)) if (waits(event)) await world.nexus.runs.cancel(id)
  const { ended } = await world.nexus.runs.retry(id)
  await world.nexus.runs.signal(id, { type: 'approved' })
  await ended
  const types: string[] = []
  for await (const { type } of world.client.follow(id)) types.push(type)
  expect(types).toContain('io.serverlessworkflow.workflow.cancelled.v1')
  expect(types.at(-1)).toBe('io.serverlessworkflow.workflow.completed.v1')
})

test('everything is followed from now on, until the server stops', async () => {
  await using world = await setup()
  await world.client.ended(await start(world, greet))
  const stream = await listenTo(world, '/events')
  const id = await start(world, greet)
  const events = await stream.read(({ type }) => type.includes('workflow.completed'))
  expect(ids(events)).toEqual(ids((await world.nexus.runs.get(id)).events))
  const before = performance.now()
  await world.served.close()
  expect(await stream.read()).toEqual([])
  expect(performance.now() - before).toBeLessThan(5_000) // it does not wait for connections that have nothing to come
})

test('whoever follows is told that the server stops', async () => {
  await using world = await setup()
  const response = await world.ask('/events')
  await world.served.close()
  expect(await response.text()).toMatch(/\n\nevent: stopping\ndata: \{"code":"closed"\}\n\n$/)
})

test('an event that is published is heard by the runs that listen', async () => {
  await using world = await setup()
  const id = await start(world, approval)
  const stream = await listenTo(world, `/runs/${id}/events`)
  await stream.read(waits)
  const response = await world.post('/events', { type: 'approved', data: { by: 'Ada' } })
  expect(response.status).toBe(202)
  expect(await response.json()).toMatchObject({ specversion: '1.0', type: 'approved', data: { by: 'Ada' } })
  expect(await world.client.ended(id)).toMatchObject({ status: 'completed' })
  for (const body of [{}, { type: '' }, { type: 'x', 'Bad-Name': 1 }]) {
    expect(await problemOf(await world.post('/events', body))).toMatchObject({ status: 400 })
  }
})

test('a stream that has nothing to say says so from time to time, and there are not too many', async () => {
  await using world = await setup({ limits: { keepAliveMs: 5, streamsMax: 1 } })
  const gone = new AbortController()
  const { body } = await world.ask('/events', { signal: gone.signal })
  let said = ''
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    said += chunk
    if (said.includes('\n:\n\n:\n\n')) break
    const full = await problemOf(await world.ask('/events'))
    expect(full).toMatchObject({ status: 503, code: 'too_many_streams' })
  }
  expect(said).toMatch(/^retry: \d+\n\n:/)
  gone.abort()
})

test('a request that waits is answered when the server stops', async () => {
  await using world = await setup()
  const id = await start(world, approval)
  const stream = await listenTo(world, `/runs/${id}/events`)
  await stream.read(waits)
  const waiting = world.ask(`/runs/${id}?wait=60`)
  await world.ask(`/runs/${id}`) // by now the other one has arrived
  await world.served.close()
  expect(await (await waiting).json()).toMatchObject({ id, status: 'running' })
})
