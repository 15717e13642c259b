"""What every solver yields, and how a step size may change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer.params import FloatArray

State = Mapping[str, Any]
"""A solver's whole memory: arrays, lists of arrays and numbers, nothing else."""

SCHEDULES = ("constant", "inverse-scaling", "cosine")


@dataclass(frozen=True, eq=False)
class Step:
    """One iteration of a solver, after it.

    Attributes
    ----------
    k : int
        Iterations done: updates for gd and lbfgs, epochs for sgd and adam.
    theta : array
        The packed parameters after iteration k, float64. Never written to again.
    J : float
        The objective at theta; for sgd and adam (k > 0) its mean over the epoch's
        batches, each before its update.
    gradient_norm : float
        Largest absolute component of the gradient that J comes with.
    evaluations : int
        Passes over all samples so far.
    state : mapping
        What the solver needs, besides theta, to go on from here to the bit.
    trail : array, optional
        J of all the iterations that this step stands for, if it is more than one.
    within : callable, optional
        ``within(i)``: the Step after iteration i (from 0) of the trail, done again.
    """

    k: int
    theta: FloatArray
    J: float
    gradient_norm: float
    evaluations: int
    state: State
    trail: FloatArray | None = None
    within: "Callable[[int], Step] | None" = None


class Rates(NamedTuple):
    """How the step size goes over a whole run.

    Attributes
    ----------
    learning_rate : float
    schedule : str
        See `scheduled`.
    max_iter : int
        Epochs that the cosine falls over.
    """

    learning_rate: float
    schedule: str
    max_iter: int

    def of_epoch(self, k: int, updates: int, batches: NDArray[np.int64]) -> FloatArray:
        """Return the step size at each batch (their numbers) of the epoch after k of them."""
        progress = (k + batches / batches.size) / self.max_iter
        return scheduled(self.schedule, self.learning_rate, progress, updates + batches)


def scheduled(
    schedule: str, learning_rate: float, progress: FloatArray, updates: NDArray[np.int64]
) -> FloatArray:
    """Return the step size of each of some updates.

    Parameters
    ----------
    schedule : str
        ``"constant"``: η; ``"inverse-scaling"``: η / √(1 + t/100), t updates done;
        ``"cosine"``: η (1 + cos πp) / 2, falling to 0 at the last iteration allowed.
    learning_rate : float
        η.
    progress : array
        p, the share of all allowed iterations that is done, 0 to 1.
    updates : array
        t.
    """
    if schedule == "inverse-scaling":
        return learning_rate / np.sqrt(1.0 + updates / 100.0)
    if schedule == "cosine":
        return learning_rate * 0.5 * (1.0 + np.cos(np.pi * np.minimum(progress, 1.0)))
    return np.full(updates.shape, float(learning_rate))
