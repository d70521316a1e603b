/** The suite's modules in Python. */
import { packPython } from '../../src/hosts/process/python_artifact.ts'
import type { Dialect } from './dialect.ts'

export const python: Dialect = {
  main: 'main.py',
  pack: (source) => packPython({ 'main.py': source }),
  words: { exception: 'RuntimeError', validate: 'validate_config' },
  tasks: {
    'wraps its input': moduleOf('return ModuleResult.ok({"got": context.input_data})'),
    'gives one': moduleOf('return ModuleResult.ok(1)'),
    'shows its context': moduleOf(`kind = "number" if context.clock.now() > 0 else "nothing"
        return ModuleResult.ok([context.config, kind, context.signal.aborted,
            context.idempotency_key, context.task_id, self.config])`),
    'reads state, then gives its input': moduleOf(`await context.state.get("x")
        return ModuleResult.ok(context.input_data)`),
    'adds its input to a list': moduleOf(`list = await context.state.get("list", [])
        list.append(context.input_data)
        await context.state.set("list", list)
        list.append("not kept")
        return ModuleResult.ok(await context.state.get("list"))`),
    'reads the secret that its input names': moduleOf(
      'return ModuleResult.ok(await context.secrets.get(context.input_data))',
    ),
    'gives the shape of a result': moduleOf(
      'return {"success": True, "output_data": {"a": 1}, "next_module": "b"}',
    ),
    'gives a timeout back': moduleOf('return ModuleResult.fail(TaskFault.of("timeout", "too late"))'),
    'throws a fault': moduleOf('raise TaskFault.of("validation", "bad input")'),
    throws: moduleOf('raise RuntimeError("no such row")'),
    'throws what has a cause': moduleOf(`try:
            try:
                raise OSError("no disk")
            except OSError as error:
                raise RuntimeError("no table") from error
        except RuntimeError as error:
            raise RuntimeError("no rows") from error`),
    'waits to be cancelled, then throws': moduleOf(`try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            raise RuntimeError("gone")`),
    'does "one" and no other task': moduleOf(
      'return ModuleResult.ok(1)',
      `def can_execute(self, kind):
        return kind == "one"`,
    ),
    'asks its host for everything': moduleOf(`run = context.run
        child = await run.task(["do", 0, "one"], 1, variables={"v": 2})
        list = await run.list(["do"], 2, path=["for", 3])
        await run.sleep("nap", 5)
        await run.keep({"at": 3})
        value = await run.evaluate(".a", {"a": 4})
        output = await context.call("double", 21)
        context.stream("half", "progress")
        context.log.warn("careful", {"n": 1})
        return ModuleResult.ok({"run": [run.id, run.input], "parent": {"taskId": context.parent_context.task_id,
            "name": context.parent_context.name, "kind": context.parent_context["kind"]},
            "kind": context.metadata.kind, "child": child._asdict(), "list": list._asdict(),
            "kept": await run.recall(), "value": value, "output": output})`),
    'calls "risky"': moduleOf('return ModuleResult.ok(await context.call("risky"))'),
    'calls with what is not JSON': moduleOf(
      'return ModuleResult.ok(await context.call("double", {"at": datetime.datetime(2000, 1, 1)}))',
    ),
    'writes a blob and reads it': moduleOf(`async def pieces():
            for i in range(context.input_data):
                yield "é" * 50_000 if i % 2 else bytes([i]) * 100_000
        reference = await context.blobs.write(pieces(), "application/x-test")
        size = 0
        async for piece in context.blobs.read(reference):
            size += len(piece)
        return ModuleResult.ok({"reference": reference, "size": size})`),
    'fails in the middle of a blob': moduleOf(`def pieces():
            yield "some"
            raise RuntimeError("no more")
        try:
            await context.blobs.write(pieces(), "text/plain")
        except RuntimeError as error:
            return ModuleResult.ok(str(error))`),
    'writes a blob that is too large': moduleOf(
      'return ModuleResult.ok(await context.blobs.write("0123456789", "text/plain", bytes_max=5))',
    ),
    'reads the blob of its input': moduleOf(`text = b""
        async for piece in context.blobs.read(context.input_data):
            text += piece
        return ModuleResult.ok(text.decode())`),
    'shows its policy': moduleOf(
      `policy = context.policy
        facts = {"network": {"private": policy.network.private},
            "programs": {"deny": policy.programs.deny, **({} if policy.programs.allow is None else {"allow": policy.programs.allow})}}
        return ModuleResult.ok([self.policy, facts])`,
      `async def setup(self, context):
        policy = context.policy
        self.policy = {"network": dict(policy.network), "programs": {k: v for k, v in policy.programs.items() if v is not None}}`,
    ),
    'aborts one of its children': moduleOf(`slow = asyncio.create_task(context.run.task(["slow"]))
        quick = await context.run.task(["quick"])
        slow.cancel()
        try:
            await slow
            how = "ended"
        except asyncio.CancelledError:
            how = "not needed"
        return ModuleResult.ok([quick.output, how])`),
  },
  wrongResults: {
    nothing: [
      moduleOf('return None'),
      /Module "subject" 1\.2\.3 gave back a value of type NoneType\. Expected a ModuleResult/,
    ],
    'a bare output': [
      moduleOf('return {"rows": 3}'),
      /gave back a value of type dict\. Expected a ModuleResult/,
    ],
    'a function': [moduleOf('return lambda: 1'), /gave back a value of type function/],
    'a function in the output': [
      moduleOf('return ModuleResult.ok({"a": [1, lambda: 1]})'),
      /output_data that is not JSON, at \/a\/1: a function/,
    ],
    'a number that is too much for JSON': [
      moduleOf('return ModuleResult.ok({"big": 1j})'),
      /at \/big: a complex is not JSON/,
    ],
    'a class instance in the output': [
      moduleOf('return ModuleResult.ok({"when": datetime.datetime(2000, 1, 1)})'),
      /at \/when: a datetime is not JSON/,
    ],
    'a cycle in the output': [
      moduleOf(`a = {}
        a["a"] = a
        return ModuleResult.ok(a)`),
      /or a cycle/,
    ],
    'a number that JSON lacks': [
      moduleOf('return ModuleResult.ok([float("nan")])'),
      /at \/0: nan is not a JSON number/,
    ],
    'metadata that is not JSON': [
      moduleOf('return ModuleResult.ok(1, metadata={"f": print})'),
      /metadata that is not JSON, at \/f/,
    ],
  },
  refused: {
    'an entry that exports no Module': [
      'Other = 1',
      /main\.py must define a class named "Module" with a method "execute"; it defines nothing/,
    ],
    'a class without execute': ['class Module: pass', /must define a class named "Module"/],
    'an entry that throws': [
      'raise IndexError("no")',
      /Module "subject" 1\.2\.3 failed in load: IndexError: no/,
    ],
    'code that does not parse': ['class Module(', /failed in load: SyntaxError/],
    'a package that is not listed': [
      'import left_pad',
      /failed in load: ModuleNotFoundError: No module named 'left_pad'/,
    ],
    'a constructor that throws': [
      `class Module:
    def __init__(self, config):
        raise RuntimeError("no")
    def execute(self, context): pass`,
      /failed in construct: RuntimeError: no/,
    ],
    'a configuration that it refuses': [
      `class Module:
    def execute(self, context): pass
    def validate_config(self, config): return ["size must be even."]`,
      /refuses its configuration: size must be even\./,
    ],
  },
  handing: moduleOf(
    `if context.input_data == "end":
            os._exit(3)
        if context.input_data == "end later":
            self.snapshot = lambda: os._exit(3)
        else:
            self.count += context.input_data
        return ModuleResult.ok(self.count)`,
    `count = 0
    async def snapshot(self):
        return {"count": self.count}
    def restore(self, memory):
        self.count = memory["count"]
    async def migrate(self, handed, versions):
        return {"state": {**handed["state"], "versions": versions}, "memory": {"count": handed["memory"]["count"] * 2}}`,
  ),
  handingBadly: moduleOf(
    'return ModuleResult.ok(1)',
    `async def migrate(self, handed, versions):
        return 1
    async def snapshot(self):
        raise RuntimeError("lost")`,
  ),
  recording: ({ setup, teardown } = {}) =>
    moduleOf(
      'return ModuleResult.ok(None)',
      `async def setup(self, context):
        self.log = context.log
        async def second():
            self.log.info("second")
        context.on_teardown("the first", lambda: self.log.info("first"))
        context.on_teardown("the second", second)
        self.log.info("setup")
        ${setup === undefined ? '' : setupStories[setup]}

    async def teardown(self):
        self.log.info("teardown")
        ${teardown === undefined ? '' : teardownStories[teardown]}`,
    ),
}

const setupStories = {
  throws: 'raise RuntimeError("no port")',
  hangs: 'await asyncio.sleep(3600)',
  late: `await context.secrets.get("late")
        context.on_teardown("late", lambda: context.log.info("late"))`,
  stuck: `def stuck():
            raise RuntimeError("busy")
        context.on_teardown("the socket", stuck)`,
}

const teardownStories = { throws: 'raise RuntimeError("stuck")', hangs: 'await asyncio.sleep(3600)' }

function moduleOf(execute: string, members = ''): string {
  return `import asyncio, datetime, os
from nexus.modules.base import BaseModule, ModuleResult, TaskFault

class Module(BaseModule):
    ${members}
    async def execute(self, context):
        ${execute}
`
}
