"""What each row of a table that is read as a stream is for."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from trilayer.sources.lessons import Part
from trilayer.tables.targets import Answers

Floats = npt.NDArray[np.floating[Any]]

LEARNT, WATCHED, HELD = 0, 1, 2

_DRAWN = 1 << 16  # rows whose parts are drawn together: any rows can be drawn alone


@dataclass(frozen=True)
class Split:
    """What each row of a table is for, by its number alone.

    Parameters
    ----------
    seed : int
    watched, held : float
        The shares of the rows that tell when to stop, and that are judged by.
    """

    seed: int
    watched: float
    held: float

    def parts(self, first: int, count: int) -> npt.NDArray[np.int64]:
        """Return `LEARNT`, `WATCHED` or `HELD` for `count` rows from `first` on."""
        blocks = range(first // _DRAWN, (first + count - 1) // _DRAWN + 1)
        draws = [np.random.default_rng([self.seed, block]).random(_DRAWN) for block in blocks]
        drawn = np.concatenate(draws)[first - blocks.start * _DRAWN :][:count]
        ends = [1 - self.watched - self.held, 1 - self.held]
        return np.searchsorted(ends, drawn, side="right")

    def is_learnt(self, first: int, count: int) -> npt.NDArray[np.bool_]:
        """Say which rows the network steps on."""
        return np.equal(self.parts(first, count), LEARNT)

    def is_taught(self, first: int, count: int) -> npt.NDArray[np.bool_]:
        """Say which rows the encoder may see: all but those held out to judge by."""
        return np.not_equal(self.parts(first, count), HELD)

    def is_aside(self, first: int, count: int) -> npt.NDArray[np.bool_]:
        """Say which rows the network does not step on."""
        return np.not_equal(self.parts(first, count), LEARNT)


@dataclass
class Aside:
    """Rows that are kept in memory: their inputs and targets, part by part."""

    X: list[Floats] = field(default_factory=list)
    Y: list[Floats] = field(default_factory=list)

    def add(self, part: Part, kept: Answers) -> None:
        """Keep some rows of a part."""
        self.X.append(part.X[kept])
        self.Y.append(part.Y[kept])

    def joined(self, n1: int, dtype: Any) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Return the inputs of all rows, and whether they are of the second class."""
        X = np.concatenate([np.empty((0, n1), dtype), *self.X])
        return X, np.concatenate([np.empty(0, dtype), *self.Y]) == 1
