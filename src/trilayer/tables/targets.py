"""The column that holds the answers: two labels, one of them positive."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.errors import InputError
from trilayer.optional import require
from trilayer.tables.convert import (
    BOOLEAN,
    CATEGORY,
    DATE,
    NUMBER,
    UNKNOWN,
    convert,
    kind_of,
    unusable,
)
from trilayer.tables.places import NOWHERE, Places
from trilayer.tables.readings import Reading
from trilayer.tables.values import missing as absent
from trilayer.tables.values import of_numpy, to_numpy
from trilayer.tables.words import MISSING_WORDS

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

Labels = npt.NDArray[Any]
Answers = npt.NDArray[np.bool_]

_MOST = 5  # values that a message shows


@dataclass(frozen=True)
class Target:
    """The two labels of a column, sorted, and the positive one.

    Attributes
    ----------
    name : str
    classes : array, (2,)
    positive : object
        One of them.
    one : int or str, optional
        Where one label of a column of more stands against the rest: as the column holds it.
        Then `classes` are the words for it and for the others.
    """

    name: str
    classes: Labels
    positive: Any
    one: int | str | None = None

    @classmethod
    def against_rest(cls, name: str, one: int | str) -> "Target":
        """Return the target of a column in which one label stands against all others."""
        pair = sorted([str(one), f"not {one}"])
        return cls(name, np.array(pair, dtype=object), str(one), one)

    @property
    def negative(self) -> Any:
        """The other label."""
        first, second = self.classes.tolist()
        return first if self.positive == second else second

    @property
    def positive_is_second(self) -> bool:
        """Whether the network's y = 1 is the positive label."""
        return bool(self.positive == self.classes[1])

    @property
    def kind(self) -> str:
        """What the column must be read as: see `trilayer.tables.KINDS`."""
        if self.one is not None:
            return CATEGORY if isinstance(self.one, str) else NUMBER
        return {"b": BOOLEAN, "O": CATEGORY, "U": CATEGORY}.get(self.classes.dtype.kind, NUMBER)

    def reading(self, missing: Sequence[str] = ()) -> Reading:
        """How the column is read: words for nothing, and these, are no labels, but for its own."""
        labels = set(map(str, self.classes.tolist() if self.one is None else [self.one]))
        words = (*MISSING_WORDS, *missing) if self.kind == CATEGORY else missing
        return Reading(self.kind, missing=tuple(word for word in words if word not in labels))

    def answers(self, values: "pa.Array", places: Places = NOWHERE) -> tuple[Answers, Answers]:
        """Read rows of the column, converted to `kind`; `places` are for the message.

        Returns
        -------
        known, positive : arrays of bool, (m,)
            Which rows have an answer, and which of them the positive one.

        Raises
        ------
        InputError
            If a row holds a third label.
        """
        known = ~missing(values)
        labels = self._of_two(to_labels(values.filter(of_numpy(known)), self.name))
        strange = ~np.isin(labels, self.classes)
        if strange.any():
            at = int(np.flatnonzero(strange)[0])
            source, row = places.of(int(np.flatnonzero(known)[at]))
            raise InputError(
                f"{source}target column {self.name!r}, row {row:,}: {labels.tolist()[at]!r} is "
                f"neither {self.negative!r} nor {self.positive!r}, the labels of the model"
            )
        positive = np.zeros(len(values), dtype=bool)
        positive[known] = labels == self.positive
        return known, positive

    def tallied(self, counts: dict[Any, int]) -> dict[Any, int]:
        """Count the rows of the two labels, where those of the column's own are counted."""
        if self.one is None:
            return counts
        ours = counts.get(self.one, 0)
        return {self.positive: ours, self.negative: sum(counts.values()) - ours}

    def _of_two(self, labels: Labels) -> Labels:
        """Name a column's own labels as one of the two."""
        if self.one is None:
            return labels
        two: Labels = np.where(labels == self.one, self.positive, self.negative).astype(object)
        return two


