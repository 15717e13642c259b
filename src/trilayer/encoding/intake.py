"""What users hand to the encoder, as a table whose columns stand in the known order."""

import warnings
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from trilayer.encoding.parameters import Parameters
from trilayer.errors import InputError
from trilayer.tables.frames import from_array, has_names, is_table, to_arrow
from trilayer.tables.kinds import survey_frame
from trilayer.tables.reading import require_columns
from trilayer.tables.readings import Hints, Reading

if TYPE_CHECKING:
    import pyarrow as pa


def as_table(X: Any, estimator: object) -> tuple["pa.Table", bool]:
    """Make a data frame or a 2-D array a table; say whether its columns have names."""
    if is_table(X):
        return to_arrow(X), has_names(X)
    from sklearn.utils import check_array

    array = check_array(X, dtype=None, ensure_all_finite=False, estimator=estimator)
    return from_array(array), False


def readings_of(table: "pa.Table", parameters: Parameters) -> "dict[str, Reading]":
    """Look through the columns of text: how each is to be read."""
    wanted = [name for name in table.column_names if name not in parameters.drop]
    return survey_frame(
        table.select(wanted), as_text=parameters.categorical, hints=hints_of(parameters)
    )


def hints_of(parameters: Parameters) -> Hints:
    """Return what a person said of how the table is written."""
    return Hints(**{each.name: getattr(parameters, each.name) for each in fields(Hints)})


def positions_of(
    table: "pa.Table | pa.RecordBatch",
    wanted: Sequence[str],
    names: Sequence[str],
    *,
    named: bool,
    by_name: bool,
) -> list[int]:
    """Find columns in a table.

    Parameters
    ----------
    table : pyarrow.Table or pyarrow.RecordBatch
        Where to look.
    wanted, names : sequences of str
        The columns to find, and all that there were when the encoder learnt.
    named, by_name : bool
        Whether the table's columns have names, and whether those learnt from had.

    Raises
    ------
    TableError
        If a named column is missing.
    InputError
        If an array has another number of columns.
    """
    if named and by_name:
        require_columns(wanted, table.schema.names, "the table")
        places = {name: index for index, name in enumerate(table.schema.names)}
        return [places[name] for name in wanted]
    if named != by_name:
        what = "X has feature names, but TableEncoder was fitted without feature names"
        if by_name:
            what = (
                "X does not have valid feature names, "
                "but TableEncoder was fitted with feature names"
            )
        warnings.warn(what, UserWarning, stacklevel=5)
    if table.num_columns != len(names):
        raise InputError(
            f"X has {table.num_columns} features, but TableEncoder is expecting "
            f"{len(names)} features as input"
        )
    places = {name: index for index, name in enumerate(names)}
    return [places[name] for name in wanted]
