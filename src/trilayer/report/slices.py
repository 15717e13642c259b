"""Where the model is worse than elsewhere, and whether it treats groups alike."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr
from scipy.stats import norm

from trilayer.metrics.ranking import auc
from trilayer.metrics.scores import losses, probabilities
from trilayer.modelfile.predicting import Model
from trilayer.report.judged import Judged
from trilayer.report.values import Group, groups_of
from trilayer.tables import CATEGORY

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]

FEWEST = 50
"""Rows that a slice has at least."""

CHANCE = 0.05
"""Probability that any slice at all is called worse where none is (Bonferroni)."""

_SHOWN = 12
_GROUPS = 12  # of --by: the largest
_SPREADS = float(norm.ppf(0.975))


def worst_slices(model: Model, rows: Judged) -> dict[str, Any]:
    """Return the levels and bins whose log-loss is highest beside that of all other rows.

    Of a slice, ``excess`` is how much higher its log-loss is, ``z`` that in standard errors,
    and ``clear`` whether it is no chance, as many slices as there are. ``expected`` is what its
    log-loss would be if its probabilities were the truth: a slice may be hard to tell. Where the
    log-loss is above that too, by ``wrong_z`` standard errors, it is ``wrong``.
    """
    loss = losses(rows.sample_Z, rows.sample_positive)
    p = probabilities(rows.sample_Z)
    found = [
        _slice(name, group, loss, p, rows.sample_positive)
        for name, reading in model.encoding.readings.items()
        for group in groups_of(rows.rows[name], reading.kind)
        if FEWEST <= len(group.rows) <= len(loss) - FEWEST
    ]
    limit = float(norm.isf(CHANCE / max(len(found), 1)))
    for each in found:
        each["clear"], each["wrong"] = each["z"] > limit, each["wrong_z"] > limit
    found.sort(key=lambda each: (not each["wrong"], not each["clear"], -each["excess"]))
    return {
        "rows": len(loss),
        "fewest": FEWEST,
        "judged": len(found),
        "log_loss": float(loss.mean()),
        "limit": limit,
        "worst": [each for each in found if each["excess"] > 0 or each["wrong"]][:_SHOWN],
    }


def _slice(name: str, group: Group, loss: Floats, p: Floats, positive: Bools) -> dict[str, Any]:
    inside = np.zeros(len(loss), dtype=bool)
    inside[group.rows] = True
    here, rest = loss[inside], loss[~inside]
    excess = float(here.mean() - rest.mean())
    error = np.sqrt(here.var(ddof=1) / len(here) + rest.var(ddof=1) / len(rest))
    surprise = here - _entropy(p[inside])
    spread = surprise.std(ddof=1) / np.sqrt(len(here))
    return {
        "column": name,
        **_named(group),
        "rows": len(here),
        "log_loss": float(here.mean()),
        "excess": excess,
        "z": excess / float(error) if error else 0.0,
        "expected": float(_entropy(p[inside]).mean()),
        "wrong_z": float(surprise.mean() / spread) if spread else 0.0,
        "rate": float(positive[inside].mean()),
        "mean_probability": float(p[inside].mean()),
    }


def _entropy(p: Floats) -> Floats:
    """Return the log-loss that probabilities expect of themselves."""
    found: Floats = entr(p) + entr(1 - p)
    return found


def _named(group: Group) -> dict[str, str]:
    return {"kind": group.kind, "low": group.low, "high": group.high}


def compared(model: Model, rows: Judged, by: str) -> dict[str, Any]:
    """Return the fairness figures of a column's groups at the model's threshold.

    Selection rate (whose equality is demographic parity), true and false positive rates (equal
    opportunity, equalized odds), precision and calibration of each group, with intervals of
    95 in 100 (Wilson), and of each rate its largest gap between groups of `FEWEST` rows.
    """
    reading = model.encoding.readings.get(by)
    kind = CATEGORY if reading is None else reading.kind
    groups = sorted(groups_of(rows.rows[by], kind), key=lambda group: -len(group.rows))[:_GROUPS]
    said = probabilities(rows.sample_Z) >= model.record.threshold
    figures = [_figures(rows, said, group) for group in groups]
    return {
        "column": by,
        "rows": len(said),
        "threshold": model.record.threshold,
        "groups": figures,
        "gaps": {
            name: _gap(figures, name)
            for name in ("selected", "true_positive_rate", "false_positive_rate", "precision")
        },
    }


def _figures(rows: Judged, said: Bools, group: Group) -> dict[str, Any]:
    positive, selected = rows.sample_positive[group.rows], said[group.rows]
    Z = rows.sample_Z[group.rows]
    p = probabilities(Z)
    return {
        **_named(group),
        "rows": len(positive),
        "rate": float(positive.mean()),
        "mean_probability": float(p.mean()),
        "selected": _share(selected),
        "true_positive_rate": _share(selected[positive]),
        "false_positive_rate": _share(selected[~positive]),
        "precision": _share(positive[selected]),
        "auc": auc(Z, positive),
        "log_loss": float(losses(Z, positive).mean()),
    }


def _share(which: Bools) -> dict[str, float | int] | None:
    """Return a share of rows with Wilson's interval (1927); None where there are none."""
    n = len(which)
    if not n:
        return None
    share, z2 = float(which.mean()), _SPREADS**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _SPREADS * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return {"value": share, "low": float(centre - half), "high": float(centre + half), "of": n}


def _gap(figures: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """Return the largest difference of a rate between two groups, and in standard errors."""
    usable = [
        (place, each[name])
        for place, each in enumerate(figures)
        if each[name] is not None and each[name]["of"] >= FEWEST
    ]
    if len(usable) < 2:
        return None
    high, a = max(usable, key=lambda pair: pair[1]["value"])
    low, b = min(usable, key=lambda pair: pair[1]["value"])
    difference = a["value"] - b["value"]
    pooled = (a["value"] * a["of"] + b["value"] * b["of"]) / (a["of"] + b["of"])
    error = np.sqrt(pooled * (1 - pooled) * (1 / a["of"] + 1 / b["of"]))
    z = difference / float(error) if error else 0.0
    return {"difference": difference, "z": z, "highest": high, "lowest": low}
