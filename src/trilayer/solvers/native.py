"""Runs that an engine does whole: many steps, or an epoch of batches, in one call.

The steps are the same, to rounding; what is saved is Python's share of each.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from trilayer.engines.data import NewtonPlace
from trilayer.objective import Objective
from trilayer.params import FloatArray
from trilayer.solvers.rule import Memory, Rule
from trilayer.sources.memory import MemorySource

if TYPE_CHECKING:
    from trilayer.engines.fused import FusedEngine


class Place(NamedTuple):
    """Where descent is: iterations done, parameters, velocity, gradient at the parameters."""

    k: int
    theta: FloatArray
    velocity: FloatArray
    gradient: FloatArray


def takes(objective: Objective) -> bool:
    """Whether the engine can run over these samples by itself."""
    return objective.engine.name == "fused" and isinstance(objective.source, MemorySource)


def direction(gradient: FloatArray, S: list[FloatArray], Y: list[FloatArray]) -> FloatArray:
    """Return the two-loop recursion's -H ∂J/∂θ (see `lbfgs.two_loop`)."""
    from trilayer import _fused

    found = np.empty_like(gradient)
    _fused.two_loop(gradient, S, Y, found)
    return found


def _parts(objective: Objective) -> tuple["FusedEngine", MemorySource, float]:
    engine: Any = objective.engine
    source: Any = objective.source
    return engine, source, objective.l2 / objective.source.total_weight


def at(objective: Objective, theta: FloatArray) -> tuple[float, FloatArray]:
    """Return J and ∂J/∂θ with the bits that a run passing through theta finds there.

    A run divides and adds decay in native code, and rounds elsewhere than `Objective`: a
    step of length 0 makes a run's start one of its places.
    """
    if not takes(objective):
        return objective(theta)
    from trilayer.engines.fused import Plan

    engine, source, decay = _parts(objective)
    gradient = np.zeros_like(theta)
    plan = Plan(0.0, 0.0, decay, 0.0, source.n_threads)
    record = engine.descend(source.data, objective.n2, theta.copy(), None, gradient, plan, 1)
    return float(record[0, 0]), gradient


def epoch_of(
    rule: Rule,
    objective: Objective,
    theta: FloatArray,
    memory: Memory,
    rates: FloatArray,
    size: int,
    seed: int | None,
    k: int,
    updates: int,
) -> tuple[FloatArray, Memory, float, FloatArray]:
    """Do one epoch of a rule; return what changed, and the means of J and gradient."""
    from trilayer.engines.fused import Walk

    engine, source, decay = _parts(objective)
    walk = Walk(source.order(seed, k), size, rates, updates, decay, source.n_threads)
    theta = theta.copy()
    memory = {name: array.copy() for name, array in memory.items()}
    J, gradient = engine.epoch(
        rule.name, rule.constants, memory, source.data, objective.n2, theta, walk
    )
    return theta, memory, J, gradient


def strides(
    objective: Objective,
    place: Place,
    learning_rate: float,
    momentum: float,
    tol: float,
    most: Callable[[int], int],
) -> Iterator[tuple[Place, FloatArray]]:
    """Yield where descent is, and the record of its steps, stride by stride.

    A stride that met a number that is not finite is done again one step at a time, and the
    walk ends before that step: the caller does it and sees what happens.

    Parameters
    ----------
    objective : Objective
    place : Place
        The start.
    learning_rate, momentum, tol : float
        η, μ, and the gradient norm at which to stop early.
    most : callable
        ``most(k)``: how many steps a stride from iteration k may have; 0 ends the walk.
    """
    from trilayer.engines.fused import Plan

    engine, source, decay = _parts(objective)
    plan = Plan(learning_rate, momentum, decay, tol, source.n_threads)
    longest = np.inf
    while steps := int(min(most(place.k), longest)):
        theta, velocity, gradient = (array.copy() for array in place[1:])
        record = engine.descend(
            source.data, objective.n2, theta, velocity if momentum else None, gradient, plan, steps
        )
        if np.all(np.isfinite(record)) and np.all(np.isfinite(theta)):
            place = Place(place.k + len(record), theta, velocity, gradient)
            yield place, record
        elif steps > 1:
            longest = 1
        else:
            return


def newton_strides(
    objective: Objective, place: NewtonPlace, history: int, tol: float, most: Callable[[int], int]
) -> Iterator[tuple[NewtonPlace, FloatArray]]:
    """Yield where L-BFGS is, and J after each of the iterations that led there.

    Ends when no further decrease is possible. `most` is as for `strides`, never 0.
    """
    from trilayer.engines.fused import NewtonPlan

    engine, source, decay = _parts(objective)
    plan, ended = NewtonPlan(history, decay, tol, source.n_threads), False
    while not ended:
        before = place.k
        place, trail, ended = engine.quasi_newton(
            source.data, objective.n2, place, plan, most(before)
        )
        if place.k > before:
            yield place, trail
