"""What rows of a table are to a network: numbers, positions in bins, levels, each in its place.

A wide matrix X of an encoded table is nearly all zeros and ones. `Inputs` hold what is behind
them instead, a few bytes a value, and say how wide X would be; engines compute from that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding import sparse
from trilayer.encoding.sparse import SparseRows
from trilayer.errors import InputError
from trilayer.lazy import cached_property

FloatArray = NDArray[np.floating[Any]]

Range = tuple[int, int]
"""The first of some inputs that follow each other, and how many they are."""

PLACE = np.dtype(np.uint16)
"""Of positions: bins and levels are fewer than 65,535."""


@dataclass(frozen=True)
class Layout:
    """Which inputs are what.

    Attributes
    ----------
    n1 : int
        Inputs in all.
    stairs : tuple of Range
        Ones, then one number between 0 and 1, then zeros: how far a number has come in bins.
    levels : tuple of Range
        Zeros, but for at most a single one: which level a category has.
    columns : tuple of Range
        Inputs that were made of one column of a table; empty where each is one by itself.
    """

    n1: int
    stairs: tuple[Range, ...] = ()
    levels: tuple[Range, ...] = ()
    columns: tuple[Range, ...] = ()

    def __post_init__(self) -> None:
        taken = np.zeros(self.n1, dtype=bool)
        for first, length in self.runs:
            if first < 0 or not 0 < length < np.iinfo(PLACE).max or first + length > self.n1:
                raise InputError(f"a run of inputs does not lie within the {self.n1} there are")
            if taken[first : first + length].any():
                raise InputError(f"two runs share an input from {first} to {first + length - 1}")
            taken[first : first + length] = True

    @cached_property
    def runs(self) -> tuple[Range, ...]:
        """The stairs, then the levels."""
        return self.stairs + self.levels

    @cached_property
    def plain(self) -> NDArray[np.int64]:
        """The inputs that are numbers, in no run."""
        kept = np.ones(self.n1, dtype=bool)
        for first, length in self.runs:
            kept[first : first + length] = False
        return np.flatnonzero(kept)

    @property
    def row_bytes(self) -> int:
        """Bytes that a row takes in float32."""
        numbers = len(self.plain) + len(self.stairs)
        return 4 * numbers + PLACE.itemsize * len(self.runs)


@dataclass(frozen=True, eq=False)
class Inputs:
    """m samples of a network's n1 inputs.

    Attributes
    ----------
    numbers : array, m × plain inputs; or a sparse one, m × n1
        float32 or float64, any strides. Sparse ones are all there is: the layout has no runs.
    layout : Layout
    at : array, m × runs, uint16
        Where each sample is in each run of the layout: the bin it has come to, fewer than
        there are; or its level, and for none as many as there are. C-contiguous.
    part : array, m × stairs
        How far the sample has come in that bin, 0 to 1. C-contiguous, of the numbers' dtype.
    scale : array, (n1,), float64, or None
        What each input is multiplied by, positive: a change of variables, so a weight decay
        of its own for each. None: ones.
    """

    numbers: FloatArray | SparseRows
    layout: Layout
    at: NDArray[np.uint16]
    part: FloatArray
    scale: FloatArray | None = None

    @classmethod
    def of(cls, X: FloatArray) -> "Inputs":
        """Return samples that are numbers and nothing else.

        Parameters
        ----------
        X : array, n1 × m
            Not copied.
        """
        return cls.of_rows(X.T)

    @classmethod
    def of_rows(cls, rows: FloatArray | SparseRows) -> "Inputs":
        """Return the same, from rows m × n1, not copied; sparse ones stay so."""
        m, n1 = rows.shape
        at, part = np.empty((m, 0), dtype=PLACE), np.empty((m, 0), dtype=rows.dtype)
        return cls(rows, Layout(n1), at, part)

    @classmethod
    def empty(cls, m: int, layout: Layout, dtype: Any) -> "Inputs":
        """Return room for m samples, to be written to."""
        stairs, runs = len(layout.stairs), len(layout.runs)
        numbers = np.empty((m, len(layout.plain)), dtype=dtype)
        return cls(
            numbers, layout, np.empty((m, runs), dtype=PLACE), np.empty((m, stairs), dtype=dtype)
        )

    def __len__(self) -> int:
        return self.m

    @property
    def m(self) -> int:
        """The number of samples."""
        return int(self.numbers.shape[0])

    @property
    def n1(self) -> int:
        """The number of inputs."""
        return self.layout.n1

    @property
    def dtype(self) -> "np.dtype[Any]":
        """float32 or float64."""
        return self.numbers.dtype

    @property
    def is_sparse(self) -> bool:
        """Whether only what is not zero is kept."""
        return sparse.is_sparse(self.numbers)

    @property
    def nbytes(self) -> int:
        """Bytes that the samples take."""
        if self.is_sparse:
            return sparse.entries_bytes(self.numbers)
        return int(self.numbers.nbytes + self.at.nbytes + self.part.nbytes)

    def __getitem__(self, rows: Any) -> "Inputs":
        """Return some of the samples: a slice is a view, numbers of rows are a copy."""
        return replace(self, numbers=self.numbers[rows], at=self.at[rows], part=self.part[rows])

    def astype(self, dtype: Any) -> "Inputs":
        """Return the samples in another dtype; themselves, where it is theirs."""
        if self.dtype == dtype:
            return self
        return replace(self, numbers=self.numbers.astype(dtype), part=self.part.astype(dtype))

    def scaled(self, by: FloatArray) -> "Inputs":
        """Return the samples, each input multiplied by a positive number (n1,) more."""
        return replace(self, scale=compounded(self.scale, by))

    def dense(self) -> FloatArray:
        """Return the derivation's X, n1 × m: the transpose of C-contiguous rows."""
        if self.is_sparse:
            return sparse.dense(self.matrix().T).T
        rows = np.zeros((self.m, self.n1), dtype=self.dtype)
        rows[:, self.layout.plain] = self.numbers
        each = np.arange(self.m)
        for g, (first, length) in enumerate(self.layout.stairs):
            here, at = rows[:, first : first + length], self.at[:, g].astype(np.intp)
            here[...] = np.arange(length) < at[:, np.newaxis]
            here[each, at] = self.part[:, g]
        for g, (first, length) in enumerate(self.layout.levels, len(self.layout.stairs)):
            at = self.at[:, g].astype(np.intp)
            there = np.flatnonzero(at < length)
            rows[there, first + at[there]] = 1
        if self.scale is not None:
            rows *= self.scale.astype(self.dtype)
        return rows.T

    def matrix(self) -> FloatArray | SparseRows:
        """Return X, n1 × m, for products: a sparse one where the samples are."""
        if not self.is_sparse:
            return self.dense()
        rows = self.numbers
        return (rows if self.scale is None else sparse.scaled_entries(rows, self.scale)).T

    def vary(self) -> bool:
        """Whether any two of the samples differ."""
        if self.is_sparse:
            return sparse.varies(self.numbers)
        return bool(self.m) and bool(np.ptp(self.dense(), axis=1).any())

    def groups(self) -> NDArray[np.int64]:
        """Return which of the different samples each one is: equal ones have one number."""
        if self.is_sparse:
            return sparse.row_groups(self.numbers)
        return np.unique(self.dense().T, axis=0, return_inverse=True)[1].ravel()


