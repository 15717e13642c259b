"""Where the samples live and how they are walked.

A source cuts its samples into blocks by their number alone, lets an engine sum each
block, and adds the block sums along one fixed tree in float64. So the same samples in
the same order give the same bits, whoever computes the blocks, and wherever.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.inputs import Inputs, Layout
from trilayer.engines import Engine
from trilayer.errors import InputError
from trilayer.params import FloatArray, Params

BLOCK = 2048
"""Samples in a block: small enough for a cache, large enough to be worth a call."""


class Batch(NamedTuple):
    """A few samples: their inputs, Y 1 × b, s 1 × b (None: ones)."""

    inputs: Inputs
    Y: FloatArray
    s: FloatArray | None


class Source(Protocol):
    """What an objective asks of the data.

    Attributes
    ----------
    n1, m : int
        Inputs and samples.
    total_weight : float
        Σ s.
    dtype : dtype
        float32 or float64: of the samples, and what is computed in.
    layout : Layout
        Which inputs are what.
    in_memory : bool
        Whether several runs may walk the samples at a time, each on a thread of its own.
    """

    n1: int
    m: int
    total_weight: float
    dtype: Any
    layout: Layout
    in_memory: bool

    def sums(self, engine: Engine, params: Params) -> FloatArray:
        """Return the engine's sums over all samples, added along the tree."""
        ...

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Whether each sample is of the second class, (m,)."""
        ...

    @property
    def fingerprint(self) -> Mapping[str, str]:
        """The bits of the samples and their order (see `trilayer.sources.fingerprint`)."""
        ...

    def scaled(self, by: FloatArray) -> "Source":
        """Return the same samples, each input multiplied by a positive number (n1,)."""
        ...

    def part(self, rows: NDArray[np.int64]) -> Any:
        """Return the samples of these numbers, ascending, as a `MemorySource`."""
        ...

    def batches(self, size: int, seed: int | None, epoch: int) -> Iterator[Batch]:
        """Walk all samples once in batches, in an order that seed and epoch decide."""
        ...


class LabelledSource(Source, Protocol):
    """A source that knows what its targets stand for.

    Attributes
    ----------
    classes_ : array, (2,)
        The labels that Y = 0 and Y = 1 are, sorted.
    """

    classes_: Any


def blocks(m: int) -> list[slice]:
    """Cut m samples into blocks: all of `BLOCK` samples but the last."""
    return [slice(start, min(start + BLOCK, m)) for start in range(0, m, BLOCK)]


def total_weight(s: FloatArray) -> float:
    """Return Σ s, its blocks added along the tree: the same wherever the samples are.

    Parameters
    ----------
    s : array, 1 × m
    """
    parts = [np.asarray(np.sum(s[:, b], dtype=np.float64)) for b in blocks(s.shape[1])]
    return float(tree_sum(parts)) if parts else 0.0


def tree_sum(terms: Iterable[FloatArray]) -> FloatArray:
    """Add terms pairwise along the one tree that their number decides.

    Works like a binary counter: two neighbouring subtrees of equal size are added as
    soon as both are there, so the terms may stream and only log₂ of them are kept.
    What is left at the end is added from the right.

    Raises
    ------
    InputError
        If there is no term.
    """
    stack: list[tuple[int, FloatArray]] = []
    for term in terms:
        size, total = 1, term
        while stack and stack[-1][0] == size:
            total = stack.pop()[1] + total
            size *= 2
        stack.append((size, total))
    if not stack:
        raise InputError("there are no samples to sum over")
    total = stack.pop()[1]
    while stack:
        total = stack.pop()[1] + total
    return total
