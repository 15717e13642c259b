"""Scores of rows that come in parts, in memory that does not grow with them."""

import numpy as np
import numpy.typing as npt

from trilayer.metrics.calibration import (
    Recalibration,
    ReliabilityCurve,
    curve_error,
    curve_of_groups,
    recalibration,
    recalibration_of_groups,
    reliability_curve,
)
from trilayer.metrics.ranking import auc_of_groups
from trilayer.metrics.scores import (
    Answers,
    Floats,
    Scores,
    losses,
    prior_log_loss,
    probabilities,
    scores,
)

EXACT = 1 << 20
"""Rows up to which everything is as if they were scored at once."""

_BITS = 22
"""Of a logit, that its rank among more rows is told by: sign, exponent, three digits."""


class Judge:
    """Scores the logits of the positive label, part by part.

    Beyond `EXACT` rows, sums are kept instead of rows, and the AUC takes logits that agree
    in their first three digits for ties, as the bins of reliability do.

    Parameters
    ----------
    threshold : float
        The probability from which on a row is said to be positive.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._held: list[tuple[Floats, Answers]] = []
        self._waiting = 0
        self._folded: _Folded | None = None

    def add(self, Z: Floats, positive: Answers) -> None:
        """Take in the next rows: logits, and the truth."""
        self._held.append((Z, positive))
        self._waiting += len(Z)
        if self._waiting > EXACT:
            self._fold()

    def scores(self) -> tuple[Scores, float, ReliabilityCurve]:
        """Return the scores of all rows, the prior's log-loss, and the reliability curve.

        There must be a row.
        """
        if self._folded is None:
            Z, positive = self._joined()
            curve = reliability_curve(positive, probabilities(Z))
            prior = prior_log_loss(float(positive.mean()))
            return scores(Z, positive, self.threshold, curve), prior, curve
        self._fold()
        rate = self._folded.positives / self._folded.rows
        curve = self._folded.curve()
        return self._folded.scores(curve), prior_log_loss(rate), curve

    def recalibration(self) -> Recalibration | None:
        """Return the line through the logits that fits the truth best; there must be a row."""
        if self._folded is None:
            Z, positive = self._joined()
            return recalibration(positive, Z)
        self._fold()
        return self._folded.recalibration()

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self._waiting + (self._folded.rows if self._folded else 0)

    def _joined(self) -> tuple[Floats, Answers]:
        Z, positive = zip(*self._held, strict=True) if self._held else ((), ())
        return np.concatenate([np.empty(0), *Z]), np.concatenate([np.empty(0, bool), *positive])

    def _fold(self) -> None:
        self._folded = self._folded or _Folded(self.threshold)
        if self._waiting:
            self._folded.add(*self._joined())
        self._held, self._waiting = [], 0


class _Folded:
    """Sums over rows, and how many of each class have which logit."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self.rows = self.positives = 0
        self._sums = np.zeros(2)
        self._confusion: dict[str, int] = {}
        self._ranks = np.zeros((2, 1 << _BITS), dtype=np.int64)
        self._said = np.zeros(1 << _BITS)

    def add(self, Z: Floats, positive: Answers) -> None:
        self.rows += len(Z)
        self.positives += int(positive.sum())
        p = probabilities(Z)
        self._sums += losses(Z, positive).sum(), np.square(p - positive).sum()
        said = p >= self.threshold
        for name, which in {
            "true_negative": ~said & ~positive,
            "false_positive": said & ~positive,
            "false_negative": ~said & positive,
            "true_positive": said & positive,
        }.items():
            self._confusion[name] = self._confusion.get(name, 0) + int(which.sum())
        ranks = _rank(Z)
        for which, counts in zip((~positive, positive), self._ranks, strict=True):
            counts += np.bincount(ranks[which], minlength=counts.size)
        self._said += np.bincount(ranks, weights=p, minlength=self._said.size)

    def curve(self) -> ReliabilityCurve:
        return curve_of_groups(self._ranks.sum(axis=0), self._ranks[1], self._said)

    def recalibration(self) -> Recalibration | None:
        counts = self._ranks.sum(axis=0)
        there = np.flatnonzero(counts)
        return recalibration_of_groups(_logits(there), counts[there], self._ranks[1][there])

    def scores(self, curve: ReliabilityCurve) -> Scores:
        log_loss, brier = (self._sums / self.rows).tolist()
        right = self._confusion["true_negative"] + self._confusion["true_positive"]
        return Scores(
            rows=self.rows,
            auc=auc_of_groups(*self._ranks.astype(np.float64)),
            log_loss=log_loss,
            brier=brier,
            ece=curve_error(curve),
            accuracy=right / self.rows,
            confusion=dict(self._confusion),
        )


def _rank(Z: Floats) -> npt.NDArray[np.int64]:
    """Return numbers that stand in the order of the logits, from their first bits."""
    bits = (np.asarray(Z, dtype=np.float64) + 0.0).view(np.int64)
    ordered = bits ^ ((bits >> 63) & np.int64(2**63 - 1))
    return (ordered >> (64 - _BITS)) + (1 << (_BITS - 1))


def _logits(ranks: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return logits that have these ranks: those in the middle."""
    ordered = (ranks - (1 << (_BITS - 1))) << (64 - _BITS)
    # Half of what the rank leaves out: away from zero on either side, as the bits of floats are.
    ordered = ordered | np.int64(1 << (63 - _BITS))
    bits = ordered ^ ((ordered >> 63) & np.int64(2**63 - 1))
    return bits.view(np.float64)
