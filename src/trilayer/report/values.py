"""A column's values as the report shows them: groups of rows, grids to walk, cells of a table."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trilayer.optional import require
from trilayer.tables.convert import BOOLEAN, DATE, NUMBER
from trilayer.tables.values import missing, of_numpy, of_texts, to_numpy

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

Values = Any

_QUANTILES = np.linspace(0.02, 0.98, 17)
_LEVELS = 12


@dataclass(frozen=True)
class Group:
    """Rows that a column puts together.

    Attributes
    ----------
    kind : {"level", "range", "missing"}
    low, high : str
        The level, written; or the ends of the range.
    rows : array of int
    """

    kind: str
    low: str
    high: str
    rows: NDArray[np.int64]


def groups_of(values: Values, kind: str, bins: int = 5) -> list[Group]:
    """Cut rows into groups by a column: by its levels, or into bins of equal size.

    Rows without a value are a group of their own.
    """
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    absent = missing(values, or_nan=True)
    there = np.flatnonzero(~absent)
    found = []
    if len(there):
        by_size = _by_range if kind in {NUMBER, DATE} else _by_level
        found = by_size(values, there, kind, bins)
    if absent.any():
        found.append(Group("missing", "", "", np.flatnonzero(absent)))
    return found


def _by_level(values: Values, there: NDArray[np.int64], kind: str, _: int) -> list[Group]:
    texts = values.cast(pa.large_string()) if kind == BOOLEAN else values
    coded = texts.take(of_numpy(there)).dictionary_encode()
    codes = to_numpy(coded.indices)
    order = np.argsort(codes, kind="stable")
    parts = np.split(there[order], np.flatnonzero(np.diff(codes[order])) + 1)
    return [
        Group("level", text, text, part)
        for text, part in zip(coded.dictionary.to_pylist(), parts, strict=True)
    ]


def _by_range(values: Values, there: NDArray[np.int64], kind: str, bins: int) -> list[Group]:
    numbers = numbers_of(values, kind)[there]
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, bins + 1), method="inverted_cdf"))
    if len(edges) < 2:
        text = written(numbers[0], kind)
        return [Group("level", text, text, there)]
    # Values at an inner edge belong to the bin below it, and the least to the first.
    at = np.clip(np.searchsorted(edges, numbers, side="left") - 1, 0, len(edges) - 2)
    return [
        Group("range", written(edges[b], kind), written(edges[b + 1], kind), there[at == b])
        for b in range(len(edges) - 1)
        if np.any(at == b)
    ]


def numbers_of(values: Values, kind: str) -> NDArray[np.float64]:
    """Return a number or a date as float64 (microseconds since 1970); NaN where missing."""
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    raw = values.cast(pa.int64()) if kind == DATE else values
    numbers = to_numpy(raw).astype(np.float64)
    return np.where(missing(values), np.nan, numbers)


def written(number: float, kind: str) -> str:
    """Write a number or a date for people."""
    if kind != DATE:
        return f"{number:,.6g}" if abs(number) < 1e6 else f"{number:.6g}"
    text = str(np.datetime64(round(number), "us").astype("datetime64[s]"))
    return text.removesuffix("T00:00:00")


def grid_of(values: Values, kind: str) -> tuple[Values, list[str], list[float] | None]:
    """Return the values of a column to walk along.

    Returns
    -------
    values : pyarrow.Array
        As the encoder takes them.
    labels : list of str
    numbers : list of float or None
        Of numbers, as places on an axis.
    """
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if kind in {NUMBER, DATE}:
        numbers = numbers_of(values, kind)
        numbers = numbers[np.isfinite(numbers)]
        if not len(numbers):
            return values.slice(0, 0), [], None
        places = np.unique(np.quantile(numbers, _QUANTILES, method="inverted_cdf"))
        labels = [written(place, kind) for place in places]
        if kind == DATE:
            return of_numpy(places.astype(np.int64)).cast(values.type), labels, None
        return of_numpy(places).cast(values.type), labels, places.tolist()
    if kind == BOOLEAN:
        return of_numpy(np.array([False, True])), ["false", "true"], None
    levels = common_levels(values, _LEVELS)
    return of_texts(levels).cast(values.type), levels, None


def common_levels(values: Values, most: int) -> list[str]:
    """Return the most frequent levels of a category, the most frequent first."""
    counted = values.drop_null().value_counts()
    pairs = [(each["values"], each["counts"]) for each in counted.to_pylist()]
    return [text for text, _ in sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:most]]


def cells(values: Values, kind: str) -> list[Any]:
    """Return a column as JSON holds it: numbers, texts, truth values, dates written; null."""
    found: list[Any] = values.to_pylist()
    if kind == NUMBER:
        return [None if each is None or each != each else float(each) for each in found]
    if kind == DATE:
        absent = missing(values.combine_chunks(), or_nan=False)
        numbers = numbers_of(values, kind)
        return [
            None if gone else written(each, DATE)
            for gone, each in zip(absent.tolist(), numbers.tolist(), strict=True)
        ]
    return found
