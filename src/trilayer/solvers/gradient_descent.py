"""Gradient descent on all samples: E35, and nothing else unless asked."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from trilayer.derivation.core import descend
from trilayer.params import FloatArray
from trilayer.solvers.native import Place, at, descends, lengths, strides
from trilayer.solvers.objective import Objective
from trilayer.solvers.step import State, Step


def gradient_descent(
    objective: Objective,
    theta: FloatArray,
    *,
    learning_rate: float,
    momentum: float = 0.0,
    stride: int = 1,
    max_iter: int | None = None,
    tol: float = 0.0,
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
    stride : int
        Iterations that one Step may stand for, where the engine can do many in one call;
        a stride also ends at `max_iter`, and where no gradient component exceeds `tol`.
    max_iter : int, optional
    tol : float
    state : mapping, optional
        Of the step to go on from; `theta` is then that step's.
    """
    if state:
        velocity, gradient = np.asarray(state["velocity"]), np.asarray(state["gradient"])
        place = Place(int(state["k"]), theta, velocity, gradient)
    else:
        J, gradient = at(objective, theta)
        place = Place(0, theta, np.zeros_like(theta), gradient)
        yield _step(place, J)
    if descends(objective):
        most = lengths(stride, max_iter)
        for reached, record in strides(objective, place, learning_rate, momentum, tol, most):
            within = partial(_again, objective, place, learning_rate, momentum)
            place = reached
            yield _step(place, float(record[-1, 0]), record[:, 0], within)
    while True:
        velocity = momentum * place.velocity + place.gradient
        theta = descend(place.theta, velocity if momentum else place.gradient, learning_rate)
        J, gradient = objective(theta)
        place = Place(place.k + 1, theta, velocity, gradient)
        yield _step(place, J)


def _again(
    objective: Objective, start: Place, learning_rate: float, momentum: float, i: int
) -> Step:
    """Do iteration i (from 0) of the stride from `start` again, with those before it."""
    # A tolerance ends a stride at its last iteration, never before: there is none here.
    walk = strides(objective, start, learning_rate, momentum, 0.0, lambda k: start.k + i + 1 - k)
    *_, (there, record) = walk
    return _step(there, float(record[-1, 0]))


def _step(
    place: Place,
    J: float,
    trail: FloatArray | None = None,
    within: Callable[[int], Step] | None = None,
) -> Step:
    norm = float(np.abs(place.gradient).max())
    state: State = {"k": place.k, "velocity": place.velocity, "gradient": place.gradient}
    return Step(place.k, place.theta, J, norm, place.k + 1, state, trail, within)