def missing(values: "pa.ChunkedArray | pa.Array") -> Answers:
    """Say which values are missing; NaN is."""
    return absent(values, or_nan=True)


def to_labels(values: "pa.ChunkedArray | pa.Array", name: str) -> Labels:
    """Make a column without missing values an array of labels; whole numbers become integers."""
    kind = kind_of(values.type)
    if kind == CATEGORY:
        return np.array(convert(values, CATEGORY, name).to_pylist(), dtype=object)
    if kind == BOOLEAN or pa.types.is_integer(values.type):
        return to_numpy(values)
    numbers = to_numpy(convert(values, NUMBER, name))
    whole = numbers.astype(np.int64) if np.all(np.abs(numbers) < 2**53) else numbers
    return whole if np.array_equal(whole, numbers) else numbers


def learn_target(
    values: "pa.ChunkedArray", name: str, positive: str | None
) -> tuple[Target, Labels]:
    """Find the two labels of a column that has no missing values.

    Of more than two, `positive` is one against the rest.

    Returns
    -------
    target : Target
    labels : array, (m,)
        The column's own.

    Raises
    ------
    InputError
        If there are not two, or `positive` is none of them.
    """
    refuse_kind(values, name)
    labels = to_labels(values, name)
    classes = np.unique(labels)
    if len(classes) > 2 and positive is not None and classes.dtype.kind != "f":
        return _one_of(name, classes, positive), labels
    if len(classes) != 2:
        raise InputError(_not_two(name, classes))
    if classes.dtype.kind == "f":
        first, second = classes.tolist()
        raise InputError(
            f"target column {name!r} holds the numbers {first!r} and {second!r}: labels are "
            "whole numbers, texts or truth values"
        )
    if positive is None:
        return Target(name, classes, classes.tolist()[1]), labels
    chosen = [label for label in classes.tolist() if is_written(label, positive)]
    if not chosen:
        first, second = classes.tolist()
        raise InputError(
            f"--positive {positive!r}: the labels of target column {name!r} are "
            f"{first!r} and {second!r}"
        )
    return Target(name, classes, chosen[0]), labels


def _one_of(name: str, classes: Labels, positive: str) -> Target:
    """Return the target for one label of many, as a person writes it."""
    chosen = next((each for each in classes.tolist() if is_written(each, positive)), None)
    if chosen is None:
        raise InputError(
            f"--positive {positive!r} is no label of target column {name!r}, which holds "
            f"{_listed(classes)}"
        )
    return Target.against_rest(name, chosen)


def refuse_kind(values: "pa.ChunkedArray | pa.Array", name: str) -> None:
    """Raise InputError if values of this type are no labels."""
    kind = kind_of(values.type)
    if kind == UNKNOWN:
        raise InputError(
            f"target column {name!r} {unusable(values.type)}: a target holds two labels"
        )
    if kind == DATE:
        raise InputError(f"target column {name!r} holds dates: a target holds two labels")


def _not_two(name: str, classes: Labels) -> str:
    if len(classes) == 1:
        shown = repr(classes.tolist()[0])
        return f"target column {name!r} holds one value only, {shown}: two are needed"
    against = "" if classes.dtype.kind == "f" else "; --positive takes one of them against the rest"
    return (
        f"target column {name!r} holds {len(classes):,} different values, {_listed(classes)}: "
        f"not two{against}"
    )


def _listed(classes: Labels) -> str:
    """Name the first few labels, and say how many more there are."""
    shown = [repr(label) for label in classes[:_MOST].tolist()]
    if len(classes) > _MOST:
        shown.append(f"{len(classes) - _MOST:,} more")
    return ", ".join(shown[:-1]) + f" and {shown[-1]}"


def is_written(label: Any, text: str) -> bool:
    """Whether a user who writes `text` means the label."""
    if isinstance(label, str):
        return label == text
    if isinstance(label, bool):
        return str(label).casefold() == text.casefold()
    try:
        return bool(float(text) == label)
    except ValueError:
        return False