def compounded(scale: FloatArray | None, by: FloatArray) -> FloatArray:
    """Return the scale of inputs that have one, or none, and are multiplied by another (n1,)."""
    more = np.asarray(by, dtype=np.float64)
    return more if scale is None else np.asarray(scale * more)


def times(inputs: Inputs, scale: FloatArray | None) -> Inputs:
    """Return inputs multiplied by a scale, if there is one."""
    return inputs if scale is None else inputs.scaled(scale)


def as_inputs(X: "Inputs | FloatArray") -> Inputs:
    """Return inputs as they are, and an array n1 × m as inputs that are numbers."""
    return X if isinstance(X, Inputs) else Inputs.of(X)


def joined(parts: Sequence[Inputs]) -> Inputs:
    """Put samples of one layout and scale one after the other."""
    if len(parts) == 1:
        return parts[0]
    at, part = (np.concatenate([getattr(each, name) for each in parts]) for name in ("at", "part"))
    pieces = [each.numbers for each in parts]
    numbers = sparse.stacked(pieces) if parts[0].is_sparse else np.concatenate(pieces)
    return replace(parts[0], numbers=numbers, at=at, part=part)


def compact(X: FloatArray, layout: Layout) -> Inputs | None:
    """Find out what is behind a wide matrix; None if it is not as the layout says.

    Parameters
    ----------
    X : array, m × n1
        Rows, as `Inputs.dense` transposed gives them, not scaled.
    """
    inputs = Inputs.empty(len(X), layout, X.dtype)
    np.take(X, layout.plain, axis=1, out=inputs.numbers)
    for g, (first, length) in enumerate(layout.stairs):
        here = X[:, first : first + length]
        climbing = here != 1
        inputs.at[:, g] = np.where(climbing.any(axis=1), climbing.argmax(axis=1), length - 1)
        inputs.part[:, g] = here[np.arange(len(X)), inputs.at[:, g].astype(np.intp)]
    for g, (first, length) in enumerate(layout.levels, len(layout.stairs)):
        here = X[:, first : first + length]
        inputs.at[:, g] = np.where(here.any(axis=1), (here != 0).argmax(axis=1), length)
    inside = np.all((inputs.part >= 0) & (inputs.part <= 1))
    return inputs if inside and np.array_equal(inputs.dense().T, X) else None


def column_ranges(layout: Layout) -> Iterable[Range]:
    """Return which inputs belong together: the layout's columns, or each by itself."""
    return layout.columns or [(k, 1) for k in range(layout.n1)]
