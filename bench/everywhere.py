"""One recipe wherever the rows are: the same model file, to the byte, and how good it is.

python bench/everywhere.py [--data DIR] [--datasets NAME ...] [--ways memory,stream,dask]
    [--before CHECKOUT] [--threads T] [--folder build/everywhere]

Trains on each table of a folder, whole, with the command's defaults: in memory, as a stream, and
on a Dask cluster of this machine's processors; and compares the bytes of the model files.

With --before, another checkout (with a .venv, as `make demo` makes it) and this one also train in
memory on four fifths of each table, and both are judged on the same last fifth, stratified: how
the recipe of before and the one of today compare.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd

from trial.sets import DataSet, data_sets

HERE = Path(__file__).resolve().parent.parent
WAYS = {"memory": (), "stream": ("--stream",), "dask": ("--dask", "local")}
SHARE = 5
"""One row in so many is held out where two checkouts are compared."""


def trained(
    python: object, each: DataSet, table: Path, model: Path, options: Sequence[object]
) -> dict[str, Any]:
    """Train by the command; return what it says as JSON, and the model's bytes in short."""
    words: list[object] = [python, "-m", "trilayer", "train", table, "--target", each.target]
    words += ["--positive", each.positive, "-o", model, "--force", "--json", *options]
    for name in each.categorical:
        words += ["--categorical", name]
    run = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{each.name}: exit code {run.returncode}: {run.stderr[-500:]}")
    said: dict[str, Any] = json.loads(run.stdout)
    return said | {"sha256": hashlib.sha256(model.read_bytes()).hexdigest()}


def everywhere(each: DataSet, told: argparse.Namespace) -> dict[str, Any]:
    """Train on a whole table in every way."""
    found = {}
    for way in told.ways:
        model, threads = told.folder / f"{each.name}-{way}.safetensors", ("--threads", told.threads)
        options = (*WAYS[way], *threads)
        found[way] = trained(sys.executable, each, each.path, model, options)
    return {
        "table": each.name,
        "rows": each.n_rows,
        "same": len({run["sha256"] for run in found.values()}) == 1,
        "log_loss": {way: run["network"]["log_loss"] for way, run in found.items()},
        "seconds": {way: run["seconds"] for way, run in found.items()},
    }


def parts(each: DataSet, folder: Path) -> tuple[Path, Path]:
    """Write four fifths of a table, and the fifth to judge by, each label its share."""
    frame = pd.read_csv(each.path, dtype=str, keep_default_na=False)
    answers = frame[each.target].to_numpy()
    held = np.zeros(len(frame), dtype=bool)
    for place, label in enumerate(np.unique(answers)):
        rows = np.random.default_rng([0, place]).permutation(np.flatnonzero(answers == label))
        held[rows[: len(rows) // SHARE]] = True
    learnt, judged = folder / f"{each.name}-learnt.csv", folder / f"{each.name}-judged.csv"
    frame[~held].to_csv(learnt, index=False)
    frame[held].to_csv(judged, index=False)
    return learnt, judged


def compared(each: DataSet, told: argparse.Namespace) -> dict[str, float]:
    """Train what was before and what is now on the same rows; return their log-losses."""
    learnt, judged = parts(each, told.folder)
    pythons = {"before": told.before.absolute() / ".venv/bin/python", "now": sys.executable}
    options = ("--valid", judged, "--threads", told.threads)
    return {
        name: trained(python, each, learnt, told.folder / f"{name}.safetensors", options)[
            "network"
        ]["log_loss"]
        for name, python in pythons.items()
    }


def line(found: dict[str, Any], told: argparse.Namespace) -> str:
    """Return a row of the report."""
    cells = [found["table"], f"{found['rows']:,}", "yes" if found["same"] else "NO"]
    cells += [f"{found['log_loss'][way]:.4f}" for way in told.ways]
    cells += [f"{found['seconds'][way]:.1f}" for way in told.ways]
    cells += [f"{loss:.4f}" for loss in found.get("compared", {}).values()]
    return f"| {' | '.join(cells)} |"


def head(told: argparse.Namespace) -> str:
    """Return the first two rows of the report."""
    cells = ["table", "rows", "same bytes", *(f"{way}: log-loss" for way in told.ways)]
    cells += [f"{way}: s" for way in told.ways] + ["before", "now"] * (told.before is not None)
    return f"| {' | '.join(cells)} |\n|---|{'---:|' * (len(cells) - 1)}"


def ways(text: str) -> list[str]:
    """Read names such as memory,stream."""
    names = text.split(",")
    if strange := [name for name in names if name not in WAYS]:
        raise argparse.ArgumentTypeError(f"{strange[0]!r} is none of {', '.join(WAYS)}")
    return names


def main() -> int:
    """Train, compare and tell; 1 if model files differ."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    add = parser.add_argument
    add("--data", type=Path, default=HERE.parent / "shared" / "data")
    add("--datasets", nargs="+", metavar="NAME", help="only these")
    add("--ways", type=ways, default=list(WAYS))
    add("--before", type=Path, metavar="CHECKOUT")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)))
    add("--folder", type=Path, default=Path("build/everywhere"))
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    print(head(told), flush=True)
    found = []
    for each in data_sets(told.data, told.datasets):
        found.append(everywhere(each, told))
        if told.before is not None:
            found[-1]["compared"] = compared(each, told)
        print(line(found[-1], told), flush=True)
    (told.folder / "everywhere.json").write_text(json.dumps(found, indent=1))
    if told.before is not None:
        means = (fmean(row["compared"][name] for row in found) for name in ("before", "now"))
        print("mean log-loss on the same rows: before {:.5f}, now {:.5f}".format(*means))
    return 0 if all(row["same"] for row in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
