import type { Json } from '@nexus/sdk'
import { expect, test } from 'vitest'
import { outputOf, setup, type Watched, type World } from './listen_world.ts'

type Task = Readonly<Record<string, unknown>>

const listenTo = (to: Task, more: Task = {}, read?: string): readonly object[] => [
  { hear: { listen: { to, ...(read && { read }) }, ...more } },
]

/** Starts a run of one listen, and resolves when it listens. */
async function listening(world: World, tasks: readonly object[], input?: Json): Promise<Watched> {
  const run = await world.start(tasks, input)
  await run.event('listen.begun')
  return run
}

async function publishAll(world: World, type: string, data: readonly Json[]): Promise<void> {
  for (const each of data) await world.nexus.events.publish({ type, data: each })
}

const temperature = { with: { type: 'vitals.temperature', data: '${ .temperature > 38 }' } }
const pulse = { with: { type: 'vitals.pulse', data: '${ .bpm < 60 or .bpm > 100 }' } }

test('listening to one event gives an array with its data', async () => {
  await using world = await setup()
  const run = await listening(world, listenTo({ one: { with: { type: 'race.started' } } }))
  await world.nexus.events.publish({ type: 'race.planned', data: 1 })
  await world.nexus.events.publish({ type: 'race.started', data: { car: 7 } })
  expect(await outputOf(run)).toEqual([{ car: 7 }])
})

test('listening to any event ends with the first that fits one of the filters', async () => {
  await using world = await setup()
  const run = await listening(world, listenTo({ any: [temperature, pulse] }))
  await publishAll(world, 'vitals.temperature', [{ temperature: 37 }])
  await publishAll(world, 'vitals.pulse', [{ bpm: 80 }, { bpm: 120 }])
  await publishAll(world, 'vitals.temperature', [{ temperature: 40 }])
  expect(await outputOf(run)).toEqual([{ bpm: 120 }])
})

test('listening to any event without a filter takes whatever comes', async () => {
  await using world = await setup()
  const run = await listening(world, listenTo({ any: [] }))
  await publishAll(world, 'whatever', ['first'])
  expect(await outputOf(run)).toEqual(['first'])
})

test('listening to all events waits for one of each, in any order, and gives them as they came', async () => {
  await using world = await setup()
  const run = await listening(world, listenTo({ all: [temperature, pulse] }))
  await publishAll(world, 'vitals.pulse', [{ bpm: 50 }, { bpm: 51 }])
  await publishAll(world, 'vitals.temperature', [{ temperature: 39 }])
  expect(await outputOf(run)).toEqual([{ bpm: 50 }, { temperature: 39 }])
})

test('until with a condition goes on until it is true of what was consumed', async () => {
  await using world = await setup()
  const run = await listening(world, listenTo({ any: [], until: '( . | length ) >= 3' }))
  await publishAll(world, 'n', [1, 2, 3, 4])
  expect(await outputOf(run)).toEqual([1, 2, 3])
})

test('until with events ends when they have come, and does not give them', async () => {
  await using world = await setup()
  const until = { all: [{ with: { type: 'doctor.came' } }, { with: { type: 'patient.left' } }] }
  const run = await listening(world, listenTo({ any: [temperature], until }))
  await publishAll(world, 'vitals.temperature', [{ temperature: 39 }])
  await publishAll(world, 'patient.left', ['p'])
  await publishAll(world, 'vitals.temperature', [{ temperature: 36 }, { temperature: 41 }])
  await publishAll(world, 'doctor.came', ['d'])
  expect(await outputOf(run)).toEqual([{ temperature: 39 }, { temperature: 41 }])
})

