"""What is learnt of one column, and how it is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trilayer.errors import InputError

NUMBER, CATEGORY, BOOLEAN, DATE = "number", "category", "boolean", "date"

# The numbers that a column of each kind is made into, before they are scaled.
PARTS = {
    NUMBER: ("value",),
    BOOLEAN: ("value",),
    DATE: ("year", "month", "weekday", "hour", "days"),
    CATEGORY: (),
}


@dataclass(frozen=True)
class Part:
    """A number taken from a value, with its mean and scale over the rows learnt from."""

    name: str
    mean: float
    scale: float


SIGNS = (Part("value", 0.5, 0.5),)  # of truth values: no is -1, yes is 1


@dataclass(frozen=True)
class Column:
    """A column that is used, and the inputs it becomes, in this order.

    Attributes
    ----------
    name, kind : str
        The column, and what it is: number, category, boolean or date.
    parts : tuple of Part
        One input each: the standardised numbers.
    levels : tuple of str
        One input each: is the value this one?
    other : bool
        One input for rare levels, and for those never seen.
    missing : bool
        One input for missing values.
    n_missing, n_levels : int
        How many values were missing, and how many different texts there were.
    note : str
        What a reader should know besides.
    """

    name: str
    kind: str
    parts: tuple[Part, ...] = ()
    levels: tuple[str, ...] = ()
    other: bool = False
    missing: bool = False
    n_missing: int = 0
    n_levels: int = 0
    note: str = ""

    @property
    def width(self) -> int:
        """The number of inputs."""
        return len(self.parts) + len(self.levels) + self.other + self.missing

    def input_names(self, name: str) -> list[str]:
        """Name the inputs, if the column is called `name`."""
        parts = [name if part.name == "value" else f"{name}.{part.name}" for part in self.parts]
        levels = [f"{name}={level}" for level in self.levels]
        rest = [f"{name} is other"] * self.other + [f"{name} is missing"] * self.missing
        return parts + levels + rest


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
    levels, pooled : int
        Of a category: levels that have an input each, and those that share one.
    note : str
        Why it is left out, or what else should be known.
    """

    name: str
    kind: str
    inputs: int = 0
    missing: int = 0
    levels: int = 0
    pooled: int = 0
    note: str = ""

    def __str__(self) -> str:
        if not self.inputs:
            return f"{self.name}: left out: {self.note}"
        facts = [f"{self.kind}, {counted(self.inputs, 'input')}"]
        if self.levels:
            facts.append(counted(self.levels, "level"))
        if self.pooled:
            facts.append(f"{counted(self.pooled, 'rare level')} pooled")
        if self.missing:
            facts.append(f"{counted(self.missing, 'value')} missing")
        return f"{self.name}: {'; '.join([*facts, self.note] if self.note else facts)}"


def summary(column: Column) -> ColumnSummary:
    """Summarise a column that is used."""
    kept = len(column.levels)
    return ColumnSummary(
        name=column.name,
        kind=column.kind,
        inputs=column.width,
        missing=column.n_missing,
        levels=kept,
        pooled=column.n_levels - kept if column.other else 0,
        note=column.note,
    )


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


def as_names(value: str | Sequence[str]) -> tuple[str, ...]:
    """Make a parameter that lists columns a tuple; one name may stand alone."""
    names = (value,) if isinstance(value, str) else tuple(value)
    if not all(isinstance(name, str) for name in names):
        raise InputError(f"columns are named by text, not {names!r}")
    return names


def counted(count: int, noun: str) -> str:
    """Say how many there are of something."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
