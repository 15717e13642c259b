"""A model card: what was trained, on which columns, how good it is, and how it is used."""

import json
import re
from collections.abc import Iterator
from typing import Any

from trilayer.modelfile import ModelRecord

SCORES = {
    "auc": "AUC",
    "log_loss": "log-loss",
    "brier": "Brier score",
    "ece": "expected calibration error",
    "accuracy": "accuracy",
}
"""What the card tells of, as the model file calls it and as a person does."""

_HUB = {"auc": "roc_auc", "brier": "brier_score"}  # what the Hub calls metrics otherwise
_SHOWN = 60  # columns that are listed by name

# Of names of columns and labels: what Markdown or HTML could take for its own.
_MARKS = re.compile(r"[^\w .,:()%-]")
# What no YAML holds as it is.
_UNWRITTEN = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def card(record: ModelRecord, about: dict[str, Any]) -> str:
    """Write the card.

    Parameters
    ----------
    record : ModelRecord
    about : dict
        What `trilayer.export.huggingface.config` says of it.
    """
    parts = [_head(record, about), *_body(record, about)]
    return "\n\n".join(parts) + "\n"


def _head(record: ModelRecord, about: dict[str, Any]) -> str:
    """Write the card's data: YAML, each value as JSON, which YAML reads too."""
    data: dict[str, Any] = {
        "library_name": "trilayer",
        "pipeline_tag": "tabular-classification",
        "tags": ["tabular-classification", "trilayer", "scikit-learn"],
    }
    scores = _scores(record)
    if scores:
        results = [
            {"type": _HUB.get(name, name), "name": SCORES[name], "value": value}
            for name, value in scores.items()
        ]
        task = {"type": "tabular-classification", "name": "two classes"}
        held_out = {"type": "held-out", "name": about["target"] or "held-out rows"}
        told = {"task": task, "dataset": held_out, "metrics": results}
        data["metrics"] = [result["type"] for result in results]
        data["model-index"] = [{"name": "trilayer", "results": [told]}]
    lines = (f"{key}: {_yaml(value)}" for key, value in data.items())
    return "\n".join(["---", *lines, "---"])


def _body(record: ModelRecord, about: dict[str, Any]) -> Iterator[str]:
    negative, positive = (_text(about["id2label"][key]) for key in ("0", "1"))
    target = f" in the column {_text(about['target'])}" if about["target"] else ""
    yield f"# {positive} or {negative}"
    yield (
        f"A three-layer network for two classes: {about['inputs']:,} inputs, "
        f"{about['hidden_units']:,} sigmoid units, one sigmoid output. It says how probable "
        f"{positive} is beside {negative}{target}, and says {positive} from a probability of "
        f"{about['threshold']:g} on."
    )
    yield "## How it is used"
    yield (
        "```python\n"
        "import trilayer  # pip install 'trilayer[cli]'\n\n"
        'model = trilayer.load("model.safetensors")  # data only: nothing in it is executed\n'
        "model.predict_proba(frame)  # a pandas, polars or Arrow table with the columns below\n"
        "```"
    )
    yield "or, in a shell, `trilayer predict model.safetensors rows.csv`."
    if about["columns"]:
        yield "## Columns"
        yield "\n".join(_columns(about["columns"]))
    scores = _scores(record)
    if scores:
        yield "## How good it is"
        yield "\n".join(_judged(record, scores))
    yield "## What it was made of"
    yield "\n".join(_origin(record))


def _columns(columns: list[dict[str, str]]) -> Iterator[str]:
    yield "| column | kind |"
    yield "|---|---|"
    for each in columns[:_SHOWN]:
        yield f"| {_text(each['name'])} | {each['kind']} |"
    if len(columns) > _SHOWN:
        yield f"| and {len(columns) - _SHOWN:,} more: config.json has them | |"


def _judged(record: ModelRecord, scores: dict[str, float]) -> Iterator[str]:
    rows = _at(record.summary, "rows", "held_out")
    if isinstance(rows, int):
        yield f"On {rows:,} rows that training did not see:\n"
    yield "| score | network | without the hidden layer | share of positives |"
    yield "|---|---:|---:|---:|"
    for name, value in scores.items():
        beside = (_at(record.summary, "baselines", each, name) for each in ("unit", "prior"))
        told = (f"{each:.4f}" if _is_number(each) else "–" for each in (value, *beside))
        yield f"| {SCORES[name]} | {' | '.join(told)} |"
    verdict = _at(record.summary, "verdict")
    if isinstance(verdict, str):
        yield f"\n{_text(verdict)}"


def _origin(record: ModelRecord) -> Iterator[str]:
    told = {
        "rows learnt from": _at(record.summary, "rows", "learnt"),
        "files": _at(record.fingerprint, "files"),
        "SHA-256 of the files": _at(record.fingerprint, "sha256"),
        "solver": record.training.get("solver"),
        "iterations": record.training.get("n_iter"),
        **record.versions,
    }
    yield "| | |"
    yield "|---|---|"
    for name, value in told.items():
        if value is not None:
            said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield f"| {_text(name)} | {_text(said)} |"


def _scores(record: ModelRecord) -> dict[str, float]:
    """Return the scores on rows held out, as `trilayer train` wrote them; a caller's may be any."""
    found = {name: _at(record.summary, "network", name) for name in SCORES}
    return {name: float(value) for name, value in found.items() if _is_number(value)}


def _at(data: Any, *path: str) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(text: str) -> str:
    """Write a text so that Markdown and HTML show it, and take nothing in it for a mark."""
    return _MARKS.sub(
        lambda found: f"&#{ord(found[0])};" if found[0].isprintable() else "\ufffd", text
    )


def _yaml(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return _UNWRITTEN.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
