"""The plain endpoint: a list of objects, each a row by column name, and what is said of each."""

from typing import Any

from trilayer.serve.limits import Limits
from trilayer.serve.refusals import BAD_REQUEST, TOO_LARGE, RefusedError
from trilayer.serve.scoring import Asked, Predictions, Served, refuse_names


def read(served: Served, limits: Limits, rows: Any) -> Asked:
    """Read a request for rows to be predicted, in their order.

    Parameters
    ----------
    served : Served
    limits : Limits
    rows : list of dict
        As JSON had them.

    Raises
    ------
    InputError
        If they are no such list, too many, or a column is missing or unknown.
    """
    if not isinstance(rows, list):
        raise RefusedError(BAD_REQUEST, "the body must be a list of rows: [{column: value, ...}]")
    refuse_too_many(len(rows), limits)
    wanted = served.readings.keys()
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise RefusedError(
                BAD_REQUEST, f"row {number:,} is not an object of columns and their values"
            )
        if row.keys() != wanted:
            refuse_names(served, row, f"row {number:,}: ")
    return Asked({name: [row[name] for row in rows] for name in wanted}, len(rows), _written)


def _written(made: Predictions) -> list[dict[str, Any]]:
    """Say of each row its logit, probability and label."""
    names = ("logit", "probability", "label")
    columns = (getattr(made, name) for name in names)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def refuse_too_many(rows: int, limits: Limits) -> None:
    """Refuse more rows than one request may hold."""
    if rows > limits.rows:
        raise RefusedError(
            TOO_LARGE, f"{rows:,} rows are more than {limits.rows:,}: send fewer at a time"
        )
