"""The tables: a folder with manifest.json, as CSV."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

# Every other table in the order of their rows: defaults are chosen on the first half, and
# confirmed on the second.
CHOOSE = (
    "sonar",
    "haberman",
    "credit_approval",
    "german_credit",
    "spambase",
    "telco_churn",
    "eeg_eye_state",
    "magic_gamma",
    "adult",
    "flights_late",
)
CONFIRM = (
    "heart_cleveland",
    "breast_cancer",
    "pima_diabetes",
    "mnist_4_9",
    "phoneme",
    "higgs_small",
    "htru2_pulsar",
    "credit_default",
    "skin",
)


@dataclass(frozen=True)
class DataSet:
    """A table for two classes.

    Attributes
    ----------
    name, split : str
    path : Path
    target, positive : str
        The column with the answer, and the label whose probability is predicted.
    categorical : tuple of str
        Columns that are texts, whatever they look like.
    n_rows, n_features : int
    """

    name: str
    split: str
    path: Path
    target: str
    positive: str
    categorical: tuple[str, ...]
    n_rows: int
    n_features: int

    def load(self) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
        """Return the columns (missing: None in texts, NaN in numbers), and 0 or 1 for each row."""
        texts = dict.fromkeys((*self.categorical, self.target), str)
        # 'NA' and 'None' can be levels: only an empty field is missing.
        frame = pd.read_csv(self.path, dtype=texts, keep_default_na=False, na_values=[""])
        y = (frame.pop(self.target) == self.positive).to_numpy().astype(np.int64)
        for name in frame.columns:
            if name in self.categorical:
                column = frame[name].astype(object)
                frame[name] = column.where(column.notna(), None)
            else:
                frame[name] = frame[name].astype(np.float64)
        if frame.shape != (self.n_rows, self.n_features):
            raise SystemExit(
                f"{self.path}: {frame.shape[0]:,} rows of {frame.shape[1]} columns, but the "
                f"manifest says {self.n_rows:,} of {self.n_features}: one of them is not the "
                "other's"
            )
        return frame, y


def data_sets(folder: Path, names: list[str] | None = None) -> list[DataSet]:
    """Read the manifest of a folder; return the sets of those names, the small ones first."""
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SystemExit(
            f"{path}: {error.strerror}: name the folder of the tables with --data"
        ) from error
    except ValueError as error:
        raise SystemExit(f"{path} is not JSON: {error}") from error
    split = manifest.get("split", folder.resolve().parent.name)
    sets = [_data_set(each, split, folder) for each in manifest["datasets"]]
    known = [each.name for each in sets]
    if unknown := set(names or ()) - set(known):
        raise SystemExit(
            f"{path} has no data set {', '.join(sorted(unknown))}; it has {', '.join(known)}"
        )
    return _by_size([each for each in sets if names is None or each.name in names])


def sets_of(folders: Sequence[Path], names: list[str] | None = None) -> list[DataSet]:
    """Return the sets of several folders, those of some names or all; the small ones first.

    Raises
    ------
    SystemExit
        If a name is in none of the folders, or in two.
    """
    every = [each for folder in folders for each in data_sets(folder)]
    count = Counter(each.name for each in every)
    if twice := [name for name in count if count[name] > 1]:
        raise SystemExit(f"several folders have a data set {', '.join(twice)}")
    if unknown := set(names or ()) - set(count):
        raise SystemExit(
            f"{', '.join(map(str, folders))}: no data set {', '.join(sorted(unknown))}; there are "
            f"{', '.join(count)}"
        )
    return _by_size([each for each in every if names is None or each.name in names])


def _by_size(sets: list[DataSet]) -> list[DataSet]:
    return sorted(sets, key=lambda each: each.n_rows * each.n_features**0.5)


def half(name: str) -> str:
    """Return whether defaults were chosen on a data set, or it confirms them."""
    return "chosen" if name in CHOOSE else "confirm" if name in CONFIRM else "other"


def _data_set(said: dict[str, Any], split: str, folder: Path) -> DataSet:
    return DataSet(
        said["name"],
        split,
        folder / said["file"],
        said["target"],
        said["positive"],
        tuple(said["categorical"]),
        said["n_rows"],
        said["n_features"],
    )
