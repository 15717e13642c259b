"""Numbers that came as text: all of a column, or nearly all of it."""

from collections.abc import Collection
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

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

_NEARLY_ALL = 0.9  # of the distinct values: then the others are slips, not levels
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_WITH_COMMA = r"^[+-]?\d+(,\d+)+(\.\d*)?$"


def numbers_from_text(table: "pa.Table", *, as_text: Collection[str] = ()) -> "pa.Table":
    """Make text columns that hold only numbers numbers; refuse those that nearly do.

    Parameters
    ----------
    table : pyarrow.Table
        A table to be trained on.
    as_text : collection of str
        Columns that are meant as text: categories, the target.

    Raises
    ------
    TableError
        Naming the column, the first value that is no number, its row, and what to do.
    """
    columns = []
    for name, values in zip(table.column_names, table.columns, strict=True):
        is_text = kind_of(values.type) == CATEGORY and not pa.types.is_dictionary(values.type)
        if is_text and name not in as_text and _are_numbers(values, name):
            values = convert(values, NUMBER, name)
        columns.append(values)
    return pa.table(columns, names=table.column_names)


def _are_numbers(values: Values, name: str) -> bool:
    distinct = without_missing_words(pc.unique(values)).unique().drop_null()
    if not len(distinct):
        return False
    plain = pc.match_substring_regex(distinct, _NUMBER)
    if pc.all(plain).as_py():
        return True
    numbers = pc.or_(plain, pc.match_substring_regex(distinct, _WITH_COMMA))
    if pc.sum(numbers).as_py() >= _NEARLY_ALL * len(distinct):
        _refuse(values, distinct.filter(pc.invert(plain)), name)
    return False


def _refuse(values: Values, misfits: Values, name: str) -> None:
    row = pc.index(pc.is_in(without_missing_words(values), value_set=misfits), True).as_py()
    raise TableError(
        f"column {name!r} holds numbers, but {shown(values[row].as_py())} in row {row + 1:,} is "
        "none: correct it (with a point for the decimals), leave it empty, or name the column "
        f"with --categorical {name!r}"
    )
