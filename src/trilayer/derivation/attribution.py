"""What each input adds to the logit: integrated gradients, without an integral to approximate.

Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks" (ICML 2017): the gradient
of the logit is integrated along the straight line from a baseline x0 to a sample x. On it each
hidden unit's Z1 moves at a steady pace, so its gradient's mean is the difference of its
activations over that of its Z1: exact, in closed form.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.params import Params

Floats = NDArray[np.floating[Any]]


def integrated_gradients(params: Params, X: Floats, x0: Floats) -> Floats:
    """Return what each input adds to the logit Z2 (E10) on the way from a baseline to samples.

    Parameters
    ----------
    params : Params
        W1 (n1 × n2), b1, W2, b2; or the unit of E33, without a hidden layer.
    X : array, n1 × m
    x0 : array, n1 × 1

    Returns
    -------
    array, n1 × m
        Each column adds up to Z2 of its sample less that of x0, but for rounding.
    """
    W1, b1, W2 = (np.asarray(each, dtype=np.float64) for each in (params.W1, params.b1, params.W2))
    if not params.n2:
        return (X - x0) * W2
    slopes = mean_slope(W1.T @ x0 + b1, W1.T @ X + b1)
    found: Floats = (X - x0) * (W1 @ (W2 * slopes))
    return found


def mean_slope(a: Floats, b: Floats) -> Floats:
    """Return (σ(b) - σ(a)) / (b - a), which is σ' where they meet; nothing is cancelled."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    width = high - low
    with np.errstate(invalid="ignore", divide="ignore"):
        fall = np.where(width > 0, -np.expm1(-width) / width, 1.0)
    found: Floats = _sigmoid(high) * _sigmoid(-low) * fall
    return found


def adding_up(parts: Floats, start: Floats, end: Floats) -> Floats:
    """Return parts whose sum with a start is an end, to the bit.

    The sum is the true one, rounded once (`math.fsum`), so their order does not matter. What
    rounding has left, the last digits, goes to a part that is fine enough to take it; a part
    that is zero stays so. Where all are coarser than the end is, the sum is as near as they allow.

    Parameters
    ----------
    parts : array, m × k
    start, end : array, (m,)
    """
    made = parts.copy()
    for row, begin, goal in zip(made, start.tolist(), end.tolist(), strict=True):
        for _ in range(_TURNS):
            values = row.tolist()
            if math.fsum([begin, *values]) == goal:
                break
            row[_fine_enough(values, goal)] += math.fsum([goal, -begin, *(-v for v in values)])
    return made


_TURNS = 4


def _fine_enough(values: list[float], goal: float) -> int:
    """Return the largest part whose last digit is finer than that of the sum; or the smallest."""
    sizes = [(abs(value), place) for place, value in enumerate(values) if value]
    fine = [each for each in sizes if each[0] <= abs(goal) / 2]
    return max(fine)[1] if fine else min(sizes, default=(0.0, 0))[1]


def _sigmoid(z: Floats) -> Floats:
    e = np.exp(-np.abs(z))
    found: Floats = np.where(z >= 0, 1.0, e) / (1.0 + e)
    return found
