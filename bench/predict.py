"""What predicting a table costs from beginning to end, beside LightGBM from Python.

python bench/predict.py [--copies N] [--repeats N] [--data DIR] [--folder DIR]

Trains `trilayer train` and LightGBM, both with their defaults, on the table adult; writes it
`--copies` times into one Parquet file; and lets both predict that file, each a process of its
own that reads Parquet and writes CSV, in turns. Then three rows of it, beside a process that
imports NumPy and pyarrow and nothing else. Medians of wall time, with the processors' time beside
them, which a busy machine distorts less; the most memory resident; and what `trilayer` holds for
a quarter of the rows, which should be as much.

Needs lightgbm and pandas (`pip install lightgbm pandas`).
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from contest.telling import processor
from processes import Cost, cost
from trilayer.sources.walking import available_threads

ROOT = Path(__file__).resolve().parent.parent
TRILAYER = [sys.executable, "-m", "trilayer"]
FEW = 3

READ = """
import sys, pandas
def read(name, target):
    table = pandas.read_parquet(name)
    answers = table.pop(target)
    for column in table.select_dtypes(["object", "string"]):
        table[column] = table[column].astype("category")
    return table, answers
"""
TRAIN = (
    READ
    + """
import lightgbm
name, target, model = sys.argv[1:]
lightgbm.LGBMClassifier(verbose=-1).fit(*read(name, target)).booster_.save_model(model)
"""
)
# What the sigmoid objective's predict_proba is: the booster's own predictions.
PREDICT = (
    READ
    + """
import lightgbm
name, target, model, out = sys.argv[1:]
p = lightgbm.Booster(model_file=model).predict(read(name, target)[0])
pandas.DataFrame({"probability": p}).to_csv(out, index=False)
"""
)


def environment() -> dict[str, str]:
    """Return the environment without what hinders NumPy, or keeps modules from being cached."""
    hindering = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in hindering}


def in_turns(commands: dict[str, Sequence[object]], repeats: int) -> dict[str, Cost]:
    """Return the medians of each command's costs, run in turns after a run that does not count."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(repeats + 1):
        for name, command in commands.items():
            found = cost(command, env=environment())
            if turn:
                costs[name].append(found)
    return {
        name: Cost(*(statistics.median(each) for each in zip(*found, strict=True)))
        for name, found in costs.items()
    }


def tables(data: Path, folder: Path, copies: int) -> tuple[str, dict[str, Path], int]:
    """Write the table once, many times, a quarter of that, and its first rows; name its target."""
    about = json.loads((data / "manifest.json").read_text())["datasets"]
    (adult,) = (each for each in about if each["name"] == "adult")
    # Numbers stay numbers, and only the empty field is missing.
    options = pa_csv.ConvertOptions(null_values=[""], strings_can_be_null=True)
    table = pa_csv.read_csv(data / adult["file"], convert_options=options)
    parts = {
        "once": table,
        "many": pa.concat_tables([table] * copies),
        "fewer": pa.concat_tables([table] * max(1, copies // 4)),
        "few": table.slice(0, FEW),
    }
    paths = {name: folder / f"adult-{name}.parquet" for name in parts}
    for name, part in parts.items():
        pq.write_table(part, paths[name])
    return adult["target"], paths, copies * len(table)


def told(name: str, found: Cost, rows: int) -> str:
    """Write a line of the report."""
    speed = f"{rows / found.wall:12,.0f} rows/s" if rows else " " * 19
    return (
        f"{name:24}{found.wall:8.2f} s{speed}{found.processor:8.2f} s of processors"
        f"{found.peak_mb:7.0f} MB"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench" / "predict")
    chosen = parser.parse_args()
    folder, repeats = chosen.folder, chosen.repeats
    folder.mkdir(parents=True, exist_ok=True)
    target, paths, rows = tables(chosen.data, folder, chosen.copies)
    ours, theirs, out = (folder / name for name in ("adult.safetensors", "adult.txt", "out.csv"))
    train = [*TRILAYER, "train", paths["once"], "--target", target, "-o", ours, "--force"]
    for command in (train, [sys.executable, "-c", TRAIN, paths["once"], target, theirs]):
        cost(command, env=environment())

    predict = [*TRILAYER, "predict", ours]
    whole = in_turns(
        {
            "trilayer predict": [*predict, paths["many"], "-o", out, "--force"],
            "LightGBM": [sys.executable, "-c", PREDICT, paths["many"], target, theirs, out],
        },
        repeats,
    )
    (fewer,) = in_turns({"": [*predict, paths["fewer"], "-o", out, "--force"]}, 1).values()
    imports = "import numpy, pyarrow"
    small = in_turns(
        {
            f"trilayer, {FEW} rows": [*predict, paths["few"]],
            imports: [sys.executable, "-c", imports],
        },
        3 * repeats,
    )
    print(f"{processor()}, {available_threads()} processors")
    for name, found in whole.items():
        print(told(name, found, rows))
    us, them = whole.values()
    print(f"{them.wall / us.wall:.1f} times as many rows a second (to keep: 3 at least)")
    print(f"memory for a quarter of the rows: {fewer.peak_mb:.0f} MB")
    for name, found in small.items():
        print(told(name, found, 0))
    us, them = small.values()
    print(
        f"{us.wall / them.wall:.2f} times the imports' time, {us.processor / them.processor:.2f} "
        "of processors' (to keep: 0.7 s where they take 0.3, 2.33)"
    )


if __name__ == "__main__":
    main()
