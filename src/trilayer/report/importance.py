"""How much worse the model is without a column: permutation importance (Breiman 2001)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.inputs import Inputs
from trilayer.metrics.scores import losses
from trilayer.modelfile.predicting import Model
from trilayer.report.judged import Judged
from trilayer.report.transplant import logits_of, pieces_of, transplanted

MOST_ROWS, FEWEST_ROWS = 5_000, 300
_REPEATS = 5
_EFFORT = 2e11  # multiplications that all of it may take
_SPREADS = 1.96  # standard errors of 95 of 100 means


def important(model: Model, rows: Judged) -> dict[str, Any]:
    """Return what the log-loss rises by when a column's values change places among the rows.

    Each column's rise is the mean over rows and shuffles, with the interval that its standard
    error over the rows gives. Columns that say the same stand in for each other, so each of
    them may seem to matter little.

    Returns
    -------
    dict
        ``rows`` and ``repeats``, and ``columns``: name, ``rise``, ``low`` and ``high``, the
        most important first.
    """
    names = list(model.encoding.readings)
    count = _affordable(model, len(names), rows.inputs)
    kept = sampled(len(rows.inputs), count)
    X, positive = rows.inputs[kept], rows.sample_positive[kept]
    before = losses(rows.sample_Z[kept], positive)
    pieces = pieces_of(X.layout)
    found: list[dict[str, Any]] = []
    for place, name in enumerate(names):
        rises = _rises(model, X, positive, before, pieces[place], seed=place)
        rise = float(rises.mean())
        error = float(rises.std(ddof=1) / np.sqrt(count)) if count > 1 else 0.0
        found.append(
            {
                "column": name,
                "rise": rise,
                "low": rise - _SPREADS * error,
                "high": rise + _SPREADS * error,
            }
        )
    found.sort(key=lambda each: (-each["rise"], each["column"]))
    return {"rows": count, "repeats": _REPEATS, "columns": found}


def _rises(
    model: Model, X: Inputs, positive: NDArray[np.bool_], before: Any, column: Any, seed: int
) -> NDArray[np.float64]:
    """Return each row's rise of log-loss, over the mean of shuffles."""
    rng = np.random.default_rng(seed)
    total = np.zeros(len(X))
    for _ in range(_REPEATS):
        shuffled = transplanted(X, X, rng.permutation(len(X)), column)
        Z = logits_of(model.record.params, model.target, shuffled)
        total += losses(Z, positive) - before
    return total / _REPEATS


def _affordable(model: Model, columns: int, X: Inputs) -> int:
    """Return how many rows the effort allows, of those there are."""
    values = len(X.layout.plain) + len(X.layout.runs)
    a_row = columns * _REPEATS * max(values, 1) * max(model.record.params.n2, 1)
    return min(len(X), MOST_ROWS, max(FEWEST_ROWS, int(_EFFORT / a_row)))


def sampled(rows: int, count: int) -> NDArray[np.int64]:
    """Draw so many rows, in their order; all, where there are no more."""
    if count >= rows:
        return np.arange(rows)
    drawn = np.random.default_rng(1).choice(rows, count, replace=False)
    return np.sort(drawn).astype(np.int64)
