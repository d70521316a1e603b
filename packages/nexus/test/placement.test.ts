import { mkdirSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Nexus } from '../src/index.ts'
import { documentOf, setup, type World } from './world.ts'

function writeModule(
  world: World,
  place: string,
  manifest: string,
  files: Readonly<Record<string, string>>,
): void {
  const folder = join(world.folder, 'modules', place)
  mkdirSync(folder, { recursive: true })
  const [id] = place.split('/').slice(-1)
  const head = `id: ${id}\nversion: 1.0.0\nname: ${id}\ndescription: A module of a test.\n`
  for (const [name, text] of Object.entries({ ...files, 'manifest.yaml': head + manifest }))
    writeFileSync(join(folder, name), text)
}

const open = (world: World): Promise<Nexus> => world.restart({ modules: [join(world.folder, 'modules')] })

const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0

test('a module that nobody trusts has a process of its own, without the rights of this one', async () => {
  await using world = await setup()
  writeModule(
    world,
    'executors/nosy',
    'type: executor\nentry_points: {main: main.js}\nprovides: [{task: look}]\n',
    {
      'main.js': `import { readFileSync } from 'node:fs'
const attempt = (work) => { try { return String(work()).length > 0 } catch { return false } }
export class Module {
  async execute() {
    const outputData = { pid: process.pid, reads: attempt(() => readFileSync('/etc/hostname')), environment: Object.keys(process.env).includes('HOME') }
    return { success: true, outputData, metadata: {} }
  }
}
`,
    },
  )
  const nexus = await open(world)
  expect(nexus.modules.get('nosy').host).toBe('process')
  expect(nexus.modules.get('linear_orchestrator').host).toBe('in_process')
  const live = await nexus.run(nexus.check(documentOf('  - look: { call: look }\n')), {})
  const ended = await live.ended
  expect(ended).toMatchObject({ status: 'completed', output: { reads: false, environment: false } })
  expect(ended).not.toMatchObject({ output: { pid: process.pid } })
})

test.skipIf(!hasPython)(
  `an orchestrator in Python, written to the original design, runs a goal to its end${hasPython ? '' : ' (no python3 from 3.9 on here)'}`,
  { timeout: 60_000 },
  async () => {
    await using world = await setup()
    writeModule(
      world,
      'orchestrators/goal_runner',
      'type: orchestrator\nentry_points: {main: orchestrator.py, setup: setup.py, teardown: cleanup.py}\nbehavior: {priority: high}\nprovides: [{task: nexus.goal}]\n',
      {
        'setup.py': 'import orchestrator\n\ndef setup():\n    orchestrator.READY = True\n',
        'cleanup.py': 'async def teardown():\n    pass\n',
        'orchestrator.py': `from nexus.modules.base import OrchestratorModule, ModuleContext, ModuleResult

READY = False


class Module(OrchestratorModule):
    async def setup(self):
        self.done = 0

    async def execute(self, context: ModuleContext) -> ModuleResult:
        tasks = await self.decompose_goal(context.input_data["with"]["goal"])
        results = []
        for task in tasks:
            result = await self._execute_task(task)
            results.append(result)
            if not result["success"] and self.config.get("stop_on_failure", True):
                return ModuleResult(success=False, output_data=results, error=f"task {task['id']} failed")
            self.done += 1
        return ModuleResult(success=True, output_data={"done": self.done, "ready": READY, "results": results}, error=None)

    async def teardown(self):
        pass
`,
      },
    )
    writeModule(
      world,
      'analyzers/planner',
      'type: analyzer\nentry_points: {main: main.js}\nprovides: [{task: goal.plan}]\n',
      {
        'main.js': `export class Module {
  async execute({ inputData }) {
    const words = inputData.goal.split(' and ')
    return { success: true, outputData: words.map((word, n) => ({ id: 't' + n, type: 'say', input: { word } })), metadata: {} }
  }
}
`,
      },
    )
    writeModule(
      world,
      'executors/speaker',
      'type: executor\nentry_points: {main: main.py}\nprovides: [{task: say}]\n',
      {
        'main.py': `from nexus.modules.base import ExecutorModule, ModuleResult


class Module(ExecutorModule):
    def can_execute(self, kind):
        return kind == "say"

    def execute_task(self, context):
        print("this is no message of the protocol")
        return ModuleResult(success=True, output_data=repr(context.input_data), error=None)
`,
      },
    )
    const nexus = await open(world)
    const goal = "  - goal: { call: nexus.goal, with: { goal: 'hello and good bye' } }\n"
    const live = await nexus.run(nexus.check(documentOf(goal)), {})
    const ended = await live.ended
    expect(ended).toMatchObject({ status: 'completed', output: { done: 2, ready: true } })
    const { tasks } = await nexus.runs.get(live.id)
    expect(tasks.map(({ kind }) => kind)).toEqual(['nexus.goal', 'goal.plan', 'say', 'say'])
  },
)
