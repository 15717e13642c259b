"""What peers scored, kept in the project: a file for each, beside what the folders hold."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

from contest.telling import processor
from trial.ledger import STORED_FIELDS, read_results

_PACKAGES = (
    "numpy", "scikit-learn", "catboost", "optuna", "pytabkit", "torch", "autogluon.tabular",
)  # fmt: skip


def path_of(peer: str, folder: Path) -> Path:
    """Return where a peer's results are kept."""
    return folder / f"{peer}.csv"


def circumstances() -> dict[str, str]:
    """Return what a stored result says besides of what it was made with: machine, versions."""
    versions = []
    for name in _PACKAGES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return {"machine": processor(), "versions": "; ".join(versions)}


def stored_results(folders: Sequence[Path], own: Path) -> pd.DataFrame:
    """Read what peers scored, in the fits that did not fail.

    Where a folder and the project hold the same fit, the project's counts.

    Parameters
    ----------
    folders : sequence of Path
        Each with quality-peers.csv.
    own : Path
        The project's, as bench/store_peers.py writes them; it may be absent.

    Raises
    ------
    SystemExit
        If a file holds no results.
    """
    paths = [*(folder / "quality-peers.csv" for folder in folders), *sorted(own.glob("*.csv"))]
    found = pd.concat([read_results(path, STORED_FIELDS) for path in paths], ignore_index=True)
    found = found[(found["repeat"] == 0) & found["logloss"].notna()]
    return found.drop_duplicates(["dataset", "model", "fold"], keep="last")
