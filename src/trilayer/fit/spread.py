"""How far a network's probability may be from the true one: what is kept of its rows, and says it.

The variance of a logit has two parts. One is the *posterior's*: how well the rows pin down a
linear model of the same inputs (Laplace's approximation, MacKay, "A practical Bayesian framework
for backpropagation networks", 1992; at the network's own probabilities). It grows with the
distance from rows that were learnt from. The other is that of the *members* that the network is
the mean of: those of the folds, each trained without a fifth of the rows, tell what a linear
model cannot. `trilayer.select.spread` learns it; docs/benchmarks.md says how often the intervals
hold the truth.
"""

from dataclasses import dataclass, fields
from math import isfinite
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.derivation import core
from trilayer.encoding.inputs import Inputs
from trilayer.errors import InputError
from trilayer.params import FloatArray, Params

LEVEL = 0.9
"""How often the interval should hold the true probability, where nobody says otherwise."""

RESAMPLED = 4.0
"""What the members' variance counts for: deleting one part of K = 5, as a fold does, shows a
(K - 1)th of a fit's variance (the grouped jackknife: Efron and Tibshirani, 1993, 11.5)."""

WHERE = (
    "it is there where at most 2,000 rows were learnt from with a hidden layer, and no estimator, "
    "n_starts (--starts) or relevance was given, nor a sparse matrix"
)
"""When there is a spread."""

_ROWS = 2048
"""Rows whose wide inputs are held at a time."""


@dataclass(frozen=True, eq=False)
class Spread:
    """What the variance of a logit is computed from, for a network of n1 inputs and n2 units.

    Attributes
    ----------
    units : array of int, (K,)
        Hidden units of each member, as they follow each other in the network.
    shares : array, (K,)
        What each member counts for; they add up to 1.
    biases : array, (K,)
        Their b2: of the network, only the mean is left.
    base : array, (1,)
        The posterior's variance at the centre.
    centre : array, (n1,)
        The mean of the inputs, by what each row says.
    prior : array, (n1,)
        The variance that each input's weight has where no row says anything.
    known : array, n1 × r, float32
        What the rows have taken from it: the variance at x is
        base + Σ prior (x - centre)² - ‖knownᵀ (x - centre)‖². Where r is less than it could be, too
        little is taken.
    """

    units: NDArray[np.int64]
    shares: FloatArray
    biases: FloatArray
    base: FloatArray
    centre: FloatArray
    prior: FloatArray
    known: FloatArray

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all of it by name: plain arrays."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def bounds(
    spread: Spread, params: Params, inputs: Inputs, Z2: FloatArray, level: float = LEVEL
) -> FloatArray:
    """Return between what the true probabilities of y = 1 lie, about as often as `level` says.

    Parameters
    ----------
    spread : Spread
    params : Params
    inputs : Inputs
    Z2 : array, (m,)
        What the network says of them.
    level : float

    Returns
    -------
    array, m × 2
        Lower and upper bounds; σ(Z2) is between them.

    Raises
    ------
    InputError
        If the level is not between 0 and 1.
    """
    checked_level(level)
    Z = np.asarray(Z2, dtype=np.float64)
    reach = NormalDist().inv_cdf((1 + level) / 2) * np.sqrt(variances(spread, params, inputs))
    with np.errstate(over="ignore"):
        found = core.sigmoid(np.stack([Z - reach, Z + reach]))
    p = core.sigmoid(Z[np.newaxis])  # rounding puts no bound on its other side
    return np.asarray(np.stack([np.minimum(found[0], p[0]), np.maximum(found[1], p[0])], axis=1))


def checked_level(level: float) -> float:
    """Return it, if it can be one.

    Raises
    ------
    InputError
        If it is not between 0 and 1.
    """
    if not (isinstance(level, int | float | np.floating) and isfinite(level) and 0 < level < 1):
        raise InputError(f"level={level!r}: it must be between 0 and 1, such as 0.9")
    return float(level)


def variances(spread: Spread, params: Params, inputs: Inputs) -> FloatArray:
    """Return the variance of each row's logit, (m,)."""
    parts = (inputs[first : first + _ROWS] for first in range(0, inputs.m, _ROWS))
    found = [_variances(spread, params, part.dense().astype(np.float64)) for part in parts]
    return np.concatenate([np.empty(0), *found])


def _variances(spread: Spread, params: Params, X: FloatArray) -> FloatArray:
    away = X - spread.centre[:, np.newaxis]
    with np.errstate(over="ignore", invalid="ignore"):
        square = spread.prior @ np.square(away)
        square -= np.square(spread.known.T.astype(np.float64) @ away).sum(axis=0)
        found = spread.base + np.maximum(square, 0) + RESAMPLED * disagreement(spread, params, X)
    # Inputs too large to be squared: nothing is known there.
    return np.asarray(np.nan_to_num(found, nan=np.inf, posinf=np.inf))


def disagreement(spread: Spread, params: Params, X: FloatArray) -> FloatArray:
    """Return the variance of the members' logits (m,), each by its share; X is n1 × m."""
    W1, b1, W2 = (each.astype(np.float64) for each in (params.W1, params.b1, params.W2))
    of_units = W2 * core.sigmoid(core.hidden_preactivation(W1, b1, X))
    there = spread.shares > 0
    firsts = np.cumsum(spread.units) - spread.units
    # W2 holds each member's own times its share.
    Z = np.add.reduceat(of_units, firsts, axis=0)[there] / spread.shares[there, np.newaxis]
    Z += spread.biases[there, np.newaxis]
    mean = spread.shares[there] @ Z
    return np.asarray(spread.shares[there] @ np.square(Z - mean))
