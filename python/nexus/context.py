"""What a module is handed: its input and the host's services. A module reaches nothing but through these.

Every value that crosses is JSON. The host's side of them is in ``nexus.host``, a stand-in for tests in ``nexus.testing``.
"""

import asyncio
import contextvars
import random
import time
from typing import Generic, NamedTuple, TypeVar

Input = TypeVar("Input")

#: The context of the task that the code at hand belongs to.
current_context = contextvars.ContextVar("nexus_context")


class Facts(dict):
    """A JSON object whose members can also be had as attributes: ``metadata.kind`` is ``metadata['kind']``."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class ChildOutcome(NamedTuple):
    """``status``: completed or skipped; ``then``: continue, exit, end, or the name of a task in the same list."""

    status: str
    output: object
    then: str


class Clock:
    """Time and chance, so that a test can hand in its own. Times are milliseconds."""

    def now(self):
        """Since the Unix epoch."""
        return int(time.time() * 1_000)

    def elapsed(self):
        """Of a clock that never goes back, for durations."""
        return time.monotonic() * 1_000

    async def sleep(self, delay_ms):
        await asyncio.sleep(delay_ms / 1_000)

    def random(self):
        return random.random()


class AbortSignal:
    """Aborts when the run is cancelled or the task is no longer needed: stop at once, leave nothing running.

    An ``async`` method is cancelled by asyncio too, and need not look at it.
    """

    def __init__(self):
        self.reason = None
        self._callbacks = []

    @property
    def aborted(self):
        return self.reason is not None

    def throw_if_aborted(self):
        if self.reason is not None:
            raise self.reason

    def on_abort(self, callback):
        """Calls ``callback(reason)`` on the event loop's thread, at once where it has aborted already."""
        if self.reason is not None:
            callback(self.reason)
        else:
            self._callbacks.append(callback)

    def abort(self, reason):
        if self.reason is not None:
            return
        self.reason = reason
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(reason)


def make_policy(policy=None):
    """What whoever runs this Nexus allows: ``policy.network.private``, ``policy.programs.allow`` (None: all), ``.deny``."""
    given = policy or {}
    network = {"private": True, **given.get("network", {})}
    programs = {"allow": None, "deny": [], **given.get("programs", {})}
    return Facts(network=Facts(network), programs=Facts(programs))


class _Absent:
    """In place of a service that whoever made the context did not give."""

    def __init__(self, name):
        self._name = name

    def _fail(self):
        raise RuntimeError(f"This context has no {self._name}. In a test, take one from nexus.testing.")

    def __call__(self, *_arguments, **_named):
        self._fail()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        self._fail()


class ModuleContext(Generic[Input]):
    """One task. ``ModuleContext[Model]`` on the method that takes it has its input checked by that pydantic model.

    task_id          the path of the task execution in its run
    input_data       an orchestrator gets the task's definition as written; others get it with all expressions evaluated
    config           the module's configuration, with defaults
    metadata         name, kind, reference, attempt, workflow, labels
    parent_context   task_id, name and kind of the task around this one; None for the outermost
    run              id, input; for orchestrators: task, list, sleep, keep, recall, evaluate
    log              debug, info, warn, error: (message, fields=None)
    state            get, set, delete: values that the module keeps; a restart and the next version find them
    blobs            write, read: data too large for an output, kept with the run
    secrets          get: secrets that the manifest lists
    policy           network, programs: what whoever runs this Nexus allows
    signal           aborts when the task is no longer needed
    idempotency_key  the same for every attempt at this execution, also after a crash
    """

    def __init__(
        self,
        task_id="",
        input_data=None,
        config=None,
        metadata=None,
        parent_context=None,
        *,
        run=None,
        call=None,
        log=None,
        stream=None,
        blobs=None,
        state=None,
        secrets=None,
        policy=None,
        signal=None,
        clock=None,
        idempotency_key="",
        loop=None,
    ):
        self.task_id = task_id
        self.input_data = input_data
        self.config = {} if config is None else config
        self.metadata = Facts(metadata or {})
        self.parent_context = None if parent_context is None else Facts(parent_context)
        self.run = run or _Absent("run")
        self.log = log or _Absent("log")
        self.blobs = blobs or _Absent("blobs")
        self.state = state or _Absent("state")
        self.secrets = secrets or _Absent("secrets")
        self.policy = make_policy(policy)
        self.signal = signal or AbortSignal()
        self.clock = clock or Clock()
        self.idempotency_key = idempotency_key
        self._call = call or _Absent("call")
        self._stream = stream or _Absent("stream")
        self._loop = loop

    async def call(self, capability, input=None):
        """Runs another capability by its name as a durable child task of this one, and gives its output."""
        return await self._call(capability, input)

    def stream(self, text, channel="stdout"):
        """Live output, shown while the task runs; ``channel``: stdout, stderr or progress. It is not recorded."""
        self._stream(text, channel)

    def wait(self, awaitable):
        """For methods that are not ``async``: waits for what an ``async`` one of this context gives.

            output = context.wait(context.call("http", {...}))
        """
        if self._loop is None:
            raise RuntimeError("This context belongs to no event loop.")
        return asyncio.run_coroutine_threadsafe(_await(awaitable), self._loop).result()


async def _await(awaitable):
    return await awaitable


class SetupContext:
    """What ``setup`` is handed: no task yet, but the ledger in which everything that must be released is entered."""

    def __init__(
        self, config=None, *, log=None, state=None, secrets=None, policy=None, clock=None, on_teardown=None
    ):
        self.config = {} if config is None else config
        self.log = log or _Absent("log")
        self.state = state or _Absent("state")
        self.secrets = secrets or _Absent("secrets")
        self.policy = make_policy(policy)
        self.clock = clock or Clock()
        self._on_teardown = on_teardown or _Absent("on_teardown")

    def on_teardown(self, what, release):
        """Enters something to release at teardown, in reverse order, whatever else happens; may be ``async``."""
        self._on_teardown(what, release)
