"""Sample weights beside one another: what is chosen must not depend on a factor on all of them."""

import numpy as np

from trilayer.params import FloatArray
from trilayer.sources.memory import MemorySource


def usual(s: FloatArray) -> float:
    """Return the median of the weights that are not 0, the lower one of two; 1 of none."""
    there = s[s > 0]
    middle = (there.size - 1) // 2
    return float(np.partition(there, middle)[middle]) if there.size else 1.0


def relative(s: FloatArray) -> FloatArray:
    """Return weights beside the usual one, which becomes 1; those of ones, as they are.

    Weight decay stands beside the SUM of the costs, so that weights that add up to 1 (surveys,
    boosting) would leave nothing but the decay. The usual weight is the median of those that
    are not 0: that of most rows, whatever a few weigh. A quotient is rounded to the precision
    of float32, which forgets how the factor was rounded.

    Parameters
    ----------
    s : array
        Not negative; 0 stays 0.

    Returns
    -------
    array of the same shape and dtype
    """
    there = s[s > 0]
    if np.all(there == 1):
        return s
    with np.errstate(over="ignore", under="ignore"):
        beside = (s.astype(np.float64) / usual(s)).astype(np.float32)
    # What float32 cannot tell from nothing, or from infinity, is there all the same, and finite.
    least, most = np.finfo(np.float32).tiny, np.finfo(np.float32).max
    return np.where(s > 0, np.clip(beside, least, most), 0).astype(s.dtype)


def beside(rows: MemorySource) -> tuple[float, MemorySource]:
    """Return the usual weight of rows, and the rows with weights beside it."""
    s = relative(rows.s)
    if s is rows.s:
        return 1.0, rows
    unit = usual(rows.s)
    return unit, MemorySource(rows.inputs, rows.Y, s, rows.n_threads)
