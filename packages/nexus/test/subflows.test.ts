import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { documentOf, setup, type World } from './world.ts'

function deploy(world: World, name: string, tasks: string, { head = '', version = '1.0.0' } = {}): void {
  writeFileSync(join(world.folder, `${name}-${version}.yaml`), documentOf(tasks, head, name, version))
}

const runs = (name: string, { version = 'latest', more = '' } = {}): string =>
  `  - sub: { run: { workflow: { namespace: test, name: ${name}, version: ${version}${more} } } }\n`

test('a workflow runs another with an input of its own, and gets its output', async () => {
  await using world = await setup()
  deploy(world, 'double', "  - twice: { set: '${ {n: (2 * .n)} }' }\n")
  const record = await world.run(
    runs('double', { version: '1.0.0', more: ", input: { n: '${ .start + 1 }' }" }),
    {
      input: { start: 20 },
    },
  )
  expect(record).toMatchObject({ status: 'completed', output: { n: 42 } })
  const child = record.tasks.find(({ name }) => name === 'sub')?.child_run ?? ''
  expect(await world.nexus.runs.get(child)).toMatchObject({
    status: 'completed',
    parent: record.id,
    workflow: { namespace: 'test', name: 'double', version: '1.0.0' },
    input: { n: 21 },
  })
})

test('the latest version is the highest, as versions are compared', async () => {
  await using world = await setup()
  for (const version of ['1.9.0', '1.10.0', '1.10.1-beta.1', '1.2.0']) {
    deploy(world, 'versions', `  - say: { set: { version: '${version}' } }\n`, { version })
  }
  expect((await world.run(runs('versions'))).output).toEqual({ version: '1.10.1-beta.1' })
  expect((await world.run(runs('versions', { version: '1.2.0' }))).output).toEqual({ version: '1.2.0' })
})

test('a fault in the other workflow is the fault of the task, and says where it came from', async () => {
  await using world = await setup()
  const error = '{ type: https://example.com/odd, status: 418, title: Odd, detail: too hot }'
  deploy(world, 'fails', `  - bad: { raise: { error: ${error} } }\n`)
  const record = await world.run(runs('fails'))
  expect(record.error).toMatchObject({ type: 'https://example.com/odd', status: 418, instance: '/do/0/sub' })
  expect(record.error?.detail).toMatch(/^too hot \(workflow test\/fails:1\.0\.0, run .*, at \/do\/0\/bad\)$/)
  const caught = await world.run(
    `  - safe: { try: [ ${runs('fails').trim().slice(2)} ], catch: { as: why, do: [ { got: { set: '\${ $why.status }' } } ] } }\n`,
  )
  expect(caught.output).toBe(418)
})

test('a workflow that runs itself without end is stopped with a sentence', { timeout: 30_000 }, async () => {
  await using world = await setup()
  deploy(world, 'endless', runs('endless'))
  const record = await world.run(runs('endless'))
  expect(record).toMatchObject({
    status: 'faulted',
    error: { detail: expect.stringContaining('nested deeper') },
  })
})

test('a workflow that is not there is refused before the run, with the nearest name and the place', async () => {
  await using world = await setup()
  deploy(world, 'double', '  - x: { set: 1 }\n')
  const { document, problems } = world.nexus.check(documentOf(runs('doubel')))
  expect(document).toBeUndefined()
  expect(problems).toMatchObject([
    { code: 'unknown_workflow', start: { line: 4 }, hint: expect.stringContaining('test/double:1.0.0') },
  ])
})

test('what is wrong in a workflow that another one runs is told before the run', async () => {
  await using world = await setup()
  deploy(world, 'outer', runs('inner'))
  deploy(world, 'inner', '  - x: { call: no.such.thing }\n')
  const { problems } = world.nexus.check(documentOf(runs('outer')))
  expect(problems).toMatchObject([
    { message: expect.stringMatching(/inner-1\.0\.0\.yaml:4[\s\S]*no\.such\.thing/) },
  ])
})

test('a run keeps the workflows that it began with, whatever becomes of their files', async () => {
  await using world = await setup()
  deploy(world, 'later', '  - x: { set: { v: old } }\n')
  const tasks = `  - approve: { listen: { to: { one: { with: { type: go } } } } }\n${runs('later')}`
  const live = await world.nexus.run(world.nexus.check(documentOf(tasks)), {})
  await new Promise<void>((resolve) => live.listen((event) => event.type === 'listen.begun' && resolve()))
  deploy(world, 'later', '  - x: { set: { v: new } }\n')
  const nexus = await world.restart()
  await nexus.runs.signal(live.id, { type: 'go' })
  const resumed = await nexus.runs.resume(live.id)
  expect(await resumed.ended).toEqual({ status: 'completed', output: { v: 'old' } })
})

test('a run that is retried goes on with the run that faulted in it: what completed there stands', async () => {
  await using world = await setup()
  const done = join(world.folder, 'done')
  const once = `echo x >> ${done}; test $(wc -l < ${done}) -gt 2 || exit 3`
  const failing = `  - count: { run: { shell: { command: '${once}' }, return: code } }\n`
  const check = "  - ok: { if: '${ . != 0 }', raise: { error: { type: not-yet, status: 500 } } }\n"
  deploy(world, 'flaky', `  - first: { run: { shell: { command: 'echo 1' } } }\n${failing}${check}`)
  const first = await world.run(runs('flaky'))
  expect(first.status).toBe('faulted')
  const again = await world.nexus.runs.retry(first.id)
  expect(await again.ended).toMatchObject({ status: 'faulted' })
  const [child] = await world.nexus.runs.list({ parent: first.id })
  const record = await world.nexus.runs.get(child?.id ?? '')
  expect(record.tasks.find(({ name }) => name === 'first')).toMatchObject({
    attempts: 1,
    status: 'completed',
  })
})

test('a run that is cancelled cancels the runs that live with it, and no others', async () => {
  await using world = await setup()
  deploy(world, 'waits', '  - x: { listen: { to: { one: { with: { type: never } } } } }\n')
  const tasks = `  - free: { run: { workflow: { namespace: test, name: waits, version: latest }, await: false } }\n${runs('waits')}`
  const live = await world.nexus.run(world.nexus.check(documentOf(tasks)), {})
  const begun = new Promise<void>((resolve) => {
    let children = 0
    live.listen((event) => event.type === 'child.begun' && ++children === 2 && resolve())
  })
  await begun
  live.cancel()
  expect(await live.ended).toEqual({ status: 'cancelled' })
  const children = await world.nexus.runs.list({ parent: live.id })
  expect(children.map(({ status, parent }) => `${status} ${parent?.attached}`).toSorted()).toEqual([
    'cancelled true',
    'running false',
  ])
})

test('a process that is not awaited goes on by itself and sees what its task sees', async () => {
  await using world = await setup()
  const text = '${ [.a, $n, $context.kept] | join(" ") }'
  const free = `{ command: 'echo "$1"', arguments: ['${text}'] }`
  const record = await world.run(`  - remember: { set: { a: 1 }, export: { as: '{kept: 7}' } }
  - each: { for: { each: n, in: '\${ [5] }' }, do: [ { free: { run: { shell: ${free}, await: false } } } ] }
`)
  expect(record).toMatchObject({ status: 'completed', output: { a: 1 } })
  await world.nexus.idle()
  const id = record.tasks.find(({ name }) => name === 'free')?.child_run ?? ''
  expect(await world.nexus.runs.get(id)).toMatchObject({ status: 'completed', output: '1 5 7\n' })
})
