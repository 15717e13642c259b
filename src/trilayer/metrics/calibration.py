"""Whether probabilities are as often right as they say.

Rows are put in order of their probability and cut into bins of equal size. In each bin, the
mean probability is held against the share of rows that are positive. And a line through the
logits says whether they are too bold, or too timid, as a whole.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trilayer.errors import InputError, ShapeError

BINS = 15
"""How many bins there are, where nobody says otherwise."""


class ReliabilityCurve(NamedTuple):
    """One entry for each bin that holds rows, in the order of probability.

    Attributes
    ----------
    probability : array, (k,)
        Mean of what was said.
    frequency : array, (k,)
        Share of the rows that are positive.
    rows : array of int, (k,)
        How many rows the bin holds.
    """

    probability: npt.NDArray[np.float64]
    frequency: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int64]


def reliability_curve(
    y_true: npt.ArrayLike, y_prob: npt.ArrayLike, n_bins: int = BINS
) -> ReliabilityCurve:
    """Hold what was said against how often it happened, in bins of equal size.

    The bins are those of ``sklearn.calibration.calibration_curve(strategy="quantile")``, found
    from ranks instead of interpolated quantiles: so no rounding moves a row, and neither the
    order of the rows nor a monotone change of the probabilities changes who shares a bin. Rows
    of equal probability share one, which may leave others empty; empty bins are left out.

    Parameters
    ----------
    y_true : array, (m,)
        The truth: 0 and 1, or False and True.
    y_prob : array, (m,)
        Probabilities of 1, in [0, 1].
    n_bins : int
        Number of bins.

    Raises
    ------
    InputError
        If there are no rows, or their values cannot be used.
    ShapeError
        If the two are not one-dimensional and of one length.
    """
    y, p = _checked(y_true, y_prob)
    if n_bins < 1:
        raise InputError(f"n_bins is {n_bins}: there must be at least 1 bin")
    lower = np.searchsorted(np.sort(p), p, side="left")
    return _curve(lower, np.ones(len(p), dtype=np.int64), y, p, n_bins)


def curve_of_groups(
    rows: npt.NDArray[np.int64],
    positives: npt.NDArray[np.int64],
    said: npt.NDArray[np.float64],
    n_bins: int = BINS,
) -> ReliabilityCurve:
    """Do as :func:`reliability_curve` does, for rows that were counted in groups.

    Parameters
    ----------
    rows, positives : array of int, (k,)
        How many rows each group has, and how many of them are positive. The groups come in
        the order of probability, and each stays together.
    said : array, (k,)
        Sum of each group's probabilities.
    n_bins : int
    """
    there = rows > 0
    rows, positives, said = rows[there], positives[there], said[there]
    return _curve(np.cumsum(rows) - rows, rows, positives, said, n_bins)


def _curve(
    lower: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    positives: npt.NDArray[Any],
    said: npt.NDArray[np.float64],
    n_bins: int,
) -> ReliabilityCurve:
    """Put groups, of which so many rows lie lower, into bins."""
    # Row r of m - 1 lies beyond the inner edges k (m - 1) / n_bins < r, for k = 1, 2, ...
    bins = np.maximum(lower * n_bins - 1, 0) // max(int(rows.sum()) - 1, 1)
    _, where = np.unique(bins, return_inverse=True)
    count, happened, sums = (np.bincount(where, weights=w) for w in (rows, positives, said))
    return ReliabilityCurve(sums / count, happened / count, count.astype(np.int64))


def expected_calibration_error(
    y_true: npt.ArrayLike, y_prob: npt.ArrayLike, n_bins: int = BINS
) -> float:
    """Return the mean distance between what was said and how often it happened.

    The distances of the bins of :func:`reliability_curve`, each weighted by its rows (Naeini,
    Cooper and Hauskrecht 2015; bins of equal size as in Nguyen and O'Connor 2015). 0 is best.
    On few rows it is not small even for the true probabilities: a bin of 10 rows cannot show
    a share of 0.93.

    Parameters
    ----------
    y_true, y_prob, n_bins
        As for :func:`reliability_curve`, with the same errors.

    Returns
    -------
    float
        In [0, 1].
    """
    return curve_error(reliability_curve(y_true, y_prob, n_bins))


def curve_error(curve: ReliabilityCurve) -> float:
    """Return a curve's mean distance from the truth, over its rows."""
    return float(np.average(np.abs(curve.probability - curve.frequency), weights=curve.rows))


class Recalibration(NamedTuple):
    """The line through logits that fits the truth best: logit of the truth = intercept + slope · Z.

    Attributes
    ----------
    slope : float
        1 is best. Less: the probabilities are too near 0 and 1; more: too near to each other.
    intercept : float
        0 is best. Less: they are too high as a whole; more: too low.
    """

    slope: float
    intercept: float


def recalibration(y_true: npt.ArrayLike, y_logit: npt.ArrayLike) -> Recalibration | None:
    """Return slope and intercept of the logistic regression of the truth on the logits.

    Cox, "Two further applications of a model for binary regression", Biometrika 45 (1958).

    Parameters
    ----------
    y_true : array, (m,)
        The truth: 0 and 1, or False and True.
    y_logit : array, (m,)
        Logits of 1, finite.

    Returns
    -------
    Recalibration or None
        None where there is no such line: of one class, or where some logit parts the classes.

    Raises
    ------
    InputError
        If there are no rows, or their values cannot be used.
    ShapeError
        If the two are not one-dimensional and of one length.
    """
    y, Z = _numbers(y_true, "y_true"), _numbers(y_logit, "y_logit")
    _check_rows(y, Z, "y_logit")
    if not np.isfinite(Z).all():
        raise InputError("y_logit must hold finite logits")
    return recalibration_of_groups(Z, np.ones_like(y), y)


def recalibration_of_groups(
    Z: npt.NDArray[np.float64], rows: npt.NDArray[Any], positives: npt.NDArray[Any]
) -> Recalibration | None:
    """Do as :func:`recalibration` does, for rows that were counted in groups of equal logits.

    Parameters
    ----------
    Z : array, (k,)
    rows, positives : array, (k,)
        How many rows each group has, and how many of them are positive.
    """
    yes, no = Z[positives > 0], Z[rows > positives]
    if not len(yes) or not len(no) or no.max() <= yes.min() or yes.max() <= no.min():
        return None
    centre = np.average(Z, weights=rows)
    spread = np.sqrt(np.average(np.square(Z - centre), weights=rows))
    at = np.stack([np.ones(len(Z)), (Z - centre) / spread])
    line = _likeliest(at, rows, positives)
    slope = float(line[1] / spread)
    return Recalibration(slope, float(line[0] - slope * centre))


def _likeliest(
    at: npt.NDArray[np.float64], rows: npt.NDArray[Any], positives: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """Return the coefficients (2,) of logistic regression on columns, 2 × k, by Newton's method."""

    def loss(line: npt.NDArray[np.float64]) -> float:
        Z = line @ at
        return float(np.sum(rows * np.logaddexp(0, Z) - positives * Z))

    line = np.zeros(2)
    for _ in range(_NEWTON):
        # No row is so sure that it bends the curve no more.
        said = 1 / (1 + np.exp(-np.clip(line @ at, -_SURE, _SURE)))
        bend = (at * (rows * said * (1 - said))) @ at.T
        step = np.linalg.solve(bend, at @ (positives - rows * said))
        while loss(line + step) > loss(line) and np.abs(step).max() > _SMALL:
            step /= 2
        line = line + step
        if np.abs(step).max() <= _SMALL:
            break
    return line


_NEWTON, _SMALL, _SURE = 200, 1e-12, 30.0


def _checked(
    y_true: npt.ArrayLike, y_prob: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    y, p = _numbers(y_true, "y_true"), _numbers(y_prob, "y_prob")
    _check_rows(y, p, "y_prob")
    if not ((p >= 0.0) & (p <= 1.0)).all():  # NaN is not in it either
        raise InputError("y_prob must hold probabilities, from 0 to 1")
    return y, p


def _check_rows(y: npt.NDArray[np.float64], said: npt.NDArray[np.float64], name: str) -> None:
    if y.ndim != 1 or y.shape != said.shape:
        raise ShapeError(
            f"y_true has shape {y.shape} and {name} {said.shape}: both must be (m,), of one length"
        )
    if not len(y):
        raise InputError("there are no rows to judge calibration by")
    if not np.isin(y, (0.0, 1.0)).all():
        raise InputError("y_true must hold 0 and 1, or False and True, and nothing else")


def _numbers(values: Any, name: str) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must hold numbers") from error
