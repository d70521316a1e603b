/**
 * What becomes of runs that still use what a change has taken out, once its deadline is over. Tasks under way are made to
 * last by a gate on `globalThis`.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LiveRun, Nexus } from '../src/index.ts'
import { documentOf, setup, version, type World } from './world.ts'

const says = (number: string): string => `globalThis.told.push('${number}'); return ok('${number}')`
/** Waits until it is aborted, and counts how often it was begun. */
const stuck = `globalThis.begun(); await new Promise((_, reject) =>
  context.signal.addEventListener('abort', () => reject(context.signal.reason)))`

interface Stuck extends AsyncDisposable {
  readonly world: World
  readonly nexus: Nexus
  readonly run: LiveRun
  readonly told: string[]
}

/** A run whose second task hangs on version 1.0.0. */
async function aStuckRun(): Promise<Stuck> {
  const world = await setup()
  const begun = Promise.withResolvers<void>()
  const told: string[] = []
  Object.assign(globalThis, { begun: begun.resolve, told })
  const folder = version(world, '1.0.0', `if (context.inputData.first) { ${says('1.0.0')} } ${stuck}`)
  const nexus = await world.restart({ modules: [join(folder, '../..')], trust: [world.folder] })
  const document = documentOf('  - a: { call: tell, with: { first: true } }\n  - b: { call: tell }\n')
  const run = await nexus.run(nexus.check(document), {})
  await begun.promise
  return { world, nexus, run, told, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

const lastReceipt = (nexus: Nexus) => nexus.modules.receipts().at(-1)

test('moved runs do again what was under way, on the new version, and whoever waits for them notices nothing', async () => {
  await using at = await aStuckRun()
  const { nexus, world, run, told } = at
  const events: string[] = []
  run.listen(({ type }) => void events.push(type))
  await nexus.modules.change({
    folders: [version(world, '1.1.0', says('1.1.0'))],
    drain: { policy: 'move', deadline_ms: 20 },
  })
  expect(await run.ended).toEqual({ status: 'completed', output: '1.1.0' })
  expect(told).toEqual(['1.0.0', '1.1.0'])
  expect(events).toContain('run.resumed')
  expect(events.at(-1)).toBe('run.ended')
  await nexus.modules.settled()
  expect(lastReceipt(nexus)?.drain).toEqual({ policy: 'move', moved: [run.id], cancelled: [], waiting: [] })
})

test('a run that stayed on a major version goes over when it is moved', async () => {
  await using at = await aStuckRun()
  const { nexus, world, run } = at
  await nexus.modules.change({
    folders: [version(world, '2.0.0', says('2.0.0'))],
    drain: { policy: 'move', deadline_ms: 20 },
  })
  expect(await run.ended).toEqual({ status: 'completed', output: '2.0.0' })
  await nexus.modules.settled()
  expect(nexus.modules.holders('teller')).toEqual([])
})

test('cancelled runs are cancelled, and the receipt names them', async () => {
  await using at = await aStuckRun()
  const { nexus, world, run } = at
  await nexus.modules.change({
    folders: [version(world, '2.0.0', says('2.0.0'))],
    drain: { policy: 'cancel', deadline_ms: 20 },
  })
  expect(await run.ended).toEqual({ status: 'cancelled' })
  await nexus.modules.settled()
  expect(lastReceipt(nexus)?.drain).toMatchObject({ cancelled: [run.id], moved: [], waiting: [] })
})

test('runs that are waited for are told once the deadline is over, and nothing is done to them', async () => {
  await using at = await aStuckRun()
  const { nexus, world, run } = at
  await nexus.modules.change({
    folders: [version(world, '2.0.0', says('2.0.0'))],
    drain: { policy: 'wait', deadline_ms: 20 },
  })
  await expect.poll(() => lastReceipt(nexus)?.drain).toMatchObject({ waiting: [run.id] })
  expect(nexus.modules.holders('teller')).toMatchObject([{ run: run.id, version: '1.0.0' }])
  await nexus.runs.cancel(run.id)
  await nexus.modules.settled()
})

test('runs that another one waits for are moved with that one', async () => {
  await using world = await setup()
  const begun = Promise.withResolvers<void>()
  const told: string[] = []
  Object.assign(globalThis, { begun: begun.resolve, told })
  const folder = version(world, '1.0.0', stuck)
  const nexus = await world.restart({ modules: [join(folder, '../..')], trust: [world.folder] })
  const inner = documentOf('  - b: { call: tell }\n').replace(/name: \S+/, 'name: inner,')
  const outer = documentOf('  - a: { run: { workflow: { namespace: test, name: inner, version: 1.0.0 } } }\n')
  const run = await nexus.run(nexus.check(outer, 'outer.yaml', undefined, [inner]), {})
  await begun.promise
  await nexus.modules.change({
    folders: [version(world, '1.1.0', says('1.1.0'))],
    drain: { policy: 'move', deadline_ms: 20 },
  })
  expect(await run.ended).toEqual({ status: 'completed', output: '1.1.0' })
  expect(told).toEqual(['1.1.0'])
  expect(await nexus.runs.list()).toHaveLength(2)
})
