import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TaskFault } from '@nexus/sdk'
import { describe, expect, test } from 'vitest'
import { packPython, readPythonSources } from '../src/hosts/process/python_artifact.ts'
import { failureOf, makeProcessWorld, outputOf, pythonOf } from './process_world.ts'
import { makeWorld, task } from './world.ts'

/** A module as the system's original design has it. */
const original = `from nexus.modules.base import OrchestratorModule, ModuleContext, ModuleResult


class Module(OrchestratorModule):
    async def setup(self):
        self.runs = 0

    async def execute(self, context: ModuleContext) -> ModuleResult:
        self.runs += 1
        goal = context.input_data["goal"]
        tasks = await self.decompose_goal(goal)
        results = []
        for task in tasks:
            result = await self._execute_task(task)
            results.append({"id": task["id"], "success": result["success"]})
            if not result["success"] and self.config.get("stop_on_failure", True):
                return ModuleResult(success=False, output_data=results, error=f"Task {task['id']} failed")
        return ModuleResult(success=True, output_data=results)

    async def teardown(self):
        pass
`

describe('a module written to the original design', () => {
  const tasks = [
    { id: 'a', type: 'good', input: { n: 1 } },
    { id: 'b', type: 'bad' },
    { id: 'c', type: 'good' },
  ]
  const seen: unknown[] = []
  const context = task(
    { goal: 'do it' },
    {
      calls: {
        'goal.plan': (input) => {
          seen.push(input)
          return tasks
        },
        good: (input) => {
          seen.push(input)
          return 1
        },
        bad: () => {
          throw TaskFault.of('runtime', 'no')
        },
      },
    },
  )

  test('runs unchanged', async () => {
    const { start } = makeProcessWorld()
    const module = await start({ 'orchestrator.py': original }, { config: { stop_on_failure: false } })
    const result = await module.execute(context)
    expect(result.outputData).toEqual([
      { id: 'a', success: true },
      { id: 'b', success: false },
      { id: 'c', success: true },
    ])
    expect(seen).toEqual([{ goal: 'do it' }, { n: 1 }, {}])
  })

  test('stops on a failure unless its configuration says otherwise', async () => {
    const { start } = makeProcessWorld()
    const result = await (await start({ 'orchestrator.py': original })).execute(context)
    expect(result).toMatchObject({
      success: false,
      error: { status: 500, detail: expect.stringContaining('Task b failed') },
    })
  })
})

