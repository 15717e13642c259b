"""E6 to E35 as claims: what `core` computes, beside what the symbol means.

Matrix forms stand beside the sums of their scalar chain, derivatives beside central
differences, values beside their definitions (`oracle`). E1 to E5 and E9 are shapes,
which `Params` and `trace` enforce.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from trilayer.derivation import core, oracle
from trilayer.derivation.gradcheck import gradient, slope
from trilayer.derivation.trace import Trace, trace
from trilayer.params import FloatArray, pack, unpack

NUMBERS, SLOPES = "number by number", "central differences"


class Sides(NamedTuple):
    """What the code computes, what it should be, and the size of a sum's terms."""

    found: ArrayLike
    truth: ArrayLike
    scale: float = 0.0


class Claim(NamedTuple):
    """One equation as data; `sides` computes both of its sides from a trace."""

    id: str
    statement: str
    shape: str
    method: str
    sides: Callable[[Trace], Sides]


CLAIMS: list[Claim] = []
"""E6 to E35 without E9, in order."""


def _claim(
    equation: str, statement: str, shape: str, method: str
) -> Callable[[Callable[[Trace], Sides]], Callable[[Trace], Sides]]:
    def register(sides: Callable[[Trace], Sides]) -> Callable[[Trace], Sides]:
        CLAIMS.append(Claim(equation, statement, shape, method, sides))
        return sides

    return register


def _means(slopes: FloatArray) -> tuple[FloatArray, float]:
    """(1/m) Σ_i of per-sample slopes, and the size of the terms that may cancel."""
    return slopes.mean(axis=-1), float(np.abs(slopes).mean(axis=-1).max())


def _stack(*arrays: ArrayLike) -> FloatArray:
    return np.concatenate([np.ravel(array) for array in arrays])


def _sums(t: Trace) -> list[FloatArray]:
    """`network_sums` over m, what the engines are held against: J, dW1, db1, dW2, db2."""
    ones = np.ones_like(t.Y)
    sums = core.network_sums(t.W1, t.b1, t.W2, t.b2, t.X, t.Y, ones)
    return [total / t.Y.size for total in sums]


def _twice(traced: FloatArray, summed: FloatArray, truth: FloatArray, scale: float) -> Sides:
    """Put one truth beside the trace's gradient and beside that of `network_sums`."""
    return Sides(np.stack([traced, summed]), np.stack([truth, truth]), scale)


def _samples(t: Trace) -> list[tuple[float, float]]:
    """(a2, y) of every sample."""
    return list(zip(t.A2[0].tolist(), t.Y[0].tolist(), strict=True))


# ---- forward (E6 to E13) --------------------------------------------------------------


def _z1(t: Trace) -> FloatArray:
    W1, X, b1 = t.W1.T.tolist(), t.X.T.tolist(), t.b1[:, 0].tolist()
    return oracle.grid(lambda j, i: core.z1_ji(W1[j], X[i], b1[j]), *t.Z1.shape)


@_claim("E6", "z1_ji = W1_jᵀ x⁽ⁱ⁾ + b1_j", "scalar", NUMBERS)
def _e6(t: Trace) -> Sides:
    return Sides(_z1(t), oracle.Z1(t))


@_claim("E7", "Z1 = W1ᵀ X + b1", "n2 × m", NUMBERS)
def _e7(t: Trace) -> Sides:
    return Sides(t.Z1, _z1(t))


@_claim("E8", "A1 = σ(Z1)", "n2 × m", NUMBERS)
def _e8(t: Trace) -> Sides:
    return Sides(t.A1, oracle.activations(t.Z1))


@_claim("E10", "Z2 = W2ᵀ A1 + b2", "1 × m", NUMBERS)
def _e10(t: Trace) -> Sides:
    return Sides(t.Z2, oracle.Z2(t))


@_claim("E11", "A2 = σ(Z2)", "1 × m", NUMBERS)
def _e11(t: Trace) -> Sides:
    return Sides(t.A2, oracle.activations(t.Z2))


@_claim("E12", "j⁽ⁱ⁾ = -[y⁽ⁱ⁾ log a2_i + (1-y⁽ⁱ⁾) log(1-a2_i)]", "scalar", NUMBERS)
def _e12(t: Trace) -> Sides:
    zeros = np.zeros_like(t.Y)
    found = core.losses(t.Z2, t.Y), core.softplus(t.Z2)
    return Sides(_stack(*found), _stack(oracle.losses(t.A2, t.Y), oracle.losses(t.A2, zeros)))


@_claim("E13", "J = (1/m) Σ_i j⁽ⁱ⁾", "scalar", NUMBERS)
def _e13(t: Trace) -> Sides:
    J = oracle.losses(t.A2, t.Y).mean()
    return Sides(_stack(t.J, _sums(t)[0]), [J, J])


# ---- back-propagation, output layer (E14 to E22) -----------------------------------------


@_claim("E14", "∂j/∂a2 = (a2-y) / (a2(1-a2))", "scalar", SLOPES)
def _e14(t: Trace) -> Sides:
    return Sides([[core.dj_da2(a2, y) for a2, y in _samples(t)]], oracle.loss_by_a2(t))


