"""What users hand to the encoder, as a table whose columns stand in the known order."""

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from trilayer.encoding.levels import Weights
from trilayer.encoding.odds import Answers
from trilayer.encoding.parameters import Parameters
from trilayer.errors import InputError
from trilayer.tables.frames import from_array, has_names, is_table, refuse_elsewhere, to_arrow
from trilayer.tables.kinds import survey_frame
from trilayer.tables.reading import require_columns
from trilayer.tables.readings import Hints, Reading
from trilayer.warned import warn

if TYPE_CHECKING:
    import pyarrow as pa


def as_table(X: Any, estimator: object) -> tuple["pa.Table", bool]:
    """Make a data frame or a 2-D array a table; say whether its columns have names."""
    if is_table(X):
        return to_arrow(X), has_names(X)
    refuse_elsewhere(X)
    from sklearn.utils import check_array

    array = check_array(X, dtype=None, ensure_all_finite=False, estimator=estimator)
    return from_array(array), False


def present(
    table: "pa.Table", sample_weight: Any, answers: Answers | None = None
) -> "tuple[pa.Table, Weights, Answers | None]":
    """Return the rows that weigh something, their weights (None where all weigh 1), their answers.

    Raises
    ------
    InputError
        If there are not as many weights as rows, or one is negative or not finite.
    """
    if sample_weight is None:
        return table, None, answers
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (len(table),):
        raise InputError(
            f"sample_weight has the shape {weights.shape} beside {len(table)} rows: give one "
            "number for each"
        )
    if not np.all(np.isfinite(weights) & (weights >= 0)):
        raise InputError("sample_weight holds a number that is negative or not finite")
    there = weights > 0
    if not there.any():
        raise InputError("all sample weights are zero: there is nothing to learn from")
    if not there.all():
        import pyarrow as pa

        table, weights = table.filter(pa.array(there)), weights[there]
        if answers is not None:
            answers = Answers(answers.positive[there], answers.fold[there])
    return table, None if np.all(weights == 1) else weights, answers


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
        warn(what, UserWarning)
    if table.num_columns != len(names):
        raise InputError(
            f"X has {table.num_columns} features, but TableEncoder is expecting "
            f"{len(names)} features as input"
        )
    places = {name: index for index, name in enumerate(names)}
    return [places[name] for name in wanted]
