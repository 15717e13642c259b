"""The model card: what was trained on what, and how to do it again."""

import shlex
from pathlib import Path
from typing import Any

from trilayer._version import __version__
from trilayer.modelfile.predicting import Model
from trilayer.report.judged import Judged, summary_of

_CURVE = 400  # points of a curve


def card(model: Model, rows: Judged, output: str) -> dict[str, Any]:
    """Return what stands in the model file of the model and of the data.

    Parameters
    ----------
    model : Model
    rows : Judged
    output : str
        The name of the model file, for the command that writes it again.
    """
    record, summary = model.record, summary_of(model)
    params = record.params
    return {
        "model": Path(model.name).name,
        "target": model.target.name,
        "positive": model.target.positive,
        "negative": model.target.negative,
        "threshold": record.threshold,
        "inputs": params.n1,
        "hidden": params.n2,
        "parameters": int(params.W1.size + params.b1.size + params.W2.size + params.b2.size),
        "dtype": params.dtype.name,
        "versions": dict(record.versions),
        "report_version": __version__,
        "trained_on": record.fingerprint,
        "trained_rows": _counts(summary),
        "judged_on": {"files": [Path(name).name for name in rows.files], "sha256": rows.sha256},
        "command": _command(summary, output),
        "columns": _columns(model),
    }


def _counts(summary: dict[str, Any]) -> dict[str, int] | None:
    rows = summary.get("rows")
    if not isinstance(rows, dict) or not all(type(count) is int for count in rows.values()):
        return None
    return {str(name): count for name, count in rows.items()}


def _command(summary: dict[str, Any], output: str) -> str | None:
    """Return the words that train the same model again, to be typed where its tables are."""
    told = summary.get("command")
    if not isinstance(told, list) or not all(isinstance(word, str) for word in told):
        return None
    name = Path(output).name
    return shlex.join([*told, "--output", f"./{name}" if name.startswith("-") else name])


def _columns(model: Model) -> list[dict[str, Any]]:
    """Return what became of each column of the table."""
    encoder = model.record.encoder
    if encoder is None:
        return [
            {"column": name, "kind": "number", "inputs": 1, "note": ""}
            for name in model.encoding.names
        ]
    return [
        {"column": each.name, "kind": each.kind, "inputs": each.inputs, "note": each.note}
        for each in encoder.describe()
    ]


def training(model: Model) -> dict[str, Any]:
    """Return how training went: its curves, and what the weight decay was chosen from."""
    told, summary = model.record.training, summary_of(model)
    return {
        "solver": told.get("solver"),
        "iterations": told.get("n_iter"),
        "best_iteration": told.get("best_iter"),
        "stop_reason": told.get("stop_reason"),
        "loss": _thinned(told.get("loss_curve")),
        "validation": _thinned(told.get("validation_curve")),
        "decay": _decay(summary),
    }


def _thinned(curve: Any) -> dict[str, list[float]] | None:
    """Return a curve with at most so many points, the first and the last among them."""
    values = list(curve) if curve is not None else []
    if len(values) < 2:
        return None
    step = max(1, -(-len(values) // _CURVE))
    at = sorted({*range(0, len(values), step), len(values) - 1})
    return {"x": [k + 1 for k in at], "y": [float(values[k]) for k in at]}


def _decay(summary: dict[str, Any]) -> dict[str, Any] | None:
    """Return the decays that were tried, and how the log-loss rises beside the chosen one."""
    tried, l2 = summary.get("tried"), summary.get("l2")
    if not isinstance(tried, list) or not isinstance(l2, float | int):
        return None
    try:
        pairs = [
            (float(each["l2"]), float(each["log_loss"]), bool(each["damped"])) for each in tried
        ]
    except (KeyError, TypeError, ValueError):
        return None
    if len({each[0] for each in pairs}) < 2:
        return None
    best = min(pairs, key=lambda each: each[1])
    way = sorted((a, loss) for a, loss, damped in pairs if damped == best[2])
    at = way.index((best[0], best[1]))
    beside = [loss for _, loss in way[max(at - 1, 0) : at + 2]]
    return {
        "l2": best[0],
        "tried": [
            {"l2": a, "log_loss": loss, "damped": damped} for a, loss, damped in sorted(pairs)
        ],
        "rise": max(beside) / best[1] - 1 if best[1] > 0 else None,
        "at_edge": len(way) > 2 and at in {0, len(way) - 1},
    }
