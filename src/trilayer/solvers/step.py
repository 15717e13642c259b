"""What every solver yields, and how a step size may change."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from trilayer.params import FloatArray

State = Mapping[str, "FloatArray | float | int"]
"""A solver's whole memory: arrays and numbers, nothing else."""

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
    """

    k: int
    theta: FloatArray
    J: float
    gradient_norm: float
    evaluations: int
    state: State


def scheduled(schedule: str, learning_rate: float, progress: float, updates: int) -> float:
    """Return the step size of one update.

    Parameters
    ----------
    schedule : str
        ``"constant"``: η; ``"inverse-scaling"``: η / √(1 + t/100), t updates done;
        ``"cosine"``: η (1 + cos πp) / 2, falling to 0 at the last iteration allowed.
    learning_rate : float
        η.
    progress : float
        p, the share of all allowed iterations that is done, 0 to 1.
    updates : int
        t.
    """
    if schedule == "inverse-scaling":
        return learning_rate / math.sqrt(1.0 + updates / 100.0)
    if schedule == "cosine":
        return learning_rate * 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))
    return learning_rate
