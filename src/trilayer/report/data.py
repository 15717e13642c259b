"""What there is to say of the rows themselves, beside those that were learnt from."""

from typing import Any

import numpy as np

from trilayer.modelfile.predicting import Model
from trilayer.report.findings import MISSING
from trilayer.report.judged import HELD_OUT, LEARNT, Judged, summary_of
from trilayer.report.values import numbers_of
from trilayer.select.leaks import SUSPICIOUS, leaks_in
from trilayer.tables import NUMBER
from trilayer.tables.values import missing

SHIFTED = 0.5
"""How far, in spreads of training, a column's median has moved that is spoken of."""

_FEWEST = 50  # values that a median is taken of
_ERRORS = 4.0  # standard errors of the median


def of_data(model: Model, rows: Judged) -> dict[str, Any]:
    """Return counts, and what is wrong with columns: leaks, drift, missing and constant ones."""
    rate = summary_of(model).get("positive_rate")
    new = rows.which not in {HELD_OUT, LEARNT}
    return {
        "which": rows.which,
        "rows": rows.m,
        "rate": float(rows.positive.mean()),
        "trained_rate": float(rate) if isinstance(rate, float) else None,
        "unanswered": rows.unanswered,
        "sample": len(rows.at),
        "leaks": _leaks(model, rows),
        "drift": _drift(rows),
        "shifts": _shifts(model, rows) if new else [],
        "missing": _missing(model, rows),
        "constant": _constant(model, rows),
    }


def _leaks(model: Model, rows: Judged) -> list[dict[str, Any]]:
    names = list(model.encoding.readings)
    found = leaks_in(rows.inputs, rows.sample_positive, names)
    return [{**each._asdict(), "limit": SUSPICIOUS} for each in found]


def _drift(rows: Judged) -> list[dict[str, Any]]:
    """Return the columns whose values are none that training had, or are missing more or less."""
    return [
        {
            "column": each.name,
            "strange": each.strange / max(each.rows - each.missing, 1),
            "missing": each.missing / max(each.rows, 1),
            "trained_missing": each.trained_missing,
            "said": each.said,
        }
        for each in rows.drift
        if each.said
    ]


def _shifts(model: Model, rows: Judged) -> list[dict[str, Any]]:
    """Return the numbers whose median is elsewhere than where it was in training."""
    found = []
    encoder = model.record.encoder
    for column in () if encoder is None else encoder.columns:
        if column.kind != NUMBER or not column.parts:
            continue
        part = column.parts[0]
        numbers = numbers_of(rows.rows[column.name], NUMBER)
        numbers = numbers[np.isfinite(numbers)]
        if len(numbers) < _FEWEST:
            continue
        median = float(np.median(numbers))
        spreads = (median - part.center) / part.scale
        if abs(spreads) >= max(SHIFTED, _ERRORS * 1.25 / np.sqrt(len(numbers))):
            found.append(
                {
                    "column": column.name,
                    "median": median,
                    "trained": part.center,
                    "spreads": spreads,
                    "limit": SHIFTED,
                }
            )
    return sorted(found, key=lambda each: -abs(each["spreads"]))


def _missing(model: Model, rows: Judged) -> list[dict[str, Any]]:
    found = []
    for name in model.encoding.readings:
        absent = float(missing(rows.rows[name].combine_chunks(), or_nan=True).mean())
        if absent >= MISSING:
            found.append({"column": name, "share": absent})
    return sorted(found, key=lambda each: -each["share"])


def _constant(model: Model, rows: Judged) -> list[str]:
    """Return the columns that have a single value in these rows, or none."""
    return [
        name
        for name in model.encoding.readings
        if len(rows.rows[name].combine_chunks().unique().drop_null()) < 2
        and not rows.rows[name].null_count
    ]
