"""Intervals of scores and curves, from the same rows drawn again and again (Efron 1979)."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

RESAMPLES = 300
MOST_ROWS = 20_000
"""Rows that each resample has, at the most. With more rows there are, intervals are narrowed by
the root of their share: the m out of n bootstrap (Bickel, Götze and van Zwet 1997)."""

LEVEL = 0.95


class Interval(NamedTuple):
    """A value, and between which bounds it lies at the level of confidence."""

    value: float
    low: float
    high: float


def resampled(
    rows: int, measure: Callable[[NDArray[np.int64]], Mapping[str, Any]]
) -> dict[str, Floats]:
    """Measure resamples of rows.

    Parameters
    ----------
    rows : int
    measure : callable
        Given the numbers of the rows drawn, rising, returns numbers or arrays by name.

    Returns
    -------
    dict of str to array, (resamples, …)
    """
    rng = np.random.default_rng(0)
    drawn = min(rows, MOST_ROWS)
    found = [measure(np.sort(rng.integers(0, rows, drawn))) for _ in range(RESAMPLES)]
    return {name: np.array([each[name] for each in found], dtype=np.float64) for name in found[0]}


def bounds(value: Any, samples: Floats, rows: int) -> tuple[Any, Any]:
    """Return between which bounds a value lies, or each of an array.

    Resamples are centred on the value, for some scores are worse on resamples of any rows.
    """
    narrower = np.sqrt(min(rows, MOST_ROWS) / rows)
    edge = (1 - LEVEL) / 2
    low, high = np.nanquantile(samples, [edge, 1 - edge], axis=0)
    centre = np.nanmean(samples, axis=0)
    return value + (low - centre) * narrower, value + (high - centre) * narrower


def interval(value: float, samples: Floats, rows: int, most: float = 1.0) -> Interval:
    """Return an interval that lies in [0, most]."""
    low, high = bounds(value, samples, rows)
    return Interval(value, float(np.clip(low, 0.0, most)), float(np.clip(high, 0.0, most)))
