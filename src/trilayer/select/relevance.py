"""How much each column of a table matters to a network, and training that heeds it.

A weight decay of its own for each column, strong where the column's weights are small: the
idea of automatic relevance determination (MacKay, "Bayesian non-linear modeling for the
prediction competition", 1994; Neal, "Bayesian learning for neural networks", 1996), with the
lengths of weights in the place of their evidence. Decay l2 / h² on the weights of an input is
decay l2 on those of the input times h, so the heights h do all of it, and fold into W1 at the
end.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from trilayer.encoding.layout import Layout, Range
from trilayer.errors import DivergenceError
from trilayer.estimators.classifier import TriLayerClassifier
from trilayer.params import FloatArray, Params

LEAST = 1e-3
"""Of the most relevant column's relevance: none is switched off for good."""

_ADDED_UP = ("n_iter_", "n_evaluations_", "loss_curve_")
"""What the rounds have of a training, one after the other."""

_CUT_SHORT = {"interrupted", "callback", "max_seconds", "diverged"}


def columns_of(layout: Layout | None, n1: int) -> Sequence[Range]:
    """Return which inputs belong together: the layout's columns, or each by itself."""
    if layout is not None and len(layout.columns):
        return layout.columns
    return [(k, 1) for k in range(n1)]


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


def raised(X: FloatArray, layout: Layout | None, heights: FloatArray) -> tuple[FloatArray, Layout]:
    """Return rows multiplied by heights, and the layout that says so."""
    h = heights.astype(X.dtype)
    return X * h, (layout or Layout())._replace(heights=h)


def lowered(params: Params, heights: FloatArray) -> Params:
    """Return the network of inputs as they are that `params` is of inputs times heights."""
    W1 = params.W1 * heights.astype(params.W1.dtype)[:, np.newaxis]
    return Params(W1, params.b1, params.W2, params.b2)


def learnt(
    clf: TriLayerClassifier,
    fit: Callable[..., Any],
    X: FloatArray,
    layout: Layout | None,
    rounds: int,
    go_on: int,
) -> FloatArray | None:
    """Train, and again and again go on with inputs raised by what has come of it.

    Parameters
    ----------
    clf : TriLayerClassifier
        Its network is, at the end, one of inputs as they are.
    fit : callable
        ``fit(X, layout, round)`` fits clf.
    X : array, m × n1
    layout : Layout or None
    rounds : int
        How often relevance is learnt.
    go_on : int
        Iterations of each round, at the most.

    Returns
    -------
    array, (n1,), or None
        The heights of the last round; None without a round, which there is not where the
        network has no hidden layer or training was cut short.
    """
    fit(X, layout, 0)
    own = {name: getattr(clf, name) for name in ("init", "warm_start", "max_iter")}
    heights = None
    so_far = {name: getattr(clf, name) for name in _ADDED_UP}
    columns = columns_of(layout, X.shape[1])
    for number in range(1, rounds + 1):
        if clf.stop_reason_ in _CUT_SHORT or not clf.params_.n2:
            break
        found = heights_from(clf.params_.W1, columns)
        starts = [lowered(member, 1 / found) for member in clf._members]
        init = starts if len(starts) > 1 else starts[0]  # one that was given stands for all starts
        clf.set_params(init=init, warm_start=False, max_iter=go_on)
        try:
            fit(*raised(X, layout, found), number)
        except KeyboardInterrupt:  # before its first iteration: the last network stays
            clf.stop_reason_ = "interrupted"
            break
        except DivergenceError:
            break
        heights = found
        clf.replace_network([lowered(member, heights) for member in clf._members])
        clf.best_iter_ += so_far["n_iter_"]
        so_far = {name: before + getattr(clf, name) for name, before in so_far.items()}
        for name, sum_of_rounds in so_far.items():
            setattr(clf, name, sum_of_rounds)
    clf.set_params(**own)
    return heights
