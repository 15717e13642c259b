"""Models exported to every target, and whole files scored by what each target is for.

python bench/exports.py [--tables NAME...] [--train WORDS] [--data DIR] [--folder DIR]

Trains `trilayer train` with its defaults (and `--train`) on real tables, exports each model to
every target, and has `--check` run the export on every row of the file: by Python, Node.js, the C
compiler, SQLite, DuckDB, and a PostgreSQL server of its own on loopback. A line each: the bytes of
the file, the seconds that writing it takes, and of the checking command, which reads the table and
has the library predict it too, seconds by the clock and of processors (PostgreSQL's server is not
among these); and the largest difference in probability from the library in float64. Ends with exit
code 1 if an export differs by more than 1e-9 (weights of 8 bits aside).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from contest.telling import processor
from trilayer.export.check import EXACT
from trilayer.export.description import describe
from trilayer.export.targets import SQL, TARGETS, Options, target_of
from trilayer.modelfile import read

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "scripts"))
from postgres import server  # noqa: E402 - a script of ours, found beside

TRILAYER = [sys.executable, "-m", "trilayer"]
TABLES = ("adult", "telco_churn", "phoneme")
COLUMNS = (
    f"{'export to':18}{'bytes':>12}{'write s':>9}{'rows':>8}{'wall s':>8}{'cpu s':>8}"
    f"{'difference':>12}"
)


def every() -> list[tuple[str, Options]]:
    """Return every target, in every way there is to export to it."""
    plain = [(name, Options()) for name in TARGETS if name != "sql"]
    return [*plain, ("c", Options(int8=True)), *(("sql", Options(dialect=each)) for each in SQL)]


def words_of(name: str, options: Options) -> list[str]:
    """Return how the shell is told of them."""
    told = ["--dialect", options.dialect] * (name == "sql") + ["--int8"] * options.int8
    return ["--to", name, *told]


def trained(about: dict[str, Any], data: Path, folder: Path, more: Sequence[str]) -> Path:
    """Train a model of a table, if that has not been done."""
    model = folder / f"{about['name']}{''.join(more)}.safetensors"
    if not model.exists():
        words = [*TRILAYER, "train", data / about["file"], "--target", about["target"], "-o", model]
        subprocess.run([*map(str, words), *more], check=True, stdout=subprocess.DEVNULL)
    return model


def checked(model: Path, table: Path, words: Sequence[str], out: Path) -> tuple[Any, float, float]:
    """Run the whole command, and return what it told, its seconds and those of processors."""
    before, began = os.times(), time.perf_counter()
    command = [*TRILAYER, "export", model, *words, "-o", out, "--force", "--json", "--check", table]
    done = subprocess.run([*map(str, command)], check=False, capture_output=True, text=True)
    wall, after = time.perf_counter() - began, os.times()
    used = sum(after[2:4]) - sum(before[2:4])
    if not done.stdout:
        return None, wall, used
    return json.loads(done.stdout)["check"], wall, used


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="*", default=TABLES)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench" / "exports")
    parser.add_argument("--train", default="", help="more words for train, such as '--hidden 16'")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    about = json.loads((chosen.data / "manifest.json").read_text())["datasets"]
    print(f"{processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    failed = False
    with ExitStack() as stack:
        if "TRILAYER_POSTGRES" not in os.environ and shutil.which("pg_ctl"):
            os.environ["TRILAYER_POSTGRES"] = stack.enter_context(server())
        for each in about:
            if each["name"] in chosen.tables:
                failed |= on_table(each, chosen)
    return int(failed)


def on_table(about: dict[str, Any], chosen: argparse.Namespace) -> bool:
    """Export the model of a table to every target; return whether one differs."""
    model = trained(about, chosen.data, chosen.folder, chosen.train.split())
    description = describe(read(model))
    n1, n2 = len(description["W1"]), len(description["b1"])
    print(f"\n{about['name']}: {n1} inputs, {n2} hidden units\n{COLUMNS}")
    failed = False
    for name, options in every():
        target, words = target_of(name, options), words_of(name, options)
        began = time.perf_counter()
        size = len(target.write(description, options).encode())
        wrote = time.perf_counter() - began
        told = f"{' '.join(words[1:]).replace('--dialect ', ''):18}{size:12,}{wrote:9.2f}"
        if target.missing(options):
            print(f"{told}   no counterpart here")
            continue
        out = chosen.folder / f"export{target.suffix}"
        check, wall, used = checked(model, chosen.data / about["file"], words, out)
        if check is None:
            failed = True
            print(f"{told}   fails, or differs by more than {EXACT}")
            continue
        largest = check["largest_difference"]
        print(f"{told}{check['rows']:8,}{wall:8.1f}{used:8.1f}{largest:12.1e}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
