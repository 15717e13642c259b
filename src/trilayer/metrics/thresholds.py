"""What every threshold does: how many rows it calls positive, rightly and wrongly."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


class Ladder(NamedTuple):
    """Thresholds from the highest down, and what is called positive from each of them on.

    Attributes
    ----------
    threshold : array, (k,)
        The different scores, falling.
    true_positive, false_positive : array of int, (k,)
        Rows of each class whose score is at least that.
    positives, negatives : int
        Rows of each class in all.
    """

    threshold: Floats
    true_positive: NDArray[np.int64]
    false_positive: NDArray[np.int64]
    positives: int
    negatives: int

    @property
    def sensitivity(self) -> Floats:
        """Share of the positives that are found: recall."""
        return self.true_positive / max(self.positives, 1)

    @property
    def false_alarm(self) -> Floats:
        """Share of the negatives that are called positive."""
        return self.false_positive / max(self.negatives, 1)

    @property
    def precision(self) -> Floats:
        """Share of those called positive that are."""
        return self.true_positive / (self.true_positive + self.false_positive)

    def at(self, threshold: float) -> tuple[int, int]:
        """Return the true and the false positives from a threshold on."""
        rung = int(np.searchsorted(-self.threshold, -threshold, side="right"))
        if not rung:
            return 0, 0
        return int(self.true_positive[rung - 1]), int(self.false_positive[rung - 1])

    def thinned(self, most: int, keep: float) -> "Ladder":
        """Return at most so many rungs, evenly by their rows; that of one threshold among them.

        What is left is as exact as it was.

        Parameters
        ----------
        most : int
        keep : float
            The lowest rung not below this threshold stays.
        """
        rungs = len(self.threshold)
        if rungs <= most:
            return self
        rows = self.true_positive + self.false_positive
        wanted = np.linspace(rows[0], rows[-1], most - 2)
        kept = np.searchsorted(rows, wanted)
        own = int(np.searchsorted(-self.threshold, -keep, side="right")) - 1
        kept = np.unique([*kept.tolist(), 0, max(own, 0)])
        return Ladder(
            self.threshold[kept], self.true_positive[kept], self.false_positive[kept],
            self.positives, self.negatives,
        )  # fmt: skip


def ladder(scores: Floats, positive: NDArray[np.bool_]) -> Ladder:
    """Sort the rows once, and count.

    Parameters
    ----------
    scores : array, (m,)
        Any monotone form of the probability; not NaN.
    positive : array of bool, (m,)
    """
    order = np.argsort(-scores, kind="stable")
    ranked, truth = scores[order], positive[order]
    last: NDArray[Any] = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    found = np.cumsum(truth)[last]
    return Ladder(
        ranked[last], found, last + 1 - found, int(truth.sum()), int(len(truth) - truth.sum())
    )


def average_precision(steps: Ladder) -> float | None:
    """Return the precision at each threshold, weighted by what it adds to the recall.

    None where nothing is positive.
    """
    if not steps.positives:
        return None
    gained = np.diff(steps.sensitivity, prepend=0.0)
    return float(gained @ steps.precision)
