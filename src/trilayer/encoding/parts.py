"""The numbers that a column is made into, before they are scaled."""

from typing import TYPE_CHECKING

import numpy as np

from trilayer.encoding.columns import DATE
from trilayer.encoding.quantiles import Floats
from trilayer.errors import InputError
from trilayer.optional import require
from trilayer.tables.convert import convert
from trilayer.tables.readings import Reading, as_reading
from trilayer.tables.values import Values, missing, to_numpy

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

_DAY = 86_400_000_000  # microseconds


def parts_of(values: Values, kind: str | Reading, name: str, first_row: int) -> list[Floats]:
    """Split a number, boolean or date column into its parts: float64, NaN where missing.

    Raises
    ------
    TableError
        If a value is of another kind.
    InputError
        If a number is infinite.
    """
    values = convert(values, kind, name, first_row=first_row)
    if as_reading(kind).kind == DATE:
        return _date_parts(values)
    absent, numbers = missing(values), to_numpy(values.cast(pa.float64()))
    numbers = np.where(absent, np.nan, numbers) if absent.any() else numbers
    infinite = np.isinf(numbers)
    if infinite.any():
        at = int(np.argmax(infinite))
        raise InputError(
            f"column {name!r}, row {first_row + at:,}: {numbers[at]} is not finite; "
            "correct it or leave it empty"
        )
    return [numbers]


def _date_parts(values: Values) -> list[Floats]:
    """Year, month, weekday (Monday 1), hour with its fraction, and days since 1970."""
    absent = missing(values)
    ticks = np.where(absent, 0, to_numpy(values.cast(pa.int64())))
    instants = ticks.view("datetime64[us]")
    day = instants.astype("datetime64[D]").astype(np.int64)
    year = instants.astype("datetime64[Y]").astype(np.int64) + 1970
    month = instants.astype("datetime64[M]").astype(np.int64) % 12 + 1
    # The first of January 1970 was a Thursday.
    parts = (year, month, (day + 3) % 7 + 1, (ticks % _DAY) / (_DAY / 24), ticks / _DAY)
    return [np.where(absent, np.nan, part) for part in parts]
