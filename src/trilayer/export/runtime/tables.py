# What a trilayer model computes for all rows of a table at once, with NumPy.
#
# In an export this stands behind `rows`, in one file, without the line that imports it.
"""What a model computes for all rows of a table at once, with NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np

from trilayer.export.runtime.rows import DAY, parts_of, plain_of, sums_of

_ROWS = 4096  # at once


def logits_of(model: Any, table: Any) -> Any:
    """Return Z2 of every row, (m,), of a table that has columns by name: a dict, a data frame."""
    columns = [_array(column, table) for column in model["columns"]]
    m = len(columns[0])
    if any(len(each) != m for each in columns):
        raise ValueError("the columns have different numbers of rows")
    arrays = {
        "W1": np.array(model["W1"], dtype=float).reshape(-1, len(model["b1"])),
        "nodes": {k: np.array(nodes) for k, nodes in model["nodes"].items()},
    }
    Z2 = np.empty(m)
    for first in range(0, m, _ROWS):
        part = slice(first, first + _ROWS)
        Z2[part] = _logits(model, arrays, [each[part] for each in columns])
    return Z2


def probabilities_of(model: Any, table: Any) -> Any:
    """Return A2 of every row, (m,)."""
    return _sigmoids(logits_of(model, table))


def _logits(model: Any, arrays: Any, columns: Any) -> Any:
    Z1 = np.tile(np.array(model["b1"], dtype=float), (len(columns[0]), 1))
    for column, values in zip(model["columns"], columns):
        if column["kind"] == "category":
            Z1 += _by_value(model, column, values)
        elif column["kind"] == "plain":
            Z1 += _plain(model, column, values)[:, None] * arrays["W1"][column["input"]]
        else:
            _add_numbers(Z1, arrays, column, _numbers(model, column, values))
    if model["W2"] is None:
        return Z1[:, 0]
    return _sigmoids(Z1) @ np.array(model["W2"]) + model["b2"]


def _array(column: Any, table: Any) -> Any:
    try:
        values = table[column["name"]]
    except (KeyError, ValueError, IndexError):
        raise ValueError(f"the table has no column {column['name']!r}") from None
    return np.asarray(values)


def _by_value(model: Any, column: Any, values: Any) -> Any:
    """Return what values add to Z1, m x n2: computed once for each that differs."""
    places: dict[Any, int] = {}
    ids = np.empty(len(values), dtype=np.intp)
    for i, value in enumerate(values.tolist()):
        key = (type(value), value) if value == value else (None, None)  # NaN is missing too
        ids[i] = places.setdefault(key, len(places))
    each = [sums_of(model, column, value) for _, value in places]
    return np.array(each).reshape(len(places), -1)[ids]


def _plain(model: Any, column: Any, values: Any) -> Any:
    """Return the input that a plain number is, (m,)."""
    if values.dtype.kind not in "fiub":
        return np.array([plain_of(model, column, value) for value in values.tolist()])
    x = values.astype(float)
    for name, *with_ in column["steps"]:
        x = _STEPS_OF_ARRAYS[name](x, *with_)
    if not np.isfinite(x).all():
        raise ValueError(
            f"column {column['name']!r} holds a number that is not finite, and nothing fills gaps"
        )
    return x


_STEPS_OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "fill": lambda x, by: np.where(np.isnan(x), by, x),
    "plus": lambda x, by: x + by,
    "minus": lambda x, by: x - by,
    "times": lambda x, by: x * by,
    "over": lambda x, by: x / by,
    "clip": np.clip,
}


def _numbers(model: Any, column: Any, values: Any) -> Any:
    """Return the numbers that values are made into, by name: NaN where they are missing."""
    if values.dtype.kind == "M" and column["kind"] == "date":
        return _dates(values)
    if values.dtype.kind in "fiu" and column["kind"] == "number":
        numbers = values.astype(float)
        numbers[np.isin(numbers, column["nothing_numbers"])] = np.nan
        if np.isinf(numbers).any():
            raise ValueError(f"column {column['name']!r} holds a number that is not finite")
        return {"value": numbers}
    found = [parts_of(model, column, value) for value in values.tolist()]
    names = [part["name"] for part in column["parts"]] or ["value"]
    return {
        name: np.array([np.nan if each is None else each.get(name, 0.0) for each in found])
        for name in names
    }


def _dates(values: Any) -> Any:
    absent = np.isnat(values)
    instants = np.where(absent, np.datetime64(0, "us"), values.astype("datetime64[us]"))
    day = instants.astype("datetime64[D]").astype(np.int64)
    ticks = instants.astype(np.int64)
    pieces = {
        "year": instants.astype("datetime64[Y]").astype(np.int64) + 1970,
        "month": instants.astype("datetime64[M]").astype(np.int64) % 12 + 1,
        "weekday": (day + 3) % 7 + 1,
        "hour": (ticks % DAY) / (DAY / 24),
        "days": ticks / DAY,
    }
    return {name: np.where(absent, np.nan, piece) for name, piece in pieces.items()}


def _add_numbers(Z1: Any, arrays: Any, column: Any, numbers: Any) -> Any:
    absent = np.isnan(next(iter(numbers.values())))
    for part in column["parts"]:
        x = np.where(absent, part["center"], numbers[part["name"]])
        with np.errstate(over="ignore"):
            z = np.clip((x - part["center"]) / part["scale"], -1e150, 1e150)
        if part["clip"] is not None:
            z = z / np.sqrt(1.0 + np.square(z / part["clip"]))
        Z1 += z[:, None] * arrays["W1"][part["input"]]
        if part["edges"]:
            _add_bins(Z1, arrays["nodes"][part["input"]], np.array(part["edges"]), x)
    if column["missing"] is not None:
        Z1[absent] += arrays["W1"][column["missing"]]


def _add_bins(Z1: Any, nodes: Any, edges: Any, x: Any) -> Any:
    at = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2)
    with np.errstate(over="ignore"):
        far = np.clip((x - edges[at]) / (edges[at + 1] - edges[at]), 0.0, 1.0)[:, None]
    Z1 += (1.0 - far) * nodes[at] + far * nodes[at + 1]


def _sigmoids(Z: Any) -> Any:
    e = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1.0, e) / (1.0 + e)
