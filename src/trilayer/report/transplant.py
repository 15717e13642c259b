"""One column's inputs taken from other rows: what a model says if that column had their values.

Encoding works column by column, so a value's inputs are the same in whichever row it stands.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.inputs import Inputs, Layout, column_ranges
from trilayer.modelfile.predicting import Encoding, positive_logits
from trilayer.optional import require
from trilayer.params import Params
from trilayer.tables import Block, Places
from trilayer.tables.places import Span
from trilayer.tables.targets import Target

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

Floats = NDArray[np.floating[Any]]
Rows = NDArray[np.int64]


class Pieces(NamedTuple):
    """Where a column's inputs stand: among the numbers, the stairs, and all runs."""

    numbers: Rows
    stairs: Rows
    runs: Rows


def pieces_of(layout: Layout) -> list[Pieces]:
    """Return each column's pieces."""
    stairs = np.array([first for first, _ in layout.stairs], dtype=np.int64)
    runs = np.array([first for first, _ in layout.runs], dtype=np.int64)
    return [
        Pieces(
            *(
                np.flatnonzero((each >= first) & (each < first + n))
                for each in (layout.plain, stairs, runs)
            )
        )
        for first, n in column_ranges(layout)
    ]


def transplanted(X: Inputs, donor: Inputs, rows: Rows, column: Pieces) -> Inputs:
    """Return samples whose one column is that of other samples.

    Parameters
    ----------
    X, donor : Inputs
        Of one layout.
    rows : array of int, (m,)
        Which sample of the donor each one takes the column of.
    column : Pieces
    """
    numbers, at, part = X.numbers.copy(), X.at.copy(), X.part.copy()
    numbers[:, column.numbers] = donor.numbers[np.ix_(rows, column.numbers)]
    at[:, column.runs] = donor.at[np.ix_(rows, column.runs)]
    part[:, column.stairs] = donor.part[np.ix_(rows, column.stairs)]
    return replace(X, numbers=numbers, at=at, part=part)


def of_values(encoding: Encoding, rows: "pa.Table", name: str, values: Any) -> Inputs:
    """Encode values of one column; the other columns stand as in the first row."""
    count = len(values)
    first = np.zeros(count, dtype=np.int64)
    columns = {
        each: values if each == name else rows[each].combine_chunks().take(pa.array(first))
        for each in encoding.readings
    }
    batch = pa.RecordBatch.from_pydict(columns)
    return encoding.inputs(Block(batch, Places((Span("", 0, count),))))


def repeated(rows: int, times: int) -> tuple[Rows, Rows]:
    """Pair each of some rows with each of so many values: two lists of numbers."""
    return np.tile(np.arange(rows), times), np.repeat(np.arange(times), rows)


def logits_of(params: Params, target: Target, X: Inputs, at_once: int = 65_536) -> Floats:
    """Return the logits of the positive label, so many rows at a time."""
    parts: Sequence[Floats] = [
        positive_logits(params, X[first : first + at_once], target)
        for first in range(0, max(len(X), 1), at_once)
    ]
    return np.concatenate(parts)
