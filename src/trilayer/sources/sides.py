"""Which of two answers each row has, while it passes: the classes are settled after the last."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.odds import Answers, folds_of
from trilayer.optional import require
from trilayer.tables.targets import Target, is_written

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")


class Sides:
    """Tells two answers apart: the positive one, or what is not the first that was met.

    Parameters
    ----------
    positive : str, optional
        The positive label, as a person writes it.
    """

    def __init__(self, positive: str | None = None) -> None:
        self._positive = positive
        self._first: list[Any] = []

    def answers(self, labels: "pa.Array", rows: NDArray[np.int64]) -> Answers:
        """Return the answers of the next rows, all of which have one, and their folds.

        Parameters
        ----------
        labels : pyarrow.Array, (m,)
        rows : array, (m,)
            Their numbers in the table.
        """
        coded = labels.dictionary_encode()
        sides = np.array([self._side(label) for label in coded.dictionary.to_pylist()], dtype=bool)
        codes = coded.indices.to_numpy(zero_copy_only=False)
        return Answers(sides[codes], folds_of(rows))

    def swapped(self, target: Target) -> bool:
        """Whether those called positive turned out to be of the first class, and not the second."""
        if self._positive is not None:
            return not target.positive_is_second
        return bool(self._first) and bool(self._first[0] == target.classes.tolist()[1])

    def _side(self, label: Any) -> bool:
        if self._positive is not None:
            return is_written(label, self._positive)
        self._first = self._first or [label]
        return bool(label != self._first[0])
