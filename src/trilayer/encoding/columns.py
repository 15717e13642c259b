"""What is learnt of one column, and how it is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from trilayer.encoding.inputs import Layout

NUMBER, CATEGORY, BOOLEAN, DATE = "number", "category", "boolean", "date"
FREQUENCY, ODDS = "frequency", "odds"

_MOST_DAYS = 1e7  # from 1970: what a calendar of four digits and a few more can write

# The numbers that a column of each kind is made into, before they are scaled. The frequency
# of a category is the logarithm of how often its level occurred; its odds are those of its
# level, shrunk (`trilayer.encoding.odds`).
PARTS = {
    NUMBER: ("value",),
    BOOLEAN: ("value",),
    DATE: ("year", "month", "weekday", "hour", "days"),
    CATEGORY: (FREQUENCY, ODDS),
}


@dataclass(frozen=True)
class Part:
    """A number taken from a value, and what is made of it.

    Attributes
    ----------
    name : str
        Which number: one of `PARTS`.
    center, scale : float
        The first input is (number - center) / scale. A missing value has the center.
    edges : tuple of float
        Of the bins, ascending, one more than bins; empty where there are none. Each bin has
        an input: how far the number has come in it.
    """

    name: str
    center: float
    scale: float
    edges: tuple[float, ...] = ()

    @property
    def bins(self) -> int:
        """The number of bins."""
        return max(len(self.edges) - 1, 0)

    @property
    def width(self) -> int:
        """The number of inputs."""
        return 1 + self.bins

    def input_names(self, column: str) -> list[str]:
        """Name the inputs, as the column's, if it is called `column`."""
        name = column if self.name == "value" else f"{column}.{self.name}"
        edges = _written(self.edges, as_days=self.name == "days")
        return [name, *(f"{name} from {low} to {high}" for low, high in pairwise(edges))]


SIGNS = (Part("value", 0.5, 0.5),)  # of truth values: no is -1, yes is 1


@dataclass(frozen=True)
class Column:
    """A column that is used, and the inputs it becomes, in this order.

    Attributes
    ----------
    name, kind : str
        The column, and what it is: number, category, boolean or date.
    parts : tuple of Part
        The numbers: one input each, and one for each of their bins.
    levels : tuple of str
        One input each: is the value this one?
    counted : tuple of str
        Rare levels of which it is known how often they occurred, or their odds.
    counts : tuple of int
        How often `levels` and then `counted` occurred, where the frequency is a part. A
        level that is neither counts as if it had occurred once.
    odds : tuple of float
        The log odds of `levels`, of `counted`, of any other text and of a missing value, less
        those of all rows, where they are a part.
    crossed : array, (folds, places), or None
        The same as the rows of the other folds have it, for rows that were learnt from. It is
        in no file.
    other : bool
        One input for rare levels, and for those never seen.
    missing : bool
        One input for missing values.
    n_missing, n_levels : int
        How many values were missing, and how many different texts there were.
    note : str
        What a reader should know besides.
    form : str
        How text of this kind is written, where that is not plain (`trilayer.tables.readings`).
    """

    name: str
    kind: str
    parts: tuple[Part, ...] = ()
    levels: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    odds: tuple[float, ...] = ()
    other: bool = False
    missing: bool = False
    n_missing: int = 0
    n_levels: int = 0
    note: str = ""
    form: str = ""
    crossed: npt.NDArray[np.float64] | None = field(default=None, compare=False, repr=False)

    @property
    def bins(self) -> int:
        """The number of bins, over all parts."""
        return sum(part.bins for part in self.parts)

    @property
    def ends(self) -> tuple[str, str]:
        """The least and the greatest value that its bins hold, written; nothing without bins."""
        edges = self.parts[-1].edges if self.parts else ()
        if not edges:
            return "", ""
        written = _written((edges[0], edges[-1]), as_days=self.kind == DATE)
        return written[0], written[1]

    @property
    def width(self) -> int:
        """The number of inputs."""
        parts = sum(part.width for part in self.parts)
        return parts + len(self.levels) + self.other + self.missing

    def input_names(self, name: str) -> list[str]:
        """Name the inputs, if the column is called `name`."""
        parts = [each for part in self.parts for each in part.input_names(name)]
        levels = [f"{name}={level}" for level in self.levels]
        rest = [f"{name} is other"] * self.other + [f"{name} is missing"] * self.missing
        return parts + levels + rest


