"""An update rule of solvers that walk over batches."""

from collections.abc import Callable
from typing import NamedTuple

from trilayer.params import FloatArray

Memory = dict[str, FloatArray]
"""A rule's own arrays, shaped as theta: velocities, moments."""


class Rule(NamedTuple):
    """An update and its numbers.

    Attributes
    ----------
    memory : tuple of str
        Its arrays, zero at the start.
    update : callable
        ``update(theta, gradient, memory, rate, t)``: the t-th update (from 1) of theta and
        memory; pure.
    native : str or None
        What an engine that can do the update itself calls it; None where none can.
    constants : dict
        The update's numbers, for that engine.
    """

    memory: tuple[str, ...]
    update: Callable[[FloatArray, FloatArray, Memory, float, int], tuple[FloatArray, Memory]]
    native: str | None = None
    constants: dict[str, float] = {}  # noqa: RUF012 - never written to


class Epoch(NamedTuple):
    """One walk over all samples, batch by batch.

    Attributes
    ----------
    k, updates : int
        Epochs and updates done before it.
    rates : array
        The step size of each of its updates.
    size : int
        Samples in a batch.
    seed : int or None
        With k it decides the order of the samples.
    """

    k: int
    updates: int
    rates: FloatArray
    size: int
    seed: int | None
