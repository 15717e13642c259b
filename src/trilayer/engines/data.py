"""Samples as an engine's whole runs take them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from trilayer.encoding.inputs import Inputs, as_inputs
from trilayer.params import FloatArray


@dataclass(frozen=True, eq=False)
class Data:
    """Samples of a whole run.

    Attributes
    ----------
    X : Inputs, or array n1 × m
        float32 or float64, never copied.
    Y : array, (m,)
    s : array, (m,), or None
        Sample weights; None stands for ones.
    total_weight : float
        Σ s.
    """

    X: Inputs | FloatArray
    Y: FloatArray
    s: FloatArray | None
    total_weight: float

    @property
    def inputs(self) -> Inputs:
        """X, as inputs."""
        return as_inputs(self.X)


class Elsewhere(NamedTuple):
    """Samples that an engine's run only hears of.

    Attributes
    ----------
    sums_at : callable
        ``sums_at(theta)``: the loss and the gradient, summed over all samples. It must not
        keep theta, which changes in place.
    n1, n2 : int
    total_weight : float
        Σ s.
    """

    sums_at: Callable[[FloatArray], FloatArray]
    n1: int
    n2: int
    total_weight: float


class NewtonPlace(NamedTuple):
    """Where a quasi-Newton run is.

    Attributes
    ----------
    k : int
        Iterations done.
    theta, gradient : array, (parameters,)
    J : float
        The objective at theta; `gradient` is its.
    S, Y : list of array
        The latest changes of theta and gradient, the oldest first.
    evaluations : int
        Passes over all samples so far.
    """

    k: int
    theta: FloatArray
    J: float
    gradient: FloatArray
    S: list[FloatArray]
    Y: list[FloatArray]
    evaluations: int


def flat(values: FloatArray, dtype: Any) -> FloatArray:
    """Return 1 × m as (m,), contiguous and of the dtype, without a copy where it can be."""
    return aligned(np.ascontiguousarray(values.reshape(-1), dtype=dtype))


def aligned(values: FloatArray) -> FloatArray:
    """Return the array, copied if its numbers lie across addresses (as packed records' do)."""
    return values if values.flags.aligned else values.copy()
