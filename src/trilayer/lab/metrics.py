"""How good the network is on some samples, quickly enough for every frame."""

from typing import Any

import numpy as np

from trilayer.lab.run import mean_loss
from trilayer.lab.samples import Floats


def metrics(Z2: Floats, Y: Floats) -> dict[str, Any]:
    """Return mean loss (E13), accuracy at probability one half, AUC and confusion.

    Parameters
    ----------
    Z2, Y : array, 1 × m

    Returns
    -------
    dict
        `auc` is None where there is one class only; `confusion` counts true negatives,
        false positives, false negatives and true positives.
    """
    said, positive = Z2[0] > 0, Y[0] == 1
    pairs = 2 * positive + said
    confusion = np.bincount(pairs, minlength=4).tolist()
    return {
        "loss": mean_loss(Z2, Y),
        "accuracy": (confusion[0] + confusion[3]) / positive.size,
        "auc": auc(Z2[0], positive),
        "confusion": confusion,
    }


def auc(scores: Floats, positive: Any) -> float | None:
    """Return the share of (positive, negative) pairs that are in order; ties count half."""
    n = int(positive.sum())
    pairs = n * (positive.size - n)
    if not pairs:
        return None
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    return float((ranks[positive].sum() - n * (n + 1) / 2) / pairs)
