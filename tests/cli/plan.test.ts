/** `nexus plan graph`: the graph of a document, and of the plan of a goal, without running either. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

const slow = { timeout: 120_000 }
const tasks = `  - make: { run: { shell: { command: "date > made.txt; touch ran" } } }
  - other: { set: { n: 1 } }
  - 'the "last"': { run: { shell: { command: cat made.txt } } }
`

test('a document is drawn as a tree, as Mermaid and as DOT, and nothing of it runs', slow, async () => {
  using world = setup()
  const file = world.file('w.yaml', workflow(tasks))
  const { code, out } = await world.nexus('plan', 'graph', file)
  expect(code).toBe(0)
  expect(out).toContain('2. the "last" (run.shell)  ← make (data: reads file made.txt, which it writes)')
  expect((await world.nexus('plan', 'graph', file, '--format', 'mermaid')).out).toMatch(
    /^flowchart TD\n {2}n0\["make \(run\.shell\)"\]\n[\s\S]*n0 -->\|data\| n2\n$/,
  )
  expect((await world.nexus('plan', 'graph', file, '--format', 'dot')).out).toContain(
    String.raw`the \"last\"`,
  )
  expect(readdirSync(world.folder)).toEqual(['w.yaml'])
  expect(existsSync('ran')).toBe(false)
})

test('with --json, one document says all that is known', slow, async () => {
  using world = setup()
  const { out } = await world.nexus('plan', 'graph', world.file('w.yaml', workflow(tasks)), '--json')
  expect(JSON.parse(out)).toMatchObject({
    edges: [{ from: 'make', to: 'the "last"' }],
    levels: [['make', 'other'], ['the "last"']],
    critical_path: ['make', 'the "last"'],
  })
})

test('what cannot be drawn is bad usage that says so', slow, async () => {
  using world = setup()
  const broken = await world.nexus('plan', 'graph', world.file('w.yaml', workflow('  - a: { sett: 1 }\n')))
  expect(broken).toMatchObject({ code: 2, out: '', err: expect.stringContaining('w.yaml:4') })
  const neither = await world.nexus('plan', 'graph')
  expect(neither).toMatchObject({ code: 2, err: expect.stringContaining('either a file or a goal') })
  const format = await world.nexus('plan', 'graph', 'w.yaml', '--format', 'png')
  expect(format).toMatchObject({ code: 2, err: expect.stringContaining('mermaid') })
})

const bin = fileURLToPath(new URL('../../packages/cli/bin/nexus.js', import.meta.url))

/** Plays the planner and those it asks: understands "count" alone. */
const planner = `export class Module {
  async execute({ metadata, inputData }) {
    if (metadata.kind !== 'goal.plan') return { success: true, outputData: { capabilities: [] }, metadata: {} }
    if (inputData.goal !== 'count') throw new Error('Not understood: ' + inputData.goal)
    const document = { dsl: '1.0.3', namespace: 'goals', name: 'count', version: '1.0.0' }
    const plan = [{ read: { run: { shell: { command: 'touch ran' } } } }, { count: { set: { n: '\${ length }' } } }]
    return { success: true, outputData: { planner: 'test', workflow: { document, do: plan } }, metadata: {} }
  }
}
`

function plannedIn(world: World, goal: string): Promise<{ code: number | null; out: string; err: string }> {
  const folder = join(world.folder, 'modules/analyzers/planner')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'main.js'), planner)
  writeFileSync(
    join(folder, 'manifest.yaml'),
    'id: planner\nversion: 1.0.0\ntype: analyzer\nname: Planner\ndescription: Plans one goal.\nentry_points: {main: main.js}\n' +
      'provides: [{task: context.analyze}, {task: goal.plan}, {task: resources.estimate}]\n',
  )
  const child = spawn(process.execPath, [bin, 'plan', 'graph', '--goal', goal], { cwd: world.folder })
  const said = { out: '', err: '' }
  child.stdout.on('data', (data: Buffer) => (said.out += data.toString()))
  child.stderr.on('data', (data: Buffer) => (said.err += data.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })))
}

test('the plan of a goal is drawn, and not run', slow, async () => {
  using world = setup()
  const { code, out, err } = await plannedIn(world, 'count')
  expect(err).toBe('')
  expect(code).toBe(0)
  expect(out).toMatch(/^1\. read \(run\.shell\)\n2\. count \(set\) {2}← read \(input: /)
  expect(readdirSync(world.folder)).toEqual(['modules'])
})

test('a goal that the planner does not understand is told in its words', slow, async () => {
  using world = setup()
  const { code, out, err } = await plannedIn(world, 'fly')
  expect(code).toBe(1)
  expect(out).toBe('')
  expect(err).toContain('Not understood: fly')
})
