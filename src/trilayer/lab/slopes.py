"""The analytic gradient beside differences of the cost, and the V of their error."""

from functools import partial
from typing import Any

import numpy as np

from trilayer.derivation.gradcheck import gradient, sample_losses
from trilayer.derivation.trace import trace
from trilayer.lab.faults import RefusalError
from trilayer.lab.frames import Message
from trilayer.lab.limits import CHECKED_PARAMETERS
from trilayer.lab.run import Run
from trilayer.lab.samples import Floats
from trilayer.params import Params, pack, unpack

STEPS = np.logspace(-12, 0, 37)
"""The h of the V curve."""

_SAMPLES = 256  # the first ones: the law is the same, and the page does not wait
_CURVE_PARAMETERS = 40
_TINY = float(np.finfo(np.float64).tiny)


def gradients(run: Run, k: int, h: float) -> Message:
    """Build `gradients`: every parameter at one h, and some of them at every h.

    Raises
    ------
    RefusalError
        If there are too many parameters to do this while somebody waits.
    """
    params = run.params(k)
    theta = pack(params)
    if theta.size > CHECKED_PARAMETERS:
        raise RefusalError("too_many_parameters", parameters=theta.size, limit=CHECKED_PARAMETERS)
    source: Any = run.objective.source
    X, Y = source.X[:, :_SAMPLES], source.Y[:, :_SAMPLES]
    analytic = pack(gradient(trace(params, X, Y)))
    four, two = differences(params, X, Y, np.arange(theta.size), h)
    chosen = np.unique(np.linspace(0, theta.size - 1, _CURVE_PARAMETERS).round().astype(int))
    curves = [differences(params, X, Y, chosen, step) for step in STEPS.tolist()]
    error4 = np.array([_distance(analytic[chosen], four_) for four_, _ in curves])
    error2 = np.array([_distance(analytic[chosen], two_) for _, two_ in curves])
    errors = _relative(analytic, four)
    header = {
        "type": "gradients", "k": k, "h": h, "m": X.shape[1], "parameters": theta.size,
        "sampled": len(chosen), "worst": errors.max(), "best_h": STEPS[np.argmin(error4)],
    }  # fmt: skip
    arrays = {
        "analytic": analytic, "numerical": four, "numerical2": two, "error": errors,
        "error2": _relative(analytic, two), "curve_h": STEPS, "curve_error": error4,
        "curve_error2": error2, "places": _places(params),
    }  # fmt: skip
    return Message(header, arrays)


def differences(
    params: Params, X: Floats, Y: Floats, chosen: Any, h: float
) -> tuple[Floats, Floats]:
    """Return the four-point and the two-point differences of J by some parameters.

    They are (8 [J(h) - J(-h)] - [J(2h) - J(-2h)]) / 12h and [J(h) - J(-h)] / 2h, taken
    sample by sample before the mean, as `check_gradients` does.
    """
    theta = pack(params)

    def moved(p: int, by: float) -> Floats:
        shifted = theta.copy()
        shifted[p] += by
        return np.asarray(sample_losses(unpack(shifted, params.n1, params.n2), X, Y))

    four, two = np.empty(len(chosen)), np.empty(len(chosen))
    for place, p in enumerate(chosen):
        J = partial(moved, p)
        near = J(h) - J(-h)
        far = J(2 * h) - J(-2 * h)
        four[place] = np.mean((8 * near - far) / (12 * h))
        two[place] = np.mean(near / (2 * h))
    return four, two


def _relative(analytic: Floats, numerical: Floats) -> Floats:
    size = np.maximum(np.abs(analytic), np.abs(numerical))
    return np.abs(analytic - numerical) / np.maximum(size, _TINY)


def _distance(analytic: Floats, numerical: Floats) -> float:
    size = np.linalg.norm(analytic) + np.linalg.norm(numerical)
    return float(np.linalg.norm(analytic - numerical) / max(float(size), _TINY))


def _places(params: Params) -> Any:
    """Return matrix, row and column of every parameter, in the packed order."""
    found = [
        (number, row, column)
        for number, matrix in enumerate(vars(params).values())
        for row, column in np.ndindex(matrix.shape)
    ]
    return np.array(found, dtype=np.int32)
