"""How good the network is on some samples, quickly enough for every frame."""

from typing import Any

import numpy as np

from trilayer.lab.run import mean_loss
from trilayer.lab.samples import Floats
from trilayer.metrics.ranking import auc


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
