"""The SDK without a host: base classes, results, errors, JSON, the testing kit."""

import asyncio
import math
import unittest

from nexus.errors import Cancelled, TaskFault, to_workflow_error, workflow_error
from nexus.json_values import DEPTH_MAX, NotJson, encode, why_not_json
from nexus.modules.base import (
    AnalyzerModule,
    BaseModule,
    ExecutorModule,
    IntegrationModule,
    ModuleContext,
    ModuleResult,
    OrchestratorModule,
)
from nexus.modules.calling import accepted, call_method
from nexus.testing import make_context, make_setup_context


def run(coroutine):
    return asyncio.run(coroutine)


class Errors(unittest.TestCase):
    def test_a_fault_carries_the_error_of_the_specification(self):
        fault = TaskFault.of("timeout", "too late")
        self.assertEqual(fault.status, 408)
        self.assertEqual(fault.title, "Timeout Error")
        self.assertEqual(str(fault), "too late")
        self.assertTrue(fault.type.endswith("/errors/timeout"))

    def test_a_fault_can_have_a_status_of_its_own(self):
        self.assertEqual(TaskFault.of("communication", "bad gateway", 502).status, 502)

    def test_an_unknown_kind_of_error_names_the_known_ones(self):
        with self.assertRaisesRegex(ValueError, "configuration, validation"):
            workflow_error("other", "")

    def test_anything_thrown_becomes_an_error(self):
        self.assertEqual(to_workflow_error(KeyError("x"))["detail"], "KeyError: 'x'")
        self.assertEqual(to_workflow_error("no")["detail"], "no")
        error = {"type": "https://x.test/own", "status": 418}
        self.assertIs(to_workflow_error(error), error)

    def test_a_cancellation_passes_those_who_catch_exceptions(self):
        self.assertFalse(issubclass(Cancelled, Exception))


class Results(unittest.TestCase):
    def test_a_failure_may_be_a_text_an_exception_or_an_error(self):
        for error in ("no", TaskFault.of("runtime", "no"), workflow_error("runtime", "no")):
            self.assertEqual(ModuleResult(success=False, error=error).error["detail"], "no")

    def test_results_are_equal_by_their_members(self):
        self.assertEqual(ModuleResult.ok(1), ModuleResult(success=True, output_data=1))
        self.assertNotEqual(ModuleResult.ok(1), ModuleResult.ok(2))


class Json(unittest.TestCase):
    def test_json_is_encoded_on_one_line(self):
        self.assertEqual(encode({"a": [1, "x\n", None, True, 1.5]}), '{"a":[1,"x\\n",null,true,1.5]}')

    def test_what_is_not_json_is_named_with_its_place(self):
        for value, why in (
            ({"a": [1, {2}]}, "/a/1: a set is not JSON"),
            ([math.inf], "/0: inf is not a JSON number"),
            ({"a": {(1, 2): 3}}, r"/a: the key \(1, 2\) is not a string"),
            (object(), "/: a object is not JSON"),
        ):
            with self.assertRaisesRegex(NotJson, why):
                encode(value)

    def test_cycles_and_towers_end_with_a_reason(self):
        cycle = []
        cycle.append(cycle)
        tower = []
        for _ in range(DEPTH_MAX * 100):
            tower = [tower]
        for value in (cycle, tower):
            self.assertRegex(why_not_json(value), "or a cycle")
            with self.assertRaises(NotJson):
                encode(value)

    def test_a_pydantic_model_is_taken_as_what_it_dumps(self):
        class Model:
            def model_dump(self, mode):
                return {"mode": mode}

        self.assertEqual(encode([Model()]), '[{"mode":"json"}]')


class Calling(unittest.TestCase):
    def test_methods_get_as_many_arguments_as_they_take(self):
        self.assertEqual(accepted(lambda: 1, "context"), ())
        self.assertEqual(accepted(lambda one: 1, "context"), ("context",))
        self.assertEqual(accepted(lambda *all: 1, "context"), ("context",))

    def test_methods_may_be_async_or_not_or_give_something_to_wait_for(self):
        async def waits():
            return 1

        self.assertEqual(run(call_method(waits)), 1)
        self.assertEqual(run(call_method(lambda: 2)), 2)
        self.assertEqual(run(call_method(lambda: waits())), 1)


class BaseClasses(unittest.TestCase):
    def test_a_module_has_its_configuration_and_nothing_to_complain_about(self):
        module = BaseModule({"size": 3})
        self.assertEqual(module.config, {"size": 3})
        self.assertEqual(module.validate_config({}), [])
        self.assertEqual(BaseModule().config, {})
        with self.assertRaisesRegex(NotImplementedError, "execute"):
            run(module.execute(ModuleContext()))

    def test_an_analyzer_gives_what_it_found(self):
        class Module(AnalyzerModule):
            async def analyze(self, context):
                return len(context.input_data)

        self.assertEqual(run(Module().execute(make_context("four"))), ModuleResult.ok(4))

    def test_an_executor_refuses_kinds_that_it_does_not_do(self):
        class Module(ExecutorModule):
            def can_execute(self, kind):
                return kind == "mine"

            async def execute_task(self, context):
                return ModuleResult.ok(context.metadata.kind)

        self.assertEqual(run(Module().execute(make_context(metadata={"kind": "mine"}))), ModuleResult.ok("mine"))
        with self.assertRaisesRegex(TaskFault, 'does not execute "test" tasks'):
            run(Module().execute(make_context()))

    def test_an_integration_connects_at_setup_and_lets_go_at_teardown(self):
        done = []

        class Module(IntegrationModule):
            async def connect(self, context):
                context.on_teardown("one", lambda: done.append("released"))
                done.append("connected")

            def disconnect(self):
                done.append("disconnected")

        async def life():
            module, context = Module(), make_setup_context()
            await module.setup(context)
            await module.teardown()
            await context.release()

        run(life())
        self.assertEqual(done, ["connected", "disconnected", "released"])


