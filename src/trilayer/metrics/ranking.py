"""The area under the ROC curve: how well scores put the rows in order."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]


def auc(scores: Floats, positive: npt.NDArray[np.bool_], s: Floats | None = None) -> float | None:
    """Return the share of (negative, positive) pairs that are in order; ties count half.

    Parameters
    ----------
    scores : array, (m,)
        Any monotone form of the probability; not NaN.
    positive : array of bool, (m,)
        The truth.
    s : array, (m,), optional
        Sample weights: a pair weighs their product. Ones by default.

    Returns
    -------
    float or None
        None where one of the classes has no weight. Without weights, exact up to the last
        division as long as the pairs can be counted in float64.
    """
    if not scores.size:
        return None
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    weights = np.ones(scores.size) if s is None else np.asarray(s, dtype=np.float64)
    of_positives = np.where(positive, weights, 0.0)[order]
    of_negatives = np.where(positive, 0.0, weights)[order]
    return auc_of_groups(
        np.add.reduceat(of_negatives, starts), np.add.reduceat(of_positives, starts)
    )


def auc_of_groups(negatives: Floats, positives: Floats) -> float | None:
    """Do as :func:`auc` does, for rows that were counted in groups of equal scores.

    Parameters
    ----------
    negatives, positives : array, (k,)
        What the rows of each class weigh in each group; the groups come in the order of scores.
    """
    pairs = float(negatives.sum()) * float(positives.sum())
    if not pairs:
        return None
    below = np.cumsum(negatives) - negatives / 2
    return float(positives @ below) / pairs
