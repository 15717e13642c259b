"""What sgd and adam differ in: the update of one batch."""

from collections.abc import Callable
from typing import NamedTuple

from trilayer.params import FloatArray

Memory = dict[str, FloatArray]
"""A rule's own arrays, shaped as theta: velocities, moments."""


class Rule(NamedTuple):
    """An update and its numbers.

    Attributes
    ----------
    name : {"sgd", "adam"}
    constants : dict
        Its numbers, for engines that do the update themselves.
    memory : tuple of str
        Its arrays, zero at the start.
    update : callable
        ``update(theta, gradient, memory, rate, t)``: the t-th update (from 1) of theta and
        memory; pure.
    """

    name: str
    constants: dict[str, float]
    memory: tuple[str, ...]
    update: Callable[[FloatArray, FloatArray, Memory, float, int], tuple[FloatArray, Memory]]
