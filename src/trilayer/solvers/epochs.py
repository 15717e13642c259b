"""Mini-batch epochs: what sgd and adam share is the walk, not the rule."""

import math
from collections.abc import Callable, Iterator

import numpy as np

from trilayer.objective import Objective
from trilayer.params import FloatArray
from trilayer.solvers.step import State, Step, scheduled

Memory = dict[str, FloatArray]
"""A rule's own arrays, shaped as theta: velocities, moments."""

Rule = Callable[[FloatArray, FloatArray, Memory, float, int], tuple[FloatArray, Memory]]
"""``rule(theta, gradient, memory, rate, t)``: the t-th update (from 1) of theta and memory."""


def epochs(
    rule: Rule,
    memory: Memory,
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
    rule : callable
        The update; pure.
    memory : dict of array
        The rule's memory at the start.
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
    state : mapping or None
        Of the step to go on from.
    """
    k = updates = 0
    if state:
        k, updates = int(state["k"]), int(state["updates"])
        memory = {name: np.asarray(state[name]) for name in memory}
    else:
        J, gradient = objective(theta)
        yield _step(k, theta, J, gradient, memory, updates)
    size = min(batch_size, objective.source.m)
    n_batches = math.ceil(objective.source.m / size)
    while True:
        total_J, total_gradient = 0.0, np.zeros_like(theta)
        for b, batch in enumerate(objective.source.batches(size, seed, k)):
            rate = scheduled(schedule, learning_rate, (k + b / n_batches) / max_iter, updates)
            J, gradient = objective.on_batch(theta, batch)
            share = batch.X.shape[1] / objective.source.m
            total_J += share * J
            total_gradient += share * gradient
            updates += 1
            theta, memory = rule(theta, gradient, memory, rate, updates)
        k += 1
        yield _step(k, theta, total_J, total_gradient, memory, updates)


def _step(
    k: int, theta: FloatArray, J: float, gradient: FloatArray, memory: Memory, updates: int
) -> Step:
    norm = float(np.abs(gradient).max())
    return Step(k, theta, J, norm, k + 1, {"k": k, "updates": updates, **memory})
