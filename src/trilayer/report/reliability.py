"""Whether probabilities are as often right as they say: error, its chance, and a smooth curve."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import SplineTransformer

from trilayer.metrics.calibration import (
    ReliabilityCurve,
    curve_error,
    recalibration,
    reliability_curve,
)
from trilayer.metrics.scores import as_bins, probabilities
from trilayer.report.bootstrap import LEVEL
from trilayer.report.judged import Judged

Floats = NDArray[np.floating[Any]]

_FEWEST = 100  # rows from which on a curve is drawn
_SIMULATED, _REFITTED = 2_000, 100
_CELLS = 200  # that rows are counted in, so that a refit costs the same however many there are
_POINTS = 41


def calibrated(rows: Judged) -> dict[str, Any]:
    """Return the calibration of all rows.

    ``error`` is the expected calibration error, and ``chance`` what it stays below in 95 of
    100 tables of as many rows whose probabilities are the truth. ``slope`` and ``intercept``
    are those of `recalibration`: below 1 the probabilities are too sure of themselves.
    """
    p = probabilities(rows.Z)
    curve = reliability_curve(rows.positive, p)
    both = 0 < rows.positive.sum() < rows.m
    line = recalibration(rows.positive, rows.Z) if rows.m >= _FEWEST else None
    return {
        "error": curve_error(curve),
        "chance": _chance(curve),
        "mean_probability": float(p.mean()),
        "rate": float(rows.positive.mean()),
        "slope": None if line is None else line.slope,
        "intercept": None if line is None else line.intercept,
        "bins": as_bins(curve),
        "smooth": _smooth(rows) if both and rows.m >= _FEWEST else None,
    }


def _chance(curve: ReliabilityCurve) -> float:
    """Return the error that calibrated probabilities stay below (Bröcker and Smith 2007)."""
    rng = np.random.default_rng(0)
    p = np.clip(curve.probability, 0.0, 1.0)
    drawn = rng.binomial(curve.rows, p, (_SIMULATED, len(p))) / curve.rows
    errors = np.abs(drawn - p) @ curve.rows / curve.rows.sum()
    return float(np.quantile(errors, LEVEL))


def _smooth(rows: Judged) -> dict[str, Any] | None:
    """Fit a spline of the logit, and refit it to resampled rows."""
    z, count, found = _cells(rows)
    low, high = np.quantile(rows.Z, [0.005, 0.995])
    knots = np.unique(np.quantile(z, [0.0, 0.25, 0.5, 0.75, 1.0]))
    if len(knots) < 2 or low == high:
        return None
    grid = np.linspace(low, high, _POINTS)[:, np.newaxis]
    spline = SplineTransformer(degree=2, knots=knots[:, np.newaxis], extrapolation="linear").fit(z)
    X, there = spline.transform(z), spline.transform(grid)
    rng = np.random.default_rng(0)
    fits = [_fitted(X, count, found).predict_proba(there)[:, 1]]
    for _ in range(_REFITTED):
        n = rng.multinomial(int(count.sum()), count / count.sum())
        k = rng.binomial(n, found / count)
        if 0 < k.sum() < n.sum():
            fits.append(_fitted(X, n, k).predict_proba(there)[:, 1])
    edge = (1 - LEVEL) / 2
    bounds = np.quantile(fits[1:] or fits, [edge, 1 - edge], axis=0)
    return {
        "probability": probabilities(grid[:, 0]).tolist(),
        "frequency": fits[0].tolist(),
        "low": np.minimum(bounds[0], fits[0]).tolist(),
        "high": np.maximum(bounds[1], fits[0]).tolist(),
    }


def _cells(rows: Judged) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Count rows of nearly the same logit: the mean logit, rows and positives of each cell."""
    order = np.argsort(rows.Z, kind="stable")
    parts = np.array_split(order, min(_CELLS, len(order)))
    z = np.array([np.clip(rows.Z[part], -50, 50).mean() for part in parts])
    count = np.array([len(part) for part in parts])
    return z[:, np.newaxis], count, np.array([rows.positive[part].sum() for part in parts])


def _fitted(X: Floats, count: Any, found: Any) -> Any:
    """Fit logistic regression to counted rows: each cell once as positive and once as negative."""
    y = np.repeat([1, 0], len(X))
    weights = np.concatenate([found, count - found]).astype(np.float64)
    there = weights > 0
    # Few inputs: Newton's steps are few, and need no threads.
    model = LogisticRegression(C=10.0, solver="newton-cholesky")
    return model.fit(np.concatenate([X, X])[there], y[there], sample_weight=weights[there])
