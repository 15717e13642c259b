"""Rows of a table to inputs."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from trilayer.encoding.bins import write_positions
from trilayer.encoding.columns import BOOLEAN, CATEGORY, ODDS, PARTS, Column, Part
from trilayer.encoding.drift import Seen
from trilayer.encoding.inputs import Inputs, Layout
from trilayer.encoding.levels import Codes, looked_up, places_of
from trilayer.encoding.parts import parts_of
from trilayer.encoding.quantiles import Floats
from trilayer.tables.readings import Reading
from trilayer.tables.values import Values


def filled(
    values: Sequence[Values],
    columns: Sequence[Column],
    readings: Sequence[Reading],
    layout: Layout,
    clip: float,
    dtype: Any,
    seen: Seen,
    folds: Codes | None = None,
) -> Inputs:
    """Return the inputs of every row of a table.

    Parameters
    ----------
    values : sequence of pyarrow.Array or pyarrow.ChunkedArray
        The columns' values; there is a column at least.
    columns : sequence of Column
        What was learnt of them.
    readings : sequence of Reading
        How their text is read.
    layout : Layout
        Of the inputs that they become (`trilayer.encoding.columns.layout_of`).
    clip : float
        What standardised numbers stay below, smoothly.
    dtype : {"float32", "float64"}
    seen : Seen
        Where the values are counted that are missing, and those that training had not.
    folds : array, (m,), optional
        Of rows that the odds of levels were learnt from: those of the other folds are taken.
        -1 for other rows.
    """
    out = Inputs.empty(len(values[0]), layout, dtype)
    writer = _Writer(out, clip, seen, folds)
    for place, (column, reading, each) in enumerate(zip(columns, readings, values, strict=True)):
        write = writer.category if column.kind == CATEGORY else writer.numbers
        write(place, each, column, reading)
    return out


class _Writer:
    """Writes columns into inputs, one after the other: each into the next places of its kind."""

    def __init__(self, out: Inputs, clip: float, seen: Seen, folds: Codes | None) -> None:
        self.out, self.clip, self.seen, self.folds = out, clip, seen, folds
        self._plain: Iterator[int] = count()
        self._stairs: Iterator[int] = count()
        self._levels: Iterator[int] = count(len(out.layout.stairs))

    def numbers(self, place: int, values: Values, column: Column, reading: Reading) -> None:
        """Write a column of numbers, truth values or dates."""
        parts = parts_of(values, reading, column.name, 1)
        absent = np.isnan(parts[0])
        self.seen.missing[place] = np.count_nonzero(absent)
        by_name = dict(zip(PARTS[column.kind], parts, strict=True))
        limit = np.inf if column.kind == BOOLEAN else self.clip
        for part in column.parts:
            numbers = np.where(absent, part.center, by_name[part.name])
            self._number(standardised(numbers, part, limit))
            if part.bins:
                g = next(self._stairs)
                at, far = self.out.at[:, g], self.out.part[:, g]
                write_positions(at, far, numbers, np.array(part.edges))
                if part is column.parts[-1]:  # of a date: the days, which say when it was
                    self.seen.strange[place] = outside(numbers, part)
        if column.missing:
            self._number(absent)

    def category(self, place: int, values: Values, column: Column, reading: Reading) -> None:
        """Write a column of texts."""
        texts, codes = looked_up(values, column.name, reading.missing)
        found = places_of(texts, column.levels + column.counted)
        self._count(place, texts, codes, np.flatnonzero(found < 0))
        # The last entry of what codes pick from is what code -1, a missing value, picks.
        for part in column.parts:
            if part.name == ODDS:
                self._odds(column, part, np.append(found, len(column.odds) - 1)[codes])
                continue
            logs = np.append(np.log(column.counts), 0.0)[found]
            self._number(standardised(np.append(logs, part.center), part, self.clip)[codes])
        known = len(column.levels)
        if known:
            none = known + column.other + column.missing
            elsewhere = known if column.other else none
            absent = none - 1 if column.missing else elsewhere
            levels = np.where((found < 0) | (found >= known), elsewhere, found)
            self.out.at[:, next(self._levels)] = np.append(levels, absent)[codes]
        elif column.missing:
            self._number(codes < 0)

    def _odds(self, column: Column, part: Part, places: Codes) -> None:
        """Write the odds of levels, given by their places: -1 is any other text."""
        numbers = standardised(np.array(column.odds), part, self.clip)
        places = np.where(places < 0, len(numbers) - 2, places)
        found = numbers[places]
        if self.folds is not None and column.crossed is not None:
            crossed = standardised(column.crossed, part, self.clip)
            found = np.where(self.folds < 0, found, crossed[self.folds, places])
        self._number(found)

    def _count(self, place: int, texts: Values, codes: Codes, unknown: Codes) -> None:
        """Count the missing values, and those of unknown levels; a text may not occur."""
        occurring = np.bincount(codes + 1, minlength=len(texts) + 1)
        self.seen.missing[place] = occurring[0]
        unknown = unknown[occurring[unknown + 1] > 0]
        self.seen.strange[place] = occurring[unknown + 1].sum()
        if unknown.size:
            self.seen.examples[place] = texts[int(unknown[0])].as_py()

    def _number(self, values: npt.NDArray[Any]) -> None:
        self.out.numbers[:, next(self._plain)] = values


def outside(numbers: Floats, part: Part) -> int:
    """Count the numbers that are beyond the bins of a part, which has some."""
    return int(np.count_nonzero((numbers < part.edges[0]) | (numbers > part.edges[-1])))


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
