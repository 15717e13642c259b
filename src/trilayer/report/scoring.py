"""Scores with their intervals, and the curves that a threshold walks along."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.metrics.scores import gain_of, losses, prior_logit, probabilities, scores
from trilayer.metrics.thresholds import Ladder, average_precision, ladder
from trilayer.report.bootstrap import LEVEL, MOST_ROWS, RESAMPLES, bounds, interval, resampled
from trilayer.report.judged import HELD_OUT, Judged

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]

NAMES = ("auc", "average_precision", "log_loss", "brier", "ece", "accuracy")
STEPS = 1_000
"""Thresholds that the page may walk, at the most."""

_GRID = np.linspace(0.0, 1.0, 51)
_BINS = 25  # of the histogram of scores
_GROUPS = 10  # of the lift table


def scored(rows: Judged, threshold: float, summary: dict[str, Any]) -> dict[str, Any]:
    """Return the scores of the model and of what it is beside, and all curves over thresholds.

    Parameters
    ----------
    rows : Judged
    threshold : float
    summary : dict
        What the model file tells of its training.
    """
    order = np.argsort(rows.Z, kind="stable")
    Z, positive = rows.Z[order], rows.positive[order]
    steps = ladder(probabilities(Z), positive)
    both = 0 < positive.sum() < len(positive)
    samples = resampled(len(Z), lambda drawn: _measured(Z[drawn], positive[drawn], threshold))
    values = _scores(Z, positive, threshold, ladder(Z, positive))
    return {
        "rows": rows.m,
        "positives": int(positive.sum()),
        "threshold": threshold,
        "level": LEVEL,
        "resamples": RESAMPLES,
        "resampled_rows": min(rows.m, MOST_ROWS),
        "scores": {
            name: None
            if values[name] is None
            else interval(
                values[name], samples[name], rows.m, np.inf if name == "log_loss" else 1.0
            )._asdict()
            for name in NAMES
        },
        "confusion": scores(Z, positive, threshold).confusion,
        "beside": _beside(rows, threshold, summary),
        "roc": _roc(steps, samples["roc"], rows.m) if both else None,
        "precision_recall": _precision_recall(steps, samples["pr"], rows.m) if both else None,
        "histogram": _histogram(Z, positive),
        "lift": _lift(Z, positive),
        "steps": _steps(steps.thinned(STEPS, threshold)),
    }


def _scores(Z: Floats, positive: Bools, threshold: float, steps: Ladder) -> dict[str, Any]:
    """Return the scores by name; None where there is no class to tell from another."""
    found = scores(Z, positive, threshold).as_json()
    return found | {"average_precision": average_precision(steps)}


def _measured(Z: Floats, positive: Bools, threshold: float) -> dict[str, Any]:
    """Return the scores of a resample, and its curves on a grid."""
    steps = ladder(Z, positive)
    found = _scores(Z, positive, threshold, steps)
    undefined = {name: np.nan for name in NAMES if found[name] is None}
    return {
        **{name: found[name] for name in NAMES},
        **undefined,
        "roc": _on_grid(steps.false_alarm, steps.sensitivity),
        "pr": _on_grid(steps.sensitivity, steps.precision),
    }


def _on_grid(x: Floats, y: Floats) -> Floats:
    """Return the height of a curve at the first step that reaches each place of the grid."""
    return y[np.minimum(np.searchsorted(x, _GRID), len(y) - 1)]


def _beside(rows: Judged, threshold: float, summary: dict[str, Any]) -> dict[str, Any]:
    """Return the scores of the prior and of the unit, and what is gained over them."""
    rate = summary.get("positive_rate")
    rate = float(rate) if isinstance(rate, float) else float(rows.positive.mean())
    prior = np.full(rows.m, prior_logit(rate))
    gain = gain_of(losses(rows.Z, rows.positive), losses(prior, rows.positive))
    unit = None
    baselines = summary.get("baselines")
    # The unit itself is not in the file: its scores are known on the rows that were held out.
    if rows.which == HELD_OUT and isinstance(baselines, dict):
        unit = baselines.get("unit")
    return {
        "prior": scores(prior, rows.positive, threshold).as_json(),
        "prior_rate": rate,
        "prior_gain": gain._asdict(),
        "unit": unit,
        "unit_gain": summary.get("gain"),
        "unit_earns": summary.get("hidden_layer_earns_its_place"),
    }


def _roc(steps: Ladder, samples: Floats, rows: int) -> dict[str, Any]:
    drawn = steps.thinned(200, 0.5)
    low, high = bounds(_on_grid(steps.false_alarm, steps.sensitivity), samples, rows)
    return {
        "x": [0.0, *drawn.false_alarm.tolist()],
        "y": [0.0, *drawn.sensitivity.tolist()],
        "band": _band(low, high),
    }


def _precision_recall(steps: Ladder, samples: Floats, rows: int) -> dict[str, Any]:
    drawn = steps.thinned(200, 0.5)
    low, high = bounds(_on_grid(steps.sensitivity, steps.precision), samples, rows)
    return {
        "x": drawn.sensitivity.tolist(),
        "y": drawn.precision.tolist(),
        "band": _band(low, high),
    }


def _band(low: Floats, high: Floats) -> dict[str, list[float]]:
    return {
        "x": _GRID.tolist(),
        "low": np.clip(low, 0, 1).tolist(),
        "high": np.clip(high, 0, 1).tolist(),
    }


def _histogram(Z: Floats, positive: Bools) -> dict[str, Any]:
    edges = np.linspace(0, 1, _BINS + 1)
    p = probabilities(Z)
    negative, found = (np.histogram(p[which], edges)[0].tolist() for which in (~positive, positive))
    return {"edges": edges.tolist(), "negative": negative, "positive": found}


def _lift(Z: Floats, positive: Bools) -> list[dict[str, Any]]:
    """Cut the rows into tenths, the most probable first; Z rises."""
    p, rate, found = probabilities(Z)[::-1], positive.mean(), 0
    groups = []
    falling = positive[::-1]
    for rows in np.array_split(np.arange(len(Z)), min(_GROUPS, len(Z))):
        here = int(falling[rows].sum())
        found += here
        groups.append(
            {
                "rows": len(rows),
                "least": float(p[rows[-1]]),
                "positives": here,
                "rate": here / len(rows),
                "lift": float(here / len(rows) / rate) if rate else None,
                "gain": found / int(positive.sum()) if rate else None,
            }
        )
    return groups


def _steps(steps: Ladder) -> dict[str, Any]:
    return {
        "threshold": steps.threshold.tolist(),
        "true_positive": steps.true_positive.tolist(),
        "false_positive": steps.false_positive.tolist(),
        "positives": steps.positives,
        "negatives": steps.negatives,
    }
