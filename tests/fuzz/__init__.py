"""Laws of whatever bytes: what trilayer reads either means something, or is refused by name.

Each module holds functions of bytes that raise where a law is broken. `test_corpus` holds them
against a small corpus and what has been found; `python -m fuzz.run` against bytes that atheris
makes up, led by the lines that they reach (`make fuzz`).
"""

from collections.abc import Callable
from importlib import import_module

TARGETS = {
    "model": "models.whole",
    "description": "models.description",
    "arrays": "models.arrays",
    "checkpoint": "checkpoints.whole",
    "stages": "checkpoints.description",
    "text": "tables.text",
    "parquet": "tables.parquet",
    "lab": "lab.text",
    "upload": "lab.binary",
}
"""What is read, and the law of it."""


def law_of(target: str) -> Callable[[bytes], None]:
    """Return the function of bytes that raises where a law is broken."""
    module, _, name = TARGETS[target].partition(".")
    law: Callable[[bytes], None] = getattr(import_module(f"fuzz.{module}"), name)
    return law
