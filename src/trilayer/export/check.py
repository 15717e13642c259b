"""What the library says of rows, beside what an export says of them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from trilayer.encoding.fitted import FittedEncoder
from trilayer.modelfile import ModelRecord
from trilayer.tables.convert import convert
from trilayer.tables.readings import Reading

if TYPE_CHECKING:
    import pyarrow as pa


def in_float64(record: ModelRecord) -> ModelRecord:
    """Return the same model computing in float64, as exports do, whatever it was trained in."""
    encoder = record.encoder
    if encoder is not None:
        encoder = FittedEncoder(encoder.learnt, replace(encoder.parameters, dtype="float64"))
    return replace(record, params=record.params.astype(np.float64), encoder=encoder)


def typed(rows: "pa.Table | pa.RecordBatch", readings: Mapping[str, Reading]) -> "pa.Table":
    """Return the columns that a model reads as what they are: numbers, text, truths, instants.

    Raises
    ------
    TableError
        If a value is of another kind.
    """
    import pyarrow as pa

    made = {name: convert(rows[name], reading, name) for name, reading in readings.items()}
    return pa.table(made)
