"""What `open_source` and `dask_source` are told of a table alike."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np

from trilayer.encoding import TableEncoder
from trilayer.errors import InputError
from trilayer.sources.lessons import Columns


class Options(TypedDict, total=False):
    """Options about columns and rows, by their names as keywords.

    Attributes
    ----------
    categorical, drop : sequence of str
        Columns that are categories whatever they look like; columns to leave out.
    sample_weight : str, optional
        The column with the sample weights; beside Dask arrays, an array of them. Rows of
        weight 0 are left out.
    class_weight : mapping or "balanced", optional
        Factors on the sample weights, as in `TriLayerClassifier`.
    dtype : {"float32", "float64"}, optional
        Of the inputs.
    """

    categorical: Sequence[str]
    drop: Sequence[str]
    sample_weight: Any
    class_weight: Mapping[Any, float] | str | None
    dtype: Any


_UNTOLD: Options = {
    "categorical": (), "drop": (), "sample_weight": None, "class_weight": None, "dtype": None,
}  # fmt: skip


def completed(given: Options, function: str) -> Options:
    """Return options with the defaults of those that were not given to a function.

    Raises
    ------
    TypeError
        If one is unknown, as for any keyword.
    """
    for name in given:
        if name not in _UNTOLD:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
    return {**_UNTOLD, **given}


def columns_of(target: str, options: Options) -> Columns:
    """Return which columns are what."""
    categorical, drop = tuple(options["categorical"]), tuple(options["drop"])
    return Columns(target, categorical, drop, options["sample_weight"])


def encoder_for(encoder: TableEncoder | None, dtype: Any) -> TableEncoder:
    """Return the encoder to use; by default one whose inputs are float32.

    Raises
    ------
    InputError
        If the one that is given makes inputs of another dtype.
    """
    if encoder is None:
        return TableEncoder(dtype=dtype or "float32")
    if dtype is not None and np.dtype(encoder.dtype) != np.dtype(dtype):
        raise InputError(
            f"dtype={dtype!r}, but the encoder makes {encoder.dtype}: give one of them"
        )
    return encoder
