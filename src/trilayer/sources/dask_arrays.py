"""Dask arrays as rows of samples: what the driver asks for, and what workers do for it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.inputs import Inputs
from trilayer.errors import InputError
from trilayer.params import FloatArray
from trilayer.sources.shuffle import Rows


def chunks_of(X: Any, y: Any, sample_weight: Any) -> list[tuple[Any, Any, Any]]:
    """Return the delayed chunks of arrays that belong together: X, y and weights or None.

    Parameters
    ----------
    X : dask.array.Array, m × n1
    y : dask.array.Array, (m,)
    sample_weight : dask.array.Array, (m,), optional

    Raises
    ------
    InputError
        If they are no Dask arrays of these shapes, or not cut alike where their chunks have
        unknown sizes.
    """
    _require_array("X", X, 2)
    _require_array("y", y, 1)
    if X.numblocks[1] > 1:
        X = X.rechunk({1: -1})
    columns = [X.to_delayed()[:, 0], _cut_like(X, y, "y").to_delayed()]
    if sample_weight is None:
        columns.append([None] * X.numblocks[0])
    else:
        _require_array("sample_weight", sample_weight, 1)
        columns.append(_cut_like(X, sample_weight, "sample_weight").to_delayed())
    return list(zip(*columns, strict=True))


def _require_array(name: str, values: Any, ndim: int) -> None:
    if not hasattr(values, "to_delayed") or getattr(values, "ndim", None) != ndim:
        raise InputError(f"{name} must be a Dask array with {ndim} dimension{'s'[: ndim > 1]}")


def _cut_like(X: Any, values: Any, name: str) -> Any:
    """Give an array X's chunks along the rows."""
    sizes = X.chunks[0]
    if not np.isnan([*sizes, *values.chunks[0]]).any():
        if sum(sizes) != values.shape[0]:
            raise InputError(f"X has {sum(sizes):,} rows, {name} {values.shape[0]:,}")
        return values.rechunk((sizes,))
    if values.numblocks[0] != len(sizes):
        raise InputError(
            f"X has {len(sizes)} chunks of rows, {name} {values.numblocks[0]}, some of unknown "
            "size: call compute_chunk_sizes() on both"
        )
    return values


def labels_in(y: Any, sample_weight: Any, place: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the different labels in a chunk and what their samples weigh, if they do."""
    labels = np.asarray(y)
    s = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, np.float64)
    labels, s = labels[s != 0], s[s != 0]
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise InputError(f"y holds NaN in chunk {place}: leave those rows out")
    found, which = np.unique(labels, return_inverse=True)
    return found, np.bincount(which, s, len(found)).astype(np.float64)


def array_rows(
    X: Any,
    y: Any,
    sample_weight: Any,
    classes: NDArray[Any],
    factors: Sequence[float],
    dtype: Any,
    place: int,
) -> Rows:
    """Make a chunk rows of samples; those that weigh nothing are left out.

    Parameters
    ----------
    X, y, sample_weight
        The chunk's; weights may be None.
    classes : array, (2,)
    factors : sequence of two floats
        On the weights of each class; none stand for ones.
    dtype : dtype
    place : int
        The chunk's number, for messages.

    Raises
    ------
    InputError
        If it holds what is no finite number, or the arrays have different lengths.
    """
    labels = np.asarray(y)
    X = _numbers("X", X, dtype, place)
    s = None
    if len(X) != len(labels):
        raise InputError(f"chunk {place} has {len(X):,} rows in X, {len(labels):,} in y")
    if sample_weight is not None:
        s = _weights(sample_weight, X, dtype, place)
        kept = s > 0
        X, labels, s = X[kept], labels[kept], s[kept]
    Y = np.asarray(labels == classes[1], dtype=dtype)
    if factors:
        s = np.asarray((1 if s is None else s) * np.where(Y == 1, *factors[::-1]), dtype=dtype)
    return Rows(Inputs.of(X.T), Y[np.newaxis], None if s is None else s[np.newaxis])


def _weights(sample_weight: Any, X: FloatArray, dtype: Any, place: int) -> FloatArray:
    s = _numbers("sample_weight", sample_weight, dtype, place)
    if s.shape != (len(X),):
        raise InputError(f"chunk {place} has {len(X):,} rows in X, {len(s):,} in sample_weight")
    if np.any(s < 0):
        raise InputError(f"sample_weight holds a negative number in chunk {place}")
    return s


def _numbers(name: str, values: Any, dtype: Any, place: int) -> FloatArray:
    try:
        array = np.ascontiguousarray(values, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} holds no numbers in chunk {place}: {error}") from error
    if not np.all(np.isfinite(array)):
        raise InputError(f"{name} holds NaN or infinity in chunk {place}")
    return array


def two_labels(
    found: Sequence[tuple[NDArray[Any], NDArray[np.float64]]], name: str
) -> tuple[NDArray[Any], list[float]]:
    """Return the two labels of all chunks, sorted, and what their samples weigh.

    Raises
    ------
    InputError
        If there are not two.
    """
    labels = np.concatenate([each for each, _ in found])
    classes: NDArray[Any] = np.unique(labels)
    if len(classes) != 2:
        some = ", ".join(repr(label) for label in classes[:5].tolist())
        more = ", …" * (len(classes) > 5)
        raise InputError(f"{name} must hold two labels, got {len(classes):,}: {some}{more}")
    masses = np.concatenate([mass for _, mass in found])
    return classes, [float(masses[labels == label].sum()) for label in classes]
