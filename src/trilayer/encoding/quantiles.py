"""How a stream of numbers is distributed, in little memory, the same however it is cut."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BLOCK = 65_536
MOST = 4_096


class Distribution(NamedTuple):
    """Different numbers, ascending, with how often each occurs.

    Attributes
    ----------
    values, weights : ndarray (d,)
        Together the weights are the number of all the numbers.
    error : float
        By how much the weight of all values up to any x may miss the number of numbers
        up to x. 0 where every number was kept.
    """

    values: Floats
    weights: Floats
    error: float = 0.0

    def quantiles(self, shares: npt.ArrayLike) -> Floats:
        """Return the least values up to which there are these shares of the weight."""
        mass = np.cumsum(self.weights)
        found: Floats = self.values[np.searchsorted(mass, np.asarray(shares) * mass[-1])]
        return found


class Summary:
    """The distribution of numbers that come in pieces.

    The numbers are cut into blocks of `BLOCK` by their index alone. Each block is
    tabulated exactly, and the tables are merged pairwise along a binary counter, as
    `trilayer.sources.tree_sum` adds: the same numbers in other pieces give the same bits.
    A merged table of more than `MOST` values is thinned to that many (`thinned`).

    So it is exact up to `BLOCK` numbers, and as long as at most `MOST` of them differ.
    Beyond that, the error of the ranks is at most (h / 2) W / (`MOST` - 2) for W numbers in
    B blocks, h = ⌊log₂ B⌋ + 1: a number is thinned at most once at each of the h levels of
    the tree. Thinning a table of the weight w adds at most w / (2 (`MOST` - 2)), errors of
    merged tables add up, and the weights of one level add up to at most W. For ten million
    numbers that is one rank in a thousand.
    """

    def __init__(self) -> None:
        self._tree: list[tuple[int, Distribution]] = []
        self._held: list[Floats] = []
        self._weights: list[Floats | None] = []
        self._waiting = 0

    def add(self, values: Floats, weights: Floats | None = None) -> None:
        """Take in the next numbers, all of them finite, and what each counts for: by default 1."""
        self._held.append(values)
        self._weights.append(weights)
        self._waiting += values.size
        if self._waiting < BLOCK:
            return
        waiting, weigh = self._rest()
        whole = waiting.size - waiting.size % BLOCK
        for start in range(0, whole, BLOCK):
            block = slice(start, start + BLOCK)
            _push(self._tree, tabulated(waiting[block], None if weigh is None else weigh[block]))
        # A copy, so that the rest does not keep the whole chunk alive.
        self._held, self._waiting = [waiting[whole:].copy()], waiting.size - whole
        self._weights = [None if weigh is None else weigh[whole:].copy()]

    def _rest(self) -> tuple[Floats, Floats | None]:
        numbers = np.concatenate([np.empty(0), *self._held])
        if all(weights is None for weights in self._weights):
            return numbers, None
        pairs = zip(self._held, self._weights, strict=True)
        return numbers, np.concatenate([np.ones(n.size) if w is None else w for n, w in pairs])

    def distribution(self) -> Distribution:
        """Return the distribution so far; more numbers may follow."""
        tree = self._tree.copy()
        if self._waiting or not tree:
            _push(tree, tabulated(*self._rest()))
        _, total = tree.pop()
        while tree:
            total = merged(tree.pop()[1], total)
        return total


def _push(tree: list[tuple[int, Distribution]], found: Distribution) -> None:
    size = 1
    while tree and tree[-1][0] == size:
        found = merged(tree.pop()[1], found)
        size *= 2
    tree.append((size, found))


def tabulated(numbers: Floats, weights: Floats | None = None) -> Distribution:
    """Count every different number, each for its weight."""
    if weights is not None:
        return Distribution(*_gathered(numbers + 0.0, weights))
    values = np.sort(numbers + 0.0)  # -0.0 and 0.0 are one value
    first = _first_of_each(values)
    return Distribution(values[first], np.diff(first, append=values.size).astype(np.float64))


def merged(one: Distribution, other: Distribution) -> Distribution:
    """Add two distributions up, and thin the sum where it has more than `MOST` values."""
    values = np.concatenate([one.values, other.values])
    weights = np.concatenate([one.weights, other.weights])
    return thinned(Distribution(*_gathered(values, weights), one.error + other.error), MOST)


def thinned(found: Distribution, most: int) -> Distribution:
    """Keep `most` values: the least, the greatest, the heavy ones, and others for the rest.

    Heavy is what weighs at least the step s = L / c, where L is the weight of the others
    and c how many of them may stay: so s is at most the whole weight / (most - 2). Heavy
    values keep their weights. The c that stay of the others are those at the ranks s/2,
    3s/2, 5s/2, … among them, and weigh s each. So the weight of those up to any x is the
    true one rounded to a multiple of s: off by s/2 at most.
    """
    values, weights = found.values, found.weights
    if values.size <= most:
        return found
    light = weights < fair_cap(weights[1:-1], most - 2)
    light[[0, -1]] = False
    mass = np.cumsum(weights[light])
    count = max(1, most - int(np.count_nonzero(~light)))
    step = mass[-1] / count
    stay = np.searchsorted(mass, (np.arange(count) + 0.5) * step)
    values, weights = _gathered(
        np.concatenate([values[~light], values[light][stay]]),
        np.concatenate([weights[~light], np.full(count, step)]),
    )
    return Distribution(values, weights, found.error + float(step) / 2)


def fair_cap(weights: Floats, shares: int) -> float:
    """Return the cap c such that weights cut to c add up to `shares` times c.

    Then no value takes more than one of that many equal shares: where j weights are
    heavier, c is the sum of the others / (shares - j). There must be more weights than
    shares.
    """
    lightest = np.sort(weights)
    # Of the j heaviest cut off, j = 0, 1, …: the heaviest that is left, and the sum of the rest.
    heaviest = lightest[::-1][:shares]
    caps = np.cumsum(lightest)[::-1][:shares] / np.arange(shares, 0, -1)
    return float(caps[np.argmax(heaviest <= caps)])


def _gathered(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Sort, and add the weights of equal values."""
    order = np.argsort(values, kind="stable")  # fast where sorted pieces follow one another
    values, weights = values[order], weights[order]
    first = _first_of_each(values)
    return values[first], np.add.reduceat(weights, first) if first.size else weights


def _first_of_each(ascending: Floats) -> npt.NDArray[np.intp]:
    differ = np.ones(ascending.size, dtype=bool)
    np.not_equal(ascending[1:], ascending[:-1], out=differ[1:])
    return np.flatnonzero(differ)
