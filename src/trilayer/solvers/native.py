"""Runs that an engine does whole: many steps, or an epoch of batches, in one call.

The steps are the same, to rounding; what is saved is Python's share of each.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from trilayer.engines.data import Data, Elsewhere, NewtonPlace
from trilayer.params import FloatArray
from trilayer.solvers.objective import Objective
from trilayer.solvers.rule import Epoch, Memory, Rule

if TYPE_CHECKING:
    from trilayer.engines.fused import Plan


class Place(NamedTuple):
    """Where descent is: iterations done, parameters, velocity, gradient at the parameters."""

    k: int
    theta: FloatArray
    velocity: FloatArray
    gradient: FloatArray


def takes(objective: Objective) -> bool:
    """Whether the engine can run over these samples by itself."""
    return objective.engine.runs_whole and objective.source.in_memory


def takes_epochs(objective: Objective) -> bool:
    """Whether the engine can do an epoch of these samples, piece by piece."""
    return objective.engine.runs_whole and hasattr(objective.source, "pieces")


def at(objective: Objective, theta: FloatArray) -> tuple[float, FloatArray]:
    """Return J and ∂J/∂θ with the bits that a run passing through theta finds there.

    A run divides and adds decay in native code, and rounds elsewhere than `Objective`: a
    step of length 0 makes a run's start one of its places.
    """
    if not descends(objective):
        return objective(theta)
    from trilayer.engines.fused import Plan

    gradient = np.zeros_like(theta)
    decay = objective.l2 / objective.source.total_weight
    record = _descend(objective, theta.copy(), None, gradient, Plan(0.0, 0.0, decay, 0.0, 1), 1)
    return float(record[0, 0]), gradient


def descends(objective: Objective) -> bool:
    """Whether the engine does the steps of gd and lbfgs itself, wherever the samples are."""
    return objective.engine.runs_whole


def _descend(
    objective: Objective,
    theta: FloatArray,
    velocity: FloatArray | None,
    gradient: FloatArray,
    plan: "Plan",
    steps: int,
) -> FloatArray:
    """Do steps of descent in place; see `FusedEngine.descend`."""
    engine: Any = objective.engine
    source: Any = objective.source
    record: FloatArray
    if takes(objective):
        plan = plan._replace(n_threads=source.n_threads)
        record = engine.descend(source.data, objective.n2, theta, velocity, gradient, plan, steps)
    else:
        record = engine.descend_over(_elsewhere(objective), theta, velocity, gradient, plan, steps)
    return record


def _elsewhere(objective: Objective) -> Elsewhere:
    source = objective.source
    return Elsewhere(objective.sums, source.n1, objective.n2, source.total_weight)


def epoch_of(
    rule: Rule,
    objective: Objective,
    theta: FloatArray,
    memory: Memory,
    epoch: Epoch,
) -> tuple[FloatArray, Memory, float, FloatArray]:
    """Do one epoch of a rule; return what changed, and the means of J and gradient."""
    from trilayer.engines.fused import Walk

    engine: Any = objective.engine
    source: Any = objective.source
    theta = theta.copy()
    memory = {name: array.copy() for name, array in memory.items()}
    J, gradient, done = 0.0, np.zeros_like(theta), 0
    for rows in source.pieces(epoch.size, epoch.seed, epoch.k):
        data = Data(rows.inputs, rows.Y[0], None if rows.s is None else rows.s[0], 0.0)
        here = epoch.rates[done : done + -(-rows.used // epoch.size)]
        walk = Walk(
            rows.order, epoch.size, here, epoch.updates + done, source.total_weight / source.m,
            objective.l2 / source.total_weight, source.n_threads,
        )  # fmt: skip
        piece_J, piece_gradient = engine.epoch(
            rule.native, rule.constants, memory, data, objective.n2, theta, walk
        )
        share = rows.used / source.m
        J += share * piece_J
        gradient += share * piece_gradient
        done += here.size
    return theta, memory, J, gradient


def lengths(stride: int, max_iter: int | None) -> Callable[[int], int]:
    """Return how many steps a stride from iteration k may have: it ends at `max_iter`."""
    last = np.inf if max_iter is None else max_iter
    return lambda k: int(min(stride, last - k)) if k < last else stride


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

    decay = objective.l2 / objective.source.total_weight
    plan = Plan(learning_rate, momentum, decay, tol, 1)
    longest = np.inf
    while steps := int(min(most(place.k), longest)):
        theta, velocity, gradient = (array.copy() for array in place[1:])
        record = _descend(objective, theta, velocity if momentum else None, gradient, plan, steps)
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

    engine: Any = objective.engine
    source: Any = objective.source
    decay = objective.l2 / source.total_weight
    ended, over = False, not takes(objective)
    plan = NewtonPlan(history, decay, tol, 1 if over else source.n_threads)
    while not ended:
        before = place.k
        if over:
            place, trail, ended = engine.quasi_newton_over(
                _elsewhere(objective), place, plan, most(before)
            )
        else:
            place, trail, ended = engine.quasi_newton(
                source.data, objective.n2, place, plan, most(before)
            )
        if place.k > before:
            yield place, trail
