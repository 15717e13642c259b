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
_MOST_LABELS = 10_000  # of a stream that are counted


@dataclass(frozen=True)
class Target:
    """The two labels of a column, sorted, and the positive one."""

    name: str
    classes: Labels
    positive: Any

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
        return {"b": BOOLEAN, "O": CATEGORY, "U": CATEGORY}.get(self.classes.dtype.kind, NUMBER)

    def reading(self, missing: Sequence[str] = ()) -> Reading:
        """How the column is read: words for nothing, and these, are no labels, but for its own."""
        labels = set(map(str, self.classes.tolist()))
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
        labels = to_labels(values.filter(of_numpy(known)), self.name)
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

    Returns
    -------
    target : Target
    labels : array, (m,)

    Raises
    ------
    InputError
        If there are not two, or `positive` is none of them.
    """
    _refuse_kind(values, name)
    labels = to_labels(values, name)
    classes = np.unique(labels)
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
    chosen = [label for label in classes.tolist() if _is_written(label, positive)]
    if not chosen:
        first, second = classes.tolist()
        raise InputError(
            f"--positive {positive!r}: the labels of target column {name!r} are "
            f"{first!r} and {second!r}"
        )
    return Target(name, classes, chosen[0]), labels


class Tally:
    """The labels of a stream, and how often each of them occurs.

    Parameters
    ----------
    name : str
        The target column.

    Attributes
    ----------
    counts : dict
        Label to number of rows.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.counts: dict[Any, int] = {}
        self._seen: list[Any] = []

    def add(self, values: "pa.Array") -> None:
        """Count the labels of some rows, all of which have one."""
        _refuse_kind(values, self.name)
        if kind_of(values.type) == CATEGORY:
            values = convert(values, CATEGORY, self.name)
        for value, count in zip(*pc.value_counts(values).flatten(), strict=True):
            label = value.as_py()
            if label not in self.counts and len(self.counts) < _MOST_LABELS:
                self._seen.append(value)
            self.counts[label] = self.counts.get(label, 0) + count.as_py()
        if len(self.counts) > _MOST_LABELS:
            raise InputError(
                f"target column {self.name!r} holds more than {_MOST_LABELS:,} different values: "
                "not two"
            )

    def target(self, positive: str | None, classes: Sequence[Any] | None) -> Target:
        """Return the two labels."""
        if not self.counts:
            raise InputError(f"target column {self.name!r} is empty in every row")
        if classes is not None:
            given = np.asarray(classes)
            known: Labels = np.unique(given.astype(object) if given.dtype.kind == "U" else given)
            if len(known) != 2:
                raise InputError(f"classes must be two labels, got {list(classes)!r}")
            return Target(self.name, known, known.tolist()[1])
        chunks = [pa.array([value.as_py()], value.type) for value in self._seen]
        return learn_target(pa.chunked_array(_joined(chunks)), self.name, positive)[0]


def _refuse_kind(values: "pa.ChunkedArray | pa.Array", name: str) -> None:
    """Raise InputError if values of this type are no labels."""
    kind = kind_of(values.type)
    if kind == UNKNOWN:
        raise InputError(
            f"target column {name!r} {unusable(values.type)}: a target holds two labels"
        )
    if kind == DATE:
        raise InputError(f"target column {name!r} holds dates: a target holds two labels")


def _joined(chunks: list["pa.Array"]) -> list["pa.Array"]:
    """Give labels of several files one type: numbers may be stored in several."""
    if len({chunk.type for chunk in chunks}) == 1:
        return chunks
    return [convert(chunk, NUMBER, "") for chunk in chunks]


def _not_two(name: str, classes: Labels) -> str:
    shown = [repr(label) for label in classes[:_MOST].tolist()]
    if len(classes) == 1:
        return f"target column {name!r} holds one value only, {shown[0]}: two are needed"
    if len(classes) > _MOST:
        shown.append(f"{len(classes) - _MOST:,} more")
    values = ", ".join(shown[:-1]) + f" and {shown[-1]}"
    return f"target column {name!r} holds {len(classes):,} different values, {values}: not two"


def _is_written(label: Any, text: str) -> bool:
    """Whether a user who writes `text` means the label."""
    if isinstance(label, str):
        return label == text
    if isinstance(label, bool):
        return str(label).casefold() == text.casefold()
    try:
        return bool(float(text) == label)
    except ValueError:
        return False