class Orchestrators(unittest.TestCase):
    def test_a_goal_becomes_tasks_by_the_installed_analyzers(self):
        async def execute(plan):
            context = make_context(calls={"goal.plan": lambda _input: plan})
            tasks = await OrchestratorModule().decompose_goal("do it")
            self.assertEqual(context.recorded["calls"], [("goal.plan", {"goal": "do it"})])
            return tasks

        tasks = [{"id": "a", "type": "t"}]
        self.assertEqual(run(execute(tasks)), tasks)
        self.assertEqual(run(execute({"tasks": tasks, "why": "x"})), tasks)

    def test_a_task_that_faults_is_an_answer_too(self):
        def bad(_input):
            raise TaskFault.of("validation", "no")

        async def execute():
            make_context(calls={"good": lambda input: input, "bad": bad})
            module = OrchestratorModule()
            return [
                await module._execute_task({"id": 1, "type": "good", "input": 7}),
                await module._execute_task({"id": 2, "type": "good", "url": "x"}),
                await module._execute_task({"id": 3, "type": "bad"}),
            ]

        good, rest, bad_one = run(execute())
        self.assertEqual(good, {"id": 1, "type": "good", "success": True, "output": 7, "error": None})
        self.assertEqual(rest["output"], {"url": "x"})
        self.assertEqual((bad_one["success"], bad_one["error"]["status"]), (False, 400))

    def test_outside_of_a_task_there_is_nobody_to_ask(self):
        import contextvars

        def outside():
            return run(OrchestratorModule().decompose_goal("x"))

        with self.assertRaisesRegex(RuntimeError, "while a task runs"):
            contextvars.Context().run(outside)


class TestingKit(unittest.TestCase):
    def test_blobs_are_kept_by_their_content_and_go_from_one_context_to_the_next(self):
        async def work():
            first = make_context()
            reference = await first.blobs.write(["Łó", "dź".encode()], "text/plain")
            self.assertEqual((reference["size_bytes"], reference["media_type"]), (7, "text/plain"))
            second = make_context(blobs=first.blobs)
            pieces = [piece async for piece in second.blobs.read(reference)]
            self.assertEqual(b"".join(pieces).decode(), "Łódź")
            with self.assertRaisesRegex(TaskFault, "larger than the 5 bytes"):
                await first.blobs.write("123456", "text/plain", bytes_max=5)
            with self.assertRaisesRegex(TaskFault, "one of them is a int"):
                await first.blobs.write([1], "text/plain")
            with self.assertRaisesRegex(TaskFault, "There is no blob"):
                [piece async for piece in make_context().blobs.read(reference)]

        run(work())

    def test_everything_is_allowed_unless_a_test_says_otherwise(self):
        context = make_context(policy={"programs": {"deny": ["sh"]}})
        self.assertEqual(context.policy.programs, {"allow": None, "deny": ["sh"]})
        self.assertTrue(make_context().policy.network.private)

    def test_everything_a_module_does_is_recorded(self):
        async def execute():
            context = make_context(
                input=1, tasks={"one": lambda input: input + 1}, kept={"at": 2}, secrets={"key": "s"}, evaluate=lambda *all: all
            )
            outcome = await context.run.task(["do", 0, "one"], 2)
            await context.run.sleep("nap", 5)
            await context.run.keep({"at": 3})
            await context.state.set("k", [1])
            context.stream("half", "progress")
            context.log.info("hello", {"n": 1})
            return context, [
                outcome,
                await context.run.recall(),
                await context.run.evaluate(".x"),
                await context.state.get("k"),
                await context.secrets.get("key"),
            ]

        context, values = run(execute())
        self.assertEqual(values, [("completed", 3, "continue"), {"at": 2}, [".x", 1, {}], [1], "s"])
        self.assertEqual(
            context.recorded,
            {
                "children": [{"at": ["do", 0, "one"], "input": 2}],
                "calls": [],
                "sleeps": [("nap", 5)],
                "kept": [{"at": 3}],
                "streams": [("progress", "half")],
                "logs": [("info", "hello", {"n": 1})],
            },
        )

    def test_what_could_not_cross_is_an_error(self):
        with self.assertRaisesRegex(TypeError, "/a: a set is not JSON"):
            make_context({"a": {1}})

    def test_what_the_test_did_not_give_is_an_error_that_lists_what_it_gave(self):
        with self.assertRaisesRegex(AssertionError, 'no capability "b". Given: a'):
            run(make_context(calls={"a": lambda _input: 1}).call("b"))

    def test_a_bare_context_says_where_to_get_a_whole_one(self):
        with self.assertRaisesRegex(RuntimeError, "nexus.testing"):
            ModuleContext("t").log.info("x")


if __name__ == "__main__":
    unittest.main()
