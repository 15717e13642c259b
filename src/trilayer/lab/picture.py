"""What a frame shows of the network at one iteration."""

from typing import Any

import numpy as np

from trilayer.derivation import core
from trilayer.engines import select
from trilayer.lab.frames import Array
from trilayer.lab.limits import FULL_MAPS
from trilayer.lab.metrics import metrics
from trilayer.lab.run import logits
from trilayer.lab.samples import Samples
from trilayer.lab.view import COARSE, GRID, Single, View
from trilayer.params import Params


def boundary(params: Params, view: View) -> Single:
    """A2 over the plane, GRID × GRID, in float32 by the engine: a picture, not a result."""
    both = select("auto").probabilities(params.astype(np.float32), view.fine)
    return np.asarray(both[:, 1], dtype=np.float32).reshape(GRID, GRID)


def shown_units(params: Params) -> list[int]:
    """Which hidden units have a map: all, or those with the largest |W2|, in order."""
    if params.n2 <= FULL_MAPS:
        return list(range(params.n2))
    strongest = np.argsort(-np.abs(params.W2[:, 0]), kind="stable")[:FULL_MAPS]
    return sorted(int(j) for j in strongest)


def maps(params: Params, view: View, units: list[int]) -> Single:
    """A1 of some hidden units over the plane, units × COARSE × COARSE."""
    if not units:
        return np.zeros((0, COARSE, COARSE), dtype=np.float32)
    W1, b1 = params.W1[:, units].astype(np.float32), params.b1[units].astype(np.float32)
    A1 = core.sigmoid(core.hidden_preactivation(W1, b1, view.coarse))
    return np.asarray(A1, dtype=np.float32).reshape(len(units), COARSE, COARSE)


def arrays(params: Params, view: View, units: list[int]) -> dict[str, Array]:
    """Return the parameters and the pictures of a frame."""
    drawn = {"boundary": boundary(params, view), "maps": maps(params, view, units)}
    return {**vars(params), **drawn}


def judged(params: Params, samples: Samples) -> dict[str, Any]:
    """Return the metrics of the training and of the held-out samples."""
    parts = {"train": samples.train, "held_out": samples.validation}
    return {
        name: None if part is None else metrics(logits(params, part[0]), part[1])
        for name, part in parts.items()
    }