def layout_of(columns: Iterable[Column]) -> Layout:
    """Return which inputs are positions in bins, which are levels, and whose they are."""
    stairs, levels, owned, first = [], [], [], 0
    for column in columns:
        owned.append((first, column.width))
        for part in column.parts:
            if part.bins:
                stairs.append((first + 1, part.bins))
            first += part.width
        rest = len(column.levels) + column.other + column.missing
        if column.levels:
            levels.append((first, rest))
        first += rest
    return Layout(first, tuple(stairs), tuple(levels), tuple(owned))


@dataclass(frozen=True)
class ColumnSummary:
    """What became of one column, for people; ``str()`` makes a sentence of it.

    Attributes
    ----------
    name, kind : str
        The column; kind is ``"left out"`` if it is not used.
    inputs : int
        How many inputs it became.
    missing : int
        How many of its values were missing.
    bins : int
        Of a number or a date: how many bins its numbers are cut into.
    levels, pooled : int
        Of a category: levels that have an input each, and those that share one.
    odds : int
        Of a category: levels whose odds are known, where an input holds them.
    note : str
        Why it is left out, or what else should be known.
    """

    name: str
    kind: str
    inputs: int = 0
    missing: int = 0
    bins: int = 0
    levels: int = 0
    pooled: int = 0
    note: str = ""
    odds: int = 0

    def __str__(self) -> str:
        if not self.inputs:
            return f"{self.name}: left out: {self.note}"
        facts = [f"{self.kind}, {counted(self.inputs, 'input')}"]
        if self.bins:
            facts.append(counted(self.bins, "bin"))
        if self.levels:
            facts.append(counted(self.levels, "level"))
        if self.pooled:
            facts.append(f"{counted(self.pooled, 'rare level')} pooled")
        if self.odds:
            facts.append(f"the odds of {counted(self.odds, 'level')} in one input")
        if self.missing:
            facts.append(f"{counted(self.missing, 'value')} missing")
        return f"{self.name}: {'; '.join([*facts, self.note] if self.note else facts)}"


def summary(column: Column) -> ColumnSummary:
    """Summarise a column that is used."""
    kept = len(column.levels)
    notes = [column.note] * bool(column.note)
    if column.form:
        from trilayer.tables.readings import in_words  # what it stands in needs pyarrow

        notes.insert(0, in_words(column.kind, column.form))
    return ColumnSummary(
        name=column.name,
        kind=column.kind,
        inputs=column.width,
        missing=column.n_missing,
        bins=column.bins,
        levels=kept,
        pooled=column.n_levels - kept if column.other else 0,
        note="; ".join(notes),
        odds=len(column.levels + column.counted) if column.odds else 0,
    )


def _written(edges: Sequence[float], *, as_days: bool) -> list[str]:
    """Write the edges of bins with as few digits as tell them apart; days as dates."""
    ways = [] if not as_days else [_dates(edges, "D"), _dates(edges, "s")]
    numbers = ([f"{edge:.{digits}g}" for edge in edges] for digits in range(6, 18))
    return next(way for way in chain(ways, numbers) if len(set(way)) == len(edges))


def _dates(edges: Sequence[float], unit: Literal["D", "s"]) -> list[str]:
    """Write days since 1970 as dates; not at all, where no calendar reaches."""
    if not all(abs(edge) < _MOST_DAYS for edge in edges):
        return []
    instants = (np.array(edges) * 86_400).astype("datetime64[s]")
    return [str(date) for date in np.datetime_as_string(instants, unit=unit)]


def distinct(names: Iterable[str]) -> list[str]:
    """Make names that clash different, by numbering the later ones."""
    taken: dict[str, None] = {}
    for name in names:
        fresh, number = name, 1
        while fresh in taken:
            number += 1
            fresh = f"{name} ({number})"
        taken[fresh] = None
    return list(taken)


def counted(count: int, noun: str) -> str:
    """Say how many there are of something."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
