import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup, workflow } from './shell.ts'

test('nexus estimates shows how estimates held, as a table and as JSON', async () => {
  using world = setup()
  const nexus = (...args: string[]) => world.nexus(...args, '--data', join(world.folder, 'data'))
  expect(await nexus('estimates')).toMatchObject({
    code: 0,
    out: expect.stringContaining('Nothing has been compared yet'),
  })
  const empty = { count: 0, within_p50: null, within_p90: null }
  expect(JSON.parse((await nexus('estimates', '--json')).out)).toEqual({
    runs: empty,
    tasks: empty,
    capabilities: [],
  })
  const work = '  - say: { run: { shell: { command: echo hello } } }'
  const file = world.file('work.yaml', workflow(work))
  await nexus('run', file)
  const { id } = JSON.parse((await nexus('run', file, '--json')).out) as { id: string }
  const compare =
    workflow(`  - estimate: { call: resources.estimate, with: { workflow: { do: [${work.trim().slice(2).replace(/^/, '{')}}] } } }
  - compare: { call: resources.observe, with: { estimate: '\${ . }', run: '${id}' } }`)
  expect(await nexus('run', world.file('compare.yaml', compare))).toMatchObject({ code: 0 })
  expect(JSON.parse((await nexus('estimates', '--json')).out)).toMatchObject({
    runs: { count: 1 },
    tasks: { count: 1 },
    capabilities: [{ capability: 'run.shell', count: 1 }],
  })
  expect((await nexus('estimates')).out).toMatch(/whole runs +1 +\d+ % +\d+ %\n[\s\S]*run\.shell +1/)
})
