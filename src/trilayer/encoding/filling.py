"""Rows of a table to rows of inputs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.encoding.columns import BOOLEAN, CATEGORY, PARTS, Column, Part
from trilayer.encoding.levels import encode, positions
from trilayer.encoding.moments import Floats
from trilayer.encoding.parts import parts_of
from trilayer.optional import require
from trilayer.tables.convert import TEXT, Values, convert

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

Inputs = npt.NDArray[np.floating[Any]]

# So many rows at a time that what is written stays in the cache.
_ROWS = 8192


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
    by_name = dict(zip(PARTS[column.kind], parts, strict=True))
    limit = np.inf if column.kind == BOOLEAN else clip
    for index, part in enumerate(column.parts):
        inputs[:, index] = standardised(by_name[part.name], part, limit)
    if column.missing:
        inputs[:, -1] = np.isnan(parts[0])


def standardised(values: Floats, part: Part, clip: float) -> Floats:
    """Standardise numbers to z, and return z / √(1 + (z/clip)²); 0, the mean, where missing.

    Near the mean that is z itself; far out it approaches ±clip, so that no outlier dominates.
    """
    with np.errstate(over="ignore"):
        z = (values - part.mean) / part.scale
    # The bound keeps the square finite; behind the curve nothing is seen of it.
    z = np.clip(z, -1e150, 1e150)
    z /= np.sqrt(1.0 + np.square(z / clip))
    return np.nan_to_num(z, copy=False, nan=0.0)


def _write_category(
    inputs: Inputs, values: Values, column: Column, first_row: int, _clip: float
) -> None:
    texts, codes = encode(convert(values, CATEGORY, column.name, first_row=first_row))
    known = len(column.levels)
    elsewhere = known if column.other else -1
    absent = column.width - 1 if column.missing else elsewhere
    levels = positions(texts, pa.array(column.levels, TEXT))
    # The last entry is what code -1, a missing value, picks.
    chosen = np.append(np.where(levels < 0, elsewhere, levels), absent)[codes]
    rows = np.flatnonzero(chosen >= 0)
    inputs[rows, chosen[rows]] = 1.0
