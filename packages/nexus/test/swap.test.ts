import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LiveRun, Nexus } from '../src/index.ts'
import { documentOf, setup, version, type World } from './world.ts'

async function open(world: World): Promise<Nexus> {
  const folder = version(world, '1.0.0')
  return world.restart({ modules: [join(folder, '../..')], trust: [world.folder] })
}

const tell = "{ call: tell, with: { n: '${ .n }' } }"
const waits = (type: string): string =>
  `{ listen: { to: { one: { with: { type: ${type} } } } }, output: { as: '\${ {n: 1} }' } }`

const start = (nexus: Nexus, tasks: string): Promise<LiveRun> =>
  nexus.run(nexus.check(documentOf(tasks)), { n: 0 })

const listening = (live: LiveRun): Promise<void> =>
  new Promise((resolve) => live.listen((event) => event.type === 'listen.begun' && resolve()))

test('a run in flight follows a minor version at its next task', async () => {
  await using world = await setup()
  const nexus = await open(world)
  const live = await start(nexus, `  - a: ${tell}\n  - wait: ${waits('go')}\n  - b: ${tell}\n`)
  await listening(live)
  await nexus.modules.change({ folders: [version(world, '1.1.0')] })
  await nexus.events.publish({ type: 'go' })
  expect(await live.ended).toMatchObject({ output: { by: '1.1.0' } })
  const { tasks } = await nexus.runs.get(live.id)
  expect(tasks.filter(({ kind }) => kind === 'tell').map((task) => task.version)).toEqual(['1.0.0', '1.1.0'])
})

test('a run in flight keeps the major version that it began with, also over a restart, and others take the new one', async () => {
  await using world = await setup()
  const nexus = await open(world)
  const live = await start(nexus, `  - a: ${tell}\n  - wait: ${waits('go')}\n  - b: ${tell}\n`)
  await listening(live)
  await nexus.modules.change({ folders: [version(world, '2.0.0')] })
  expect(nexus.modules.holders('teller')).toMatchObject([{ run: live.id, version: '1.0.0' }])
  expect(await (await start(nexus, `  - a: ${tell}\n`)).ended).toMatchObject({ output: { by: '2.0.0' } })
  const again = await world.restart({ modules: [join(world.folder, 'v1.0.0')], trust: [world.folder] })
  expect(again.modules.get('teller').version).toBe('2.0.0')
  expect(await (await start(again, `  - a: ${tell}\n`)).ended).toMatchObject({ output: { by: '2.0.0' } })
  const resumed = await again.runs.resume(live.id)
  await again.runs.signal(live.id, { type: 'go' })
  expect(await resumed.ended).toMatchObject({ output: { by: '1.0.0' } })
  expect(again.modules.holders('teller')).toEqual([])
})

test('an orchestrator is swapped like anything else, while runs are in it', async () => {
  await using world = await setup()
  const loops = await start(
    world.nexus,
    `  - loop: { for: { in: '\${ [1, 2] }' }, do: [ { wait: ${waits('go')} } ] }\n`,
  )
  await listening(loops)
  const before = world.nexus.modules.get('loop_orchestrator')
  await world.nexus.modules.change({ config: { loop_orchestrator: { max_iterations: 5 } } })
  const tooMany = await start(
    world.nexus,
    "  - loop: { for: { in: '${ [range(9)] }' }, do: [ { a: { set: { x: 1 } } } ] }\n",
  )
  expect(await tooMany.ended).toMatchObject({
    status: 'faulted',
    error: { detail: expect.stringContaining('max_iterations') },
  })
  for (const _ of [1, 2]) {
    const again = listening(loops)
    await world.nexus.events.publish({ type: 'go' })
    await Promise.race([again, loops.ended])
  }
  expect(await loops.ended).toMatchObject({ status: 'completed' })
  expect(world.nexus.modules.get('loop_orchestrator').artifact).toBe(before.artifact)
  await world.nexus.modules.settled()
})

test(
  'under load nothing is dropped or done twice, whatever is swapped, also by versions that do not start',
  { timeout: 60_000 },
  async () => {
    await using world = await setup()
    const nexus = await open(world)
    const steps = Array.from({ length: 10 }, (_, step) => `  - s${step}: ${tell}\n`).join('')
    const load = { goesOn: true }
    const runs = Array.from({ length: 20 }, async () => {
      const outputs: unknown[] = []
      while (load.goesOn) outputs.push(await (await start(nexus, steps)).ended)
      return outputs
    })
    for (let swap = 1; swap <= 30; swap++) {
      const broken = swap % 10 === 0
      const folder = version(
        world,
        `1.${swap}.0`,
        broken ? undefined : `return ok({ n: context.inputData.n + 1 })`,
      )
      if (broken)
        writeFileSync(
          join(folder, 'main.js'),
          "export class Module { setup() { throw new Error('no') } execute() {} }",
        )
      const change = nexus.modules.change({ folders: [folder] })
      if (broken) await expect(change).rejects.toThrow('no')
      else await change
    }
    load.goesOn = false
    const ended = (await Promise.all(runs)).flat()
    expect(ended.length).toBeGreaterThan(20)
    for (const end of ended) expect(end).toMatchObject({ status: 'completed', output: { n: 10 } })
    await nexus.modules.settled()
    const receipts = nexus.modules.receipts()
    expect(receipts.map(({ handles_left }) => handles_left)).toEqual(receipts.map(() => 0))
    expect(receipts.flatMap(({ problems }) => problems)).toEqual([])
  },
)

test('a run that a change told to stay stays also when something else changes', async () => {
  await using world = await setup()
  const nexus = await open(world)
  const live = await start(nexus, `  - a: ${tell}\n  - wait: ${waits('go')}\n  - b: ${tell}\n`)
  await listening(live)
  await nexus.modules.change({ folders: [version(world, '1.1.0')], runs: 'pin' })
  await nexus.modules.change({ config: { loop_orchestrator: { max_iterations: 5 } } })
  await nexus.events.publish({ type: 'go' })
  expect(await live.ended).toMatchObject({ output: { by: '1.0.0' } })
})
