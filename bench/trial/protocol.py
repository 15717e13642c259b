"""Which rows a model learns from, and which it is judged on.

Stratified folds with seeds that depend on the name of the data set and the fold alone. Sets of
more than 8,000 rows run 3 of their 5 folds, those of more than 20,000 run 2. Both parts of a
fold are cut to 10,000 rows, classes in proportion. The peers' stored results come from the
same rows.
"""

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold, train_test_split

FOLDS = 5
MID_ROWS, MID_FOLDS = 8_000, 3
BIG_ROWS, BIG_FOLDS = 20_000, 2
MAX_TRAIN = MAX_TEST = 10_000
REPEAT = 0
"""Everything is run once; a seed names the repeat all the same."""

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fold:
    """One division of a data set.

    Attributes
    ----------
    index : int
    seed : int
        For the model, too.
    train, test : array of int
        Numbers of rows.
    prior_log_loss : float
        Log-loss on the test rows of the share of positives among the training rows.
    """

    index: int
    seed: int
    train: Rows
    test: Rows
    prior_log_loss: float


def fold_count(n_rows: int) -> int:
    """Return how many of the five folds a set of so many rows runs."""
    if n_rows > BIG_ROWS:
        return BIG_FOLDS
    return MID_FOLDS if n_rows > MID_ROWS else FOLDS


def make_folds(name: str, y: npt.NDArray[np.int64]) -> list[Fold]:
    """Divide the rows of a data set, whose answers are `y` (0 and 1)."""
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed_of(name, REPEAT))
    parts = list(splitter.split(np.zeros(len(y)), y))[: fold_count(len(y))]
    return [_fold(name, index, y, *part) for index, part in enumerate(parts)]


def seed_of(*parts: object) -> int:
    """Return a seed that depends on these words alone."""
    return zlib.crc32("|".join(map(str, parts)).encode()) % (2**31 - 1)


def _fold(name: str, index: int, y: npt.NDArray[np.int64], train: Rows, test: Rows) -> Fold:
    seed = seed_of(name, REPEAT, index)
    train, test = _cut(train, y, MAX_TRAIN, seed), _cut(test, y, MAX_TEST, seed + 1)
    said, share = y[train].mean(), y[test].mean()
    prior = -(share * np.log(said) + (1 - share) * np.log(1 - said))
    return Fold(index, seed, train, test, float(prior))


def _cut(rows: Rows, y: npt.NDArray[np.int64], most: int, seed: int) -> Rows:
    """Keep at most so many rows, classes in proportion."""
    if len(rows) <= most:
        return rows
    kept, _ = train_test_split(rows, train_size=most, stratify=y[rows], random_state=seed)
    return np.sort(kept)
