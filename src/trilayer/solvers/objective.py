"""J and its gradient at a parameter vector, over a source, by an engine."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.engines import Engine
from trilayer.lazy import cached_property
from trilayer.params import FloatArray, n_parameters, unpack
from trilayer.sources import Batch, Source


@dataclass(frozen=True)
class Objective:
    """What solvers minimise: the mean cost E13, plus weight decay.

    J(θ) = (1/S) [Σ_i s_i j_i + (l2/2) (‖W1‖² + ‖W2‖²)],  S = Σ_i s_i.

    Parameters
    ----------
    source : Source
    engine : Engine
    n2 : int
        Hidden units; 0 for the unit.
    l2 : float
        Weight decay, on the scale of one sample's cost; biases carry none.
    dtype : dtype
        In which the engine computes. Vectors here are float64 whatever it is, so small
        steps are not lost to rounding.
    """

    source: Source
    engine: Engine
    n2: int
    l2: float = 0.0
    dtype: Any = np.float64

    def __call__(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Return J and ∂J/∂θ over all samples."""
        return self._regularised(theta, self.sums(theta) / self.source.total_weight)

    def sums(self, theta: FloatArray) -> FloatArray:
        """Return the loss and, behind it, its gradient, summed over all samples."""
        return self.source.sums(self.engine, self._params(theta))

    def on_batch(self, theta: FloatArray, batch: Batch) -> tuple[float, FloatArray]:
        """Return an unbiased estimate of J and ∂J/∂θ from one batch.

        Dividing by the weight a batch of this size has on average, not by its own, keeps
        the estimate unbiased under sample weights.
        """
        size = batch.X.shape[1]
        sums = self.engine.sums(self._params(theta), batch.X, batch.Y, batch.s)
        average = self.source.total_weight / self.source.m
        return self._regularised(theta, sums / (size * average))

    def _params(self, theta: FloatArray) -> Any:
        return unpack(theta.astype(self.dtype, copy=False), self.source.n1, self.n2)

    def _regularised(self, theta: FloatArray, means: FloatArray) -> tuple[float, FloatArray]:
        J, gradient = float(means[0]), means[1:]
        if self.l2:
            decay = self.l2 / self.source.total_weight
            weights = np.where(self._is_weight, theta, 0.0)
            J += 0.5 * decay * float(weights @ weights)
            gradient = gradient + decay * weights
        return J, gradient

    @cached_property
    def _is_weight(self) -> NDArray[np.bool_]:
        return weight_mask(self.source.n1, self.n2)


def weight_mask(n1: int, n2: int) -> NDArray[np.bool_]:
    """Mark the packed vector's weights (W1, W2), as against its biases (b1, b2)."""
    mask = np.zeros(n_parameters(n1, n2), dtype=bool)
    mask[: n1 * n2] = True
    mask[n1 * n2 + n2 : -1] = True
    return mask