@_claim("E15", "∂a2/∂z2 = a2(1-a2)", "scalar", SLOPES)
def _e15(t: Trace) -> Sides:
    return Sides([[core.da2_dz2(a2) for a2, _ in _samples(t)]], oracle.sigmoid_slopes(t.Z2))


@_claim("E16", "∂z2/∂W2 = a1", "n2 × 1", SLOPES)
def _e16(t: Trace) -> Sides:
    found = [[[core.dz2_dW2_j(a1) for a1 in row]] for row in t.A1.tolist()]
    return Sides(found, oracle.sample_slopes(t, "W2", oracle.logits))


@_claim("E17", "∂z2/∂b2 = 1", "scalar", SLOPES)
def _e17(t: Trace) -> Sides:
    return Sides(
        [[[core.dz2_db2() for _ in _samples(t)]]], oracle.sample_slopes(t, "b2", oracle.logits)
    )


@_claim("E18", "∂j/∂W2 = (a2-y) a1", "n2 × 1", SLOPES)
def _e18(t: Trace) -> Sides:
    samples = _samples(t)
    found = [
        [[core.dj_dW2_j(*sample, a1) for sample, a1 in zip(samples, row, strict=True)]]
        for row in t.A1.tolist()
    ]
    return Sides(found, oracle.sample_slopes(t, "W2"))


@_claim("E19", "∂j/∂b2 = a2-y", "scalar", SLOPES)
def _e19(t: Trace) -> Sides:
    found = [[[core.dj_db2(a2, y) for a2, y in _samples(t)]]]
    return Sides(found, oracle.sample_slopes(t, "b2"))


def _dW2(t: Trace) -> FloatArray:
    A2, Y = t.A2[0].tolist(), t.Y[0].tolist()
    return np.array([[core.dJ_dW2_j(A2, Y, row)] for row in t.A1.tolist()]) / len(Y)


@_claim("E20", "∂J/∂W2_j = (1/m) Σ_i (a2_i-y⁽ⁱ⁾) a1_ji", "scalar", SLOPES)
def _e20(t: Trace) -> Sides:
    return Sides(_dW2(t), *_means(oracle.sample_slopes(t, "W2")))


@_claim("E21", "∂J/∂W2 = (1/m) A1 (A2-Y)ᵀ", "n2 × 1", NUMBERS)
def _e21(t: Trace) -> Sides:
    return _twice(t.dW2, _sums(t)[3], _dW2(t), float(np.abs(t.dZ2).mean()))


@_claim("E22", "dZ2 = A2-Y, ∂J/∂b2 = (1/m) sum(dZ2)", "1 × 1", NUMBERS)
def _e22(t: Trace) -> Sides:
    terms = [core.dj_db2(a2, y) for a2, y in _samples(t)]
    found = _stack(t.dZ2, t.db2, _sums(t)[4])
    return Sides(found, _stack(terms, np.mean(terms), np.mean(terms)))


# ---- back-propagation, hidden layer (E23 to E32) -----------------------------------------


@_claim("E23", "∂z2/∂a1_j = W2_j", "scalar", SLOPES)
def _e23(t: Trace) -> Sides:
    W2 = t.W2[:, 0].tolist()
    return Sides(
        oracle.grid(lambda j, _: core.dz2_da1_j(W2[j]), *t.A1.shape), oracle.logit_by_a1(t)
    )


@_claim("E24", "∂a1/∂z1 = a1(1-a1)", "scalar", SLOPES)
def _e24(t: Trace) -> Sides:
    scalars = [[core.da1_dz1(a1) for a1 in row] for row in t.A1.tolist()]
    slopes = oracle.sigmoid_slopes(t.Z1)
    return Sides(_stack(scalars, core.sigmoid_slope(t.A1)), _stack(slopes, slopes))


@_claim("E25", "∂z1_j/∂W1_jk = x_k, ∂z1_j/∂b1_j = 1", "scalar", SLOPES)
def _e25(t: Trace) -> Sides:
    shape = (*t.W1.shape, t.X.shape[1])
    by_weight = oracle.grid(lambda k, _, i: core.dz1_dW1_jk(float(t.X[k, i])), *shape)
    by_bias = oracle.grid(lambda *_: core.dz1_db1_j(), *t.Z1.shape)
    return Sides(_stack(by_weight, by_bias), _stack(*oracle.hidden_by_parameters(t)))


def _hidden_chain(t: Trace, f: Callable[[float, float, float, float], float]) -> FloatArray:
    """f(a2, y, W2_j, a1_j) of every hidden unit and sample, n2 × m."""
    samples, W2 = _samples(t), t.W2[:, 0].tolist()
    return oracle.grid(lambda j, i: f(*samples[i], W2[j], float(t.A1[j, i])), *t.A1.shape)


