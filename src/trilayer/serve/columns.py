"""Values of JSON as a column of a table: what each means there is what it means in a CSV file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trilayer.optional import require
from trilayer.serve.refusals import UNPROCESSABLE, RefusedError
from trilayer.tables.values import nothing, of_numpy, of_texts

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "serve"), require("pyarrow.compute", "serve")

_NOTHING = type(None)
_NUMBERS = frozenset({int, float})
_LEAST, _MOST = -(2**63), 2**63 - 1  # of int64


def column_of(values: Sequence[Any], name: str) -> "pa.Array":
    """Make values a column: numbers, truth values or text; None is a missing value.

    Parameters
    ----------
    values : sequence of None, bool, int, float or str
        Of one of these kinds, but for None; int and float are one kind.
    name : str
        The column's, for the message.

    Raises
    ------
    RefusedError
        If a value is of another kind than those before it, or of none of these.
    """
    kinds = set(map(type, values)) - {_NOTHING}
    if not kinds:
        return pa.nulls(len(values))
    gaps = np.fromiter((each is None for each in values), dtype=bool, count=len(values))
    try:
        made = _without_gaps(values, kinds)
    except OverflowError as error:
        raise _refused(values, name, _beyond, "is beyond the range of numbers") from error
    except UnicodeEncodeError as error:
        raise _refused(values, name, _torn, "is half a character (a lone surrogate)") from error
    if made is None:
        raise _mixed(values, name)
    return pc.if_else(of_numpy(gaps), nothing(made.type), made) if gaps.any() else made


def _without_gaps(values: Sequence[Any], kinds: set[type]) -> "pa.Array | None":
    """Return the column with anything where None stands; None where kinds are mixed."""
    if kinds == {str}:
        return of_texts(["" if each is None else each for each in values])
    if kinds == {bool}:
        return of_numpy(np.array([each is True for each in values]))
    if kinds == {int} and all(each is None or _LEAST <= each <= _MOST for each in values):
        return of_numpy(np.array([each or 0 for each in values], dtype=np.int64))
    if kinds <= _NUMBERS:
        return of_numpy(np.array([float(each or 0) for each in values]))
    return None


def _mixed(values: Sequence[Any], name: str) -> RefusedError:
    first = next(each for each in values if each is not None)
    known = (bool, int, float, str)
    for row, value in enumerate(values, start=1):
        if value is not None and type(value) not in known:
            what = "a list" if isinstance(value, list) else "an object"
            return RefusedError(
                UNPROCESSABLE,
                f"column {name!r}, row {row:,}: {what} is no value: send a number, text, true, "
                "false or null",
            )
        if value is not None and _kind(value) != _kind(first):
            return RefusedError(
                UNPROCESSABLE,
                f"column {name!r}, row {row:,}: {_kind(value)} where the rows before have "
                f"{_kind(first)}: send one kind",
            )
    raise AssertionError("every value is of one kind")  # pragma: no cover


def _kind(value: Any) -> str:
    return {bool: "a truth value", str: "text"}.get(type(value), "a number")


def _beyond(value: Any) -> bool:
    try:
        float(value or 0)
    except OverflowError:
        return True
    return False


def _torn(value: Any) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in value or "")


def _refused(values: Sequence[Any], name: str, wrong: Any, why: str) -> RefusedError:
    row = next(number for number, each in enumerate(values, start=1) if wrong(each))
    return RefusedError(UNPROCESSABLE, f"column {name!r}, row {row:,}: the value {why}")
