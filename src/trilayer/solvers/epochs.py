"""Mini-batch epochs: what sgd and adam share is the walk, not the rule."""

import math
from collections.abc import Iterator

import numpy as np

from trilayer.params import FloatArray
from trilayer.solvers.native import epoch_of, takes_epochs
from trilayer.solvers.objective import Objective
from trilayer.solvers.rule import Memory, Rule
from trilayer.solvers.step import State, Step, scheduled


def epochs(
    rule: Rule,
    objective: Objective,
    theta: FloatArray,
    *,
    learning_rate: float,
    schedule: str,
    batch_size: int,
    seed: int | None,
    max_iter: int,
    state: State | None = None,
) -> Iterator[Step]:
    """Yield one Step an epoch, every sample once in it.

    Parameters
    ----------
    rule : Rule
    objective : Objective
    theta : array
        Packed start.
    learning_rate, schedule : float, str
        See `scheduled`.
    batch_size : int
        Samples in a batch, cut to the number of samples.
    seed : int or None
        With the epoch's number it decides the order of the samples; None keeps theirs.
        The order is a function, not a state: a run that is resumed needs no generator.
    max_iter : int
        Epochs that the cosine schedule falls over.
    state : mapping, optional
        Of the step to go on from.
    """
    if state:
        k, updates = int(state["k"]), int(state["updates"])
        memory = {name: np.asarray(state[name]) for name in rule.memory}
    else:
        k, updates = 0, 0
        memory = {name: np.zeros_like(theta) for name in rule.memory}
        J, gradient = objective(theta)
        yield _step(k, theta, J, gradient, memory, updates)
    size = min(batch_size, objective.source.m)
    batches = np.arange(math.ceil(objective.source.m / size))
    one_epoch = epoch_of if takes_epochs(objective) else _epoch
    while True:
        progress = (k + batches / batches.size) / max_iter
        rates = scheduled(schedule, learning_rate, progress, updates + batches)
        theta, memory, J, gradient = one_epoch(
            rule, objective, theta, memory, rates, size, seed, k, updates
        )
        k, updates = k + 1, updates + batches.size
        yield _step(k, theta, J, gradient, memory, updates)


def _epoch(
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
    """Walk one epoch batch by batch; return what changed, and the means of J and gradient."""
    mean_J, mean_gradient = 0.0, np.zeros_like(theta)
    batches = objective.source.batches(size, seed, k)
    for b, (rate, batch) in enumerate(zip(rates.tolist(), batches, strict=True)):
        J, gradient = objective.on_batch(theta, batch)
        share = batch.X.shape[1] / objective.source.m
        mean_J += share * J
        mean_gradient += share * gradient
        theta, memory = rule.update(theta, gradient, memory, rate, updates + b + 1)
    return theta, memory, mean_J, mean_gradient


def _step(
    k: int, theta: FloatArray, J: float, gradient: FloatArray, memory: Memory, updates: int
) -> Step:
    norm = float(np.abs(gradient).max())
    return Step(k, theta, J, norm, k + 1, {"k": k, "updates": updates, **memory})
