"""Stochastic gradient descent with Nesterov's momentum."""

from collections.abc import Iterator
from typing import Any

from trilayer.params import FloatArray
from trilayer.solvers.epochs import epochs
from trilayer.solvers.objective import Objective
from trilayer.solvers.rule import Memory, Rule
from trilayer.solvers.step import Step


def sgd(
    objective: Objective, theta: FloatArray, *, momentum: float = 0.9, **walk: Any
) -> Iterator[Step]:
    """Yield epochs of v ← μ v - η g, θ ← θ + μ v - η g.

    Nesterov's momentum in the form of Sutskever et al. (2013); μ = 0 is plain descent on
    batches. `walk` is described at `epochs`.
    """

    def update(
        theta: FloatArray, gradient: FloatArray, memory: Memory, rate: float, _t: int
    ) -> tuple[FloatArray, Memory]:
        velocity = momentum * memory["velocity"] - rate * gradient
        return theta + (momentum * velocity - rate * gradient), {"velocity": velocity}

    rule = Rule("sgd", {"momentum": momentum}, ("velocity",), update)
    return epochs(rule, objective, theta, **walk)
