"""Adam (Kingma and Ba, 2015)."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from trilayer.params import FloatArray
from trilayer.solvers.declaration import BATCHES, VECTOR, Option, Segment, Solver
from trilayer.solvers.epochs import BATCH_SIZE, COUNTS, SCHEDULE, TOLD, epochs, uncounted
from trilayer.solvers.objective import Objective
from trilayer.solvers.rule import Memory, Rule
from trilayer.solvers.script import walk as written_walk
from trilayer.solvers.step import State, Step

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
    ("mean", "square"), _update, "adam", {"beta1": BETA1, "beta2": BETA2, "epsilon": EPSILON}
)


def _impossible(state: State, k: int) -> str | None:
    if np.any(np.asarray(state["square"]) < 0):
        return "square holds negative numbers"
    return uncounted(state, k)


_SCRIPT = """theta, k, t = START, 0, 0
mean, square = np.zeros_like(START), np.zeros_like(START)
for until, eta in SEGMENTS:
    while k < until:
        order = np.random.default_rng([SEED, k]).permutation(m)
        for b in range(BATCHES):
            batch = order[b * SIZE : (b + 1) * SIZE]
            rate = rate_of(eta, k, b, t)
            t += 1
            _, g = objective(theta, X[:, batch], Y[:, batch])
            mean = {beta1} * mean + (1 - {beta1}) * g
            square = {beta2} * square + (1 - {beta2}) * g**2
            unbiased = rate * (1 - {beta2}**t) ** 0.5 / (1 - {beta1}**t)
            theta = theta - unbiased * mean / (np.sqrt(square) + {epsilon})
        k += 1
"""


def _script(parts: Sequence[Segment]) -> str:
    loop = _SCRIPT.format(beta1=BETA1, beta2=BETA2, epsilon=EPSILON)
    return written_walk(parts, "learning_rate") + loop


SOLVER = Solver(
    name="adam",
    run=adam,
    needs=BATCHES,
    options={
        "learning_rate": Option(0.005, 1e-6, 100.0, live=True, on_few=0.01),
        "schedule": SCHEDULE,
        "batch_size": BATCH_SIZE,
    },
    state=COUNTS | {"mean": VECTOR, "square": VECTOR},
    impossible=_impossible,
    told=TOLD,
    carries=(*COUNTS, "mean", "square"),
    script=_script,
)
