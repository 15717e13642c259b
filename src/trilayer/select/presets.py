"""How a network is trained where nobody says how: by the number of rows, and by evidence.

Chosen on the tables of `bench/quality.py`; docs/benchmarks.md says on which, and what came out.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, StratifiedShuffleSplit

from trilayer.fit.spec import Spec
from trilayer.sources import Source
from trilayer.sources.memory import MemorySource, is_in_memory

Split = tuple[NDArray[np.int64], NDArray[np.int64]]

SMALL = 2_000
"""Rows up to which every candidate is trained to the end, in five folds."""

MIDDLE = 20_000
"""Rows up to which all of them are taken at every step; beyond, batches are far cheaper."""

CHOSEN_ON = 100_000
"""Rows on which weight decay is chosen, at the most: of more, a sample."""

BATCHED = 1 << 20
"""Rows that batches are taken from, at the most: of more, a sample, and L-BFGS goes on over all."""

EPOCHS, VISITS, PASSES = 30, 10 << 20, 10
"""Epochs of batches, and the visits of rows that they may add up to; L-BFGS's iterations then."""

FOLDS, SHARE = 5, 0.2

GO_ON = 40
"""Iterations of a candidate that goes on from where its neighbour ended."""

ROUNDS, ROUND = 2, 80
"""How often the columns' relevance is learnt beyond `SMALL` rows, and the iterations after that.

With fewer rows, weights say more of chance than of columns. With more they may do so too, where
answers are mostly noise: rows held out tell."""

L2S = (60.0, 30.0, 17.0, 10.0, 5.6, 3.0, 1.7, 1.0, 0.56, 0.3, 0.1)
"""Weight decays to choose from: strong ones first."""


BIN_INPUTS, FEWEST_BINS, MOST_BINS = 350, 16, 28
"""Inputs that the bins of all numbers should be together, and the bounds for each."""

MOST_BINNED = 100
"""Numbers that may have bins: a wider table has inputs enough."""

_SOLVERS: dict[str, dict[str, Any]] = {
    "adam": {"schedule": "cosine", "learning_rate": 0.01, "max_iter": 30, "tol": 0.0},
    "sgd": {"schedule": "cosine", "max_iter": 30, "tol": 0.0},
    "gd": {"max_iter": 500},
}
"""What goes with a solver that somebody names."""


def preset(m: int, solver: str = "auto") -> Spec:
    """Return how to train on so many rows; with the solver that somebody names, if somebody does.

    By itself that is lbfgs up to `MIDDLE` rows, and adam beyond.
    """
    spec = Spec(16, solver="lbfgs", n_starts=8, max_iter=200, tol=1e-5)
    if m > SMALL:
        spec = replace(spec, hidden_units=64, n_starts=4)
    if solver == "lbfgs" or (solver == "auto" and m <= MIDDLE):
        return spec
    if solver == "auto":
        epochs = int(np.clip(VISITS // min(m, BATCHED), 1, EPOCHS))
        return replace(spec, solver="adam", **{**_SOLVERS["adam"], "max_iter": epochs})
    return replace(spec, solver=solver, **_SOLVERS.get(solver, {}))


def pace(l2: float, least: float, most: float) -> float:
    """Return what to multiply the iterations of lbfgs by: weak decay is slower to converge.

    The condition of the problem goes with 1 / l2, and the iterations with its root; from
    `least` to `most`.
    """
    return float(np.clip(np.sqrt(5.0 / max(l2, 1e-9)), least, most))


def bins_for(numbers: int) -> int:
    """Return how many bins a number gets beside the others: none where they are very many."""
    if numbers > MOST_BINNED:
        return 0
    return int(np.clip(BIN_INPUTS // max(numbers, 1), FEWEST_BINS, MOST_BINS))


def sample(second: NDArray[np.bool_], size: int, seed: int) -> NDArray[np.int64]:
    """Draw rows by their numbers, each class its share: the same wherever the rows are.

    Parameters
    ----------
    second : array of bool, (m,)
        Which rows are of the second class.
    size : int
    seed : int

    Returns
    -------
    array, (size,)
        Ascending.
    """
    rng = np.random.default_rng([seed, 1])
    of_second = int(np.clip(round(size * float(second.mean())), 1, size - 1))
    drawn = [
        rng.choice(np.flatnonzero(rows), min(count, int(rows.sum())), replace=False)
        for rows, count in ((~second, size - of_second), (second, of_second))
    ]
    return np.sort(np.concatenate(drawn))


def at_most(source: Source, most: int, seed: int) -> tuple[MemorySource, NDArray[np.int64]]:
    """Return a source's rows in memory, of more than so many a sample, and their numbers."""
    if is_in_memory(source) and source.m <= most:
        return source, np.arange(source.m)
    numbers = np.arange(source.m) if source.m <= most else sample(source.labels, most, seed)
    part: MemorySource = source.part(numbers)
    return part, numbers


def splits(rows: MemorySource, seed: int) -> list[Split]:
    """Return rows to train on and rows to judge by; none where a class is too rare.

    Equal rows stay together where there are folds: what one has seen says nothing of the other.

    Parameters
    ----------
    rows : MemorySource
    seed : int
    """
    y = rows.labels
    m, rarer = len(y), int(min(y.sum(), len(y) - y.sum()))
    any_X = np.zeros((m, 1))
    if m > SMALL and rarer >= FOLDS:
        parts = StratifiedShuffleSplit(1, test_size=SHARE, random_state=seed)
        return list(parts.split(any_X, y))
    folds = min(FOLDS, rarer)
    if folds < 2:
        return []
    group = rows.inputs.groups()
    different = int(group.max()) + 1
    if different == len(group) or different < 2 * folds:  # all differ, or nearly none
        return list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(any_X, y))
    return group_folds(y, group, folds, seed)


def group_folds(labels: NDArray[Any], groups: NDArray[Any], folds: int, seed: int) -> list[Split]:
    """Return folds of whole groups; those that would train on one class only are left out."""
    grouped = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    found = grouped.split(np.zeros((len(labels), 1)), labels, groups)
    return [(a, b) for a, b in found if len(np.unique(labels[a])) == 2 and len(b)]
