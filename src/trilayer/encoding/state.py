"""What an encoder learns, as plain arrays and JSON; and back, with nothing taken on trust."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from trilayer.encoding import checks
from trilayer.encoding.columns import BOOLEAN, CATEGORY, PARTS, SIGNS, Column, Part
from trilayer.errors import ModelFileError

VERSION = 1
_LARGEST_CLIP = 1e6
DTYPES = ("float64", "float32")

Arrays = dict[str, npt.NDArray[Any]]

_DTYPES = {
    "means": np.float64,
    "scales": np.float64,
    "levels": np.uint8,
    "level_offsets": np.int64,
}
_SPEC = {
    "version": int,
    "names": list,
    "named": bool,
    "n_rows": int,
    "clip": float,
    "parameters": dict,
    "columns": list,
    "dropped": list,
}
_COLUMN = {
    "name": str,
    "kind": str,
    "parts": list,
    "levels": int,
    "other": bool,
    "missing": bool,
    "n_missing": int,
    "n_levels": int,
    "note": str,
}
_PARAMETERS = {"categorical": list, "drop": list, "max_levels": int, "dtype": str}


@dataclass(frozen=True)
class Parameters:
    """The encoder's parameters, checked."""

    categorical: tuple[str, ...]
    drop: tuple[str, ...]
    max_levels: int
    min_count: int | None
    dtype: str


@dataclass(frozen=True)
class Learnt:
    """Everything a fitted encoder knows.

    Attributes
    ----------
    names : tuple of str
        The columns of the table, in its order.
    named : bool
        Whether these names are the table's own, or stand for positions.
    n_rows : int
        The number of rows learnt from.
    clip : float
        What standardised numbers stay below.
    columns : tuple of Column
        The columns used, in the table's order.
    dropped : tuple of (str, str)
        The columns left out, and why.
    """

    names: tuple[str, ...]
    named: bool
    n_rows: int
    clip: float
    columns: tuple[Column, ...]
    dropped: tuple[tuple[str, str], ...]


def pack(learnt: Learnt, parameters: Parameters) -> tuple[Arrays, dict[str, Any]]:
    """Split what was learnt into numeric arrays and a JSON-able description."""
    parts = [part for column in learnt.columns for part in column.parts]
    texts = [level.encode() for column in learnt.columns for level in column.levels]
    arrays: Arrays = {
        "means": np.array([part.mean for part in parts], dtype=np.float64),
        "scales": np.array([part.scale for part in parts], dtype=np.float64),
        "levels": np.frombuffer(b"".join(texts), dtype=np.uint8).copy(),
        "level_offsets": np.cumsum([0, *(len(text) for text in texts)], dtype=np.int64),
    }
    spec: dict[str, Any] = {
        "version": VERSION,
        "names": list(learnt.names),
        "named": learnt.named,
        "n_rows": learnt.n_rows,
        "clip": learnt.clip,
        "parameters": {
            **asdict(parameters),
            "categorical": list(parameters.categorical),
            "drop": list(parameters.drop),
        },
        "columns": [_pack_column(column) for column in learnt.columns],
        "dropped": [list(pair) for pair in learnt.dropped],
    }
    return arrays, spec


def _pack_column(column: Column) -> dict[str, Any]:
    names = [part.name for part in column.parts]
    return {**vars(column), "parts": names, "levels": len(column.levels)}


def unpack(arrays: object, spec: object) -> tuple[Learnt, Parameters]:
    """Put together again what `pack` took apart.

    Raises
    ------
    ModelFileError
        Saying which part is not what it should be.
    """
    claims = checks.fields(spec, _SPEC, "the description")
    checks.require(claims["version"] == VERSION, f"its version is not {VERSION}")
    checks.require(0 < claims["clip"] <= _LARGEST_CLIP, "clip is out of range")
    names = checks.texts(claims["names"], "names")
    columns = _columns(claims, _Stores(arrays))
    dropped = tuple(_pair(pair) for pair in claims["dropped"])
    _check_order(names, [column.name for column in columns], [name for name, _ in dropped])
    learnt = Learnt(names, claims["named"], claims["n_rows"], claims["clip"], columns, dropped)
    return learnt, _parameters(claims["parameters"])


