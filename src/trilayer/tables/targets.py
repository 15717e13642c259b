"""The column that holds the answers: two labels, one of them positive."""

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
        labels = to_labels(values.filter(pa.array(known)), self.name)
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
    return np.asarray(pc.is_null(values, nan_is_null=True).to_numpy(zero_copy_only=False))


def to_labels(values: "pa.ChunkedArray | pa.Array", name: str) -> Labels:
    """Make a column without missing values an array of labels; whole numbers become integers."""
    kind = kind_of(values.type)
    if kind == CATEGORY:
        return np.array(convert(values, CATEGORY, name).to_pylist(), dtype=object)
    if kind == BOOLEAN or pa.types.is_integer(values.type):
        return np.asarray(values.to_numpy(zero_copy_only=False))
    numbers = np.asarray(convert(values, NUMBER, name).to_numpy(zero_copy_only=False))
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
    if kind_of(values.type) == UNKNOWN:
        raise InputError(
            f"target column {name!r} {unusable(values.type)}: a target holds two labels"
        )
    if kind_of(values.type) == DATE:
        raise InputError(f"target column {name!r} holds dates: a target holds two labels")
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
