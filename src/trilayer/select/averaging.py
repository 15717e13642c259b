"""Ways to scale the same inputs, each with networks of its own, averaged by what they are worth.

With few rows no one network is known to be the best. Those of the folds are trained anyway:
beside those of all rows they are bagging (Breiman, 1996). And how much the bins of a number may
say beside the number itself, and beside a category, is a prior that rows must decide: each way
takes a share by its log-loss on rows that it has not seen, as models do by their evidence. The
mean of logits is one three-layer network (`trilayer.params.average`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from trilayer.encoding.inputs import Layout
from trilayer.fit.fitting import Trained, with_network
from trilayer.params import FloatArray, Params, average
from trilayer.select.relevance import lowered
from trilayer.select.search import Choice

EVIDENCE = 4.0
"""Nats of log-loss, over all rows held out, by which one way's share is e times another's."""

STARTS = 4
"""Random starts on all rows, of each way."""


class Way(NamedTuple):
    """One way to scale the inputs, what was chosen for it, and its networks of all rows.

    Inputs that are not scaled have None.
    """

    scale: FloatArray | None
    choice: Choice
    trained: Trained

    @property
    def members(self) -> tuple[list[Params], list[Params]]:
        """The networks of all rows, and those of the folds: of inputs as they are."""
        every = (self.trained.members, self.choice.members)
        if self.scale is None:
            return list(every[0]), list(every[1])
        of_all, of_folds = ([lowered(each, self.scale) for each in part] for part in every)
        return of_all, of_folds


def damped_bins(layout: Layout) -> FloatArray | None:
    """Return a scale under which a number's bins have together the say of one input.

    Under one decay, K bins have K times the prior variance of an input that is alone.

    Returns
    -------
    array, (n1,), or None
        Where there are no bins.
    """
    if not layout.stairs:
        return None
    scale = np.ones(layout.n1)
    for first, bins in layout.stairs:
        scale[first : first + bins] = bins**-0.5
    return scale


def shares(losses: Sequence[float], m: int) -> FloatArray:
    """Return what each way counts for, by its loss a row on m rows: they add up to 1."""
    nats = m * (np.asarray(losses) - min(losses)) / EVIDENCE
    weights = np.exp(-nats)
    return np.asarray(weights / weights.sum())


def averaged(ways: Sequence[Way], m: int) -> Trained:
    """Return the network of the mean logit; half of a way's share is that of its folds.

    The course of training is that of the way with the largest share.
    """
    found: list[Params] = []
    weights: list[float] = []
    taken = shares([way.choice.loss for way in ways], m)
    for way, share in zip(ways, taken.tolist(), strict=True):
        groups = [part for part in way.members if part]
        for part in groups:
            found += part
            weights += [share / len(groups) / len(part)] * len(part)
    first = ways[int(np.argmax(taken))].trained
    return with_network(first, found, average(found, weights))
