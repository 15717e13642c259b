"""The analytic gradient against central differences of the cost."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from trilayer.derivation import core
from trilayer.derivation.models import of_model
from trilayer.derivation.trace import Trace, check_samples, trace
from trilayer.params import FloatArray, Params, pack, unpack

EPSILON = float(np.finfo(np.float64).eps)

STEP = EPSILON ** (1 / 5)
"""Balances the four-point difference's truncation (h⁴) against its round-off (ε/h)."""

_TINY = float(np.finfo(np.float64).tiny)

RESOLUTION = EPSILON * 1e7
"""Below this share of the numbers it comes from, a difference has no seven digits left."""


class GradientRow(NamedTuple):
    """One parameter's gradient, computed twice."""

    matrix: str
    row: int
    column: int
    analytic: float
    numerical: float
    relative_error: float


@dataclass(frozen=True)
class GradientCheck:
    """Outcome of `check_gradients`.

    Attributes
    ----------
    max_relative_error : float
        Largest of the table's relative errors.
    table : list of GradientRow
        Every parameter, in the packed order W1, b1, W2, b2.
    """

    max_relative_error: float
    table: list[GradientRow]


def check_gradients(params: Any, X: Any, Y: ArrayLike, step: float | None = None) -> GradientCheck:
    """Compare E20 to E32 with central differences of J, in float64.

    The four-point form, (8 [J(θ+h) - J(θ-h)] - [J(θ+2h) - J(θ-2h)]) / 12h, whose own
    error is of order h⁴.

    Parameters
    ----------
    params : Params, or a fitted classifier
    X : array, n1 × m
        For a classifier: rows, as its `predict` takes them.
    Y : array, 1 × m
        For a classifier: labels.
    step : float, optional
        The h above. By default ε^(1/5); for hidden unit j divided by |W2_j| / 4 where that
        exceeds 1, and for the weights of an input also by the input's largest value, so
        that no pre-activation of either layer moves by more than ε^(1/5).

    Returns
    -------
    GradientCheck
        Errors are relative to the size of what was summed, (1/m) Σ_i |∂j_i/∂θ|, or to
        the gradient itself where that is larger: near a minimum the terms cancel, and
        only their own size says how many digits can be right. What saturation leaves of
        a2 - y, of 1 - a1 and of the differences counts with the seven digits that float64
        can still show of it, not with those it has lost.

    Raises
    ------
    InputError
        As `trace` does.
    """
    params, X, Y = of_model(params, X, Y)
    params = params.astype(np.float64)
    X, Y = check_samples(params.n1, X, Y)
    t = trace(params, X, Y)
    analytic = pack(gradient(t))
    widths = pack(_steps(params, X)) if step is None else np.full(analytic.shape, float(step))
    numerical = _central_differences(params, X, Y, widths)
    scale = pack(_magnitudes(t)) + _noise(t) / widths
    scale = np.maximum(scale, np.maximum(np.abs(analytic), np.abs(numerical)))
    error = np.abs(analytic - numerical) / np.maximum(scale, _TINY)
    rows = [
        GradientRow(*place, float(a), float(n), float(e))
        for place, a, n, e in zip(_places(params), analytic, numerical, error, strict=True)
    ]
    return GradientCheck(float(error.max()), rows)


def slope(f: Callable[[float], Any], step: float = STEP) -> Any:
    """Differentiate f at 0 by the four-point central difference."""
    near = f(step) - f(-step)
    far = f(2 * step) - f(-2 * step)
    return (8 * near - far) / (12 * step)


def gradient(t: Trace) -> Params:
    """Return the traced gradient, shaped as the parameters."""
    return Params(t.dW1, t.db1, t.dW2, t.db2)


def sample_losses(params: Params, X: FloatArray, Y: FloatArray) -> FloatArray:
    """E12: j of every sample, 1 × m."""
    if params.n2:
        Z2 = core.network_logits(params.W1, params.b1, params.W2, params.b2, X)
    else:
        Z2 = core.unit_logits(params.W2, params.b2, X)
    j: FloatArray = core.losses(Z2, Y)
    return j


def _central_differences(
    params: Params, X: FloatArray, Y: FloatArray, widths: FloatArray
) -> FloatArray:
    theta = pack(params)

    def moved(p: int, by: float) -> FloatArray:
        shifted = theta.copy()
        shifted[p] += by
        return sample_losses(unpack(shifted, params.n1, params.n2), X, Y)

    # Sample by sample before the sum: a large J does not drown a small difference.
    return np.array([np.mean(slope(partial(moved, p), h)) for p, h in enumerate(widths)])


def _steps(params: Params, X: FloatArray) -> Params:
    """Choose h so that no pre-activation moves by more than ε^(1/5)."""
    largest = np.abs(X).max(axis=1, keepdims=True)
    inputs = STEP / np.where(largest > 0, np.maximum(largest, _TINY), 1.0)
    if params.n2 == 0:
        return Params(params.W1, params.b1, inputs, np.full((1, 1), STEP))
    # A sigmoid's slope is at most 1/4: z2 moves by |W2_j| / 4 times what z1_j does.
    onward = np.maximum(1.0, np.abs(params.W2) / 4)
    return Params(
        inputs / onward.T, STEP / onward, np.full_like(params.W2, STEP), np.full((1, 1), STEP)
    )


def _magnitudes(t: Trace) -> Params:
    """(1/m) Σ_i |∂j_i/∂θ|: each gradient's sum with all its terms made positive.

    a2 - y and 1 - a1 carry the rounding of a number near 1, hence `RESOLUTION`.
    """
    m, n2 = t.X.shape[1], t.W1.shape[1]
    dZ2 = np.abs(t.dZ2) + RESOLUTION
    dZ1 = (np.abs(t.W2) @ dZ2) * (core.sigmoid_slope(t.A1) + RESOLUTION) if n2 else t.dZ1
    return Params(
        np.abs(t.X) @ dZ1.T / m,
        dZ1.mean(axis=1, keepdims=True),
        np.abs(_inputs(t)) @ dZ2.T / m,
        dZ2.mean(axis=1, keepdims=True),
    )


def _noise(t: Trace) -> float:
    """Mean size of j, and of z2's terms as j sees them: what its differences round off."""
    terms = np.abs(t.W2).T @ np.abs(_inputs(t)) + np.abs(t.b2)
    return RESOLUTION * (t.J + float(np.mean(np.abs(t.dZ2) * terms)))


def _inputs(t: Trace) -> FloatArray:
    """Return what W2 acts on: A1, or X in the unit."""
    return t.A1 if t.W1.shape[1] else t.X


def _places(params: Params) -> list[tuple[str, int, int]]:
    return [
        (name, row, column)
        for name, matrix in vars(params).items()
        for row, column in np.ndindex(matrix.shape)
    ]
