"""A model as an ES module, for browsers and Node.js."""

import json
from typing import Any

from trilayer.export.description import Description
from trilayer.export.literals import weights
from trilayer.export.runtime import source


def module(description: Description) -> str:
    """Write the module, in ASCII: safe inside a page's ``<script>`` too.

    It exports ``probability(row)``, ``logit(row)``, ``label(row)``, ``attributions(row,
    baseline)``, ``classes``, ``threshold``, and the model itself as ``description``, where the
    texts of levels are lists of pairs.
    """
    return f"export const description = {literal(description)};\n\n{source('module.js')}"


def literal(description: Description) -> str:
    """Write a description as JavaScript, a column or a row of W1 a line; no ``<`` begins a tag."""
    told, numbers = _in_pairs(description), weights(description)
    made = {name: numbers.get(name) or _in_lines(each) for name, each in told.items()}
    inner = ",\n".join(f'"{name}": {text}' for name, text in made.items())
    return ("{\n" + inner + "\n}").replace("<", "\\u003c")


def _in_lines(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(_json(each) for each in value) + "\n]"
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _in_pairs(description: Description) -> dict[str, Any]:
    """Make objects of texts pairs: JavaScript's own have names with a meaning, and an order."""
    columns = []
    for column in description["columns"]:
        levels: Any = column["levels"]
        if levels is not None:
            pairs = {key: list(levels[key].items()) for key in ("places", "truths")}
            levels = {**levels, **pairs}
        columns.append({**column, "levels": levels})
    return {**description, "columns": columns}
