"""A model as one file of Python: on the standard library alone, or on NumPy."""

from typing import Any

from trilayer.export.description import Description
from trilayer.export.literals import weights
from trilayer.export.runtime import source

_OWN = "from trilayer."  # begins the line that one file needs not

_ROWS = '''

MODEL = prepared({model})
CLASSES, THRESHOLD = MODEL["classes"], MODEL["threshold"]


def probability(row: Any) -> float:
    """Return the probability of CLASSES[1] for a row: a dict, or whatever has columns by name."""
    return probability_of(MODEL, row)


def logit(row: Any) -> float:
    """Return its logit."""
    return logit_of(MODEL, row)


def label(row: Any) -> Any:
    """Return the label that is said of a row: CLASSES[1] from THRESHOLD on."""
    return label_of(MODEL, row)


def attributions(row: Any, baseline: Any) -> dict[str, float]:
    """Return by how much each column moves the logit from a baseline's to a row's."""
    return attributions_of(MODEL, row, baseline)
'''

_TABLES = '''

def logits(table: Any) -> Any:
    """Return the logit of every row of a dict of arrays, a data frame or a structured array."""
    return logits_of(MODEL, table)


def probabilities(table: Any) -> Any:
    """Return the probability of CLASSES[1] for every row."""
    return probabilities_of(MODEL, table)
'''


def module(description: Description) -> str:
    """Write a file that needs the standard library alone (Python 3.9 or newer), in ASCII.

    It has ``probability(row)``, ``logit(row)``, ``label(row)``, ``attributions(row, baseline)``,
    ``CLASSES`` and ``THRESHOLD``.
    """
    return _one_file("rows.py") + _ROWS.replace("{model}", literal(description))


def numpy_module(description: Description) -> str:
    """Write a file that has ``probabilities(table)`` and ``logits(table)`` too, on NumPy."""
    rows = _one_file("rows.py")
    lines = (line for line in _one_file("tables.py").splitlines(keepends=True))
    tables = "".join(line for line in lines if not line.startswith(_OWN))
    made = _ROWS.replace("{model}", literal(description))
    return f"{rows}\n\n{tables}{made}{_TABLES}"


def literal(description: Description) -> str:
    """Write a description as Python, a column or a row of W1 a line, in ASCII."""
    told, numbers = description, weights(description)
    made = {name: numbers.get(name) or _in_lines(each) for name, each in told.items()}
    return "{\n" + "".join(f"    {name!r}: {text},\n" for name, text in made.items()) + "}"


def _in_lines(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"{each!a}" for each in value) + "\n]"
    return f"{value!a}"


def _one_file(name: str) -> str:
    return source(name).rstrip() + "\n"
