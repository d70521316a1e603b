"""Calls methods of modules, which may be ``async`` or not, and may take what they are handed or not."""

import asyncio
import inspect


async def call_method(method, *arguments):
    """What the method gives. One that is not ``async`` runs in a thread, so that other tasks go on meanwhile."""
    if inspect.iscoroutinefunction(method):
        return await method(*arguments)
    result = await asyncio.to_thread(method, *arguments)
    return await result if inspect.isawaitable(result) else result


async def ask_method(method, *arguments):
    """As ``call_method``, for a method that answers at once and needs no thread."""
    answer = method(*arguments)
    return await answer if inspect.isawaitable(answer) else answer


def accepted(method, *arguments):
    """As many of the arguments as the method takes."""
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return arguments
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return arguments
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return arguments[: len(positional)]
