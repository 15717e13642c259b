"""Between Arrow's values and those of NumPy and Python, without pandas.

`pyarrow.array`, `pyarrow.scalar`, `to_numpy` and every function that is given a bare number
import pandas, wherever it is installed, to see whether it is pandas' values that they are given.
That would take as long as all else that predicting three rows takes.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.optional import require

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

Values = Any  # a pyarrow.Array or pyarrow.ChunkedArray

TEXT = pa.large_string()


def of_numpy(values: npt.NDArray[Any]) -> "pa.Array":
    """Return numbers or truth values; numbers are not copied, if they are contiguous."""
    if values.dtype == bool:
        data, kind = np.packbits(values, bitorder="little"), pa.bool_()
    else:
        data, kind = np.ascontiguousarray(values), pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(data)])


def to_numpy(values: Values) -> npt.NDArray[Any]:
    """Return numbers or truth values; where one is missing stands anything.

    Contiguous numbers are not copied, so do not write to them.
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    data, first, m = values.buffers()[1], values.offset, len(values)
    if pa.types.is_boolean(values.type):
        bits = np.frombuffer(data, dtype=np.uint8)
        return np.unpackbits(bits, count=first + m, bitorder="little")[first:].astype(bool)
    dtype = np.dtype(values.type.to_pandas_dtype())
    return np.frombuffer(data, dtype=dtype, count=m, offset=first * dtype.itemsize)


def missing(values: Values, *, or_nan: bool = False) -> npt.NDArray[np.bool_]:
    """Say which values are missing; with `or_nan`, NaN is too."""
    if not values.null_count and not (or_nan and pa.types.is_floating(values.type)):
        return np.zeros(len(values), dtype=bool)
    return to_numpy(pc.is_null(values, nan_is_null=or_nan))


def of_texts(texts: Sequence[str]) -> "pa.Array":
    """Return texts, of Arrow's type `TEXT`."""
    raw = [text.encode() for text in texts]
    offsets = np.cumsum([0, *(len(each) for each in raw)], dtype=np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(raw))]
    return pa.Array.from_buffers(TEXT, len(raw), buffers)


@lru_cache
def text(value: str) -> "pa.Scalar":
    """Return a text, of Arrow's type `TEXT`."""
    return of_texts([value])[0]


def number(value: float) -> "pa.Scalar":
    """Return a number as float64."""
    return of_numpy(np.array([value], dtype=np.float64))[0]


def whole(value: int) -> "pa.Scalar":
    """Return a whole number as int64."""
    return of_numpy(np.array([value], dtype=np.int64))[0]


def nothing(kind: "pa.DataType") -> "pa.Scalar":
    """Return a missing value."""
    return pa.nulls(1, kind)[0]


YES = of_numpy(np.array([True]))[0]


def as_python(value: "pa.Scalar") -> Any:
    """Return a value as Python's own, or as text where it has none: dates past the year 9999."""
    try:
        return value.as_py()
    except (OverflowError, ValueError, pa.ArrowException):
        return f"{value.type} {getattr(value, 'value', None)}"
