/**
 * A goal that is killed anywhere goes on where it was: what is on disk after each event of a run that plans, fails, decides
 * and tries again is kept and gone on with. Plans that were made are not made again.
 */
import { openNexus, type LiveRun, type Nexus, type RunRecord } from '@nexus/nexus'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { seed } from './life.ts'

/** Else every third, another one each time. */
const every = process.env['NEXUS_CRASH_EVERY'] !== undefined

const modules: Readonly<Record<string, readonly [provides: string, execute: string]>> = {
  planner: [
    'goal.plan',
    `const failed = context.inputData.context?.failed
     const first = { first: { call: 'flaky', with: { name: 'first', faults: 1 } } }
     const second = { second: { call: 'flaky', with: { name: 'second', faults: failed ? 0 : 9 } } }
     const document = { dsl: '1.0.3', namespace: 'plans', name: 'plan', version: '1.0.0' }
     return ModuleResult.ok({ planner: 'test', workflow: { document, do: [first, second] } })`,
  ],
  flaky: [
    'flaky',
    `const { name, faults } = context.inputData
     const n = (await context.state.get(name) ?? 0) + 1; await context.state.set(name, n)
     if (name === 'first' && n <= faults) throw TaskFault.of('communication', 'not now')
     if (name === 'second' && faults > 0) throw TaskFault.of('validation', 'cannot')
     return ModuleResult.ok(name)`,
  ],
}

function makeWorld(): { folder: string; open(data: string): Promise<Nexus> } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-crash-goal-'))
  for (const [id, [provides, execute]] of Object.entries(modules)) {
    const home = join(folder, 'modules', 'analyzers', id)
    mkdirSync(home, { recursive: true })
    const manifest = `id: ${id}\nversion: 1.0.0\ntype: analyzer\nname: ${id}\ndescription: Of a test.
entry_points: {main: main.js}\nbehavior: {priority: high}\nprovides: [{task: ${provides}}]\n`
    writeFileSync(join(home, 'manifest.yaml'), manifest)
    const main = `import { BaseModule, ModuleResult, TaskFault } from '@nexus/sdk'
export class Module extends BaseModule { async execute(context) { ${execute} } }\n`
    writeFileSync(join(home, 'main.js'), main)
  }
  const source = join(folder, 'modules')
  return {
    folder,
    open: (data) => openNexus({ data, modules: [source], trust: [source] }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

const document = `document: { dsl: '1.0.3', namespace: test, name: goal, version: '1.0.0' }
do: [{ goal: { call: nexus.goal, with: { goal: do it } } }]
`

const timesOf = ({ tasks }: RunRecord, kind: string): number =>
  tasks.filter((task) => task.kind === kind && task.status === 'completed').length

test('a goal goes on from what is on disk after any of its events', { timeout: 300_000 }, async () => {
  using world = makeWorld()
  const data = join(world.folder, 'data')
  const kept: string[] = []
  const keep = (): void => {
    const copy = join(world.folder, 'kept', String(kept.length))
    mkdirSync(copy, { recursive: true })
    for (const name of ['nexus.db', 'nexus.db-wal', 'modules.db', 'modules.db-wal', 'blobs', 'artifacts']) {
      if (existsSync(join(data, name))) cpSync(join(data, name), join(copy, name), { recursive: true })
    }
    kept.push(copy)
  }
  const nexus = await world.open(data)
  const live: LiveRun = await nexus.run(nexus.check(document), {})
  live.listen(keep)
  expect(await live.ended).toEqual({ status: 'completed', output: 'second' })
  const plans = timesOf(await nexus.runs.get(live.id), 'goal.plan')
  expect(plans).toBe(2)
  await nexus.close()
  expect(kept.length).toBeGreaterThan(20)
  for (const copy of kept.filter((_copy, event) => every || event % 3 === seed % 3)) {
    const again = await world.open(copy)
    await again.start()
    await again.idle()
    const record = await again.runs.get(live.id)
    expect(record).toMatchObject({ status: 'completed', output: 'second' })
    expect(timesOf(record, 'goal.plan')).toBe(plans)
    await again.close()
  }
})