for (const { what, filter, fits, differs } of [
  {
    what: 'a regular expression of the whole value',
    filter: { type: 'order\\.(placed|paid)' },
    fits: { type: 'order.paid' },
    differs: { type: 'order.paid.late' },
  },
  {
    what: 'the beginning of a value',
    filter: { type: '^order\\.' },
    fits: { type: 'order.paid.late' },
    differs: { type: 'reorder.paid' },
  },
  {
    what: 'a value with a dot, which stands for itself',
    filter: { type: 'a.b' },
    fits: { type: 'a.b' },
    differs: { type: 'axb' },
  },
  {
    what: 'an expression that gives the wanted value',
    filter: { subject: '${ "order/\\($workflow.input.order)" }' },
    fits: { type: 't', subject: 'order/7' },
    differs: { type: 't', subject: 'order/8' },
  },
  {
    what: 'an extension attribute',
    filter: { tenant: 'blue', urgent: true },
    fits: { type: 't', tenant: 'blue', urgent: true },
    differs: { type: 't', tenant: 'blue' },
  },
  {
    what: 'members of the data, with expressions among them',
    filter: { data: { status: 'placed', total: '${ . >= 100 }' } },
    fits: { type: 't', data: { status: 'placed', total: 100, more: 1 } },
    differs: { type: 't', data: { status: 'placed', total: 99 } },
  },
  {
    what: 'data on which the expression fails: it does not fit, and ends nothing',
    filter: { data: '${ .total > 5 }' },
    fits: { type: 't', data: { total: 6 } },
    differs: { type: 't', data: 'no object' },
  },
]) {
  test(`a filter may ask for ${what}`, async () => {
    await using world = await setup()
    const tasks = listenTo({ one: { with: filter } }, {}, 'envelope')
    const run = await listening(world, tasks, { order: 7 })
    await world.nexus.events.publish(differs)
    const fitting = await world.nexus.events.publish(fits)
    expect(await outputOf(run)).toEqual([fitting])
  })
}

test('correlation ties the events of one listen to the value that the first one has', async () => {
  await using world = await setup()
  const room = { room: { from: '.roomid' } }
  const filters = ['temperature', 'humidity'].map((type) => ({ with: { type }, correlate: room }))
  const run = await listening(world, listenTo({ all: filters }))
  const say = (type: string, roomid: string, data: Json) => world.nexus.events.publish({ type, roomid, data })
  await world.nexus.events.publish({ type: 'humidity', data: 'nowhere' })
  await say('temperature', 'kitchen', 21)
  await say('humidity', 'cellar', 80)
  const { tasks } = await world.nexus.runs.get(run.id)
  expect(tasks[0]).toMatchObject({ name: 'hear', status: 'waiting' })
  await say('humidity', 'kitchen', 45)
  expect(await outputOf(run)).toEqual([21, 45])
  const { events } = await world.nexus.runs.get(run.id)
  expect(events.map(({ type }) => type.replace('io.serverlessworkflow.', ''))).toEqual([
    'workflow.started.v1',
    'task.created.v1',
    'task.started.v1',
    'workflow.correlation-started.v1',
    'workflow.correlation-completed.v1',
    'task.completed.v1',
    'workflow.completed.v1',
  ])
  expect(events[4]?.data).toMatchObject({ correlationKeys: { room: 'kitchen' } })
})

test('correlation with an expectation takes only the events that meet it', async () => {
  await using world = await setup()
  const correlate = {
    order: { from: '${ .data.order }', expect: '${ $workflow.input.order }' },
    shop: { from: '.data.shop', expect: '12' },
  }
  const run = await listening(world, listenTo({ one: { with: { type: 'paid' }, correlate } }), { order: 7 })
  await publishAll(world, 'paid', [
    { order: 8, shop: 12 },
    { order: 7, shop: 13 },
    { order: 7, shop: 12 },
  ])
  expect(await outputOf(run)).toEqual([{ order: 7, shop: 12 }])
})

test('an event is read as its data, as its envelope, or as it was sent', async () => {
  await using world = await setup()
  const to = { one: { with: { type: 't' } } }
  const runs = []
  for (const read of ['data', 'envelope', 'raw']) runs.push(await listening(world, listenTo(to, {}, read)))
  const event = await world.nexus.events.publish({ type: 't', data: { a: [1] } })
  const outputs = []
  for (const run of runs) outputs.push(await outputOf(run))
  expect(outputs).toEqual([[{ a: [1] }], [event], ['{"a":[1]}']])
})

test('foreach runs its tasks for one event after the other, shapes its output and exports to the context', async () => {
  await using world = await setup()
  const foreach = {
    item: 'order',
    at: 'n',
    do: [
      { double: { set: { twice: '${ $order * 2 }', at: '${ $n }', same: '${ . == $order }' } } },
      { keep: { set: '${ . }' } },
    ],
    output: { as: '.twice' },
    export: { as: '${ {sum: (($context.sum // 0) + $output)} }' },
  }
  const to = { any: [{ with: { type: 'order' } }], until: '${ $context.sum >= 12 }' }
  const tasks = [
    ...listenTo(to, { foreach }),
    { sum: { set: { heard: '${ . }', sum: '${ $context.sum }' } } },
  ]
  const run = await listening(world, tasks)
  await publishAll(world, 'order', [1, 2, 3, 4])
  expect(await outputOf(run)).toEqual({ heard: [2, 4, 6], sum: 12 })
  const { tasks: records } = await world.nexus.runs.get(run.id)
  expect(records.find(({ path }) => path === '/do/0/hear/listen/2/foreach/do/0/double')).toMatchObject({
    output: { twice: 6, at: 2, same: true },
    reference: '/do/0/hear/foreach/do/0/double',
  })
})

