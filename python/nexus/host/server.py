"""The module in its process: loads it, sets it up, runs its tasks, tears it down, as the host asks."""

import asyncio
import inspect
import os
import traceback
import typing

from nexus.context import ModuleContext, current_context, make_policy
from nexus.errors import Cancelled, TaskFault, to_workflow_error
from nexus.host.channel import UNKNOWN_METHOD_CODE, MessageTooLong
from nexus.host.contexts import HostContext, make_setup_context, received, ref_of
from nexus.host.limits import limit_memory
from nexus.host.loader import ModuleFailure, installed_versions, load_class
from nexus.json_values import NotJson, plain, why_not_json
from nexus.modules.calling import accepted, ask_method, call_method
from nexus.result import ModuleResult


class Work:
    """A task under way. One that is aborted before its first step has nobody to answer for it."""

    __slots__ = ("begun", "context", "task")

    def __init__(self, context):
        self.context = context
        self.begun = False
        self.task = None


class ModuleServer:
    def __init__(self, channel):
        self._channel = channel
        self._module = None
        self._manifest = {}
        self._memory_mb = None
        self._config = {}
        self._policy = make_policy()
        self._input_model = None
        self._running = {}
        self._releases = []
        channel.loop.set_exception_handler(self._report_unhandled)
        self._methods = {
            "confine": self._confine,
            "packages": self._packages,
            "load": self._load,
            "set_up": self._set_up,
            "probe": self._probe,
            "hooks": self._hooks,
            "snapshot": self._snapshot,
            "migrate": self._migrate,
            "restore": self._restore,
            "tear_down": self._tear_down,
            "release": self._release,
            "ping": self._ping,
        }

    def answer(self, id, method, params):
        if method != "execute":
            self._channel.loop.create_task(self._do(id, method, params))
            return
        about = (id, params, self._config, self._policy)
        work = Work(HostContext(self._channel, self._manifest["id"], *about))
        self._running[id] = work
        self._channel.busy = len(self._running) > 1
        work.task = self._channel.loop.create_task(self._execute(id, work))

    def hear(self, method, params):
        work = self._running.get(params.get("task")) if method == "abort" else None
        if work is None:
            return
        reason = received(params.get("reason") or {})
        work.context.signal.abort(reason)
        work.task.cancel()
        if not work.begun:
            self._end(params["task"])
            self._refuse(params["task"], reason)

    def _end(self, id):
        self._running.pop(id, None)
        self._channel.busy = len(self._running) > 1

    async def _execute(self, id, work):
        work.begun = True
        context = work.context
        current_context.set(context)
        try:
            self._check_input(context)
            self._answer_task(id, self._wire_result(await call_method(self._module.execute, context)))
        except asyncio.CancelledError as error:
            self._refuse(id, error if ref_of(error) is not None else context.signal.reason or _uncalled_for(error))
        except Exception as error:
            self._refuse(id, error)
        self._end(id)

    def _answer_task(self, id, result):
        try:
            self._channel.answer(id, result)
        except NotJson:
            raise self._not_json(result) from None
        except MessageTooLong as error:
            raise TaskFault.of("runtime", f"{self._label} gave back {error}. Pass a reference to it.") from None

    def _not_json(self, result):
        for name, value in result.items():
            why = why_not_json(value)
            if why is not None:
                return TaskFault.of("runtime", f"{self._label} gave back {name} that is not JSON, at {why}.")
        return TaskFault.of("runtime", f"{self._label} gave back what is not JSON.")

    async def _do(self, id, method, params):
        work = self._methods.get(method)
        if work is None:
            message = f'A module has no "{method}".'
            data = {"kind": "thrown", "name": "UnknownMethod", "message": message}
            self._channel.refuse(id, message, data, UNKNOWN_METHOD_CODE)
            return
        try:
            self._channel.answer(id, await work(params))
        except BaseException as error:
            self._refuse(id, error)

    async def _confine(self, params):
        """From here on the process has what the module lists, and the temporary folder that it was started in."""
        # In bubblewrap nobody pays for this import.
        from nexus.host.confine import confine

        return confine(**{**params, "writable": [*params["writable"], os.getcwd()]})

    async def _packages(self, params):
        return installed_versions(params["names"])

    async def _load(self, params):
        """Gives the complaints of ``validate_config``."""
        manifest, self._config = params["manifest"], params["config"]
        self._manifest = manifest
        self._policy = make_policy(params["policy"])
        self._memory_mb = params["memory_mb"]
        limit_memory(self._memory_mb)
        with _Step("load"):
            found = load_class(manifest, params["folder"], params["artifact"]["code"])
        with _Step("construct"):
            self._module = _construct(found, self._config)
        self._input_model = _input_model(found)
        validate = getattr(self._module, "validate_config", None)
        with _Step("validate_config"):
            return [] if validate is None else list(await ask_method(validate, self._config) or [])

    async def _set_up(self, _params):
        def on_teardown(what, release):
            self._releases.append(release)
            self._channel.notify("on_teardown", {"id": len(self._releases) - 1, "what": str(what)})

        setup = getattr(self._module, "setup", None)
        if setup is not None:
            about = (self._manifest["id"], self._config, self._policy)
            context = make_setup_context(self._channel, *about, on_teardown)
            await call_method(setup, *accepted(setup, context))

    async def _tear_down(self, _params):
        teardown = getattr(self._module, "teardown", None)
        if teardown is not None:
            await call_method(teardown)

    async def _release(self, params):
        await call_method(self._releases[params["id"]])

    async def _ping(self, _params):
        return None

    async def _probe(self, params):
        """The first task that the module says it does not do, or None."""
        can_execute = getattr(self._module, "can_execute", None)
        if can_execute is None:
            return None
        for task in params["tasks"]:
            if await ask_method(can_execute, task) is not True:
                return task
        return None

    async def _hooks(self, _params):
        return [hook for hook in ("snapshot", "migrate", "restore") if callable(getattr(self._module, hook, None))]

    async def _snapshot(self, _params):
        return self._sendable(await call_method(self._module.snapshot))

    async def _migrate(self, params):
        handed = {"state": params["state"], "memory": params["memory"]}
        versions = {"from": params["from"], "to": params["to"]}
        return self._sendable(await call_method(self._module.migrate, handed, versions))

    async def _restore(self, params):
        await call_method(self._module.restore, params["memory"])

    def _sendable(self, given):
        why = why_not_json(given)
        if why is not None:
            raise TypeError(f"It gave back what is not JSON, at {why}.")
        return given

    def _check_input(self, context):
        if self._input_model is None:
            return
        try:
            context.input_data = self._input_model.model_validate(context.input_data)
        except ValueError as error:
            raise TaskFault.of("validation", f"The input does not fit: {error}") from None

    def _wire_result(self, result):
        success = result.get("success") if isinstance(result, dict) else getattr(result, "success", None)
        if not isinstance(success, bool):
            wanted = "a ModuleResult: return ModuleResult.ok(output) or ModuleResult.fail(error)"
            found = f"a value of type {type(result).__name__}"
            raise TaskFault.of("runtime", f"{self._label} gave back {found}. Expected {wanted}.")
        if not isinstance(result, ModuleResult):
            result = _as_result(result)
        wire = {
            "success": success,
            "output_data": plain(result.output_data),
            "metadata": plain(result.metadata),
            "error": result.error,
            "next_module": result.next_module,
        }
        return {name: value for name, value in wire.items() if value is not None}

    @property
    def _label(self):
        return f'Module "{self._manifest["id"]}" {self._manifest["version"]}'

    def _refuse(self, id, error):
        """What came from the host goes back as the same."""
        step, cause = (error.step, error.cause) if isinstance(error, _FailedStep) else (None, error)
        data = _encode_thrown(cause, self._memory_mb)
        if ref_of(cause) is not None:
            data["ref"] = ref_of(cause)
        if step is not None:
            data["step"] = step
        self._channel.refuse(id, str(cause), data)

    def _report_unhandled(self, _loop, report):
        error = report.get("exception")
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__)) if error else ""
        message = f"An error came that nothing in the module handles: {report.get('message')} {text}"
        self._channel.notify("log", {"level": "error", "message": message})


