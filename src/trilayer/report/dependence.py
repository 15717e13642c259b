"""What the model says as a column's value changes, alone and with another's.

Partial dependence (Friedman 2001) is the mean over rows whose value of one column is replaced;
ICE (Goldstein and others 2015) are the single rows; H² (Friedman and Popescu 2008) is the share
of a pair's variance that is no sum of what each of the two does, here on the logit, where a
model without interactions has none.
"""

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.metrics.scores import probabilities
from trilayer.modelfile.predicting import Model
from trilayer.report.importance import sampled
from trilayer.report.judged import Judged
from trilayer.report.transplant import (
    Pieces,
    logits_of,
    of_values,
    pieces_of,
    repeated,
    transplanted,
)
from trilayer.report.values import grid_of

Floats = NDArray[np.floating[Any]]

TOP = 6
"""Columns that are walked along, the most important ones."""

_ROWS, _SINGLE = 500, 30
_PAIRED, _POINTS = 5, 48  # columns paired with each other, and rows that pairs are judged at
_BACKGROUND = 128


def dependent(model: Model, rows: Judged, names: list[str]) -> dict[str, Any]:
    """Return the partial dependence of columns, the single rows', and how pairs interact.

    Parameters
    ----------
    model : Model
    rows : Judged
    names : list of str
        The columns, the most important first.
    """
    kept = sampled(len(rows.inputs), _ROWS)
    order = list(model.encoding.readings)
    pieces = dict(zip(order, pieces_of(rows.inputs.layout), strict=True))
    curves = [_curve(model, rows, kept, name, pieces[name]) for name in names[:TOP]]
    paired = {name: pieces[name] for name in names[:_PAIRED]}
    return {
        "rows": len(kept),
        "columns": [each for each in curves if each],
        "pairs": _interactions(model, rows, paired),
        "pair_rows": min(len(rows.inputs), _POINTS),
    }


def _curve(
    model: Model, rows: Judged, kept: NDArray[np.int64], name: str, column: Pieces
) -> dict[str, Any] | None:
    reading = model.encoding.readings[name]
    values, labels, places = grid_of(rows.rows[name], reading.kind)
    if not labels:
        return None
    donor = of_values(model.encoding, rows.rows, name, values)
    X = rows.inputs[kept]
    each, value = repeated(len(kept), len(labels))
    walked = transplanted(X[each], donor, value, column)
    Z = logits_of(model.record.params, model.target, walked).reshape(len(labels), len(kept))
    p = probabilities(Z.ravel()).reshape(Z.shape)
    single = sampled(len(kept), _SINGLE)
    return {
        "column": name,
        "kind": reading.kind,
        "labels": labels,
        "values": places,
        "mean": p.mean(axis=1).tolist(),
        "low": np.quantile(p, 0.1, axis=1).tolist(),
        "high": np.quantile(p, 0.9, axis=1).tolist(),
        "single": np.round(p[:, single].T, 5).tolist(),
    }


def _interactions(model: Model, rows: Judged, columns: dict[str, Pieces]) -> list[dict[str, Any]]:
    """Return H² of every pair, the strongest first."""
    points = rows.inputs[sampled(len(rows.inputs), _POINTS)]
    background = rows.inputs[sampled(len(rows.inputs), _BACKGROUND)]
    each, value = repeated(len(background), len(points))

    def mean(*pieces: Pieces) -> Floats:
        X = background[each]
        for piece in pieces:
            X = transplanted(X, points, value, piece)
        Z = logits_of(model.record.params, model.target, X).reshape(len(points), -1)
        found: Floats = Z.mean(axis=1) - Z.mean()
        return found

    alone = {name: mean(piece) for name, piece in columns.items()}
    pairs = []
    for a, b in combinations(columns, 2):
        both = mean(columns[a], columns[b])
        total = float(np.square(both).sum())
        rest = float(np.square(both - alone[a] - alone[b]).sum())
        share = min(rest / total, 1.0) if total > 1e-12 else 0.0
        pairs.append({"columns": [a, b], "h2": share})
    return sorted(pairs, key=lambda pair: -pair["h2"])
