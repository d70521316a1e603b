"""JSON values: the only thing that crosses the border between a module and its host."""

import json
import math

DEPTH_MAX = 1_000


class NotJson(Exception):
    """Says where and what: a JSON pointer and a reason."""


def encode(value):
    """The value as JSON text on one line. Pydantic models in it are taken as what they dump. Raises ``NotJson``."""
    try:
        return _encoder.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise NotJson(why_not_json(value) or str(error)) from None


def plain(value):
    """A pydantic model as what it dumps; any other value as it is."""
    dump = getattr(value, "model_dump", None)
    return value if dump is None or isinstance(value, type) else dump(mode="json")


def why_not_json(value, pointer="", depth=0):
    """What of a value cannot be JSON, as a pointer and a reason, or None where all of it can."""
    at = pointer or "/"
    value = plain(value)
    if value is None or isinstance(value, (bool, str, int)):
        return None
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{at}: {value} is not a JSON number"
    if depth >= DEPTH_MAX:
        return f"{at[:200]}: nested deeper than {DEPTH_MAX} levels, or a cycle"
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, (list, tuple)):
        members = enumerate(value)
    else:
        return f"{at}: a {type(value).__name__} is not JSON"
    for key, member in members:
        if not isinstance(key, (str, int, float, bool, type(None))):
            return f"{at}: the key {key!r} is not a string"
        try:
            why = why_not_json(member, f"{pointer}/{key}", depth + 1)
        except RecursionError:
            return f"{at[:200]}: nested deeper than Python reads, or a cycle"
        if why is not None:
            return why
    return None


def _default(value):
    dumped = plain(value)
    if dumped is value:
        raise TypeError(f"a {type(value).__name__} is not JSON")
    return dumped


_encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_default)
