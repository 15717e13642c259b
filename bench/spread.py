"""How often the intervals of predict_spread hold the true probability, where that is known.

python bench/spread.py [--rows M ...] [--repeats R] [--threads N] [--out CSV]

Tables are made up by eight rules, from no signal at all to interactions that few rows cannot
show; the classifier is fitted with its defaults, and its intervals are held against the true
probabilities of 400 other rows. Each result is appended to a CSV file as it comes, and a run that
is started again goes on where it stopped. At the end a Markdown table is printed: for each number
of rows, the share of true probabilities within, and the mean width.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from quality import OUTPUT, limit_threads

LEVELS = (0.8, 0.9)
JUDGED = 400
REPEATS = {50: 10, 100: 8, 200: 6, 500: 4, 2000: 2}
"""Tables of each rule, by their rows."""

Floats = np.ndarray
Rule = Callable[[np.random.Generator, int], tuple[pd.DataFrame, Floats]]


def normal(rng: np.random.Generator, m: int, columns: int) -> tuple[pd.DataFrame, Floats]:
    """Return numbers as a table, and as they are."""
    X = rng.normal(size=(m, columns))
    return pd.DataFrame(X, columns=[f"x{k}" for k in range(columns)]), X


def linear(rng: np.random.Generator, m: int) -> tuple[pd.DataFrame, Floats]:
    """Add up three of five numbers."""
    table, X = normal(rng, m, 5)
    return table, X[:, :3] @ [1.0, -0.7, 0.5] - 0.5


def additive(rng: np.random.Generator, m: int) -> tuple[pd.DataFrame, Floats]:
    """Add up a step, a square, a bend and a slope."""
    table, X = normal(rng, m, 6)
    curved = 1.2 * (X[:, 0] > 0.3) + 0.56 * X[:, 1] ** 2 - np.abs(X[:, 2])
    return table, curved + 0.6 * X[:, 3] - 1


def interaction(rng: np.random.Generator, m: int) -> tuple[pd.DataFrame, Floats]:
    """Let a product of two numbers say most."""
    table, X = normal(rng, m, 5)
    return table, 1.5 * X[:, 0] * X[:, 1] + 0.7 * X[:, 2] - 0.3


def mixed(rng: np.random.Generator, m: int) -> tuple[pd.DataFrame, Floats]:
    """Mix numbers and categories, some of them rare."""
    table, X = normal(rng, m, 3)
    two, five = rng.integers(0, 2, m), rng.integers(0, 5, m)
    eight = rng.choice(8, m, p=[0.4, 0.2, 0.1, 0.1, 0.08, 0.06, 0.04, 0.02])
    three = rng.integers(0, 3, m)
    for name, codes in {"w": two, "x": five, "y": eight, "z": three}.items():
        table[name] = [f"{name}{code}" for code in codes]
    said = np.array([-0.8, -0.2, 0.0, 0.4, 1.0])[five] + 0.6 * two
    said += np.array([0.5, -0.5, 0.0, 0.8, -0.8, 0.2, 1.0, -1.0])[eight]
    return table, said + 0.8 * X[:, 0] - 0.4 * X[:, 1] - 0.4


def categories(rng: np.random.Generator, m: int) -> tuple[pd.DataFrame, Floats]:
    """Let four of eight categories say something."""
    Z, columns = np.full(m, -0.2), {}
    for k, levels in enumerate((2, 3, 4, 6, 10, 2, 3, 5)):
        codes = rng.integers(0, levels, m)
        Z += np.random.default_rng(100 + k).normal(0, 0.7 * (k < 4), levels)[codes]
        columns[f"c{k}"] = [f"level {code}" for code in codes]
    return pd.DataFrame(columns), Z


def nothing(rng: np.random.Generator, m: int) -> tuple[pd.DataFrame, Floats]:
    """Let six numbers say nothing."""
    return normal(rng, m, 6)[0], np.full(m, -0.85)


def wide(rng: np.random.Generator, m: int) -> tuple[pd.DataFrame, Floats]:
    """Add up five of twenty numbers."""
    table, X = normal(rng, m, 20)
    return table, X[:, :5] @ [0.8, -0.8, 0.5, 0.5, -0.3]


def strong(rng: np.random.Generator, m: int) -> tuple[pd.DataFrame, Floats]:
    """Be nearly certain of most rows."""
    table, X = normal(rng, m, 5)
    return table, 3 * X[:, 0] - 2.5 * X[:, 1] + 1.5 * np.sin(2 * X[:, 2])


RULES: tuple[Rule, ...] = (
    linear, additive, interaction, mixed, categories, nothing, wide, strong,
)  # fmt: skip


def judged(rule: Rule, m: int, repeat: int, threads: int) -> list[dict[str, object]]:
    """Fit one table; return for each level how many intervals hold the truth, and their width."""
    from trilayer import TriLayerTableClassifier

    rng = np.random.default_rng([RULES.index(rule), m, repeat])
    table, Z = rule(rng, m)
    y = (rng.random(m) < _probability(Z)).astype(int)
    if min(y.sum(), m - y.sum()) < 2:  # no fold could hold both
        return []
    rows, Z = rule(rng, JUDGED)
    p = _probability(Z)
    clf = TriLayerTableClassifier(random_state=repeat, n_threads=threads).fit(table, y)
    found = []
    for level in LEVELS:
        lower, upper = clf.predict_spread(rows, level).T
        held = float(np.mean((lower <= p) & (p <= upper)))
        about = {"rule": rule.__name__, "rows": m, "repeat": repeat, "level": level}
        found.append(about | {"held": held, "width": float(np.mean(upper - lower))})
    return found


def _probability(Z: Floats) -> Floats:
    return 1 / (1 + np.exp(-Z))


def missing(out: Path, sizes: list[int], repeats: int | None) -> Iterator[tuple[Rule, int, int]]:
    """Walk what is not in the file yet."""
    done = set()
    if out.exists():
        for row in csv.DictReader(out.open(encoding="utf-8")):
            done.add((row["rule"], int(row["rows"]), int(row["repeat"])))
    for m in sizes:
        for repeat in range(REPEATS.get(m, 2) if repeats is None else repeats):
            for rule in RULES:
                if (rule.__name__, m, repeat) not in done:
                    yield rule, m, repeat


def markdown(out: Path) -> str:
    """Return what came of it: means over the rules, each of which counts the same."""
    rows = pd.read_csv(out)
    means = rows.groupby(["rows", "level", "rule"])[["held", "width"]].mean()
    counts = rows[rows["level"] == LEVELS[0]].groupby("rows").size()
    lines = [
        "| rows | tables | of 80 % held | width | of 90 % held | width | least of a rule (90 %) |",
        "|---:|---:|---:|---:|---:|---:|---|",
    ]
    for m, tables in counts.items():
        cells = []
        for level in LEVELS:
            of_rules = means.loc[(m, level)]
            cells += [f"{of_rules['held'].mean():.1%}", f"{of_rules['width'].mean():.2f}"]
        worst = of_rules["held"]
        cells.append(f"{worst.idxmin()}, {worst.min():.0%}")
        lines.append(f"| {m:,} | {tables} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    """Fit what is missing, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=list(REPEATS), metavar="M")
    parser.add_argument("--repeats", type=int, metavar="R", help="tables of each rule")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUTPUT / "spread.csv")
    chosen = parser.parse_args()
    limit_threads(chosen.threads)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    for rule, m, repeat in missing(chosen.out, chosen.rows, chosen.repeats):
        found = judged(rule, m, repeat, chosen.threads)
        if not found:
            continue
        new = not chosen.out.exists()
        with chosen.out.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(found[0]))
            if new:
                writer.writeheader()
            writer.writerows(found)
        print(*found[-1].values(), flush=True)
    print(markdown(chosen.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
