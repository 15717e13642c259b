"""Adam (Kingma and Ba, 2015)."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from trilayer.params import FloatArray
from trilayer.solvers.epochs import epochs
from trilayer.solvers.objective import Objective
from trilayer.solvers.rule import Memory, Rule
from trilayer.solvers.step import Step

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
"""Decay of the two moments, and what keeps the division finite: the paper's values."""


def adam(objective: Objective, theta: FloatArray, **walk: Any) -> Iterator[Step]:
    """Yield epochs of Adam's rule; `walk` is described at `epochs`."""
    return epochs(ADAM, objective, theta, **walk)


def _update(
    theta: FloatArray, gradient: FloatArray, memory: Memory, rate: float, t: int
) -> tuple[FloatArray, Memory]:
    """Algorithm 1 of the paper, in the order of its last paragraph of section 2."""
    mean = BETA1 * memory["mean"] + (1 - BETA1) * gradient
    square = BETA2 * memory["square"] + (1 - BETA2) * gradient**2
    unbiased = rate * (1 - BETA2**t) ** 0.5 / (1 - BETA1**t)
    return theta - unbiased * mean / (np.sqrt(square) + EPSILON), {"mean": mean, "square": square}


ADAM = Rule(
    "adam", {"beta1": BETA1, "beta2": BETA2, "epsilon": EPSILON}, ("mean", "square"), _update
)
