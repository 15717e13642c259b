"""``trilayer inspect``: all that a model file holds, in words."""

from typing import TYPE_CHECKING, Any

from trilayer.cli.settings import Flag

if TYPE_CHECKING:
    from trilayer.modelfile import ModelRecord


def inspect(model: str, /, *, json: Flag = False) -> int:
    """Say all that a model file holds.

    Parameters
    ----------
    model
        Model file.
    json
        Print one JSON object instead of words.
    """
    from trilayer.cli.output import pairs, show, show_json
    from trilayer.cli.paths import existing
    from trilayer.modelfile import read

    path = existing(model)
    record = read(path, hyper_parameters=True)
    facts = _facts(record) | {"file": str(path), "bytes": path.stat().st_size}
    facts["checksum"] = _checksum(path)
    if json:
        show_json(facts)
    else:
        show(pairs(_in_words(facts)))
    return 0


def _facts(record: "ModelRecord") -> dict[str, Any]:
    from trilayer.engines import select
    from trilayer.modelfile import FORMAT

    params = record.params
    curves = ("loss_curve", "validation_curve")
    return {
        "format": FORMAT,
        "kind": record.kind,
        "preparation": [step.kind for step in record.preparation],
        "inputs": params.n1,
        "hidden": params.n2,
        "parameters": params.W1.size + params.b1.size + params.W2.size + params.b2.size,
        "dtype": params.dtype.name,
        "classes": record.classes.tolist(),
        "positive": record.positive,
        "threshold": record.threshold,
        "columns": _columns(record),
        "left_out": _left_out(record),
        "hyper_parameters": record.hyper_parameters,
        "training": {name: x for name, x in record.training.items() if name not in curves},
        "curves": {name: record.training[name] for name in curves},
        "summary": record.summary,
        "fingerprint": record.fingerprint,
        "spread": None if record.spread is None else len(record.spread.units),
        "check_rows": record.check_X.shape[1],
        "versions": record.versions,
        "engine": select("auto").description,
    }


def _columns(record: "ModelRecord") -> list[dict[str, Any]]:
    if record.encoder is None:
        names = record.feature_names or ()
        return [{"column": name, "kind": "number", "inputs": 1, "bins": 0} for name in names]
    return [
        {"column": each.name, "kind": each.kind, "inputs": each.width, "bins": each.bins}
        for each in record.encoder.columns
    ]


def _left_out(record: "ModelRecord") -> list[dict[str, str]]:
    dropped = () if record.encoder is None else record.encoder.dropped
    return [{"column": name, "reason": why} for name, why in dropped]


def _checksum(path: Any) -> str:
    """Return the seal that `read` has verified."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return str(file.metadata()["sha256"])


def _in_words(facts: dict[str, Any]) -> list[tuple[str, str]]:
    from trilayer.cli.output import counted, listed

    first, second = facts["classes"]
    network = "W2, b2" if not facts["hidden"] else "W1, b1, W2, b2"
    columns = [f"{c['column']} ({_sized(c)})" for c in facts["columns"]]
    left_out = [f"{each['column']}: {each['reason']}" for each in facts["left_out"]]
    rows = [
        ("file", f"{facts['file']}, {facts['bytes']:,} bytes, format {facts['format']}"),
        ("kind", ", behind ".join([facts["kind"], *facts["preparation"]])),
        ("network", f"{facts['inputs']:,} inputs, {facts['hidden']:,} hidden units, 1 output"),
        ("parameters", f"{facts['parameters']:,} in {network}, {facts['dtype']}"),
        ("classes", f"y = 0 is {first!r}, y = 1 is {second!r}"),
        ("positive", f"{facts['positive']!r}, from a probability of {facts['threshold']:g} on"),
        ("columns", listed(columns) or "numbers without names"),
        ("left out", "; ".join(left_out) or "none"),
        ("spread", _spread(facts["spread"])),
        ("training", _pairs(facts["training"])),
        ("loss curve", _ends(facts["curves"]["loss_curve"])),
        ("validation curve", _ends(facts["curves"]["validation_curve"])),
        ("hyper-parameters", _pairs(facts["hyper_parameters"])),
        ("summary", _summary(facts["summary"])),
        ("data", _pairs(facts["fingerprint"])),
        ("saved with", _pairs(facts["versions"])),
        ("engine here", facts["engine"]),
        ("checksum", f"SHA-256 {facts['checksum']}, verified"),
        ("check rows", f"{counted(facts['check_rows'], 'row')}, logits as stated"),
    ]
    return [(name, str(value)) for name, value in rows]


def _spread(networks: int | None) -> str:
    if networks is None:
        return "none: predict --spread has nothing to go by"
    return f"of {networks} networks and the rows learnt from, for predict --spread"


def _sized(column: dict[str, Any]) -> str:
    facts = [str(column["kind"])]
    if column["inputs"] > 1:
        facts.append(f"{column['inputs']} inputs")
    if column["bins"]:
        facts.append(f"{column['bins']} of them bins")
    return ", ".join(facts)


def _pairs(table: Any) -> str:
    if not isinstance(table, dict):
        return "none" if table is None else str(table)
    return ", ".join(f"{key} {_value(value)}" for key, value in table.items() if value is not None)


def _value(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _ends(curve: list[float] | None) -> str:
    if not curve:
        return "none"
    return f"{curve[0]:.4f} to {curve[-1]:.4f} in {len(curve):,} iterations, least {min(curve):.4f}"


def _summary(summary: Any) -> str:
    """Show the scores that `trilayer train` stored, or whatever another caller did."""
    from trilayer.cli.output import score

    if not isinstance(summary, dict) or not isinstance(summary.get("network"), dict):
        return _pairs(summary)
    told = summary["network"]
    names = ("auc", "log_loss", "brier", "ece", "accuracy")
    # Models of before the calibration error have none.
    known = {name: told[name] for name in names if name in told}
    # A caller's own summary may hold anything, whatever its names are.
    shown = {
        name: score(x) if x is None or isinstance(x, float) else x for name, x in known.items()
    }
    scores = ", ".join(f"{name} {_value(x)}" for name, x in shown.items())
    return f"{told.get('rows')} rows held out: {scores}; {summary.get('verdict', '')}"
