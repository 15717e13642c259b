"""The labels of a target that passes as a stream."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trilayer.errors import InputError
from trilayer.optional import require
from trilayer.tables.convert import CATEGORY, NUMBER, convert, kind_of
from trilayer.tables.targets import Labels, Target, learn_target, refuse_kind

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

_MOST_LABELS = 10_000  # that are counted


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
        refuse_kind(values, self.name)
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


def _joined(chunks: list["pa.Array"]) -> list["pa.Array"]:
    """Give labels of several files one type: numbers may be stored in several."""
    if len({chunk.type for chunk in chunks}) == 1:
        return chunks
    return [convert(chunk, NUMBER, "") for chunk in chunks]
