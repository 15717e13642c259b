"""What each column of a table does to a network's logit, row by row."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from trilayer.derivation.attribution import adding_up, integrated_gradients
from trilayer.encoding.inputs import Inputs, column_ranges
from trilayer.optional import require
from trilayer.params import FloatArray, Params

_AT_ONCE = 1 << 22
"""Inputs that are written out at a time."""

BASELINE = "(baseline)"


def by_columns(params: Params, X: Inputs, x0: FloatArray) -> FloatArray:
    """Return what each column's inputs together add to the logit, on the way from x0.

    Parameters
    ----------
    params : Params
    X : Inputs
        m samples.
    x0 : array, n1 × 1

    Returns
    -------
    array, m × columns
    """
    firsts = [first for first, _ in column_ranges(X.layout)]
    step = max(1, _AT_ONCE // max(X.n1, 1))
    parts = [
        np.add.reduceat(
            integrated_gradients(params, X[first : first + step].astype(np.float64).dense(), x0),
            firsts,
        ).T
        for first in range(0, max(len(X), 1), step)
    ]
    return np.concatenate(parts)


def mean_inputs(X: Inputs) -> FloatArray:
    """Return the mean of samples, n1 × 1, in float64."""
    step = max(1, _AT_ONCE // max(X.n1, 1))
    total = np.zeros((X.n1, 1))
    for first in range(0, len(X), step):
        part = X[first : first + step].astype(np.float64).dense()
        total += part.sum(axis=1, keepdims=True)
    return np.asarray(total / max(len(X), 1))


def additive(parts: FloatArray, start: float, end: FloatArray) -> FloatArray:
    """Put the baseline's logit before the parts, and let each row add up to its logit."""
    m = len(parts)
    starts = np.full(m, start)
    made = adding_up(parts, starts, np.asarray(end, dtype=np.float64))
    return np.column_stack([starts, made])


def as_frame(table: Any, values: FloatArray, names: Sequence[str]) -> Any:
    """Return columns in the library of the table they are about: pandas, polars, else Arrow.

    Parameters
    ----------
    table : Any
        A pandas frame gives its index.
    values : array, m × k
    names : sequence of str
        Of the table's columns; the one before them is `BASELINE`, with as many primes as make
        it another name.
    """
    first = BASELINE
    while first in names:
        first += "'"
    columns = dict(zip([first, *names], values.T, strict=True))
    library = type(table).__module__.partition(".")[0]
    if library == "pandas":
        return import_module(library).DataFrame(columns, index=table.index)
    pa = require("pyarrow", "cli")
    made = pa.table({name: np.ascontiguousarray(each) for name, each in columns.items()})
    if library == "polars":
        return import_module(library).from_arrow(made)
    return made
