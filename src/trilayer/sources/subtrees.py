"""Whole subtrees of the fixed summation tree: what sums travel as.

Over blocks 0 … n-1 the tree of `tree_sum` merges neighbours of equal size, so the node
``(level, place)`` stands for the blocks place·2^level … (place + 1)·2^level - 1, whoever
adds them, and in whatever order they come.
"""

from collections.abc import Iterable
from typing import NamedTuple

from trilayer.errors import InputError
from trilayer.params import FloatArray


class Subtree(NamedTuple):
    """The sum over 2^level blocks, the first of which is place · 2^level."""

    level: int
    place: int
    sums: FloatArray

    @property
    def blocks(self) -> range:
        """The blocks it sums over."""
        return range(self.place << self.level, (self.place + 1) << self.level)


def cover(first: int, stop: int) -> list[tuple[int, int]]:
    """Cut the blocks first … stop - 1 into the largest whole subtrees, in order.

    Returns
    -------
    list of (level, place)
        2 log₂ (stop - first) of them at the most.
    """
    nodes = []
    while first < stop:
        level = (stop - first).bit_length() - 1
        if first:
            level = min(level, (first & -first).bit_length() - 1)
        nodes.append((level, first >> level))
        first += 1 << level
    return nodes


def merge(subtrees: Iterable[Subtree]) -> list[Subtree]:
    """Add up neighbours that are halves of one subtree, as far as they are there.

    Returns
    -------
    list of Subtree
        In the order of their blocks.
    """
    waiting: dict[tuple[int, int], FloatArray] = {}
    for level, place, sums in subtrees:
        total = sums
        while (sibling := waiting.pop((level, place ^ 1), None)) is not None:
            # Of two numbers the order does not matter: a + b and b + a have the same bits.
            total = sibling + total
            level, place = level + 1, place >> 1
        waiting[level, place] = total
    found = [Subtree(level, place, sums) for (level, place), sums in waiting.items()]
    return sorted(found, key=lambda node: node.blocks.start)


def total(subtrees: Iterable[Subtree]) -> FloatArray:
    """Return what `tree_sum` makes of all the blocks below these subtrees.

    Raises
    ------
    InputError
        If there are none.
    """
    nodes = merge(subtrees)
    if not nodes:
        raise InputError("there are no samples to sum over")
    sums = nodes.pop().sums
    while nodes:  # what has no other half is added from the right
        sums = nodes.pop().sums + sums
    return sums
