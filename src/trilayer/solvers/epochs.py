"""Mini-batch epochs: what sgd and adam share is the walk, not the rule."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from trilayer.params import FloatArray
from trilayer.solvers.declaration import COUNT, Option
from trilayer.solvers.native import epoch_of, takes_epochs
from trilayer.solvers.objective import Objective
from trilayer.solvers.rule import Epoch, Memory, Rule
from trilayer.solvers.step import SCHEDULES, Rates, State, Step

SCHEDULE = Option("constant", choices=SCHEDULES)
BATCH_SIZE = Option(256, 1, 20_000, whole=True, on_few=32)
"""Options of all that walk: how the step size falls, and samples in a batch."""

COUNTS = {"k": COUNT, "updates": COUNT}
"""What the walk itself adds to a rule's memory: epochs and updates done."""

TOLD = ("max_iter", "seed")


def epochs(
    rule: Rule,
    objective: Objective,
    theta: FloatArray,
    *,
    batch_size: int,
    seed: int | None,
    state: State | None = None,
    **rates: Any,
) -> Iterator[Step]:
    """Yield one Step an epoch, every sample once in it.

    Parameters
    ----------
    rule : Rule
    objective : Objective
    theta : array
        Packed start.
    batch_size : int
        Samples in a batch, cut to the number of samples.
    seed : int or None
        With the epoch's number it decides the order of the samples; None keeps theirs.
        The order is a function, not a state: a run that is resumed needs no generator.
    state : mapping, optional
        Of the step to go on from.
    **rates
        learning_rate, schedule and max_iter: the fields of `Rates`.
    """
    plan = Rates(**rates)
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
    one_epoch = epoch_of if rule.native and takes_epochs(objective) else _epoch
    while True:
        epoch = Epoch(k, updates, plan.of_epoch(k, updates, batches), size, seed)
        theta, memory, J, gradient = one_epoch(rule, objective, theta, memory, epoch)
        k, updates = k + 1, updates + batches.size
        yield _step(k, theta, J, gradient, memory, updates)


def _epoch(
    rule: Rule,
    objective: Objective,
    theta: FloatArray,
    memory: Memory,
    epoch: Epoch,
) -> tuple[FloatArray, Memory, float, FloatArray]:
    """Walk one epoch batch by batch; return what changed, and the means of J and gradient."""
    mean_J, mean_gradient = 0.0, np.zeros_like(theta)
    batches = objective.source.batches(epoch.size, epoch.seed, epoch.k)
    for b, (rate, batch) in enumerate(zip(epoch.rates.tolist(), batches, strict=True)):
        J, gradient = objective.on_batch(theta, batch)
        share = batch.inputs.m / objective.source.m
        mean_J += share * J
        mean_gradient += share * gradient
        theta, memory = rule.update(theta, gradient, memory, rate, epoch.updates + b + 1)
    return theta, memory, mean_J, mean_gradient


def _step(
    k: int, theta: FloatArray, J: float, gradient: FloatArray, memory: Memory, updates: int
) -> Step:
    norm = float(np.abs(gradient).max())
    return Step(k, theta, J, norm, k + 1, {"k": k, "updates": updates, **memory})


def uncounted(state: State, k: int) -> str | None:
    """Say what no walk leaves behind: updates that are no whole number of batches."""
    updates = state["updates"]
    if updates < k or (updates % k if k else updates):
        return f"{updates} updates are no whole number of batches in {k} epochs"
    return None