def _encode_thrown(error, memory_mb):
    if isinstance(error, TaskFault):
        return {"kind": "fault", "error": error.error}
    if isinstance(error, Cancelled):
        return {"kind": "cancelled", "message": str(error)}
    if isinstance(error, ModuleFailure):
        return {"kind": "failure", "message": str(error)}
    stack = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"kind": "thrown", "name": type(error).__name__, "message": _said(error, memory_mb), "stack": stack}


#: Longer chains of causes are cut.
_CAUSES_MAX = 4


def _said(error, memory_mb, left=_CAUSES_MAX):
    """What an exception says, together with what it was raised from."""
    own = str(error).strip()
    if isinstance(error, MemoryError):
        limit = f"it needs more than its limit of {memory_mb} MB: requirements.memory_mb in its manifest raises it"
        own = f"{own}: {limit}" if own else limit
    why = _said(error.__cause__, memory_mb, left - 1) if error.__cause__ is not None and left > 0 else ""
    if why == "" or why in own:
        return own
    return f"{own.rstrip('.:')}: {why}" if own else why


def _uncalled_for(error):
    """asyncio's own cancellation, by nobody but the module: an error like any other."""
    return RuntimeError(f"The module cancelled its own task. {error}".strip())


def _construct(found, config):
    arguments = accepted(found, config)
    module = found(*arguments)
    if not arguments or not hasattr(module, "config"):
        module.config = config
    return module


def _as_result(result):
    get = result.get if isinstance(result, dict) else lambda name: getattr(result, name, None)
    error = get("error")
    return ModuleResult(
        get("success"),
        get("output_data"),
        None if error is None else to_workflow_error(error),
        get("metadata"),
        get("next_module"),
    )


def _input_model(found):
    """The pydantic model in ``ModuleContext[Model]`` on the method that takes the context."""
    for name in ("execute", "execute_task", "analyze"):
        for hint in _hints(getattr(found, name, None)):
            if typing.get_origin(hint) is not ModuleContext:
                continue
            (model,) = typing.get_args(hint)
            if inspect.isclass(model) and hasattr(model, "model_validate"):
                return model
    return None


def _hints(method):
    try:
        return typing.get_type_hints(method).values()
    except Exception:
        # Hints that cannot be resolved are for people alone.
        return ()


class _FailedStep(Exception):
    def __init__(self, step, cause):
        super().__init__(str(cause))
        self.step = step
        self.cause = cause


class _Step:
    """What was being done with the module when it raised."""

    def __init__(self, step):
        self._step = step

    def __enter__(self):
        return self

    def __exit__(self, _type, error, _trace):
        if error is not None and not isinstance(error, ModuleFailure):
            raise _FailedStep(self._step, error) from error
