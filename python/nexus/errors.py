"""Errors as the Open Workflow Specification has them: problem details (RFC 7807) with a type and a status.

A module raises or returns one. The class decides whether a retry makes sense: a ``TaskFault`` says so by its type, any
other exception is a bug.
"""

import asyncio

ERROR_TYPE_BASE = "https://open-workflow-specification.org/spec/1.0.0/errors/"

_STANDARD_ERRORS = {
    "configuration": (400, "Configuration Error"),
    "validation": (400, "Validation Error"),
    "expression": (400, "Expression Error"),
    "authentication": (401, "Authentication Error"),
    "authorization": (403, "Authorization Error"),
    "timeout": (408, "Timeout Error"),
    "communication": (500, "Communication Error"),
    "runtime": (500, "Runtime Error"),
}


def workflow_error(kind, detail, status=None):
    """A standard error object; ``detail`` says what happened, which thing, and what to do next."""
    if kind not in _STANDARD_ERRORS:
        raise ValueError(f'No standard error "{kind}". There are: {", ".join(_STANDARD_ERRORS)}.')
    usual, title = _STANDARD_ERRORS[kind]
    return {
        "type": ERROR_TYPE_BASE + kind,
        "status": usual if status is None else status,
        "title": title,
        "detail": detail,
    }


class TaskFault(Exception):
    """A task failed in a way that a workflow may catch. ``error`` is the specification's error object."""

    def __init__(self, error):
        super().__init__(error.get("detail") or error.get("title") or error.get("type"))
        self.error = error

    @classmethod
    def of(cls, kind, detail, status=None):
        return cls(workflow_error(kind, detail, status))

    @property
    def type(self):
        return self.error.get("type")

    @property
    def status(self):
        return self.error.get("status")

    @property
    def title(self):
        return self.error.get("title")

    @property
    def detail(self):
        return self.error.get("detail")

    @property
    def instance(self):
        return self.error.get("instance")


class Cancelled(asyncio.CancelledError):
    """A run was cancelled, or a branch that is no longer needed: not an error, and ``except Exception`` lets it pass."""


def to_workflow_error(thrown):
    """Anything that says what went wrong, as the specification's error object."""
    if isinstance(thrown, TaskFault):
        return thrown.error
    if isinstance(thrown, dict) and isinstance(thrown.get("type"), str) and isinstance(thrown.get("status"), int):
        return thrown
    if isinstance(thrown, BaseException):
        return workflow_error("runtime", f"{type(thrown).__name__}: {thrown}")
    return workflow_error("runtime", str(thrown))
