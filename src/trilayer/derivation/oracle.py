"""What the derivation's symbols are, found without the derivation.

Values come from the definitions, number by number; derivatives are central differences.
`proofs` and `misprints` hold the formulas against these. Slow on purpose, and made for
small networks with moderate activations: see `checkable`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from trilayer.derivation import core
from trilayer.derivation.gradcheck import STEP, sample_losses, slope
from trilayer.derivation.trace import Trace, trace
from trilayer.errors import InputError
from trilayer.params import FloatArray, Params

MARGIN = 1e-3
"""How far from 0 and 1 activations must stay for 1 - a to keep 13 digits."""


def sigmoid(z: float) -> float:
    """σ(z) as defined."""
    return 1 / (1 + math.exp(-z))


def loss(a: float, y: float) -> float:
    """E12's right-hand side as written, with its two logarithms."""
    return -(y * math.log(a) + (1 - y) * math.log(1 - a))


def affine(weights: Sequence[float], inputs: Sequence[float], bias: float) -> float:
    """w_1 x_1 + w_2 x_2 + … + b, rounded once."""
    return math.fsum([*(w * x for w, x in zip(weights, inputs, strict=True)), bias])


def grid(f: Callable[..., float], *shape: int) -> FloatArray:
    """Fill an array with f(index, …)."""
    return np.array([f(*index) for index in np.ndindex(*shape)], dtype=np.float64).reshape(shape)


def Z1(t: Trace) -> FloatArray:
    """z1_ji, n2 × m, number by number."""
    W1, X, b1 = t.W1.T.tolist(), t.X.T.tolist(), t.b1[:, 0].tolist()
    return grid(lambda j, i: affine(W1[j], X[i], b1[j]), len(W1), len(X))


def Z2(t: Trace) -> FloatArray:
    """z2_i, 1 × m, number by number."""
    W2, A1, b2 = t.W2[:, 0].tolist(), t.A1.T.tolist(), float(t.b2[0, 0])
    return grid(lambda _, i: affine(W2, A1[i], b2), 1, len(A1))


def activations(Z: FloatArray) -> FloatArray:
    """σ of every element, number by number."""
    return np.array([[sigmoid(z) for z in row] for row in Z.tolist()])


def losses(A: FloatArray, Y: FloatArray) -> FloatArray:
    """Every sample's j, 1 × m, as E12 is written."""
    return np.array([[loss(a, y) for a, y in zip(A[0].tolist(), Y[0].tolist(), strict=True)]])


def sigmoid_slopes(Z: FloatArray) -> FloatArray:
    """σ'(z) of every element, by central differences."""

    def of(r: int, c: int) -> float:
        z = float(Z[r, c])
        return float(slope(lambda d: sigmoid(z + d)))

    return grid(of, *Z.shape)


def loss_by_a2(t: Trace) -> FloatArray:
    """∂j/∂a2 of every sample, 1 × m; 1 - a2 moves by itself, to keep its digits."""

    def of(_: int, i: int) -> float:
        a, y = float(t.A2[0, i]), float(t.Y[0, i])
        rest, step = 1 - a, STEP * min(a, 1 - a)
        return float(slope(lambda d: -(y * math.log(a + d) + (1 - y) * math.log(rest - d)), step))

    return grid(of, *t.A2.shape)


def logit_by_a1(t: Trace) -> FloatArray:
    """∂z2/∂a1_j of every sample, n2 × m."""
    W2, b2 = t.W2[:, 0].tolist(), float(t.b2[0, 0])

    def z2(i: int, j: int, by: float) -> float:
        a1 = t.A1[:, i].tolist()
        a1[j] += by
        return affine(W2, a1, b2)

    return grid(lambda j, i: slope(partial(z2, i, j)), *t.A1.shape)


