"""The works W1 to W6: data, a start, and the result that every peer must reach."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
BATCH = 256
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
"""Of Adam, in every peer."""


@dataclass(frozen=True)
class Work:
    """One line of work.

    Attributes
    ----------
    key, title, unit : str
        Its name, what it is, and what its times are of.
    kind : {"gd", "adam", "proba", "row"}
        Full-batch steps, epochs of mini-batches, one prediction of all rows, or of one.
    n1, n2, m : int
        Inputs, hidden units, samples.
    dtype : str
    steps : int
        Steps, epochs or calls in one timed run.
    rate : float
        Learning rate.
    few : int
        The same for the slow peers, where a run of theirs is long; 0: no fewer.
    tolerance : float
        How far the final J may lie from the oracle's, relatively; for predictions, how far
        a probability may.
    """

    key: str
    title: str
    kind: str
    n1: int
    n2: int
    m: int
    dtype: str
    steps: int
    rate: float = 0.0
    tolerance: float = 1e-5
    few: int = 0

    @property
    def unit(self) -> str:
        """What a time is of."""
        return {"gd": "step", "adam": "epoch", "proba": "call", "row": "call"}[self.kind]

    @property
    def shape(self) -> str:
        """The numbers n1/n2/m and the dtype, as the table shows them."""
        return f"{self.n1}/{self.n2}/{self.m:,} {self.dtype}"

    def quick(self) -> "Work":
        """Return the same, small enough to try the harness with."""
        steps = {"gd": 200 if self.key == "W1" else 3, "adam": 1, "proba": 1, "row": 50}
        m = 1 if self.kind == "row" else max(400, self.m // 50)
        return replace(self, m=m, steps=steps[self.kind], few=0)

    @property
    def fewer(self) -> "Work":
        """Return the work of the slow peers."""
        return replace(self, steps=self.few or self.steps)


WORKS = {
    work.key: work
    for work in (
        Work("W1", "planar, gd", "gd", 2, 4, 400, "float64", 2000, 0.5, 1e-9, few=400),
        Work("W2", "tabular, gd", "gd", 30, 64, 100_000, "float32", 40, 0.1, few=10),
        Work("W3", "HIGGS-shaped, gd", "gd", 28, 300, 1_000_000, "float32", 10, 0.02, few=2),
        Work("W4", "Adam, batch 256", "adam", 30, 64, 100_000, "float32", 5, 1e-3, 1e-4, few=2),
        Work("W5", "predict_proba", "proba", 30, 64, 1_000_000, "float32", 1),
        Work("W5row", "predict_proba, one row", "row", 30, 64, 1, "float32", 2000),
        Work("W6", "wide, gd", "gd", 1000, 128, 20_000, "float32", 10, 0.1, few=4),
    )
}


class Problem(NamedTuple):
    """What a peer is given: rows, targets, a start, and how many threads it may use."""

    work: Work
    X: Array  # m × n1, C order
    Y: Array  # (m,)
    W1: Array  # n1 × n2
    b1: Array  # (n2,)
    W2: Array  # (n2,)
    b2: Array  # (1,)
    threads: int

    @property
    def start(self) -> tuple[Array, Array, Array, Array]:
        """Copies of the four arrays, for a peer to change."""
        return self.W1.copy(), self.b1.copy(), self.W2.copy(), self.b2.copy()


ARRAYS = ("X", "Y", "W1", "b1", "W2", "b2")


def flower(m: int) -> tuple[Array, Array]:
    """Return rows and targets of two classes of petals in the plane."""
    rng = np.random.default_rng(1)
    Y = np.arange(m) % 2
    angle = (rng.random(m) + Y) * np.pi + rng.normal(0, 0.2, m)
    radius = 4 * np.sin(4 * angle) + rng.normal(0, 0.2, m)
    return np.column_stack([radius * np.sin(angle), radius * np.cos(angle)]), Y


def generate(work: Work, folder: Path, *, judge: bool = True) -> None:
    """Write data, start and, to judge by, the oracle's result into a folder."""
    rng = np.random.default_rng(0)
    if work.n1 == 2:
        X, Y = flower(work.m)
    else:
        X = rng.standard_normal((work.m, work.n1), dtype=np.float32)
        noise = rng.standard_normal(work.m, dtype=np.float32)
        Y = X[:, 0] + X[:, 1] * X[:, 2] + noise / 2 > 0
    hidden, output = np.sqrt(2 / (work.n1 + work.n2)), np.sqrt(2 / (work.n2 + 1))
    sizes = ((work.n1, work.n2), hidden), (work.n2, hidden), (work.n2, output), (1, output)
    arrays = [X, Y, *(rng.uniform(-limit, limit, size) for size, limit in sizes)]
    for name, array in zip(ARRAYS, arrays, strict=True):
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array, dtype=work.dtype))
    if not judge:
        return
    problem = read(work, folder, 1)
    for steps, expected in oracle(problem, {work.steps, work.fewer.steps}):
        np.save(folder / f"oracle-{steps}.npy", expected)


