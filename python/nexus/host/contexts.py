"""The contexts that a module is handed, made of requests to the host."""

import asyncio

from nexus.context import AbortSignal, ChildOutcome, Clock, Facts, ModuleContext, SetupContext
from nexus.errors import Cancelled, TaskFault
from nexus.host.blobs import HostBlobs
from nexus.host.channel import RemoteError
from nexus.json_values import NotJson


def received(thrown, message=""):
    """What the host threw, as an exception that ``ref_of`` knows."""
    kind = thrown.get("kind")
    if kind == "fault" and isinstance(thrown.get("error"), dict):
        exception = TaskFault(thrown["error"])
    elif kind in ("cancelled", "aborted"):
        exception = Cancelled(thrown.get("message", message))
    else:
        name = thrown.get("name") or "Error"
        exception = type(name, (HostError,), {})(thrown.get("message", message))
    exception.nexus_ref = thrown.get("ref")
    return exception


def ref_of(exception):
    return getattr(exception, "nexus_ref", None)


class HostError(Exception):
    """Something failed on the host's side that is not the task's fault."""


class Link:
    """Requests and notifications about one task, or about none."""

    def __init__(self, channel, module, task=None):
        self.channel = channel
        self._module = module
        self._about = {} if task is None else {"task": task}

    async def ask(self, method, params, doing, abortable=False):
        try:
            id, answer = self.channel.request(method, {**self._about, **params})
        except NotJson as why:
            raise TaskFault.of("runtime", f'Module "{self._module}" {doing} what is not JSON, at {why}.') from None
        try:
            return await answer
        except RemoteError as error:
            raise received(error.thrown, str(error)) from None
        except asyncio.CancelledError:
            if abortable:
                self.tell("abort", {"request": id})
            raise

    def tell(self, method, params):
        self.channel.notify(method, {**self._about, **params})


class HostLog:
    def __init__(self, link):
        self._link = link

    def _write(self, level, message, fields):
        given = {} if fields is None else {"fields": fields}
        self._link.tell("log", {"level": level, "message": str(message), **given})

    def debug(self, message, fields=None):
        self._write("debug", message, fields)

    def info(self, message, fields=None):
        self._write("info", message, fields)

    def warn(self, message, fields=None):
        self._write("warn", message, fields)

    warning = warn

    def error(self, message, fields=None):
        self._write("error", message, fields)


class HostState:
    def __init__(self, link):
        self._link = link

    async def get(self, key, default=None):
        return (await self._link.ask("state.get", {"key": key}, "reads a state by")).get("value", default)

    async def set(self, key, value):
        await self._link.ask("state.set", {"key": key, "value": value}, f'sets the state "{key}" to')

    async def delete(self, key):
        await self._link.ask("state.delete", {"key": key}, "deletes a state by")


class HostSecrets:
    def __init__(self, link):
        self._link = link

    async def get(self, name):
        return await self._link.ask("secrets.get", {"name": name}, "asks for a secret by")


class HostRun:
    def __init__(self, link, run):
        self._link = link
        self.id = run["id"]
        self.input = run["input"]

    async def task(self, at, input=None, path=None, variables=None):
        """Runs a task below this one. Cancelling the wait aborts that task alone. Orchestrators only."""
        return await self._child("run.task", at, input, path, variables)

    async def list(self, at, input=None, path=None, variables=None):
        """Runs a task list below this task's definition, in order. Orchestrators only."""
        return await self._child("run.list", at, input, path, variables)

    async def _child(self, method, at, input, path, variables):
        params = {"at": at, "input": input, **_given(path=path, variables=variables)}
        outcome = await self._link.ask(method, params, "runs a child task with", abortable=True)
        return ChildOutcome(outcome["status"], outcome["output"], outcome["then"])

    async def sleep(self, key, delay_ms):
        """Waits durably: the moment of its end is recorded under ``key``. Orchestrators only."""
        await self._link.ask("run.sleep", {"key": key, "delay_ms": delay_ms}, "sleeps by")

    async def keep(self, state):
        """Keeps where this task stands, so that after a restart it goes on from there. Orchestrators only."""
        await self._link.ask("run.keep", {"state": state}, "keeps")

    async def recall(self, default=None):
        """What was kept last before this process began. Orchestrators only."""
        return (await self._link.ask("run.recall", {}, "recalls")).get("state", default)

    async def evaluate(self, expression, input=None, variables=None):
        """Evaluates a runtime expression in this task's scope. Orchestrators only."""
        params = {"expression": expression, **_given(input=input, variables=variables)}
        return await self._link.ask("run.evaluate", params, "evaluates an expression over")


def _given(**members):
    return {name: value for name, value in members.items() if value is not None}


_clock = Clock()


class HostContext(ModuleContext):
    """The context of the task that the request with the id ``task`` asks for. Services are made when they are used."""

    def __init__(self, channel, module, task, params, config, policy):
        self.task_id = params["task_id"]
        self.input_data = params["input_data"]
        self.config = config
        self.policy = policy
        self.idempotency_key = params["idempotency_key"]
        self.clock = _clock
        self._params = params
        self._about = (channel, module, task)

    def __getattr__(self, name):
        make = _services.get(name)
        if make is None:
            raise AttributeError(f"A context has no {name!r}.")
        value = make(self)
        self.__dict__[name] = value
        return value

    async def call(self, capability, input=None):
        params = {"capability": capability, "input": input}
        return await self._link.ask("call", params, f'calls "{capability}" with')

    def stream(self, text, channel="stdout"):
        self._link.tell("stream", {"channel": channel, "text": str(text)})


def _parent(context):
    parent = context._params.get("parent_context")
    return None if parent is None else Facts(parent)


_services = {
    "metadata": lambda context: Facts(context._params["metadata"]),
    "parent_context": _parent,
    "run": lambda context: HostRun(context._link, context._params["run"]),
    "log": lambda context: HostLog(context._link),
    "blobs": lambda context: HostBlobs(context._link),
    "state": lambda context: HostState(context._link),
    "secrets": lambda context: HostSecrets(context._link),
    "signal": lambda _context: AbortSignal(),
    "_link": lambda context: Link(*context._about),
    "_loop": lambda context: context._about[0].loop,
}


def make_setup_context(channel, module, config, policy, on_teardown):
    link = Link(channel, module)
    return SetupContext(
        config,
        log=HostLog(link),
        state=HostState(link),
        secrets=HostSecrets(link),
        policy=policy,
        clock=_clock,
        on_teardown=on_teardown,
    )
