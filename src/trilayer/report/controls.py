"""What the page's network is given: a typical row, a control for each column, judged rows."""

from typing import Any

import numpy as np

from trilayer.metrics.scores import losses, probabilities
from trilayer.modelfile.predicting import Model
from trilayer.report.importance import sampled
from trilayer.report.judged import Judged
from trilayer.report.values import cells, common_levels, grid_of, numbers_of
from trilayer.tables import BOOLEAN, CATEGORY, DATE, NUMBER

MOST_ROWS, MOST_CELLS = 1_000, 60_000
"""Judged rows in the page, and their values, at the most."""

_LEVELS = 100
_ENDS = (0.01, 0.99)


def controls(model: Model, rows: Judged, order: list[str]) -> list[dict[str, Any]]:
    """Return a control for each column: its kind, where it starts, and what it may be.

    Parameters
    ----------
    model : Model
    rows : Judged
    order : list of str
        The columns, the most important first.

    Returns
    -------
    list of dict
        ``column``, ``kind``, ``start`` (of a typical row: the median, or the most frequent
        level), ``missing`` (whether there may be no value) and, of numbers, ``low`` and ``high``;
        of categories ``levels``.
    """
    fills = model.record.encoder is not None
    made = []
    for name in order:
        kind, values = model.encoding.readings[name].kind, rows.rows[name].combine_chunks()
        told: dict[str, Any] = {"column": name, "kind": kind, "missing": fills}
        if kind == NUMBER:
            told |= _number(values)
        elif kind == CATEGORY:
            levels = common_levels(values, _LEVELS)
            told |= {"levels": levels, "start": levels[0] if levels else None}
        elif kind == BOOLEAN:
            found = values.drop_null().to_pylist()
            told |= {"start": sum(found) * 2 > len(found) if found else None}
        else:
            told |= {"start": _median_date(values)}
        made.append(told)
    return made


def _number(values: Any) -> dict[str, Any]:
    numbers = numbers_of(values, NUMBER)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return {"start": None, "low": 0.0, "high": 1.0}
    low, middle, high = np.quantile(numbers, [_ENDS[0], 0.5, _ENDS[1]], method="inverted_cdf")
    return {"start": float(middle), "low": float(low), "high": float(high)}


def _median_date(values: Any) -> str | None:
    _, labels, _ = grid_of(values, DATE)
    return labels[len(labels) // 2] if labels else None


def shown_rows(model: Model, rows: Judged) -> dict[str, Any]:
    """Return a sample of the judged rows, column by column, with what is said of each.

    ``number`` is the row's place among the rows that were judged, from 1 on.
    """
    names = list(model.encoding.readings)
    most = min(MOST_ROWS, max(20, MOST_CELLS // max(len(names), 1)))
    kept = sampled(len(rows.inputs), most)
    Z, positive = rows.sample_Z[kept], rows.sample_positive[kept]
    table = rows.rows.take(kept)
    return {
        "of": rows.m,
        "number": (rows.at[kept] + 1).tolist(),
        "probability": probabilities(Z).tolist(),
        "positive": positive.tolist(),
        "loss": losses(Z, positive).tolist(),
        "columns": {name: cells(table[name], model.encoding.readings[name].kind) for name in names},
    }
