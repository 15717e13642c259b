"""Columns that alone tell the answer: most likely, they are known only after it is."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.inputs import Inputs, column_ranges
from trilayer.metrics.ranking import auc
from trilayer.params import FloatArray
from trilayer.select.dataset import Dataset

SUSPICIOUS = 0.99
"""AUC of a single column from which on it is spoken of."""

_FEWEST = 10  # rows of each label: fewer are told apart by chance
_MOST = 50_000  # rows that are looked at


class Leak(NamedTuple):
    """A column, and how well it alone ranks the rows held out."""

    column: str
    auc: float


def leaks(data: Dataset) -> list[Leak]:
    """Return the columns any one of whose inputs ranks the held-out rows nearly without fault.

    That a value is missing is an input too. Levels are ranked by their share of positives in
    the other half of the rows.
    """
    return leaks_in(data.held, data.held_positive, [each.name for each in data.encoder.columns_])


def leaks_in(held: Inputs, positive: NDArray[np.bool_], names: Sequence[str]) -> list[Leak]:
    """Return the same of rows that nobody learnt from; `names` are those of the columns."""
    held, positive = held[:_MOST], positive[:_MOST]
    if min(positive.sum(), len(positive) - positive.sum()) < _FEWEST:
        return []
    best: dict[int, float] = {}
    for first, scores in _rankings(held, positive):
        found = auc(scores, positive) or 0.0
        best[first] = max(best.get(first, 0.0), found, 1 - found)
    told = {names[_column_of(held, first)]: value for first, value in sorted(best.items())}
    return [Leak(name, value) for name, value in told.items() if value >= SUSPICIOUS]


def _rankings(held: Inputs, positive: NDArray[np.bool_]) -> Iterator[tuple[int, FloatArray]]:
    """Yield each single input, or run of levels, as numbers to rank by, and where it stands."""
    layout = held.layout
    for place, first in enumerate(layout.plain.tolist()):
        yield first, held.numbers[:, place].astype(np.float64)
    for place, (first, length) in enumerate(layout.levels, len(layout.stairs)):
        yield first, _shares(held.at[:, place], length, positive)


def _shares(level: NDArray[Any], length: int, positive: NDArray[np.bool_]) -> FloatArray:
    """Return the share of positives that each row's level has in the other half of the rows."""
    even = np.arange(len(level)) % 2 == 0
    shares = np.empty(len(level))
    for half in (even, ~even):
        count = np.bincount(level[half], minlength=length + 1)
        held = np.bincount(level[half], weights=positive[half], minlength=length + 1)
        shares[~half] = ((held + positive.mean()) / (count + 1))[level[~half]]
    return shares


def _column_of(held: Inputs, place: int) -> int:
    """Return the number of the column that an input belongs to."""
    firsts = [first for first, _ in column_ranges(held.layout)]
    return int(np.searchsorted(firsts, place, side="right")) - 1
