"""The base classes of modules. An entry file defines a class named ``Module`` that extends one of them.

A host makes one instance for an artifact and a configuration, calls ``setup`` once, ``execute`` for each task (many at
once), and ``teardown`` once, even when ``setup`` raised. Methods may be ``async`` or not; one that is not runs in a thread.
"""

from ..context import AbortSignal, ChildOutcome, Clock, ModuleContext, SetupContext, current_context
from ..errors import Cancelled, TaskFault, to_workflow_error, workflow_error
from ..result import ModuleResult
from .calling import call_method

__all__ = [
    "AbortSignal",
    "AnalyzerModule",
    "BaseModule",
    "Cancelled",
    "ChildOutcome",
    "Clock",
    "ExecutorModule",
    "IntegrationModule",
    "ModuleContext",
    "ModuleResult",
    "OrchestratorModule",
    "SetupContext",
    "TaskFault",
    "workflow_error",
]


class BaseModule:
    """A module may also have, for the version that takes its place: ``snapshot(self)``, which gives what it holds in memory;
    ``migrate(self, handed, versions)``, which brings ``handed`` (a dict with ``state`` and ``memory``) of the version
    ``versions["from"]`` to the shape of this one and gives it back; and ``restore(self, memory)``.
    """

    def __init__(self, config=None):
        self.config = {} if config is None else config

    async def setup(self, context=None):
        """Before the first task. What must be released goes into ``context.on_teardown``."""

    async def execute(self, context):
        """Does one task and gives a ``ModuleResult``.

        A crash before its result is recorded runs it again, with the same ``context.idempotency_key``. A ``TaskFault``
        that is raised faults the task; any other exception faults it as a runtime error.
        """
        raise NotImplementedError("A module has a method execute(self, context).")

    async def teardown(self):
        """After the last task."""

    def validate_config(self, config):
        """What is wrong with a configuration beyond its schema, as a list of sentences."""
        return []


class OrchestratorModule(BaseModule):
    """Decides what runs when."""

    async def decompose_goal(self, goal, context=None):
        """A goal in words to a list of tasks, by the installed analyzers."""
        plan = await _context(context).call("goal.plan", {"goal": goal})
        if isinstance(plan, dict) and isinstance(plan.get("tasks"), list):
            return plan["tasks"]
        return plan

    async def route_task(self, task, context=None):
        """Sends one task (``type``: a capability's name) to whichever module provides it, and gives its output."""
        return await _context(context).call(task["type"], _input_of(task))

    async def _execute_task(self, task, context=None):
        """As ``route_task``, but a task that faults is an answer too: a dict with ``success``, and ``output`` or ``error``."""
        outcome = {"id": task.get("id"), "type": task.get("type")}
        try:
            output = await self.route_task(task, context)
        except TaskFault as fault:
            return {**outcome, "success": False, "output": None, "error": to_workflow_error(fault)}
        return {**outcome, "success": True, "output": output, "error": None}


class AnalyzerModule(BaseModule):
    """Turns something into something known: a plan, a graph, an estimate."""

    async def analyze(self, context):
        raise NotImplementedError("An analyzer has a method analyze(self, context).")

    async def execute(self, context):
        return ModuleResult.ok(await call_method(self.analyze, context))


class ExecutorModule(BaseModule):
    """Does the work of one or more kinds of task."""

    def can_execute(self, kind):
        """Whether this module does tasks of that kind."""
        raise NotImplementedError("An executor has a method can_execute(self, kind).")

    async def execute_task(self, context):
        raise NotImplementedError("An executor has a method execute_task(self, context).")

    async def execute(self, context):
        kind = context.metadata.get("kind")
        if not self.can_execute(kind):
            raise TaskFault.of("configuration", f'This module does not execute "{kind}" tasks.')
        return await call_method(self.execute_task, context)


class IntegrationModule(BaseModule):
    """Reaches another system. Connects at setup, lets go at teardown."""

    async def connect(self, context):
        raise NotImplementedError("An integration has a method connect(self, context).")

    async def disconnect(self):
        raise NotImplementedError("An integration has a method disconnect(self).")

    async def setup(self, context=None):
        await call_method(self.connect, context)

    async def teardown(self):
        await call_method(self.disconnect)


def _context(context):
    if context is not None:
        return context
    try:
        return current_context.get()
    except LookupError:
        raise RuntimeError("This works while a task runs; or hand in its context.") from None


def _input_of(task):
    for name in ("input", "input_data", "with"):
        if name in task:
            return task[name]
    return {key: value for key, value in task.items() if key not in ("id", "type")}
