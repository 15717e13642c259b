"""The guard against fitting the benchmark: a change of recipe, judged by groups of tables."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from trial.compare import refuse_other_folds
from trial.ledger import STORED_FIELDS, read_results

GROUPS = 5
NEEDED = 4
"""Of the five choices of a group to leave out: in how many the change must hold."""

_KEY = ["dataset", "fold"]
_ROUNDING = 1e-9
"""Of skill: one table alone has a gain that is its own standard error, but for rounding."""


@dataclass(frozen=True)
class Choice:
    """What the change is worth when one group is left out.

    Attributes
    ----------
    group : int
        The one left out.
    kept, left_out : int
        Tables of the other groups, and of this one.
    gain, error : float
        Mean over the kept tables of how much skill the change adds, and the standard error of
        that mean.
    gain_left_out : float
        The same mean, of the group left out: told, not judged.
    holds : bool
    """

    group: int
    kept: int
    left_out: int
    gain: float
    error: float
    gain_left_out: float
    holds: bool


@dataclass(frozen=True)
class Verdict:
    """What is said of a change.

    Attributes
    ----------
    skills : DataFrame
        A row for each table, columns `before`, `after`.
    choices : list of Choice
    simplifies : bool
        Whether the change need only not lose.
    apart : list of str
        Folds that only one of both files has: left out.
    """

    skills: pd.DataFrame
    choices: list[Choice]
    simplifies: bool
    apart: list[str]

    @property
    def held(self) -> int:
        """In how many choices the change holds."""
        return sum(choice.holds for choice in self.choices)

    @property
    def accepted(self) -> bool:
        """Whether it holds in enough of them."""
        return self.held >= NEEDED

    @property
    def gains(self) -> "pd.Series[float]":
        """What it adds to the skill of each table."""
        return self.skills["after"] - self.skills["before"]


def group_of(name: str) -> int:
    """Return the group of a table: a hash of its name, and nothing else of it."""
    return zlib.crc32(name.encode()) % GROUPS


def compare(before: tuple[Path, str], after: tuple[Path, str], simplifies: bool) -> Verdict:
    """Judge a change by two files of results.

    Parameters
    ----------
    before, after : (path, label)
        The file, and the name of the recipe in it.
    simplifies : bool
        Whether the change need only not lose.

    Raises
    ------
    SystemExit
        If the files cannot be compared.
    """
    old, new = _results(*before), _results(*after)
    refuse_other_folds(old, new)
    both = old.index.intersection(new.index)
    apart = old.index.symmetric_difference(new.index)
    skills = pd.DataFrame({"before": _skill(old.loc[both]), "after": _skill(new.loc[both])})
    if empty := set(range(GROUPS)) - {group_of(str(name)) for name in skills.index}:
        raise SystemExit(
            f"{before[0]} and {after[0]} have {len(skills)} tables in common, none of them in "
            f"group {', '.join(map(str, sorted(empty)))} of {GROUPS}: run more of them"
        )
    words = [f"{name}, fold {fold}" for name, fold in apart]
    gains = skills["after"] - skills["before"]
    return Verdict(skills, choices(gains, simplifies), simplifies, words)


def choices(gains: "pd.Series[float]", simplifies: bool) -> list[Choice]:
    """Leave out each group in turn.

    Parameters
    ----------
    gains : Series
        What the change adds to the skill of each table, by name.
    simplifies : bool
    """
    group = np.array([group_of(str(name)) for name in gains.index])
    return [
        _choice(each, gains[group != each], gains[group == each], simplifies)
        for each in range(GROUPS)
    ]


def _choice(
    group: int, kept: "pd.Series[float]", left_out: "pd.Series[float]", simplifies: bool
) -> Choice:
    gain, error = mean_and_error(kept)
    holds = gain >= -_ROUNDING if simplifies else gain > error + _ROUNDING
    return Choice(group, len(kept), len(left_out), gain, error, float(left_out.mean()), bool(holds))


def mean_and_error(gains: "pd.Series[float]") -> tuple[float, float]:
    """Return the mean over tables, and the standard error of that mean."""
    return float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains)))


def _results(path: Path, label: str) -> pd.DataFrame:
    found = read_results(path, STORED_FIELDS)
    own = found[found["model"] == label].drop_duplicates(_KEY, keep="last")
    if own.empty:
        names = ", ".join(sorted(map(str, found["model"].unique()))) or "none"
        raise SystemExit(f"{path} holds no results of {label!r}: those it has are of {names}")
    failed = own[own["logloss"].isna()]
    if len(failed):  # leaving it out would hide what the change has broken
        first = failed.iloc[0]
        raise SystemExit(
            f"{path}: {label} failed on {first['dataset']}, fold {first['fold']} "
            f"({first['error']}): mend that and run it again"
        )
    return own.set_index(_KEY, drop=False).rename_axis([None, None])


def _skill(results: pd.DataFrame) -> "pd.Series[float]":
    means = results.groupby(results["dataset"].to_numpy())[["logloss", "prior_logloss"]].mean()
    return 1 - means["logloss"] / means["prior_logloss"]
