"""What the levels of a category say of the answer: their log odds, shrunk and cross-fitted.

They are for the levels that share one input: those that have one each gain nothing by them.
A level's share of positives is drawn towards that of all rows as the beta-binomial model has
it, the more so the fewer rows the level has and the less levels differ (empirical Bayes:
Efron and Morris, 1975; as target encoding: Micci-Barreca, 2001). A row that is learnt from
gets what the rows of the other folds say, so that its own answer is not in it.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FOLDS = 5
MANY = 10
"""Levels up to which a category has enough of an input for each."""

_SURE = 4.0
"""Standard errors by which levels must differ more than by chance."""
_LEAST = 1e-6
_MOST_CORRELATED = 0.9


class Answers(NamedTuple):
    """What is known of the answers of some rows.

    positive (m,), whether it is the positive one; fold (m,), of `folds_of`.
    """

    positive: npt.NDArray[np.bool_]
    fold: npt.NDArray[np.int64]


class Odds(NamedTuple):
    """Log odds less those of all rows, by place: levels, any other text, a missing value.

    of_all (P,), for rows to predict; crossed (FOLDS, P), without the rows of each fold;
    center and scale, mean and standard deviation of the latter over the rows.
    """

    of_all: Floats
    crossed: Floats
    center: float
    scale: float


def folds_of(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the fold of each row by its number alone: the same wherever the row is.

    The number is scrambled as SplitMix64 does (Steele, Lea and Flood, 2014), for rows may
    stand in an order of their own.
    """
    z = rows.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    folds: npt.NDArray[np.int64] = ((z ^ (z >> np.uint64(31))) % np.uint64(FOLDS)).astype(np.int64)
    return folds


class AnswerCounts:
    """How many rows of each level have which answer, in which fold.

    Whole numbers, so the same in any order; with weights, what they add up to.
    """

    def __init__(self) -> None:
        # The first two entries are of values that are missing, and of texts that are not kept.
        self._counts: npt.NDArray[Any] = np.zeros((2, FOLDS, 2), dtype=np.int64)

    def add(
        self, places: npt.NDArray[np.int64], answers: Answers, weights: Floats | None = None
    ) -> None:
        """Count rows.

        Parameters
        ----------
        places : array, (m,)
            Their levels: from 0 on; -1 for a text that is not kept, -2 for a missing value.
        answers : Answers
        weights : array, (m,), optional
        """
        cells = ((places + 2) * FOLDS + answers.fold) * 2 + answers.positive
        found: npt.NDArray[Any] = np.bincount(cells, weights, minlength=self._counts.size)
        found = np.append(found, np.zeros(-found.size % (2 * FOLDS), dtype=found.dtype))
        found = found.reshape(-1, FOLDS, 2)
        found[: len(self._counts)] += self._counts
        self._counts = found

    def swap(self) -> None:
        """Take the answers that were called positive for the negative ones."""
        self._counts = self._counts[:, :, ::-1]

    def of(self, kept: npt.NDArray[np.int64]) -> Floats:
        """Return the counts (P, FOLDS, 2) of some levels, of all others, and of missing values."""
        counts = self._counts.astype(np.float64)
        chosen = np.zeros((2 + int(kept.max(initial=-1)) + 1, FOLDS, 2))
        chosen[: len(counts)] = counts[: len(chosen)]
        own, absent = chosen[kept + 2], counts[0]
        others = counts.sum(axis=0) - own.sum(axis=0) - absent
        return np.concatenate([own, others[np.newaxis], absent[np.newaxis]])


def odds_of(counts: Floats, own: int) -> Odds | None:
    """Return the odds of levels; None where they say no more than the levels' own inputs.

    Parameters
    ----------
    counts : array, (P, FOLDS, 2)
        Of `AnswerCounts.of`.
    own : int
        How many of the levels, the first ones, have an input each.
    """
    n, k = counts.sum(axis=(1, 2)), counts[:, :, 1].sum(axis=1)
    if evidence(n[own:-1], k[own:-1]) < _SURE:
        return None
    strength = prior_strength(n, k)
    of_all = _log_odds(n, k, strength)
    rest = [(n - counts[:, f].sum(axis=1), k - counts[:, f, 1]) for f in range(FOLDS)]
    crossed = np.array([_log_odds(*each, strength) for each in rest])
    rows = counts.sum(axis=2).T
    center = float((rows * crossed).sum() / rows.sum())
    scale = math.sqrt((rows * np.square(crossed - center)).sum() / rows.sum())
    return Odds(of_all, crossed, center, scale) if scale > _LEAST else None


def evidence(n: Floats, k: Floats) -> float:
    """Say by how many standard errors levels differ more than by chance (Pearson's χ²).

    n rows of each level, (L,), k of them positive. Levels have few rows, so the variance is
    not 2 (L - 1) alone: the fourth moment of the binomial comes in, less what all positives,
    from which the share is known, explain of it (after Haldane, 1940).
    """
    n, k = n[n > 0], k[n > 0]
    p = k.sum() / max(n.sum(), 1.0)
    if len(n) < 2 or not 0 < p < 1:
        return 0.0
    q = p * (1 - p)
    variance = 2 * (len(n) - 1) + (1 / q - 6) * float((1 / n).sum())
    variance -= (1 / q - 4) * len(n) ** 2 / float(n.sum())
    return (_chi_square(n, k, p) - (len(n) - 1)) / math.sqrt(max(variance, 1.0))


def prior_strength(n: Floats, k: Floats) -> float:
    """Return how many rows the share of all rows counts for, beside a level's own.

    (1 - ρ) / ρ of the correlation ρ within levels, by the method of moments.
    """
    n, k = n[n > 0], k[n > 0]
    rows, free = n.sum(), len(n) - 1
    p = k.sum() / rows
    inside = max(rows - float(np.square(n).sum()) / rows - free, _LEAST)
    correlation = (_chi_square(n, k, p) - free) / inside
    correlation = min(max(correlation, _LEAST), _MOST_CORRELATED)
    return float((1 - correlation) / correlation)


def _chi_square(n: Floats, k: Floats, p: float) -> float:
    return float((n * np.square(k / n - p)).sum() / (p * (1 - p)))


def _log_odds(n: Floats, k: Floats, strength: float) -> Floats:
    """Return the log odds of levels, shrunk, less those of all rows."""
    p = min(max(float(k.sum() / max(n.sum(), 1.0)), _LEAST), 1 - _LEAST)
    q = np.clip((k + strength * p) / (n + strength), _LEAST, 1 - _LEAST)
    return np.asarray(np.log(q / (1 - q)) - math.log(p / (1 - p)))