test('foreach without tasks shapes each event; without names its variables are item and index', async () => {
  await using world = await setup()
  const foreach = { output: { as: '${ {value: ., same: ($item == .), at: $index} }' } }
  const run = await listening(world, listenTo({ any: [], until: 'length == 2' }, { foreach }))
  await publishAll(world, 't', ['a', 'b'])
  expect(await outputOf(run)).toEqual([
    { value: 'a', same: true, at: 0 },
    { value: 'b', same: true, at: 1 },
  ])
})

test('a fault in foreach is the fault of the listen, at the task that failed', async () => {
  await using world = await setup()
  const error = { type: 'https://example.com/errors/bad', status: 400, title: 'Bad' }
  const foreach = { do: [{ refuse: { raise: { error } } }] }
  const run = await listening(world, listenTo({ any: [] }, { foreach }))
  await publishAll(world, 't', [1])
  expect(await run.ended).toMatchObject({
    status: 'faulted',
    error: { ...error, instance: '/do/0/hear/foreach/do/0/refuse' },
  })
})

test('two runs hear the same event', async () => {
  await using world = await setup()
  const tasks = listenTo({ one: { with: { type: 'bell' } } })
  const runs = [await listening(world, tasks), await listening(world, tasks)]
  await publishAll(world, 'bell', ['ding'])
  for (const run of runs) expect(await outputOf(run)).toEqual(['ding'])
})

test('what one run emits another one hears', async () => {
  await using world = await setup()
  const listener = await listening(
    world,
    listenTo({ one: { with: { type: 'order.placed' } } }, {}, 'envelope'),
  )
  const event = { source: 'https://shop.test', type: 'order.placed', data: { dog: '${ .dog }' } }
  const emitter = await world.start([{ tell: { emit: { event: { with: event } } } }], { dog: 'Rex' })
  const emitted = await outputOf(emitter)
  expect(emitted).toMatchObject({ specversion: '1.0', source: 'https://shop.test', data: { dog: 'Rex' } })
  expect(await outputOf(listener)).toEqual([emitted])
})

test('an approval that is sent while the run waits lets it go on; others do not hear it', async () => {
  await using world = await setup()
  const tasks = listenTo({ one: { with: { type: 'approved' } } })
  const [meant, other] = [await listening(world, tasks), await listening(world, tasks)]
  await world.nexus.runs.signal(meant.id, { type: 'approved', data: { by: 'Ada' } })
  expect(await outputOf(meant)).toEqual([{ by: 'Ada' }])
  await world.nexus.runs.signal(other.id, { type: 'approved', data: { by: 'Bob' } })
  expect(await outputOf(other)).toEqual([{ by: 'Bob' }])
})

test('an approval that is sent before the run listens is kept for it', async () => {
  await using world = await setup()
  const approval = listenTo({ one: { with: { type: 'approved' } } })
  const run = await listening(world, [{ first: { listen: { to: { any: [] } } } }, ...approval])
  await world.nexus.runs.signal(run.id, { type: 'go', data: 1 })
  await world.nexus.runs.signal(run.id, { type: 'approved', data: { by: 'Ada' } })
  expect(await outputOf(run)).toEqual([{ by: 'Ada' }])
})

test('a run that is closed in the middle of a listen goes on after what it had consumed', async () => {
  await using world = await setup()
  const foreach = {
    do: [{ add: { set: { sum: '${ $context.sum + $item }' } } }],
    output: { as: '.sum' },
    export: { as: '${ {sum: .} }' },
  }
  const to = { any: [{ with: { type: 'n' } }], until: 'length == 4' }
  const run = await listening(world, listenTo(to, { foreach }), { sum: 0 })
  await publishAll(world, 'n', [1, 2])
  await run.event('event.handled', 2)
  const again = await world.restart(run.id)
  await publishAll(world, 'n', [3, 4])
  expect(await outputOf(again)).toEqual([1, 3, 6, 10])
  const { tasks } = await world.nexus.runs.get(run.id)
  expect(tasks.filter(({ name }) => name === 'add').map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1])
})

