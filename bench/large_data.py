"""A large table that is made up: what is known of it is the least log-loss that anybody can have.

python bench/large_data.py [--rows 1e6] [--held 1e5] [--seed 0] [--folder build/large]

writes ``train.parquet`` and ``test.parquet`` in a folder of the table's own, and prints the
floor: the mean entropy of the probabilities that the answers of the test rows were drawn
with. The rows are made and written in pieces, so memory does not grow with them. Fewer rows are
the first of more rows, and the rows held out are the same whatever their number.

The columns: ten numbers (x0 to x9, of several shapes, most with missing values), and five
categories (c0 to c4) of 2, 8, 40, 400 and 5,000 levels, the last three of which have common
levels and rare ones. The answer y depends on them through curves, products of two and three
numbers, slopes that differ from level to level, a table of two categories, and an effect of
each level. What is missing has an effect of its own, so that the floor could be reached by who
knew everything: no more is known to the answer than stands in the table.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Floats = npt.NDArray[np.float64]

CHUNK = 100_000
NUMBERS = [f"x{k}" for k in range(10)]
LEVELS = [2, 8, 40, 400, 5_000]
CATEGORIES = [f"c{k}" for k in range(len(LEVELS))]
MISSING = [0.0, 0.0, 0.02, 0.05, 0.05, 0.1, 0.1, 0.2, 0.3, 0.4]
"""The share of each number that is missing; of the fourth category, a twentieth is."""

_TRAIN, _TEST, _TRUTH = 0, 1, 2  # streams of random numbers


@dataclass(frozen=True)
class Piece:
    """Some rows, and the probability that each answer is yes."""

    rows: pa.Table
    chance: Floats


class Truth:
    """How answers come about; its numbers depend on the seed alone."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, _TRUTH])
        self.seed = seed
        spread = [0.5, 0.5, 0.5, 0.6, 0.4]
        self.effect = [s * rng.standard_normal(n) for s, n in zip(spread, LEVELS, strict=True)]
        self.slope = 0.35 * rng.standard_normal(LEVELS[2])  # of x2, in the levels of c2
        self.bend = 0.15 * rng.standard_normal(LEVELS[3])  # of x3, in the levels of c3
        self.pair = 0.2 * rng.standard_normal((LEVELS[1], LEVELS[2]))
        self.absent = 0.5 * rng.standard_normal(len(NUMBERS))
        # The level that is not known has the code after the last.
        self.effect[3], self.bend = np.append(self.effect[3], 0.4), np.append(self.bend, 0.0)

    @cached_property
    def shares(self) -> list[Floats]:
        """How common the levels of each category are: the more there are, the less alike."""
        weights = [
            1 / np.arange(1, n + 1) ** power
            for n, power in zip(LEVELS, [0, 0.3, 0.5, 0.6, 0.6], strict=True)
        ]
        return [w / w.sum() for w in weights]

    def logits(self, X: Floats, C: list[npt.NDArray[np.intp]]) -> Floats:
        """Return ln(p / (1 - p)) of rows: X (10, b), where what is missing is NaN, and C."""
        gone = np.isnan(X)
        x = np.where(gone, 0.0, X)
        x[4] = np.log1p(x[4])  # as it was drawn
        Z = 0.6 * x[0] + 0.9 * np.sin(2.2 * x[1]) + 0.5 * np.abs(x[2]) + 0.4 * (x[3] > 0.5)
        Z += 0.9 * x[0] * x[1] + 0.6 * x[2] * x[3] - 0.6 * x[4] * x[5] + 0.4 * x[0] * x[5] * x[6]
        Z += 0.5 * np.maximum(x[6], x[7]) - 0.3 * x[8]
        Z += self.slope[C[2]] * x[2] + self.bend[C[3]] * x[3] + self.pair[C[1], C[2]]
        Z += np.where(C[0] == 1, 0.7, -0.7) * x[1]
        Z += sum(effect[c] for effect, c in zip(self.effect, C, strict=True))
        return np.asarray(0.65 * (Z + self.absent @ gone - 0.6))


def pieces(truth: Truth, rows: int, stream: int = _TRAIN) -> Iterator[Piece]:
    """Make so many rows, piece by piece."""
    for number, first in enumerate(range(0, rows, CHUNK)):
        rng = np.random.default_rng([truth.seed, stream, number])
        yield _piece(truth, rng, min(CHUNK, rows - first))


def _piece(truth: Truth, rng: np.random.Generator, rows: int) -> Piece:
    X = rng.standard_normal((len(NUMBERS), CHUNK))
    X[5] = 0.6 * X[2] + 0.8 * X[5]  # two that go together
    X[3] = np.round(X[3], 1)
    X[4] = np.expm1(np.abs(X[4]))  # a long tail
    X[9] = rng.integers(0, 30, CHUNK)  # says nothing
    X[rng.random(X.shape) < np.array(MISSING)[:, None]] = np.nan
    C = [rng.choice(n, CHUNK, p=p) for n, p in zip(LEVELS, truth.shares, strict=True)]
    unknown = rng.random(CHUNK) < 0.05
    C[3][unknown] = LEVELS[3]
    chance = 1 / (1 + np.exp(-truth.logits(X, C)))
    y = rng.random(CHUNK) < chance
    columns: dict[str, Any] = {
        name: pa.array(x.astype(np.float32), from_pandas=True)
        for name, x in zip(NUMBERS, X, strict=True)
    }
    for k, (name, codes) in enumerate(zip(CATEGORIES, C, strict=True)):
        words = pa.array([f"{name}_{level:04}" for level in range(LEVELS[k])])
        known = pa.array(codes.astype(np.int32), mask=codes == LEVELS[k])
        columns[name] = pa.DictionaryArray.from_arrays(known, words).cast(pa.string())
    columns["y"] = pa.array(np.where(y, "yes", "no"))
    return Piece(pa.table(columns).slice(0, rows), chance[:rows])


def floor(chance: Floats) -> float:
    """Return the log-loss of who knows the probabilities: their mean entropy."""
    return float(-np.mean(chance * np.log(chance) + (1 - chance) * np.log1p(-chance)))


def write(path: Path, truth: Truth, rows: int, stream: int) -> float:
    """Write so many rows as Parquet; return their floor."""
    total, writer = 0.0, None
    for piece in pieces(truth, rows, stream):
        writer = writer or pq.ParquetWriter(path, piece.rows.schema)
        writer.write_table(piece.rows)
        total += floor(piece.chance) * len(piece.chance)
    if writer:
        writer.close()
    return total / rows


def make(folder: Path, rows: int, held: int = 100_000, seed: int = 0) -> dict[str, Any]:
    """Write the table of so many rows, unless it is there, and return what is known of it."""
    home = folder / f"{rows}-{held}-{seed}"
    about = home / "about.json"
    if not about.exists():
        home.mkdir(parents=True, exist_ok=True)
        truth = Truth(seed)
        train = write(home / "train.parquet", truth, rows, _TRAIN)
        test = write(home / "test.parquet", truth, held, _TEST)
        said = {"rows": rows, "held": held, "seed": seed, "floor_train": train, "floor": test}
        about.write_text(json.dumps(said, indent=1))
    found: dict[str, Any] = json.loads(about.read_text())
    return found | {"train": str(home / "train.parquet"), "test": str(home / "test.parquet")}


def main() -> None:
    """Write a table, and print what is known of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rows", type=float, default=1e6)
    parser.add_argument("--held", type=float, default=1e5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("build/large"))
    told = parser.parse_args()
    found = make(told.folder, int(told.rows), int(told.held), told.seed)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
