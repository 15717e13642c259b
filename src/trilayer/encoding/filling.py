"""Rows of a table to rows of inputs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.encoding.bins import write_positions
from trilayer.encoding.columns import BOOLEAN, CATEGORY, PARTS, Column, Part
from trilayer.encoding.levels import encode, positions
from trilayer.encoding.parts import parts_of
from trilayer.encoding.quantiles import Floats
from trilayer.optional import require
from trilayer.tables.convert import TEXT, Values, convert

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

Inputs = npt.NDArray[np.floating[Any]]

# So many rows at a time that what is computed on the way stays in the cache.
_ROWS = 2048


def fill(out: Inputs, table: "pa.Table", columns: Sequence[Column], clip: float) -> None:
    """Write the inputs of every row of a table.

    Parameters
    ----------
    out : ndarray (m, k)
        All zeros.
    table : pyarrow.Table
        m rows of just these columns.
    columns : sequence of Column
        What was learnt of them.
    clip : float
        What standardised numbers stay below, smoothly.
    """
    for start in range(0, len(table), _ROWS):
        rows = table.slice(start, _ROWS)
        block = out[start : start + len(rows)]
        at = 0
        for column, values in zip(columns, rows.columns, strict=True):
            inputs = block[:, at : at + column.width]
            write = _write_category if column.kind == CATEGORY else _write_numbers
            write(inputs, values, column, start + 1, clip)
            at += column.width


def _write_numbers(
    inputs: Inputs, values: Values, column: Column, first_row: int, clip: float
) -> None:
    parts = parts_of(values, column.kind, column.name, first_row)
    absent = np.isnan(parts[0])
    by_name = dict(zip(PARTS[column.kind], parts, strict=True))
    limit = np.inf if column.kind == BOOLEAN else clip
    at = 0
    for part in column.parts:
        numbers = np.where(absent, part.center, by_name[part.name])
        inputs[:, at] = standardised(numbers, part, limit)
        if part.bins:
            write_positions(inputs[:, at + 1 : at + part.width], numbers, np.array(part.edges))
        at += part.width
    if column.missing:
        inputs[:, -1] = absent


def standardised(numbers: Floats, part: Part, clip: float) -> Floats:
    """Scale numbers to z, and return z / √(1 + (z/clip)²).

    Near the center that is z itself; far out it approaches ±clip, so that no outlier
    dominates.
    """
    with np.errstate(over="ignore"):
        z = (numbers - part.center) / part.scale
    # The bound keeps the square finite; behind the curve nothing is seen of it.
    z = np.clip(z, -1e150, 1e150)
    z /= np.sqrt(1.0 + np.square(z / clip))
    return z


def _write_category(
    inputs: Inputs, values: Values, column: Column, first_row: int, clip: float
) -> None:
    texts, codes = encode(convert(values, CATEGORY, column.name, first_row=first_row))
    found = positions(texts, pa.array(column.levels + column.counted, TEXT))
    # The last entry of what codes pick from is what code -1, a missing value, picks.
    for index, part in enumerate(column.parts):
        logs = np.append(np.log(column.counts), 0.0)[found]
        inputs[:, index] = standardised(np.append(logs, part.center), part, clip)[codes]
    first, known = len(column.parts), len(column.levels)
    elsewhere = first + known if column.other else -1
    absent = column.width - 1 if column.missing else elsewhere
    levels = np.where((found < 0) | (found >= known), elsewhere, first + found)
    chosen = np.append(levels, absent)[codes]
    rows = np.flatnonzero(chosen >= 0)
    inputs[rows, chosen[rows]] = 1.0
