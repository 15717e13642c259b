"""Exports to Python and JavaScript, run by an interpreter of their own that gets rows as JSON."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.errors import EngineError

if TYPE_CHECKING:
    import pyarrow as pa

Score = Callable[["pa.Table"], npt.NDArray[np.float64]]

# The first line on standard input names the columns, each further one is a row.
_LOADED = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("model", sys.argv[1])
model = importlib.util.module_from_spec(spec)
spec.loader.exec_module(model)
names = json.loads(sys.stdin.readline())
rows = map(json.loads, sys.stdin)
"""
_ROW_BY_ROW = """
for row in rows:
    print(repr(model.probability(dict(zip(names, row)))))
"""
_AT_ONCE = """
import numpy as np
def array(values):
    numbers = all(isinstance(each, (float, type(None))) for each in values)
    return np.array(values, dtype=float if numbers else object)
table = {name: array(values) for name, values in zip(names, zip(*rows))}
print(*map(repr, model.probabilities(table).tolist()), sep="\\n")
"""
_NODE = """
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
const model = await import(pathToFileURL(process.argv[1]));
let names = null;
const told = [];
for await (const line of createInterface({ input: process.stdin })) {
  const each = JSON.parse(line);
  if (names === null) names = each;
  else told.push(model.probability(Object.fromEntries(each.map((value, i) => [names[i], value]))));
}
console.log(told.join("\\n"));
"""


@contextmanager
def python(text: str) -> Iterator[Score]:
    """Run a module on the standard library alone: the interpreter sees no other packages."""
    with _kept(text, "model.py") as path:
        words = [sys.executable, "-I", "-S", "-c", _LOADED + _ROW_BY_ROW, path]
        yield partial(_scored, words)


@contextmanager
def numpy(text: str) -> Iterator[Score]:
    """Run a module on NumPy, on whole columns."""
    with _kept(text, "model.py") as path:
        yield partial(_scored, [sys.executable, "-I", "-c", _LOADED + _AT_ONCE, path])


@contextmanager
def node(text: str) -> Iterator[Score]:
    """Run an ES module by the `node` on PATH."""
    with _kept(text, "model.mjs") as path:
        yield partial(_scored, ["node", "--input-type=module", "-e", _NODE, path])


@contextmanager
def _kept(text: str, name: str) -> Iterator[str]:
    with TemporaryDirectory(prefix="trilayer-") as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="ascii")
        yield str(path)


def _scored(words: list[str], rows: "pa.Table") -> npt.NDArray[np.float64]:
    columns = [[_plain(each) for each in column.to_pylist()] for column in rows.columns]
    lines = [rows.column_names, *map(list, zip(*columns, strict=True))]
    given = "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines)
    return numbers_of(run(words, given))


def run(words: list[str], given: str | bytes) -> str:
    """Run a program and return what it says.

    Raises
    ------
    EngineError
        With its last words, if it fails.
    """
    data = given.encode() if isinstance(given, str) else given
    done = subprocess.run(words, input=data, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["it says nothing"]
        raise EngineError(f"{Path(words[0]).name} fails on the export: {lines[-1]}")
    return done.stdout.decode()


def numbers_of(text: str) -> npt.NDArray[np.float64]:
    """Read one number a line."""
    return np.array(text.split(), dtype=np.float64)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: NaN is missing, dates are text."""
    if isinstance(value, float):
        return value if value == value else None
    return value.isoformat() if hasattr(value, "isoformat") else value