test('a condition that was false before a restart is not asked again of a later context', async () => {
  await using world = await setup()
  const foreach = { export: { as: '${ {last: .} }' } }
  const to = { any: [], until: '(length == 1 and $context.last == 4) or length == 3' }
  const run = await listening(world, listenTo(to, { foreach }))
  await publishAll(world, 'n', [2, 4])
  await run.event('event.handled', 2)
  const again = await world.restart(run.id)
  await publishAll(world, 'n', [6])
  expect(await outputOf(again)).toEqual([2, 4, 6])
})

test('an event that is accepted while its run is not open is heard when the run goes on', async () => {
  await using world = await setup()
  const run = await listening(world, listenTo({ all: [{ with: { type: 'a' } }, { with: { type: 'b' } }] }))
  await publishAll(world, 'b', ['before'])
  await run.event('event.consumed')
  const again = await world.restart(run.id)
  await publishAll(world, 'a', ['after'])
  expect(await outputOf(again)).toEqual(['before', 'after'])
})

test('cancelling ends a listen at once', async () => {
  await using world = await setup()
  const run = await listening(world, listenTo({ any: [] }))
  run.cancel()
  expect(await run.ended).toEqual({ status: 'cancelled' })
})

test('a timeout ends a listen with its fault', async () => {
  await using world = await setup()
  const run = await world.start(listenTo({ any: [] }, { timeout: { after: { milliseconds: 1 } } }))
  expect(await run.ended).toMatchObject({ status: 'faulted', error: { status: 408 } })
})

test('what a document leaves out of an event is made from the run', async () => {
  await using world = await setup()
  const run = await world.start([
    { tell: { emit: { event: { with: { type: 't', subject: '${ null }' } } } } },
  ])
  const event = await outputOf(run)
  expect(event).toEqual({
    specversion: '1.0',
    id: `${run.id}/do/0/tell`,
    source: '/test/events/1.0.0',
    type: 't',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  })
})

for (const { what, attributes, said } of [
  { what: 'a type that is no text', attributes: { type: '${ 7 }' }, said: /`type` is text/ },
  { what: 'an empty id', attributes: { type: 't', id: '${ "" }' }, said: /`id` is text/ },
  { what: 'a time that is none', attributes: { type: 't', time: '${ "noon" }' }, said: /RFC 3339.*"noon"/ },
  {
    what: 'a source with blanks',
    attributes: { type: 't', source: '${ "a b" }' },
    said: /`source` is a URI/,
  },
  {
    what: 'a media type that is none',
    attributes: { type: 't', datacontenttype: 'json' },
    said: /media type/,
  },
  { what: 'an extension in capitals', attributes: { type: 't', roomId: 1 }, said: /`roomId` is no name/ },
  {
    what: 'an extension that is an object',
    attributes: { type: 't', room: { a: 1 } },
    said: /`room`.*`data`/,
  },
]) {
  test(`emitting an event with ${what} is a fault that says so`, async () => {
    await using world = await setup()
    const run = await world.start([{ tell: { emit: { event: { with: attributes } } } }])
    const outcome = await run.ended
    expect(outcome).toMatchObject({ status: 'faulted', error: { status: 400, instance: '/do/0/tell' } })
    expect(outcome.status === 'faulted' && outcome.error.detail).toMatch(said)
  })
}

test('an event from outside that is none is refused before anything is accepted', async () => {
  await using world = await setup()
  const run = await listening(world, listenTo({ any: [] }))
  await expect(world.nexus.events.publish({ type: '' })).rejects.toMatchObject({ code: 'invalid_event' })
  const notJson = { type: 't', data: Number.NaN }
  await expect(world.nexus.events.publish(notJson)).rejects.toMatchObject({ code: 'invalid_event' })
  await expect(world.nexus.runs.signal(run.id, { type: 't', time: 'now' })).rejects.toMatchObject({
    code: 'invalid_event',
  })
  await publishAll(world, 'good', [1])
  expect(await outputOf(run)).toEqual([1])
})

test('a signal to a run that has ended or is not there is refused', async () => {
  await using world = await setup()
  const run = await world.start([{ done: { set: { a: 1 } } }])
  await run.ended
  const approved = { type: 'approved' }
  await expect(world.nexus.runs.signal(run.id, approved)).rejects.toMatchObject({ code: 'run_ended' })
  await expect(world.nexus.runs.signal('nobody', approved)).rejects.toMatchObject({ code: 'run_not_found' })
})
