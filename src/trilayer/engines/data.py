"""Samples as an engine's whole runs take them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from trilayer.params import FloatArray


@dataclass(frozen=True, eq=False)
class Data:
    """Samples as the kernels read them.

    Attributes
    ----------
    X : array, n1 × m
        float32 or float64, aligned, any strides: never copied.
    Y : array, (m,)
    s : array, (m,), or None
        Sample weights; None stands for ones.
    total_weight : float
        Σ s.
    """

    X: FloatArray
    Y: FloatArray
    s: FloatArray | None
    total_weight: float


def flat(values: FloatArray, dtype: Any) -> FloatArray:
    """Return 1 × m as (m,), contiguous and of the dtype, without a copy where it can be."""
    return aligned(np.ascontiguousarray(values.reshape(-1), dtype=dtype))


def aligned(values: FloatArray) -> FloatArray:
    """Return the array, copied if its numbers lie across addresses (as packed records' do)."""
    return values if values.flags.aligned else values.copy()
