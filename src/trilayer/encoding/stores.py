"""The numbers and texts of an encoder's columns, one array for each sort of them."""

from collections.abc import Mapping, Sequence
from itertools import islice, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from trilayer.encoding import checks
from trilayer.encoding.columns import Column, Part
from trilayer.errors import ModelFileError

Arrays = dict[str, npt.NDArray[Any]]

# One center and one scale a part; the edges of parts and the bytes of levels one after the
# other, with the places where each begins and the last ends; the counts of the levels of
# columns with a frequency; and the odds of levels, where there are any.
_DTYPES: dict[str, type] = {
    "centers": np.float64,
    "scales": np.float64,
    "edges": np.float64,
    "edge_offsets": np.int64,
    "levels": np.uint8,
    "level_offsets": np.int64,
    "counts": np.int64,
}
_WITH_ODDS = _DTYPES | {"odds": np.float64}
_DTYPES_1 = {
    "means": np.float64,
    "scales": np.float64,
    "levels": np.uint8,
    "level_offsets": np.int64,
}


def packed(columns: Sequence[Column]) -> Arrays:
    """Put what columns hold into arrays, in their order."""
    parts = [part for column in columns for part in column.parts]
    edges = [edge for part in parts for edge in part.edges]
    texts = [level.encode() for column in columns for level in column.levels + column.counted]
    counts = [count for column in columns for count in column.counts]
    odds = [each for column in columns for each in column.odds]
    return {
        "centers": np.array([part.center for part in parts], dtype=np.float64),
        "scales": np.array([part.scale for part in parts], dtype=np.float64),
        "edges": np.array(edges, dtype=np.float64),
        "edge_offsets": np.cumsum([0, *(len(part.edges) for part in parts)], dtype=np.int64),
        "levels": np.frombuffer(b"".join(texts), dtype=np.uint8).copy(),
        "level_offsets": np.cumsum([0, *(len(text) for text in texts)], dtype=np.int64),
        "counts": np.array(counts, dtype=np.int64),
        **({"odds": np.array(odds, dtype=np.float64)} if odds else {}),
    }


class Stores:
    """The arrays, checked, and handed out column by column.

    Raises
    ------
    ModelFileError
        Here and from every method: if there is not what a column claims to have.
    """

    def __init__(self, arrays: object) -> None:
        told = isinstance(arrays, Mapping) and "odds" in arrays
        given = _arrays(arrays, _WITH_ODDS if told else _DTYPES)
        centers, scales, edges = given["centers"], given["scales"], given["edges"]
        checks.require(centers.size == scales.size, "centers and scales differ in length")
        checks.require(np.isfinite(centers).all(), "a center is not finite")
        checks.require(np.isfinite(scales).all() and (scales > 0).all(), "a scale is not positive")
        checks.require(np.isfinite(edges).all(), "an edge is not finite")
        checks.require((given["counts"] > 0).all(), "a count is not positive")
        cuts = _offsets(given, "edges", "edge_offsets")
        checks.require(cuts.size == centers.size + 1, "edge_offsets and centers differ in length")
        pieces = [_edges(edges[start:stop]) for start, stop in pairwise(cuts.tolist())]
        cuts = _offsets(given, "levels", "level_offsets")
        checks.require((np.diff(cuts) > 0).all(), "a level is empty")
        raw = given["levels"].tobytes()
        self._numbers = zip(centers.tolist(), scales.tolist(), pieces, strict=True)
        self._texts = (_text(raw[start:stop]) for start, stop in pairwise(cuts.tolist()))
        self._counts = iter(given["counts"].tolist())
        odds = given.get("odds", np.zeros(0))
        checks.require(odds.size or not told, "odds is empty")
        checks.require(np.isfinite(odds).all(), "the odds of a level are not finite")
        self._odds = iter(odds.tolist())

    def parts(self, names: Sequence[str]) -> tuple[Part, ...]:
        """Return the next parts, which are called so."""
        numbers = list(islice(self._numbers, len(names)))
        checks.require(len(numbers) == len(names), "there are fewer centers than parts of columns")
        return tuple(Part(name, *each) for name, each in zip(names, numbers, strict=True))

    def levels(self, count: int) -> tuple[str, ...]:
        """Return the next levels."""
        texts = tuple(islice(self._texts, count))
        checks.require(len(texts) == count, "there are fewer levels than the columns claim")
        return texts

    def counts(self, count: int) -> tuple[int, ...]:
        """Return how often the next levels occurred."""
        counts = tuple(islice(self._counts, count))
        checks.require(len(counts) == count, "there are fewer counts than levels with a frequency")
        return counts

    def odds(self, count: int) -> tuple[float, ...]:
        """Return the next odds."""
        odds = tuple(islice(self._odds, count))
        checks.require(len(odds) == count, "there are fewer odds than the columns claim")
        return odds

    def check_empty(self) -> None:
        """Check that everything was claimed."""
        left = [*self._numbers, *self._texts, *self._counts, *self._odds]
        checks.require(
            not left, "there are more centers, levels, counts or odds than the columns claim"
        )


def of_version_1(arrays: object, claims: dict[str, Any]) -> tuple[Arrays, dict[str, Any]]:
    """Make what version 1 wrote version 2: it had no bins, and counted no levels.

    Nothing else is checked here, for it will be.
    """
    given = _arrays(arrays, _DTYPES_1)
    given["centers"] = given.pop("means")
    given["edges"] = np.zeros(0)
    given["edge_offsets"] = np.zeros(given["centers"].size + 1, dtype=np.int64)
    given["counts"] = np.zeros(0, dtype=np.int64)
    columns = [_with(record, "counted", "a column") for record in claims["columns"]]
    parameters = _with(claims["parameters"], "max_bins", "the parameters")
    return given, {**claims, "columns": columns, "parameters": parameters}


def _with(record: object, name: str, where: str) -> dict[str, Any]:
    """Give a record of version 1 a field of version 2, with the value 0."""
    if not isinstance(record, dict):
        raise ModelFileError(f"the encoder in this file cannot be trusted: {where} is no object")
    checks.require(name not in record, f"{where} has not the fields it should have")
    return {**record, name: 0}


def _arrays(arrays: object, dtypes: Mapping[str, type]) -> Arrays:
    if not isinstance(arrays, Mapping) or set(arrays) != set(dtypes):
        raise ModelFileError("the encoder in this file has not the arrays it should have")
    return {name: checks.array(arrays[name], dtype, name) for name, dtype in dtypes.items()}


def _offsets(given: Arrays, name: str, offsets_name: str) -> npt.NDArray[np.int64]:
    offsets = given[offsets_name]
    checks.require(offsets.size and offsets[0] == 0, f"{offsets_name} does not begin with 0")
    checks.require((offsets[1:] >= offsets[:-1]).all(), f"{offsets_name} decreases")
    checks.require(
        offsets[-1] == given[name].size, f"{offsets_name} does not end where {name} ends"
    )
    return offsets


def _edges(edges: npt.NDArray[np.float64]) -> tuple[float, ...]:
    checks.require(edges.size not in (1, 2), "a part has edges, but not two bins")
    with np.errstate(over="ignore"):
        widths = np.diff(edges)
    checks.require((widths > 0).all(), "the edges of a part do not increase")
    checks.require(np.isfinite(widths).all(), "the edges of a part are too far apart")
    return tuple(edges.tolist())


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise ModelFileError("a level in this file is not UTF-8 text") from error
