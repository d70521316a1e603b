"""What the author of a module tests with. ``make_context`` is a ``ModuleContext`` without a host: every value that crosses
it goes through JSON, so that a test catches what a wire would break, and everything the module does is recorded.

    context = make_context({"goal": "x"}, calls={"goal.plan": lambda input: [{"id": "a", "type": "t"}]})
    result = asyncio.run(Module().execute(context))
    assert context.recorded["calls"] == [("goal.plan", {"goal": "x"})]

A module with a ``setup`` gets ``make_setup_context()`` first; its ``release()`` does what teardown does with the ledger.
"""

import asyncio
import hashlib
import inspect
import json

from .blobs import blob_pieces
from .context import AbortSignal, ChildOutcome, ModuleContext, SetupContext, current_context
from .errors import TaskFault
from .json_values import NotJson, encode

_METADATA = {
    "name": "test",
    "kind": "test",
    "reference": "/do/0/test",
    "attempt": 1,
    "workflow": {"namespace": "test", "name": "test", "version": "1.0.0"},
    "labels": {},
}


def make_context(
    input_data=None,
    *,
    input=None,
    config=None,
    metadata=None,
    parent_context=None,
    tasks=None,
    calls=None,
    evaluate=None,
    kept=None,
    blobs=None,
    secrets=None,
    policy=None,
    signal=None,
    clock=None,
    idempotency_key="test-key",
):
    """``tasks``: child tasks by the last member of ``at``; ``calls``: capabilities; both functions of the input.

    What the module did is in ``context.recorded``: children, calls, sleeps, kept, streams, logs.
    """
    recorded = {"children": [], "calls": [], "sleeps": [], "kept": [], "streams": [], "logs": []}
    run = _Run(recorded, over_wire(input), tasks or {}, evaluate, kept)

    async def call(capability, call_input):
        recorded["calls"].append((capability, over_wire(call_input)))
        return await _play(calls or {}, capability, "capability", call_input)

    context = ModuleContext(
        "/do/0/test",
        over_wire(input_data),
        over_wire(config or {}),
        {**_METADATA, **(metadata or {})},
        parent_context,
        run=run,
        call=call,
        log=_Log(recorded["logs"]),
        stream=lambda text, channel: recorded["streams"].append((channel, text)),
        blobs=blobs or MemoryBlobs(),
        state=_State(),
        secrets=_Secrets(secrets or {}),
        policy=policy,
        signal=signal or AbortSignal(),
        clock=clock,
        idempotency_key=idempotency_key,
        loop=_running_loop(),
    )
    context.recorded = recorded
    current_context.set(context)
    return context


def make_setup_context(*, config=None, secrets=None, policy=None, clock=None):
    ledger = []
    context = SetupContext(
        over_wire(config or {}),
        log=_Log([]),
        state=_State(),
        secrets=_Secrets(secrets or {}),
        policy=policy,
        clock=clock,
        on_teardown=lambda what, release: ledger.append(release),
    )

    async def release():
        while ledger:
            released = ledger.pop()()
            if inspect.isawaitable(released):
                await released

    context.release = release
    return context


def over_wire(value):
    """The value as the other side of a wire would see it."""
    try:
        return json.loads(encode(value))
    except NotJson as why:
        raise TypeError(f"Not JSON, so it could not cross to a module: {why}") from None


async def _play(functions, name, what, input):
    if name not in functions:
        raise AssertionError(f'This test has no {what} "{name}". Given: {", ".join(functions) or "none"}.')
    played = functions[name](over_wire(input))
    return over_wire(await played if inspect.isawaitable(played) else played)


def _running_loop():
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class _Run:
    def __init__(self, recorded, input, tasks, evaluate, kept):
        self.id = "00000000-0000-7000-8000-000000000000"
        self.input = input
        self._recorded = recorded
        self._tasks = tasks
        self._evaluate = evaluate
        self._kept = kept

    async def task(self, at, input=None, path=None, variables=None):
        child = {"at": at, "input": input, "path": path, "variables": variables}
        self._recorded["children"].append({key: over_wire(value) for key, value in child.items() if value is not None})
        played = await _play(self._tasks, str(at[-1]), "task", input)
        return ChildOutcome("completed", played, "continue")

    async def list(self, at, input=None, path=None, variables=None):
        return await self.task(at, input, path, variables)

    async def sleep(self, key, delay_ms):
        self._recorded["sleeps"].append((key, delay_ms))

    async def keep(self, state):
        self._recorded["kept"].append(over_wire(state))

    async def recall(self, default=None):
        return default if self._kept is None else over_wire(self._kept)

    async def evaluate(self, expression, input=None, variables=None):
        if self._evaluate is None:
            raise AssertionError("This test evaluates an expression. Give make_context an `evaluate`.")
        given = self.input if input is None else input
        return over_wire(self._evaluate(expression, over_wire(given), over_wire(variables or {})))


class _Log:
    def __init__(self, entries):
        self._entries = entries

    def _write(self, level, message, fields):
        self._entries.append((level, message, None if fields is None else over_wire(fields)))

    def debug(self, message, fields=None):
        self._write("debug", message, fields)

    def info(self, message, fields=None):
        self._write("info", message, fields)

    def warn(self, message, fields=None):
        self._write("warn", message, fields)

    warning = warn

    def error(self, message, fields=None):
        self._write("error", message, fields)


class MemoryBlobs:
    """Blobs without a disk; give two contexts the same one to hand a blob from one task to the next."""

    def __init__(self):
        self._stored = {}

    async def write(self, content, media_type, bytes_max=1_073_741_824):
        stored = bytearray()
        async for piece in blob_pieces(content):
            stored += piece
            if len(stored) > bytes_max:
                raise TaskFault.of("runtime", f"The data is larger than the {bytes_max} bytes that a blob may have here.")
        name = f"sha256:{hashlib.sha256(stored).hexdigest()}"
        self._stored[name] = bytes(stored)
        return {"blob": name, "size_bytes": len(stored), "media_type": media_type}

    async def read(self, reference):
        stored = self._stored.get(reference["blob"])
        if stored is None:
            raise TaskFault.of("validation", f"There is no blob {reference['blob']}.")
        for at in range(0, len(stored), 65_536):
            yield stored[at : at + 65_536]


class _State:
    def __init__(self):
        self._values = {}

    async def get(self, key, default=None):
        return over_wire(self._values[key]) if key in self._values else default

    async def set(self, key, value):
        self._values[key] = over_wire(value)

    async def delete(self, key):
        self._values.pop(key, None)


class _Secrets:
    def __init__(self, secrets):
        self._secrets = secrets

    async def get(self, name):
        if name not in self._secrets:
            raise TaskFault.of("authorization", f'Secret "{name}" is not granted.')
        return self._secrets[name]
