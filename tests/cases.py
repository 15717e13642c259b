"""What each file of ../shared/cases/tables is read as: `tables/cases.tsv`, which this writes anew.

    python tests/cases.py

Read what changed before it is committed: each line is what a person would want of that file.
"""

import csv
import sys
from pathlib import Path

from trilayer.encoding import TableEncoder
from trilayer.errors import TriLayerError
from trilayer.sources.lessons import Columns
from trilayer.sources.tables import learn, look

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT.parent / "shared" / "cases" / "tables"
PACKAGED = ROOT / "src" / "trilayer" / "data" / "breast_cancer.csv"
STORED = Path(__file__).with_name("tables") / "cases.tsv"
TARGETS = {"telco.csv": "Churn", "breast_cancer.csv": "diagnosis"}


def read_as(path: Path) -> str:
    """Say in one line what a file's columns are taken for, or why it is refused."""
    columns = Columns(TARGETS.get(path.name, "y"))
    try:
        learnt = learn(look([path], columns), TableEncoder())
    except TriLayerError as error:
        return f"refused: {str(error).replace(f'{path}: ', '').replace(f'{path}/', '')}"
    labels = " or ".join(map(repr, learnt.target.classes.tolist()))
    told = [f"{learnt.m:,} rows, {learnt.target.name} is {labels}", *learnt.encoder.describe()]
    return " | ".join(map(str, told))


def files() -> list[Path]:
    """Return the packaged table, and all of the folder's where it is beside the checkout."""
    found = sorted(FOLDER.iterdir()) if FOLDER.is_dir() else []
    return [PACKAGED, *(path for path in found if not path.name.startswith("repro"))]


def stored() -> dict[str, str]:
    """Return what was written last: a line for each file, by its name."""
    with STORED.open(newline="", encoding="utf-8") as lines:
        return dict(csv.reader(lines, delimiter="\t"))


if __name__ == "__main__":
    with STORED.open("w", newline="", encoding="utf-8") as sink:
        table = csv.writer(sink, delimiter="\t", lineterminator="\n")
        table.writerows((path.name, read_as(path)) for path in files())
    sys.exit(0)
