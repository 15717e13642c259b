"""Tables of names and values as JSON has them."""

import json
from collections.abc import Mapping
from typing import Any

from trilayer.errors import CheckpointError, ModelFileError
from trilayer.modelfile.schema import anything, json_loads, named


def as_json(value: Any) -> str:
    """Write ASCII with sorted names.

    Raises
    ------
    CheckpointError
        If something in it has no form in JSON.
    """
    try:
        return json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"it cannot be written as JSON ({error})") from error


def as_read(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return a table as it will be read back.

    Raises
    ------
    CheckpointError
        If it cannot be: what is written must be read.
    """
    try:
        found: dict[str, Any] = named(anything)(json_loads(as_json(dict(table)), where), where)
    except ModelFileError as error:
        raise CheckpointError(f"it cannot be written in a checkpoint: {error}") from error
    return found


def difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """Return the first name, in order, under which two tables differ."""
    for name in sorted(then.keys() | now.keys()):
        if name not in then or name not in now or then[name] != now[name]:
            return name
    return None
