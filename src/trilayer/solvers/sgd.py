"""Stochastic gradient descent with Nesterov's momentum."""

from collections.abc import Iterator, Sequence
from typing import Any

from trilayer.params import FloatArray
from trilayer.solvers.declaration import BATCHES, VECTOR, Option, Segment, Solver
from trilayer.solvers.epochs import BATCH_SIZE, COUNTS, SCHEDULE, TOLD, epochs, uncounted
from trilayer.solvers.objective import Objective
from trilayer.solvers.rule import Memory, Rule
from trilayer.solvers.script import walk as written_walk
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

    rule = Rule(("velocity",), update, "sgd", {"momentum": momentum})
    return epochs(rule, objective, theta, **walk)


_SCRIPT = """theta, velocity, k, t = START, np.zeros_like(START), 0, 0
for until, eta, mu in SEGMENTS:
    while k < until:
        order = np.random.default_rng([SEED, k]).permutation(m)
        for b in range(BATCHES):
            batch = order[b * SIZE : (b + 1) * SIZE]
            rate = rate_of(eta, k, b, t)
            _, g = objective(theta, X[:, batch], Y[:, batch])
            velocity = mu * velocity - rate * g
            theta = theta + (mu * velocity - rate * g)  # Nesterov's momentum
            t += 1
        k += 1
"""


def _script(parts: Sequence[Segment]) -> str:
    return written_walk(parts, "learning_rate", "momentum") + _SCRIPT


SOLVER = Solver(
    name="sgd",
    run=sgd,
    needs=BATCHES,
    options={
        "learning_rate": Option(0.1, 1e-6, 100.0, live=True),
        "momentum": Option(0.9, 0.0, 0.999, live=True),
        "schedule": SCHEDULE,
        "batch_size": BATCH_SIZE,
    },
    state=COUNTS | {"velocity": VECTOR},
    impossible=uncounted,
    told=TOLD,
    carries=(*COUNTS, "velocity"),
    script=_script,
)
