"""ARD: how much each column of a table matters to a network, and training that heeds it.

A weight decay of its own for each column, strong where the column's weights are small: the
idea of automatic relevance determination (MacKay, "Bayesian non-linear modeling for the
prediction competition", 1994; Neal, "Bayesian learning for neural networks", 1996), with the
lengths of weights in the place of their evidence. Decay l2 / h² on the weights of an input is
decay l2 on those of the input times h, so the heights h do all of it: a source's scale while
there is training, folded into W1 at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from trilayer.encoding.inputs import Layout, Range, column_ranges
from trilayer.errors import DivergenceError
from trilayer.fit.fitting import Trained, with_network
from trilayer.params import FloatArray, Params, average

LEAST = 1e-3
"""Of the most relevant column's relevance: none is switched off for good."""

CUT_SHORT = {"interrupted", "callback", "max_seconds", "diverged"}
"""Why a run ends that nothing follows."""


class Fit(Protocol):
    """Trains on a source's samples, scaled: ``fit(scale, init, round)``; None: as they are."""

    def __call__(self, scale: FloatArray | None, init: list[Params] | None, number: int) -> Trained:
        """Return what was trained."""
        ...


def heights_from(W1: FloatArray, columns: Sequence[Range]) -> FloatArray:
    """Return what to multiply inputs by: the length of their column's weights, but for a factor.

    The factor is the one that leaves the penalty of these weights as it is.

    Parameters
    ----------
    W1 : array, n1 × n2
        Of inputs that are not multiplied.
    columns : sequence of Range
        Of all inputs.

    Returns
    -------
    array, (n1,), float64
        Positive.
    """
    squares = np.square(W1, dtype=np.float64).sum(axis=1)
    lengths = np.sqrt([squares[first : first + n].sum() for first, n in columns])
    if not np.all(np.isfinite(lengths)) or not lengths.any():  # nothing learnt tells nothing
        return np.ones(len(W1))
    heights = np.empty(len(W1))
    for (first, n), length in zip(columns, np.maximum(lengths, LEAST * lengths.max()), strict=True):
        heights[first : first + n] = length
    return np.asarray(heights * np.sqrt(np.sum(squares / np.square(heights)) / squares.sum()))


def by_name(
    heights: FloatArray | None, columns: Sequence[Range], names: Iterable[str]
) -> dict[str, float] | None:
    """Return the columns' heights beside the greatest, by their names; None of none."""
    if heights is None:
        return None
    greatest = float(heights.max())
    return {
        name: float(heights[first]) / greatest
        for name, (first, _) in zip(names, columns, strict=True)
    }


def lowered(params: Params, heights: FloatArray) -> Params:
    """Return the network of inputs as they are that `params` is of inputs times heights."""
    W1 = params.W1 * heights.astype(params.W1.dtype)[:, np.newaxis]
    return Params(W1, params.b1, params.W2, params.b2)


def raised(members: Iterable[Params], heights: FloatArray) -> list[Params]:
    """Return the networks of inputs times heights that `members` are of inputs as they are."""
    return [lowered(member, 1 / heights) for member in members]


def grounded(trained: Trained, heights: FloatArray) -> Trained:
    """Return what was trained on inputs times heights as networks of inputs as they are."""
    members = [lowered(member, heights) for member in trained.members]
    return with_network(trained, members, average(members))


def learnt(fit: Fit, layout: Layout, rounds: int) -> tuple[Trained, FloatArray | None]:
    """Train, and again and again go on with inputs raised by what has come of it.

    Parameters
    ----------
    fit : Fit
    layout : Layout
    rounds : int
        How often relevance is learnt.

    Returns
    -------
    trained : Trained
        Of inputs as they are; its curves go through all rounds.
    heights : array, (n1,), or None
        Those of the last round; None without a round, which there is not where the network
        has no hidden layer or training was cut short.
    """
    trained, heights = fit(None, None, 0), None
    columns = list(column_ranges(layout))
    for number in range(1, rounds + 1):
        if trained.outcome.reason in CUT_SHORT or not trained.params.n2:
            break
        found = heights_from(trained.params.W1, columns)
        try:
            following = fit(found, raised(trained.members, found), number)
        except KeyboardInterrupt:  # before its first iteration: the last network stays
            return _interrupted(trained), heights
        except DivergenceError:
            break
        heights, trained = found, followed(trained, grounded(following, found))
    return trained, heights


def followed(first: Trained, then: Trained) -> Trained:
    """Return a training that went on: the network of the second, and both their courses."""
    one, two = first.outcome, then.outcome
    outcome = replace(
        two,
        k=one.k + two.k,
        best_k=one.k + two.best_k,
        evaluations=one.evaluations + two.evaluations,
        loss_curve=one.loss_curve + two.loss_curve,
        seconds=one.seconds + two.seconds,
    )
    return replace(then, outcome=outcome)


def _interrupted(trained: Trained) -> Trained:
    return replace(trained, outcome=replace(trained.outcome, reason="interrupted"))
