"""Where a column's numbers are cut into bins, and how far a number has come in each.

The piecewise-linear encoding of Gorishniy, Rubachev and Babenko, "On embeddings for
numerical features in tabular deep learning" (NeurIPS 2022), with quantiles for edges.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from trilayer.encoding.quantiles import Distribution, Floats, fair_cap

# A bin holds at least so many rows, each value counting for no more than that: with fewer, a
# bin's slope would be learnt from chance.
FEWEST_ROWS = 8

# Two quantiles, and how far apart they are in a normal distribution of scale 1; the last
# are the least and the greatest value. Where most values are one, inner quantiles coincide.
_SPREADS = ((0.25, 0.75, 1.349), (0.05, 0.95, 3.290), (0.0, 1.0, 2.0))


def center_and_scale(found: Distribution) -> tuple[float, float]:
    """Return the median, and the spread of the middle values that differ: positive."""
    spread = 0.0
    for low, high, width in _SPREADS:
        first, last = found.quantiles([low, high])
        # The second: should dividing so small a number have made it zero.
        spread = spread or (last - first) / width or (last - first)
    return float(found.quantiles(0.5)), float(spread)


def bin_edges(found: Distribution, max_bins: int) -> Floats:
    """Return the edges of at most `max_bins` bins that share the rows fairly.

    Where few values differ, the edges are the values. Else no value counts for more than
    one bin's share of what the values then count for together: a value that would has an
    edge of its own, and the quantiles of the other values are the other edges. So a column
    of nearly nothing but zeros has its bins where it is not zero.

    Returns
    -------
    ndarray (bins + 1,)
        Ascending, from the least to the greatest value. Empty where there would be fewer
        than two bins: one bin says no more than the number itself.
    """
    values, weights = found.values, found.weights
    bins = min(max_bins, int(np.minimum(weights, FEWEST_ROWS).sum()) // FEWEST_ROWS)
    if bins < 2 or values.size < 3:
        return np.empty(0)
    if values.size <= bins + 1:
        return values
    heavy = weights >= fair_cap(weights, bins)
    others = Distribution(values[~heavy], weights[~heavy])
    count = max(1, bins - int(np.count_nonzero(heavy)))
    return np.union1d(values[heavy], others.quantiles(np.arange(count + 1) / count))


def write_positions(
    at: npt.NDArray[np.uint16], far: npt.NDArray[Any], numbers: Floats, edges: Floats
) -> None:
    """Write which bin each number has come to, and how far it has come in it, 0 to 1.

    Parameters
    ----------
    at, far : ndarray (m,)
        Written to.
    numbers : ndarray (m,)
    edges : ndarray (bins + 1,)
        Ascending. Numbers before the first are at its start, those behind the last at its end.
    """
    bins = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, edges.size - 2)
    at[:] = bins
    with np.errstate(over="ignore"):
        position = (numbers - edges[bins]) / np.diff(edges)[bins]
    np.clip(position, 0.0, 1.0, out=far)
    # What rounds to the end of a bin is at the start of the next: one way to say one place.
    through = (far == 1) & (at < edges.size - 2)
    at[through] += 1
    far[through] = 0