def hidden_by_parameters(t: Trace) -> tuple[FloatArray, FloatArray]:
    """∂z1_j/∂W1_jk and ∂z1_j/∂b1_j of every sample: n1 × n2 × m and n2 × m."""

    def z1(k: int, j: int, i: int, by_weight: float, by_bias: float) -> float:
        weights = t.W1[:, j].tolist()
        weights[k] += by_weight
        return affine(weights, t.X[:, i].tolist(), float(t.b1[j, 0]) + by_bias)

    def by_weight(k: int, j: int, i: int) -> float:
        return float(slope(lambda by: z1(k, j, i, by, 0.0)))

    def by_bias(j: int, i: int) -> float:
        return float(slope(lambda by: z1(0, j, i, 0.0, by)))

    return grid(by_weight, *t.W1.shape, t.X.shape[1]), grid(by_bias, *t.Z1.shape)


def params(t: Trace) -> Params:
    """Return the parameters that were traced."""
    return Params(t.W1, t.b1, t.W2, t.b2)


def unit(t: Trace) -> Params:
    """Make section 6's unit of the first hidden unit's weights: w = W1_1, b = b1_1."""
    return Params(t.W1[:, :0], t.b1[:0], t.W1[:, :1], t.b1[:1])


def logits(p: Params, X: FloatArray, _Y: FloatArray) -> FloatArray:
    """z2 of every sample, 1 × m, as a function of the parameters."""
    Z: FloatArray = core.network_logits(p.W1, p.b1, p.W2, p.b2, X)
    return Z


def sample_slopes(
    t: Trace,
    matrix: str,
    of: Callable[[Params, FloatArray, FloatArray], FloatArray] = sample_losses,
) -> FloatArray:
    """Differentiate every sample's loss (or logit) by every element of one parameter.

    Returns
    -------
    array, rows × columns × m
        Entry (r, c, i) is ∂j⁽ⁱ⁾/∂θ_rc by central differences.
    """
    p, theta = params(t), getattr(t, matrix)
    largest = max(1.0, float(np.abs(t.X).max())) if matrix == "W1" else 1.0

    def moved(r: int, c: int, by: float) -> FloatArray:
        shifted = theta.copy()
        shifted[r, c] += by
        return of(replace(p, **{matrix: shifted}), t.X, t.Y)

    slopes = [slope(partial(moved, *place), STEP / largest) for place in np.ndindex(*theta.shape)]
    return np.reshape(slopes, (*theta.shape, -1))


def distance(found: ArrayLike, truth: ArrayLike, scale: float = 0.0) -> float:
    """Largest difference, relative to the truth's largest element; ∞ if there is none.

    There is none between different shapes, nor to a NaN. `scale` replaces the truth's
    size where it is larger: the terms of a sum that cancels.
    """
    found, truth = np.asarray(found), np.asarray(truth)
    if found.shape != truth.shape or np.isnan(found).any():
        return math.inf
    size = max(float(np.abs(truth).max()), scale, float(np.finfo(np.float64).tiny))
    return float(np.abs(found - truth).max()) / size


def example() -> Trace:
    """Trace a fixed network, 4 inputs, 3 hidden units, 5 samples: no two sizes are equal."""

    def numbers(rows: int, columns: int, start: int) -> FloatArray:
        return np.sin(np.arange(start, start + rows * columns, dtype=np.float64) ** 2).reshape(
            rows, columns
        )

    network = Params(numbers(4, 3, 1), numbers(3, 1, 20), numbers(3, 1, 30), numbers(1, 1, 40))
    return trace(network, 2 * numbers(4, 5, 50), [1, 0, 1, 1, 0])


def checkable(t: Trace | None = None) -> Trace:
    """Return t, by default `example()`, if definitions and differences keep their digits on it.

    Raises
    ------
    InputError
        If there is no hidden layer, or an activation is within `MARGIN` of 0 or 1.
    """
    t = example() if t is None else t
    if t.W1.shape[1] == 0:
        raise InputError("the derivation's checks need a hidden layer (n2 >= 1)")
    for name, A in {"A1": t.A1, "A2": t.A2}.items():
        if np.any(np.minimum(A, 1 - A) < MARGIN):
            raise InputError(
                f"{name} comes within {MARGIN} of 0 or 1, where differences of 1 - a lose "
                f"their digits: trace smaller inputs or weights"
            )
    return t
