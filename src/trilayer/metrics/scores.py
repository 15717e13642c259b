"""How good probabilities are, and whether one model is better than another."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trilayer.derivation import core
from trilayer.metrics.calibration import ReliabilityCurve, curve_error, reliability_curve
from trilayer.metrics.ranking import auc

Floats = npt.NDArray[np.floating[Any]]
Answers = npt.NDArray[np.bool_]

HIGHER_IS_BETTER = ("auc", "accuracy")
LOWER_IS_BETTER = ("log_loss", "brier", "ece")

CLEAR = 2.0
"""Standard errors from which on a difference is no chance."""


@dataclass(frozen=True)
class Scores:
    """Scores of one model on one set of rows.

    Attributes
    ----------
    rows : int
    auc : float or None
        None where there is only one class.
    log_loss, brier, ece, accuracy : float
        ece is the expected calibration error, in 15 bins of equal size.
    confusion : dict of str to int
        true_negative, false_positive, false_negative, true_positive.
    """

    rows: int
    auc: float | None
    log_loss: float
    brier: float
    ece: float
    accuracy: float
    confusion: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return the scores by name."""
        return dict(vars(self))


def scores(
    Z: Floats, positive: Answers, threshold: float, curve: ReliabilityCurve | None = None
) -> Scores:
    """Score the logits of the positive label.

    Parameters
    ----------
    Z : array, (m,)
    positive : array of bool, (m,)
        The truth.
    threshold : float
        The probability from which on a row is said to be positive.
    curve : ReliabilityCurve, optional
        Of these rows, where it is known already.
    """
    p = probabilities(Z)
    said = p >= threshold
    return Scores(
        rows=len(Z),
        auc=auc(Z, positive),
        log_loss=float(losses(Z, positive).mean()),
        brier=float(np.square(p - positive).mean()),
        ece=curve_error(reliability_curve(positive, p) if curve is None else curve),
        accuracy=float((said == positive).mean()),
        confusion={
            "true_negative": int(np.sum(~said & ~positive)),
            "false_positive": int(np.sum(said & ~positive)),
            "false_negative": int(np.sum(~said & positive)),
            "true_positive": int(np.sum(said & positive)),
        },
    )


def probabilities(Z: Floats) -> Floats:
    """σ(Z) in float64."""
    rows: Floats = core.sigmoid(np.asarray(Z, dtype=np.float64)[None])[0]
    return rows


def losses(Z: Floats, positive: Answers) -> Floats:
    """Every row's log-loss (E12), from the logits: finite where they are."""
    Y = positive.astype(np.float64)
    rows: Floats = core.losses(np.asarray(Z, dtype=np.float64)[None], Y[None])[0]
    return rows


def as_bins(curve: ReliabilityCurve) -> list[dict[str, float]]:
    """Give what was said beside how often it happened a form in JSON."""
    return [
        {"probability": float(p), "frequency": float(share), "rows": int(rows)}
        for p, share, rows in zip(*curve, strict=True)
    ]


def prior_logit(rate: float) -> float:
    """Return the logit of a constant probability; what never or always occurs stays finite."""
    tiny = float(np.finfo(np.float64).tiny)
    return float(np.log(max(rate, tiny)) - np.log(max(1.0 - rate, tiny)))


def prior_log_loss(rate: float) -> float:
    """Log-loss of the best constant probability, the share of positives among the rows."""
    Z = np.full(2, prior_logit(rate))
    negative, positive = losses(Z, np.array([False, True])).tolist()
    return float((1 - rate) * negative + rate * positive)


class Gain(NamedTuple):
    """How much less log-loss one model has than another, a row, and its standard error.

    The error is None where there is a single row.
    """

    log_loss: float
    standard_error: float | None


def gain_of(network: Floats, other: Floats) -> Gain:
    """Return what a network gains over another model, from every row's two log-losses."""
    gains = other - network
    error = float(gains.std(ddof=1) / np.sqrt(len(gains))) if len(gains) > 1 else None
    return Gain(float(gains.mean()), error)


def verdict(network: Floats, unit: Floats) -> tuple[bool, str]:
    """Say whether the hidden layer earns its place, from every row's two log-losses.

    The rows are the same, so the mean of their differences is held against its own
    standard error.
    """
    gain, error = gain_of(network, unit)
    error = np.inf if error is None else error
    beside = f"log-loss {network.mean():.4f} beside {unit.mean():.4f} without it"
    if gain > CLEAR * error:
        return True, f"The hidden layer earns its place: {beside}."
    if gain < -CLEAR * error:
        return False, (
            f"The hidden layer does not earn its place: {beside}; try --hidden 0, or more --l2."
        )
    return False, (
        f"The hidden layer makes no clear difference on these rows: {beside}; "
        "--hidden 0 gives the smaller model."
    )
