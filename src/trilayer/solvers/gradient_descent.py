"""Gradient descent on all samples: E35, and nothing else unless asked."""

from collections.abc import Iterator

import numpy as np

from trilayer.core import descend
from trilayer.objective import Objective
from trilayer.params import FloatArray
from trilayer.solvers.step import State, Step


def gradient_descent(
    objective: Objective,
    theta: FloatArray,
    *,
    learning_rate: float,
    momentum: float = 0.0,
    state: State | None = None,
) -> Iterator[Step]:
    """Yield θ ← θ - η v, v ← μ v + ∂J/∂θ; with momentum μ = 0 this is E35.

    Parameters
    ----------
    objective : Objective
    theta : array
        Packed start.
    learning_rate : float
        η > 0.
    momentum : float
        μ, 0 to below 1 (Polyak's heavy ball).
    state : mapping, optional
        Of the step to go on from; `theta` is then that step's.
    """
    k = int(state["k"]) if state else 0
    velocity = np.asarray(state["velocity"]) if state else np.zeros_like(theta)
    J, gradient = objective(theta)
    if not state:
        yield _step(k, theta, J, gradient, velocity)
    while True:
        velocity = momentum * velocity + gradient if momentum else gradient
        theta = descend(theta, velocity, learning_rate)
        k += 1
        J, gradient = objective(theta)
        yield _step(k, theta, J, gradient, velocity)


def _step(k: int, theta: FloatArray, J: float, gradient: FloatArray, velocity: FloatArray) -> Step:
    norm = float(np.abs(gradient).max())
    return Step(k, theta, J, norm, k + 1, {"k": k, "velocity": velocity})
