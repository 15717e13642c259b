"""What is known of a network's rows, learnt for the spread of its probabilities.

See `trilayer.fit.spread` for what it says. It is learnt where rows are few: there the network is
the mean of networks of folds (`trilayer.select.averaging`), whose differences it needs.
"""

from collections.abc import Sequence

import numpy as np

from trilayer.derivation import core
from trilayer.engines import select
from trilayer.fit.spread import Spread
from trilayer.params import FloatArray, Params
from trilayer.select.averaging import damped_bins
from trilayer.select.presets import SMALL
from trilayer.select.recipe import Selected, Wish
from trilayer.select.weights import relative
from trilayer.sources import Source
from trilayer.sources.memory import MemorySource

WEIGHTS = (3.2, 1.6, 0.8, 0.4, 0.2, 0.1, 0.05)
"""Standard deviations that an input's weight may have: each counts by its evidence, times its
square. Few rows have little evidence, and it may not talk the weights away."""

MOST_BYTES = 1 << 16
"""Of what is kept of the rows: at most so much, and then the intervals are a little wider."""

_LEAST = 1e-6
"""Of a share, and of p (1 - p): below it counts as this, or as nothing."""


def spread_of(source: Source, wish: Wish, selected: Selected) -> Spread | None:
    """Return what the spread of a network's probabilities is computed from, or None.

    It is there where networks of folds were averaged; not of sparse rows.

    Parameters
    ----------
    source : Source
        The rows that were learnt from.
    wish : Wish
        What was asked of the training.
    selected : Selected
        What came of it.
    """
    params, members = selected.trained.params, selected.trained.members
    averaged = source.m <= SMALL and not wish.asks_for_one and bool(selected.candidates)
    if not averaged or not params.n2 or not params.is_finite():
        return None
    if sum(each.n2 for each in members) != params.n2:
        return None
    rows: MemorySource = source.part(np.arange(source.m))
    if rows.inputs.is_sparse:  # they are never made dense
        return None
    with select("reference").running():  # BLAS on one thread: the same bits on any number
        return learnt_spread(rows, params, members)


def learnt_spread(rows: MemorySource, params: Params, members: Sequence[Params]) -> Spread:
    """Learn it from rows in memory, for the network that is the mean of its members."""
    scale = damped_bins(rows.layout)
    scale = np.ones(rows.n1) if scale is None else scale
    Psi = rows.inputs.dense().T.astype(np.float64) * scale
    Z = np.ravel(select("reference").logits(params, rows.inputs)).astype(np.float64)
    s = relative(rows.s)[0].astype(np.float64)
    base, centre, prior, known = _posterior(Psi, rows.Y[0].astype(np.float64), Z, s)
    return Spread(
        units=np.array([each.n2 for each in members], dtype=np.int64),
        shares=shares_of(params, members),
        biases=np.array([each.b2[0, 0] for each in members], dtype=np.float64),
        base=np.array([base]),
        centre=centre / scale,
        prior=prior * np.square(scale),
        known=(known * scale[:, np.newaxis]).astype(np.float32),
    )


def shares_of(params: Params, members: Sequence[Params]) -> FloatArray:
    """Return what each member counts for in their mean, (K,).

    Its W2 there is that many times its own. Shares too small to be told are 0, and the others add
    up to 1.
    """
    ends = np.cumsum([each.n2 for each in members])
    found = []
    for member, there in zip(members, np.split(params.W2[:, 0], ends[:-1]), strict=True):
        own = member.W2[:, 0].astype(np.float64)
        size = float(own @ own)
        found.append(float(there @ own) / size if size else 0.0)
    shares = np.array(found)
    shares[shares < _LEAST] = 0.0
    if not shares.any():  # all W2 are 0: decay has left the bias alone
        shares += 1.0
    return np.asarray(shares / shares.sum())


def _posterior(
    Psi: FloatArray, Y: FloatArray, Z: FloatArray, s: FloatArray
) -> tuple[float, FloatArray, FloatArray, FloatArray]:
    """Return the posterior of a linear model of rows, about logits that a network gives.

    Its likelihood is that of logistic regression to second order at Z (one step of iteratively
    reweighted least squares); weights are N(0, τ²), with τ averaged over `WEIGHTS`.

    Parameters
    ----------
    Psi : array, m × n1
    Y, Z, s : array, (m,)
        Truth, logits and sample weights.

    Returns
    -------
    base, centre, prior, known
        As `Spread` has them.
    """
    p = core.sigmoid(Z[np.newaxis])[0]
    slope = np.maximum(p * (1 - p), _LEAST)
    w, working = s * slope, Z + (Y - p) / slope
    centre = np.average(Psi, axis=0, weights=w)
    A = np.sqrt(w)[:, np.newaxis] * (Psi - centre)
    rest = np.sqrt(w) * (working - np.average(working, weights=w))
    U, lengths = _directions(A)
    along = np.square(U.T @ (A.T @ rest))
    variances = np.square(WEIGHTS)
    evidence = [
        t * (along / (1 + t * lengths)).sum() / 2 - np.log1p(t * lengths).sum() / 2 + np.log(t)
        for t in variances
    ]
    odds = np.exp(np.array(evidence) - max(evidence))
    odds /= odds.sum()
    taken = np.zeros(len(lengths))
    for share, t in zip(odds, variances, strict=True):
        taken += share * t * t * lengths / (1 + t * lengths)
    n1 = Psi.shape[1]
    kept = np.argsort(-taken, kind="stable")[: max(MOST_BYTES // (4 * n1), 1)]
    known = U[:, kept] * np.sqrt(taken[kept])
    return float(1 / w.sum()), centre, np.full(n1, odds @ variances), known


def _directions(A: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the directions in which rows (m × n1) differ, as columns, and how much, squared."""
    m, n1 = A.shape
    if m >= n1:
        lengths, U = np.linalg.eigh(A.T @ A)
        return U, np.maximum(lengths, 0)
    lengths, V = np.linalg.eigh(A @ A.T)
    there = lengths > lengths.max(initial=0) * 1e-12
    return A.T @ V[:, there] / np.sqrt(lengths[there]), lengths[there]
