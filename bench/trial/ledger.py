"""Results in a CSV file, a line for each fit, so that a run goes on where it stopped."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from trial.models import Entry
from trial.protocol import fold_count
from trial.sets import DataSet

FIELDS = (
    "split", "dataset", "n_rows", "n_features", "positive_rate", "n_train", "n_test", "model",
    "repeat", "fold", "auc", "logloss", "brier", "accuracy", "ece", "fit_s", "predict_s",
    "prior_logloss", "threads", "settings", "error",
)  # fmt: skip
"""The columns of a result."""
STORED_FIELDS = tuple(name for name in FIELDS if name not in {"ece", "threads", "settings"})
"""Those of the peers' stored results."""


class Ledger:
    """The results in a file.

    Parameters
    ----------
    path : Path
        Made at the first result. What an interrupted write left of a last line is dropped.
    about : dict of str to str
        Columns more, the same for every result that is added: how it came about.

    Raises
    ------
    SystemExit
        If the file holds something else.
    """

    def __init__(self, path: Path, about: Mapping[str, str] | None = None) -> None:
        self.path = path
        self._about = dict(about or {})
        self._fields = (*FIELDS, *self._about)
        if path.exists():
            _drop_unfinished_line(path, ",".join(self._fields))
        done = self.results()
        self._done = set(zip(done["dataset"], done["model"], done["fold"], strict=True))

    def results(self) -> pd.DataFrame:
        """Return the latest result of each fit that did not fail."""
        found = self._read()
        found = found[found["logloss"].notna()]
        return found.drop_duplicates(["dataset", "model", "fold"], keep="last")

    def failures(self) -> pd.DataFrame:
        """Return the fits of which there is no result."""
        found = self._read().drop_duplicates(["dataset", "model", "fold"], keep="last")
        return found[found["logloss"].isna()]

    def has(self, dataset: str, model: str, fold: int) -> bool:
        """Whether this fit has a result; one that failed is to be tried again."""
        return (dataset, model, fold) in self._done

    def is_complete(self, each: DataSet, model: str, folds: int | None = None) -> bool:
        """Whether every fold of a data set has one, or the first so many."""
        wanted = range(fold_count(each.n_rows))[:folds]
        return all(self.has(each.name, model, k) for k in wanted)

    def refuse_other_settings(self, entry: Entry, threads: int) -> None:
        """Raise SystemExit if results of that name come from another model."""
        found = self._read()
        found = found[found["model"] == entry.name]
        if len(found) and set(found["settings"]) != {entry.settings}:
            before = next(text for text in found["settings"] if text != entry.settings)
            raise SystemExit(
                f"{self.path} holds results of {entry.name!r} with {before}, now it is "
                f"{entry.settings}: choose another --label or --out"
            )
        if len(found) and set(found["threads"]) != {threads}:
            raise SystemExit(
                f"{self.path} holds results of {entry.name!r} with another number of threads: "
                "choose another --threads, --label or --out"
            )

    def add(self, result: dict[str, Any]) -> None:
        """Append a result, at once and whole."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self._fields, lineterminator="\n")
        if self._is_empty():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            writer.writeheader()
        writer.writerow(result | self._about)
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
        if not result.get("error"):
            self._done.add((result["dataset"], result["model"], result["fold"]))

    def _is_empty(self) -> bool:
        return not self.path.exists() or not self.path.stat().st_size

    def _read(self) -> pd.DataFrame:
        return (
            pd.DataFrame(columns=list(FIELDS))
            if self._is_empty()
            else read_results(self.path, FIELDS)
        )


def _drop_unfinished_line(path: Path, head: str) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    if not (text.startswith(f"{head}\n") or head.startswith(text)):
        raise SystemExit(f"{path} holds something else than results: choose another --out")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")


def read_results(path: Path, fields: tuple[str, ...]) -> pd.DataFrame:
    """Read a CSV file of results.

    Raises
    ------
    SystemExit
        If it is none, or lacks a column.
    """
    try:
        found = pd.read_csv(path, keep_default_na=False, na_values=["", "nan"])
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path} cannot be read as results: {error}") from error
    if missing := set(fields) - set(found.columns):
        raise SystemExit(f"{path} holds no results: it has no column {', '.join(sorted(missing))}")
    return found
