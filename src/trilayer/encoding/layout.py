"""Which inputs of a network are positions in bins, and which are levels of a category."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]

Range = tuple[int, int]
"""The first of some inputs that follow each other, and how many they are."""


class Layout(NamedTuple):
    """Inputs of which a sample has little to add up, so that an engine can be quicker.

    Attributes
    ----------
    stairs : sequence of Range
        Ones, then one number between 0 and 1, then zeros: how far a number has come in bins.
    levels : sequence of Range
        Zeros, but for at most a single one: which level a category has.
    columns : sequence of Range
        Inputs that were made of one column of a table.
    heights : array, (n1,), optional
        What each input has been multiplied by, so what "one" is for it.
    """

    stairs: Sequence[Range] = ()
    levels: Sequence[Range] = ()
    columns: Sequence[Range] = ()
    heights: FloatArray | None = None