def read(work: Work, folder: Path, threads: int) -> Problem:
    """Read what `generate` wrote, without a temporary copy."""
    return Problem(work, *(np.load(folder / f"{name}.npy") for name in ARRAYS), threads)


def oracle(problem: Problem, wanted: set[int]) -> Iterator[tuple[int, Array]]:
    """Yield J after so many steps, or the probabilities of y = 1, all plainly in float64."""
    work = problem.work
    theta = [a.astype(np.float64) for a in problem.start]
    if work.kind in {"proba", "row"}:
        yield work.steps, _outputs(theta, problem.X)
        return
    means, squares = ([np.zeros_like(a) for a in theta] for _ in range(2))
    for step in range(1, max(wanted) + 1):
        if work.kind == "gd":
            for value, slope in zip(theta, slopes(theta, problem.X, problem.Y), strict=True):
                value -= work.rate * slope
        else:
            _adam_epoch(problem, theta, means, squares, (step - 1) * -(-work.m // BATCH))
        if step in wanted:
            yield step, _moved(problem, theta)


def _adam_epoch(
    problem: Problem, theta: list[Array], means: list[Array], squares: list[Array], done: int
) -> None:
    work = problem.work
    for update, i in enumerate(range(0, work.m, BATCH), done + 1):
        size = work.rate * np.sqrt(1 - BETA2**update) / (1 - BETA1**update)
        there = slopes(theta, problem.X[i : i + BATCH], problem.Y[i : i + BATCH])
        for value, slope, mean, square in zip(theta, there, means, squares, strict=True):
            mean[...] = BETA1 * mean + (1 - BETA1) * slope
            square[...] = BETA2 * square + (1 - BETA2) * slope**2
            value -= size * mean / (np.sqrt(square) + EPSILON)


def _moved(problem: Problem, theta: list[Array]) -> Array:
    """Return J, having seen that a peer which does nothing would be found out."""
    J, before = (cost(list(a), problem.X, problem.Y) for a in (theta, problem.start))
    if not abs(before - J) > 20 * problem.work.tolerance * J:
        raise ValueError(f"{problem.work.key}: from {before} to {J} only, which proves nothing")
    return np.array(J)


def slopes(theta: list[Array], X: Array, Y: Array, block: int = 1024) -> list[Array]:
    """Return the gradient of the mean cost in the four arrays, block by block in float64."""
    W1, b1, W2, b2 = theta
    total = [np.zeros_like(a) for a in theta]
    for i in range(0, len(Y), block):
        x = X[i : i + block].astype(np.float64)
        A1 = 1 / (1 + np.exp(-(x @ W1 + b1)))
        d2 = 1 / (1 + np.exp(-(A1 @ W2 + b2))) - Y[i : i + block]
        d1 = d2[:, None] * W2 * A1 * (1 - A1)
        for sums, part in zip(total, (x.T @ d1, d1.sum(0), d2 @ A1, d2.sum()), strict=True):
            sums += part
    return [a / len(Y) for a in total]


def _logits(theta: list[Array], X: Array) -> Array:
    W1, b1, W2, b2 = (np.asarray(a, dtype=np.float64) for a in theta)
    x = X.astype(np.float64)
    return 1 / (1 + np.exp(-(x @ W1 + b1.ravel()))) @ W2.ravel() + b2.ravel()


def _outputs(theta: list[Array], X: Array, block: int = 1024) -> Array:
    parts = [1 / (1 + np.exp(-_logits(theta, X[i : i + block]))) for i in range(0, len(X), block)]
    return np.concatenate(parts)


def cost(theta: list[Array], X: Array, Y: Array, block: int = 1024) -> float:
    """Return the mean cross-entropy (E13) at any peer's four arrays, in float64."""
    total = 0.0
    for i in range(0, len(Y), block):
        z = _logits(theta, X[i : i + block])
        total += float(np.sum(np.logaddexp(0, z) - Y[i : i + block] * z))
    return total / len(Y)


def disagreement(problem: Problem, result: object, expected: Array) -> float:
    """Return how far a peer's result lies from the oracle's (see `Work.tolerance`)."""
    if problem.work.kind in {"gd", "adam"}:
        return abs(cost(list(result), problem.X, problem.Y) / float(expected) - 1)
    probabilities = np.asarray(result)
    if probabilities.ndim == 2:
        probabilities = probabilities[:, 1]
    return float(np.abs(probabilities - expected).max())