@_claim("E26", "∂j/∂W1_jk = (a2-y) W2_j a1_j(1-a1_j) x_k", "scalar", SLOPES)
def _e26(t: Trace) -> Sides:
    samples, W2, A1, X = _samples(t), t.W2[:, 0].tolist(), t.A1.tolist(), t.X.tolist()
    found = oracle.grid(
        lambda k, j, i: core.dj_dW1_jk(*samples[i], W2[j], A1[j][i], X[k][i]),
        *t.W1.shape,
        len(samples),
    )
    return Sides(found, oracle.sample_slopes(t, "W1"))


@_claim("E27", "∂j/∂b1_j = (a2-y) W2_j a1_j(1-a1_j)", "scalar", SLOPES)
def _e27(t: Trace) -> Sides:
    return Sides(_hidden_chain(t, core.dj_db1_j), oracle.sample_slopes(t, "b1")[:, 0])


def _dW1(t: Trace) -> FloatArray:
    A2, Y, W2, A1, X = (M.tolist() for M in (t.A2[0], t.Y[0], t.W2[:, 0], t.A1, t.X))
    return oracle.grid(lambda k, j: core.dJ_dW1_jk(A2, Y, W2[j], A1[j], X[k]) / len(Y), *t.W1.shape)


def _db1(t: Trace) -> FloatArray:
    A2, Y, W2, A1 = (M.tolist() for M in (t.A2[0], t.Y[0], t.W2[:, 0], t.A1))
    return oracle.grid(lambda j, _: core.dJ_db1_j(A2, Y, W2[j], A1[j]) / len(Y), *t.b1.shape)


@_claim("E28", "∂J/∂W1_jk = (1/m) Σ_i (a2_i-y⁽ⁱ⁾) W2_j a1_ji(1-a1_ji) x_k⁽ⁱ⁾", "scalar", SLOPES)
def _e28(t: Trace) -> Sides:
    return Sides(_dW1(t), *_means(oracle.sample_slopes(t, "W1")))


@_claim("E29", "∂J/∂b1_j = (1/m) Σ_i (a2_i-y⁽ⁱ⁾) W2_j a1_ji(1-a1_ji)", "scalar", SLOPES)
def _e29(t: Trace) -> Sides:
    return Sides(_db1(t), *_means(oracle.sample_slopes(t, "b1")))


@_claim("E30", "dZ1ᵀ = [(A2-Y)ᵀ W2ᵀ] ⊙ σ'(Z1)ᵀ", "m × n2", NUMBERS)
def _e30(t: Trace) -> Sides:
    return Sides(t.dZ1.T, _hidden_chain(t, core.dj_dz1_j).T)


@_claim("E31", "∂J/∂W1 = (1/m) X dZ1ᵀ", "n1 × n2", NUMBERS)
def _e31(t: Trace) -> Sides:
    scale = float(np.abs(t.X).max() * np.abs(t.dZ1).mean(axis=1).max())
    return _twice(t.dW1, _sums(t)[1], _dW1(t), scale)


@_claim("E32", "∂J/∂b1 = (1/m) row sums of dZ1", "n2 × 1", NUMBERS)
def _e32(t: Trace) -> Sides:
    return _twice(t.db1, _sums(t)[2], _db1(t), float(np.abs(t.dZ1).mean(axis=1).max()))


# ---- the unit, and the step (E33 to E35) ---------------------------------------------------


@_claim("E33", "A = σ(wᵀX + b)", "1 × m", NUMBERS)
def _e33(t: Trace) -> Sides:
    p = oracle.unit(t)
    return Sides(core.unit_activation(p.W2, p.b2, t.X), oracle.activations(oracle.Z1(t)[:1]))


@_claim(
    "E34",
    "J = -(1/m) Σ_i [y⁽ⁱ⁾ log a⁽ⁱ⁾ + (1-y⁽ⁱ⁾) log(1-a⁽ⁱ⁾)], and its gradient",
    "scalar",
    SLOPES,
)
def _e34(t: Trace) -> Sides:
    u = trace(oracle.unit(t), t.X, t.Y)
    sums = core.unit_sums(u.W2, u.b2, t.X, t.Y, np.ones_like(t.Y))
    J = oracle.losses(oracle.activations(oracle.Z1(t)[:1]), t.Y).mean()
    slopes = [oracle.sample_slopes(u, name).mean(axis=-1) for name in ("W2", "b2")]
    return Sides(_stack(*sums) / t.Y.size, _stack(J, *slopes))


@_claim("E35", "θ ← θ - η ∂J/∂θ", "as θ", SLOPES)
def _e35(t: Trace) -> Sides:
    """Check one step number by number; and J's slope along the step, at η = 0, is -‖∂J/∂θ‖²."""
    theta, g = pack(oracle.params(t)), pack(gradient(t))

    def cost(eta: float) -> float:
        return trace(unpack(core.descend(theta, g, eta), *t.W1.shape), t.X, t.Y).J

    stepped = [a - 1.2 * b for a, b in zip(theta.tolist(), g.tolist(), strict=True)]
    found = _stack(core.descend(theta, g, 1.2), slope(cost))
    return Sides(found, _stack(stepped, -(g @ g)))
