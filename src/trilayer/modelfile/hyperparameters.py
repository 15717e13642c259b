"""Hyper-parameters in JSON: what has a form there keeps its value, the rest is null."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trilayer.modelfile.schema import LieError, anything, fixed, items

_PAIRS = fixed({"pairs": items(items(anything, at_most=2), at_most=1000)})


def hyper_to_json(value: Any) -> Any:
    """Write a value as JSON.

    Scalars are themselves; a dict is {"pairs": [[key, value], …]}, because JSON would
    make texts of its keys; a dtype is its name. Anything else (an `init`, a random
    generator) is null.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return _pairs(value)
    if isinstance(value, np.dtype) or value in (np.float32, np.float64):
        return np.dtype(value).name
    return None


def hyper_from_json(value: Any, where: str) -> Any:
    """Read a value back.

    Raises
    ------
    ModelFileError
        If `hyper_to_json` would not have written it.
    """
    if not isinstance(value, dict):
        if isinstance(value, list):
            raise LieError(f"{where} is a list, which no hyper-parameter is")
        return anything(value, where)
    result = {}
    for pair in _PAIRS(value, where)["pairs"]:
        if len(pair) != 2 or any(isinstance(part, dict | list) for part in pair):
            raise LieError(f"{where} is not a table of labels and numbers")
        result[pair[0]] = pair[1]
    if len(result) != len(value["pairs"]):
        raise LieError(f"{where} names a label twice")
    return result


def _pairs(table: Mapping[Any, Any]) -> Any:
    pairs = [[hyper_to_json(key), hyper_to_json(value)] for key, value in table.items()]
    if any(part is None or isinstance(part, dict) for pair in pairs for part in pair):
        return None
    return {"pairs": pairs}