describe('the sources of a module in Python', () => {
  test('are imported from its artifact, siblings, packages and relative imports alike', async () => {
    const { start } = makeProcessWorld()
    const module = await start({
      'src/main.py': `import helper
from parts import one
from parts.deep.two import two
from shared import text
from nexus.modules.base import *
class Module(BaseModule):
    async def execute(self, context):
        return ModuleResult.ok([helper.x, one.x, two(), text, __file__])`,
      'src/helper.py': 'x = 0',
      'src/parts/__init__.py': '',
      'src/parts/one.py': 'from .deep import base\nx = base',
      'src/parts/deep/__init__.py': 'base = 1',
      'src/parts/deep/two.py': 'from .. import one\ndef two(): return one.x + 1',
      'shared.py': 'text = "shared"',
    })
    const [x, one, two, text, file] = (await outputOf(module)) as [number, number, number, string, string]
    expect([x, one, two, text]).toEqual([0, 1, 2, 'shared'])
    expect(file).toMatch(/src\/main\.py$/)
  })

  test('do not hide the standard library', async () => {
    const { start } = makeProcessWorld()
    const module = await start({
      ...pythonOf('import queue\nreturn ModuleResult.ok(hasattr(queue, "Queue"))'),
      'queue.py': 'mine = True',
    })
    expect(await outputOf(module)).toBe(true)
  })

  test('are the same after a crash, whatever has become of the files', async () => {
    const { start, folder } = makeProcessWorld()
    writeFileSync(join(folder, 'value.py'), 'x = "changed"')
    const module = await start({
      ...pythonOf('if input == "exit": os._exit(1)\nimport value\nreturn ModuleResult.ok(value.x)'),
      'value.py': 'x = "built"',
    })
    expect(await outputOf(module)).toBe('built')
    await failureOf(module.execute(task('exit')))
    rmSync(join(folder, 'value.py'))
    expect(await outputOf(module)).toBe('built')
  })

  test('two saves of one size within a second are two artifacts', async () => {
    const { start } = makeProcessWorld()
    for (const value of ['one', 'two']) {
      const module = await start({
        ...pythonOf('import value\nreturn ModuleResult.ok(value.x)'),
        'value.py': `x = "${value}"`,
      })
      expect(await outputOf(module)).toBe(value)
      await module.stop()
    }
  })

  test('are packed in one order, without tests and what tools leave behind', () => {
    const world = makeWorld()
    world.write({
      'm/z.py': 'z',
      'm/main.py': 'm',
      'm/pack/__init__.py': '',
      'm/test/main_test.py': 'no',
      'm/__pycache__/main.py': 'no',
      'm/.venv/lib.py': 'no',
      'm/data.txt': 'no',
    })
    const sources = readPythonSources(join(world.folder, 'm'))
    expect(Object.keys(sources).toSorted()).toEqual(['main.py', 'pack/__init__.py', 'z.py'])
    expect(packPython({ b: '2', a: '1' })).toBe(packPython({ a: '1', b: '2' }))
  })

  test('are shown in the stack of an exception', async () => {
    const { start } = makeProcessWorld()
    const module = await start(pythonOf('raise ValueError("no")'))
    const error: unknown = await module.execute(task(null)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      cause: { stack: expect.stringMatching(/main\.py", line \d+, in execute\s+raise ValueError/) },
    })
  })
})

describe('methods in Python', () => {
  test('that are not async run in threads, many at once, and may wait for their context', async () => {
    const { start } = makeProcessWorld()
    const module = await start({
      'main.py': `import threading
from nexus.modules.base import *
class Module(BaseModule):
    def setup(self, context):
        self.barrier = threading.Barrier(3, timeout=10)
        context.on_teardown("nothing", lambda: None)
    def execute(self, context):
        self.barrier.wait()
        return ModuleResult.ok(context.wait(context.call("double", context.input_data)))
    def teardown(self): pass`,
    })
    const double = (input: unknown): number => Number(input) * 2
    const results = await Promise.all(
      [1, 2, 3].map((input) => module.execute(task(input, { calls: { double } }))),
    )
    expect(results.map((result) => result.outputData)).toEqual([2, 4, 6])
    expect(await module.stop()).toEqual({ problems: [], handlesLeft: 0 })
  })

  test('of the other base classes serve as they do in TypeScript', async () => {
    const { start } = makeProcessWorld()
    const files = (body: string): Record<string, string> => ({
      'main.py': `from nexus.modules.base import *\n${body}`,
    })
    const analyzer = await start(
      files(`class Module(AnalyzerModule):
    def analyze(self, context): return {"length": len(context.input_data)}`),
    )
    expect(await outputOf(analyzer, 'four')).toEqual({ length: 4 })
    const executor = await start(
      files(`class Module(ExecutorModule):
    def can_execute(self, kind): return kind == "test"
    async def execute_task(self, context): return ModuleResult.ok(context.metadata["kind"])`),
    )
    expect(await outputOf(executor)).toBe('test')
    const integration = await start(
      files(`class Module(IntegrationModule):
    async def connect(self, context): self.state = "connected"
    async def disconnect(self): raise RuntimeError("was " + self.state)
    async def execute(self, context): return ModuleResult.ok(self.state)`),
    )
    expect(await outputOf(integration)).toBe('connected')
    expect((await integration.stop()).problems).toEqual([
      'Module "subject" 1.2.3 failed in teardown: RuntimeError: was connected.',
    ])
  })

  test('take and give pydantic models where it is installed', async () => {
    const { start } = makeProcessWorld()
    const starting = start(
      {
        'main.py': `from pydantic import BaseModel
from nexus.modules.base import *
class Order(BaseModel):
    item: str
    count: int = 1
class Module(BaseModule):
    async def execute(self, context: ModuleContext[Order]) -> ModuleResult:
        return ModuleResult.ok({"order": context.input_data, "type": type(context.input_data).__name__})`,
      },
      { manifest: { dependencies: { python: [{ pydantic: '>=2' }] } } },
    )
    const missing = await failureOf(starting)
    if (missing.includes('which is not installed')) return
    const module = await starting
    expect(await outputOf(module, { item: 'pen' })).toEqual({
      order: { item: 'pen', count: 1 },
      type: 'Order',
    })
    await expect(module.execute(task({ count: 'many' }))).rejects.toMatchObject({
      error: { status: 400, detail: expect.stringContaining('The input does not fit') },
    })
  })
})