class _Stores:
    """The arrays, checked, and handed out column by column."""

    def __init__(self, arrays: object) -> None:
        if not isinstance(arrays, Mapping) or set(arrays) != set(_DTYPES):
            raise ModelFileError("the encoder in this file has not the arrays it should have")
        means, scales, levels, offsets = (
            checks.array(arrays[name], dtype, name) for name, dtype in _DTYPES.items()
        )
        checks.require(means.size == scales.size, "means and scales differ in length")
        checks.require(np.isfinite(means).all(), "a mean is not finite")
        checks.require(np.isfinite(scales).all() and (scales > 0).all(), "a scale is not positive")
        checks.require(offsets.size and offsets[0] == 0, "level_offsets does not begin with 0")
        checks.require((np.diff(offsets) > 0).all(), "level_offsets does not increase")
        checks.require(offsets[-1] == levels.size, "level_offsets does not end where levels ends")
        self._numbers = list(zip(means.tolist(), scales.tolist(), strict=True))
        raw = levels.tobytes()
        self._texts = [_text(raw[start:stop]) for start, stop in pairwise(offsets.tolist())]

    def take(self, parts: Sequence[str], n_levels: int) -> tuple[tuple[Part, ...], tuple[str, ...]]:
        numbers, self._numbers = self._numbers[: len(parts)], self._numbers[len(parts) :]
        texts, self._texts = self._texts[:n_levels], self._texts[n_levels:]
        checks.require(len(numbers) == len(parts), "there are fewer means than parts of columns")
        checks.require(len(texts) == n_levels, "there are fewer levels than the columns claim")
        checks.require(len(set(texts)) == n_levels, "a column has a level twice")
        return tuple(map(_part, parts, numbers)), tuple(texts)

    def check_empty(self) -> None:
        left = self._numbers or self._texts
        checks.require(not left, "there are more means or levels than the columns claim")


def _part(name: str, numbers: tuple[float, float]) -> Part:
    return Part(name, *numbers)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise ModelFileError("a level in this file is not UTF-8 text") from error


def _columns(claims: Mapping[str, Any], stores: _Stores) -> tuple[Column, ...]:
    columns = tuple(_column(record, stores, claims["n_rows"]) for record in claims["columns"])
    checks.require(columns, "it has no columns")
    stores.check_empty()
    return columns


def _column(record: object, stores: _Stores, n_rows: int) -> Column:
    claims = checks.fields(record, _COLUMN, "a column")
    name, kind = claims["name"], claims["kind"]
    where = f"column {name!r}"
    checks.require(kind in PARTS, f"{where} is of no known kind")
    parts = checks.texts(claims["parts"], f"parts of {where}")
    ordered = tuple(part for part in PARTS[kind] if part in parts)
    checks.require(parts == ordered, f"{where} has parts that its kind has not")
    only_category = not (claims["levels"] or claims["other"] or claims["n_levels"])
    checks.require(kind == CATEGORY or only_category, f"{where} has levels, but is no category")
    checks.require(claims["levels"] <= claims["n_levels"], f"{where} has more levels than it had")
    checks.require(claims["levels"] or not claims["other"], f"{where} has no levels but others")
    n_missing = claims["n_missing"]
    checks.require(n_missing <= n_rows, f"{where} misses more values than there were rows")
    checks.require(claims["missing"] == (n_missing > 0), f"{where} misstates its missing values")
    numbers, levels = stores.take(parts, claims["levels"])
    column = Column(**{**claims, "parts": numbers, "levels": levels})
    checks.require(column.width, f"{where} becomes no input")
    other_signs = kind == BOOLEAN and numbers not in {(), SIGNS}
    checks.require(not other_signs, f"{where} is not scaled as truth values are")
    return column


def _pair(pair: Any) -> tuple[str, str]:
    checks.require(type(pair) is list and len(pair) == 2, "a dropped column is no pair")
    name, reason = pair
    checks.value(name, str, "a dropped column")
    checks.value(reason, str, "a reason")
    return name, reason


def _check_order(names: Sequence[str], used: Sequence[str], dropped: Sequence[str]) -> None:
    """Every column is used or dropped, in the order of the table."""
    for part, where in ((used, "columns"), (dropped, "dropped")):
        checks.require(
            list(part) == [name for name in names if name in set(part)],
            f"{where} and names disagree",
        )
    checks.require(len(used) + len(dropped) == len(names), "columns and dropped are not all names")
    checks.require(not set(used) & set(dropped), "a column is both used and dropped")


def _parameters(record: object) -> Parameters:
    optional = type(None) if isinstance(record, dict) and record.get("min_count") is None else int
    claims = checks.fields(record, {**_PARAMETERS, "min_count": optional}, "the parameters")
    checks.require(claims["max_levels"] > 0, "max_levels is not positive")
    checks.require(claims["min_count"] != 0, "min_count is not positive")
    checks.require(claims["dtype"] in DTYPES, "dtype is neither float32 nor float64")
    lists = {name: checks.texts(claims[name], name) for name in ("categorical", "drop")}
    return Parameters(**{**claims, **lists})
