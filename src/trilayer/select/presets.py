"""How a network is trained where nobody says how: by the number of rows, and by evidence.

Chosen on the tables of `bench/quality.py`; docs/benchmarks.md says on which, and what came out.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, StratifiedShuffleSplit

from trilayer.estimators.classifier import TriLayerClassifier
from trilayer.params import FloatArray

Split = tuple[NDArray[np.int64], NDArray[np.int64]]

SMALL = 2_000
"""Rows up to which every candidate is trained to the end, in five folds."""

MIDDLE = 20_000
"""Rows up to which all of them are taken at every step; beyond, batches are far cheaper."""

FOLDS, SHARE = 5, 0.2

GO_ON = 40
"""Iterations of a candidate that goes on from where its neighbour ended."""

ROUNDS, ROUND = 2, 80
"""How often the columns' relevance is learnt beyond `SMALL` rows, and the iterations after that.

With fewer rows, weights say more of chance than of columns."""

L2S = (60.0, 30.0, 17.0, 10.0, 5.6, 3.0, 1.7, 1.0, 0.56, 0.3, 0.1)
"""Weight decays to choose from: strong ones first."""


BIN_INPUTS, FEWEST_BINS, MOST_BINS = 350, 16, 28
"""Inputs that the bins of all numbers should be together, and the bounds for each."""

MOST_BINNED = 100
"""Numbers that may have bins: a wider table has inputs enough."""


def recipe(m: int) -> TriLayerClassifier:
    """Return an untrained classifier for so many rows."""
    if m <= SMALL:
        return TriLayerClassifier(16, solver="lbfgs", n_starts=8, max_iter=200, tol=1e-5)
    if m <= MIDDLE:
        return TriLayerClassifier(64, solver="lbfgs", n_starts=4, max_iter=200, tol=1e-5)
    return TriLayerClassifier(
        64, solver="adam", schedule="cosine", learning_rate=0.01, n_starts=4, max_iter=30, tol=0.0
    )


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


def splits(X: FloatArray, y: NDArray[Any], seed: int) -> list[Split]:
    """Return rows to train on and rows to judge by; none where a class is too rare.

    Equal rows stay together where there are folds: what one has seen says nothing of the other.
    """
    rarer = int(np.unique(y, return_counts=True)[1].min())
    if len(y) > SMALL and rarer >= FOLDS:
        return list(StratifiedShuffleSplit(1, test_size=SHARE, random_state=seed).split(X, y))
    folds = min(FOLDS, rarer)
    if folds < 2:
        return []
    group = np.unique(X, axis=0, return_inverse=True)[1].ravel()
    different = int(group.max()) + 1
    if different == len(group) or different < 2 * folds:  # all differ, or nearly none
        return list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(X, y))
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(X, y, group)
    return [(a, b) for a, b in parts if len(np.unique(y[a])) == 2 and len(b)]
