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
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

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


class Cost(NamedTuple):
    """What a process took: seconds by the clock and of processors, MB at the most."""

    wall: float
    busy: float
    peak: float


def environment() -> dict[str, str]:
    """Return the environment without what hinders NumPy, or keeps modules from being cached."""
    hindering = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in hindering}


def cost(command: Sequence[object]) -> Cost:
    """Run a process to its end."""
    words = [str(word) for word in command]
    began = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment()) as child:
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(words)[:200]} ended with {child.returncode}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3)


def in_turns(commands: dict[str, Sequence[object]], repeats: int) -> dict[str, Cost]:
    """Return the medians of each command's costs, run in turns after a run that does not count."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(repeats + 1):
        for name, command in commands.items():
            found = cost(command)
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


def processor() -> str:
    """Name the processor, and how many of them there are for this process."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {count} processors"


def told(name: str, found: Cost, rows: int) -> str:
    """Write a line of the report."""
    speed = f"{rows / found.wall:12,.0f} rows/s" if rows else " " * 19
    return (
        f"{name:24}{found.wall:8.2f} s{speed}{found.busy:8.2f} s of processors{found.peak:7.0f} MB"
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
    cost([*TRILAYER, "train", paths["once"], "--target", target, "-o", ours, "--force"])
    cost([sys.executable, "-c", TRAIN, paths["once"], target, theirs])

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
    print(processor())
    for name, found in whole.items():
        print(told(name, found, rows))
    us, them = whole.values()
    print(f"{them.wall / us.wall:.1f} times as many rows a second (to keep: 3 at least)")
    print(f"memory for a quarter of the rows: {fewer.peak:.0f} MB")
    for name, found in small.items():
        print(told(name, found, 0))
    us, them = small.values()
    print(
        f"{us.wall / them.wall:.2f} times the imports' time, {us.busy / them.busy:.2f} of "
        "processors' (to keep: 0.7 s where they take 0.3, 2.33)"
    )


if __name__ == "__main__":
    main()
