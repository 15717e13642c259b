"""Numbers that came as text: all of a column, or nearly all of it."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.convert import (
    CATEGORY,
    NUMBER,
    Values,
    convert,
    kind_of,
    shown,
    without_missing_words,
)
from trilayer.tables.places import NOWHERE, Places
from trilayer.tables.values import YES

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

_NEARLY_ALL = 0.9  # of the distinct values: then the others are slips, not levels
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_WITH_COMMA = r"^[+-]?\d+(,\d+)+(\.\d*)?$"


def numbers_from_text(
    table: "pa.Table", *, as_text: Collection[str] = (), places: Places = NOWHERE
) -> "pa.Table":
    """Make text columns that hold only numbers numbers; refuse those that nearly do.

    Parameters
    ----------
    table : pyarrow.Table
        A table to be trained on.
    as_text : collection of str
        Columns that are meant as text: categories, the target.
    places : Places
        Where the rows come from, for the message.

    Raises
    ------
    TableError
        Naming the column, the first value that is no number, its row, and what to do.
    """
    columns = []
    for name, values in zip(table.column_names, table.columns, strict=True):
        is_text = kind_of(values.type) == CATEGORY and not pa.types.is_dictionary(values.type)
        if is_text and name not in as_text and _are_numbers(values, name, places):
            values = convert(values, NUMBER, name)
        columns.append(values)
    return pa.table(columns, names=table.column_names)


def refuse_infinite(
    table: "pa.Table | pa.RecordBatch", names: Iterable[str], places: Places
) -> None:
    """Raise TableError if a column of numbers holds an infinite one."""
    for name in names:
        numbers = convert(table[name], NUMBER, name)
        at = pc.index(pc.is_inf(numbers), YES).as_py()
        if at >= 0:
            source, row = places.of(at)
            raise TableError(
                f"{source}column {name!r}, row {row:,}: {numbers[at].as_py()} is not finite; "
                "correct it or leave it empty"
            )


def _are_numbers(values: Values, name: str, places: Places) -> bool:
    distinct = without_missing_words(pc.unique(values)).unique().drop_null()
    misfits = numeric_misfits(distinct)
    if misfits is None:
        return False
    if len(misfits):
        refuse_misfit(values, misfits, name, places)
    return bool(len(distinct))


def numeric_misfits(distinct: Values) -> Values | None:
    """Tell which of the different texts of a column of numbers are none.

    Returns
    -------
    array of text, or None
        Empty if all are numbers; None if too few are: it is no column of numbers.
    """
    plain = pc.match_substring_regex(distinct, _NUMBER)
    numbers = pc.or_(plain, pc.match_substring_regex(distinct, _WITH_COMMA))
    if (pc.sum(numbers).as_py() or 0) < _NEARLY_ALL * len(distinct):
        return None
    return distinct.filter(pc.invert(plain))


def refuse_misfit(values: Values, misfits: Values, name: str, places: Places) -> None:
    """Raise TableError at the first of the values that is a misfit, if there is one."""
    at = pc.index(pc.is_in(without_missing_words(values), value_set=misfits), YES).as_py()
    if at < 0:
        return
    source, row = places.of(at)
    raise TableError(
        f"{source}column {name!r} holds numbers, but {shown(values[at].as_py())} in row {row:,} "
        "is none: correct it (with a point for the decimals), leave it empty, or name the column "
        f"with --categorical {name!r}"
    )
