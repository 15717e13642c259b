"""How rows differ from those that an encoder learnt from: what may explain a bad score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trilayer.encoding.columns import CATEGORY, Column, counted

# Values that training had not are told from this share of a column's values on. Beyond the
# ends of the quantiles a few are always found, so of numbers more.
_UNKNOWN, _OUTSIDE = 0.01, 0.05
# Shares of missing values that differ by so much, and by so many standard errors.
_APART, _ERRORS = 0.1, 3.0

_Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Seen:
    """What was met in some rows, for each column that an encoder uses.

    Attributes
    ----------
    rows : int
    missing, strange : array of int64, (columns,)
        How many values were missing; how many are none that training had: unknown levels, and
        numbers outside the bins.
    examples : list of str
        For each column one of its unknown levels, or nothing.
    """

    rows: int
    missing: _Counts
    strange: _Counts
    examples: list[str]

    @classmethod
    def nothing(cls, columns: int, rows: int = 0) -> "Seen":
        """Return room for what is met in some rows."""
        zeros = np.zeros((2, columns), dtype=np.int64)
        return cls(rows, zeros[0], zeros[1], [""] * columns)

    def __add__(self, other: "Seen") -> "Seen":
        examples = [a or b for a, b in zip(self.examples, other.examples, strict=True)]
        rows, missing = self.rows + other.rows, self.missing + other.missing
        return Seen(rows, missing, self.strange + other.strange, examples)


@dataclass(frozen=True)
class Drift:
    """How one column differs from what training had.

    Attributes
    ----------
    name, kind : str
    rows, missing, strange : int
        Of the rows looked at: all, those without a value, and those whose value is none that
        training had (of a number without bins nobody knows: then it is 0).
    trained_missing : float
        The share of the values that were missing in training.
    said : str
        What a person should know of it; nothing, where it is as in training.
    """

    name: str
    kind: str
    rows: int
    missing: int
    strange: int
    trained_missing: float
    said: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {
            "column": self.name,
            "kind": self.kind,
            "rows": self.rows,
            "missing": self.missing,
            "missing_share_in_training": self.trained_missing,
            "not_in_training": self.strange,
            "differs": self.said or None,
        }


def drift_of(columns: Sequence[Column], n_rows: int, seen: Seen) -> list[Drift]:
    """Hold what was met in some rows against what was learnt.

    Parameters
    ----------
    columns : sequence of Column
    n_rows : int
        How many rows they were learnt from.
    seen : Seen
    """
    return [
        _drift(column, n_rows, seen.rows, missing, strange, example)
        for column, missing, strange, example in zip(
            columns, seen.missing.tolist(), seen.strange.tolist(), seen.examples, strict=True
        )
    ]


def _drift(
    column: Column, n_rows: int, rows: int, missing: int, strange: int, example: str
) -> Drift:
    trained = column.n_missing / max(n_rows, 1)
    facts = []
    present = rows - missing
    least = _UNKNOWN if column.kind == CATEGORY else _OUTSIDE
    if strange and strange >= least * present:
        values = f"{strange:,} of {counted(present, 'value')} ({strange / present:.1%})"
        facts.append(f"{values} {_unlike(column, example)}")
    if _is_apart(missing, rows, column.n_missing, n_rows):
        facts.append(f"{missing / rows:.1%} missing, {trained:.1%} in training")
    said = f"{column.name}: {'; '.join(facts)}" if facts else ""
    return Drift(column.name, column.kind, rows, missing, strange, trained, said)


def _unlike(column: Column, example: str) -> str:
    """Say in what way values are none that training had."""
    if column.kind != CATEGORY:
        first, last = column.ends
        return f"outside what training had, {first} to {last}"
    known = {*column.levels, *column.counted}
    alike = next((level for level in known if level.casefold() == example.casefold()), None)
    meant = f", where training had {alike!r}" if alike is not None else ""
    rare = " or too rare to be kept" * (column.n_levels > len(known))
    return f"not in training{rare}, such as {example!r}{meant}"


def _is_apart(missing: int, rows: int, n_missing: int, n_rows: int) -> bool:
    """Whether two shares of missing values differ greatly, and not by chance."""
    if not rows:
        return False
    expected = (n_missing + 1) / (n_rows + 2)
    apart = abs(missing / rows - n_missing / max(n_rows, 1))
    return bool(apart >= max(_APART, _ERRORS * (expected * (1 - expected) / rows) ** 0.5))
