"""R1 to R15, the derivation's misprints, each as printed and as corrected.

Both forms are computed on a small network and held against the truth (`oracle`). What is
printed as a label or a heading is taken at its word: the formula must then give what the
label names. Where a formula has several misprints, each is shown alone, the others
corrected. On a network too small to tell (R5 with one hidden unit, R11 with one sample),
the printed form does not fail, and the finding says so.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trilayer.derivation import core, oracle
from trilayer.derivation.trace import Trace, trace
from trilayer.errors import ShapeError
from trilayer.params import FloatArray

TOLERANCE = 1e-8
"""Largest relative error that still counts as equal to the truth."""

Form = Callable[[Trace], FloatArray]


class Misprint(NamedTuple):
    """One misprint: its words, and its two forms and the truth as functions of a trace.

    A form without meaning, because its shapes do not fit, raises `ShapeError`.
    """

    id: str
    where: str
    as_printed: str
    as_corrected: str
    why: str
    check: str
    printed: Form
    corrected: Form
    truth: Form


class Finding(NamedTuple):
    """What became of one misprint on one network."""

    id: str
    where: str
    printed: str
    corrected: str
    why: str
    printed_outcome: str
    corrected_outcome: str
    printed_fails: bool
    corrected_error: float
    check: str

    @property
    def corrected_holds(self) -> bool:
        """Whether the corrected form equals the truth."""
        return self.corrected_error <= TOLERANCE


def examine(t: Trace | None = None) -> list[Finding]:
    """Compute both forms of every misprint on one traced network.

    Parameters
    ----------
    t : Trace, optional
        By default `oracle.example()`: 4 inputs, 3 hidden units, 5 samples.

    Returns
    -------
    list of Finding
        R1 to R15.

    Raises
    ------
    InputError
        If t has no hidden layer or is saturated (`oracle.checkable`).
    """
    t = oracle.checkable(t)
    return [_finding(misprint, t) for misprint in MISPRINTS]


def _finding(r: Misprint, t: Trace) -> Finding:
    truth = r.truth(t)
    printed_outcome, printed_error = _outcome(r.printed, t, truth)
    corrected_outcome, corrected_error = _outcome(r.corrected, t, truth)
    return Finding(
        r.id, r.where, r.as_printed, r.as_corrected, r.why,
        printed_outcome, corrected_outcome, printed_error > TOLERANCE, corrected_error, r.check,
    )  # fmt: skip


def _outcome(form: Form, t: Trace, truth: FloatArray) -> tuple[str, float]:
    """Say in words, and as a relative error, how a form compares with the truth."""
    try:
        value = form(t)
    except ShapeError as refusal:
        return str(refusal), math.inf
    error = oracle.distance(value, truth)
    if value.shape != truth.shape:
        return f"shape {_size(value)}, should be {_size(truth)}", error
    verdict = "wrong value" if error > TOLERANCE else "agrees"
    return f"{verdict}, relative error {error:.1e}", error


def _size(M: FloatArray) -> str:
    return f"{M.shape[0]} × {M.shape[1]}"


def _hadamard(P: FloatArray, Q: FloatArray) -> FloatArray:
    """P ⊙ Q as on paper: no broadcasting."""
    if P.shape != Q.shape:
        raise ShapeError(f"no such product: {_size(P)} ⊙ {_size(Q)}")
    return P * Q


def _mean_slopes(matrix: str) -> Form:
    return lambda t: oracle.sample_slopes(t, matrix).mean(axis=-1)


def _first_sample_slopes(t: Trace) -> FloatArray:
    """∂j⁽¹⁾/∂W1, n1 × n2."""
    return oracle.sample_slopes(t, "W1")[:, :, 0]


def _logit_chain(t: Trace) -> FloatArray:
    """W2_j a1_j(1-a1_j) x_k of sample 1, n1 × n2."""
    chain: FloatArray = t.X[:, :1] @ (t.W2 * core.sigmoid_slope(t.A1[:, :1])).T
    return chain


def _loss_chain(t: Trace) -> FloatArray:
    """All five factors of E26 of sample 1, n1 × n2."""
    a2, y, W2, A1, X = (
        M.tolist() for M in (t.A2[0, 0], t.Y[0, 0], t.W2[:, 0], t.A1[:, 0], t.X[:, 0])
    )
    return oracle.grid(lambda k, j: core.dj_dW1_jk(a2, y, W2[j], A1[j], X[k]), *t.W1.shape)


def _bias_chain(t: Trace) -> FloatArray:
    """(1/m) Σ_i ∂j/∂b1_j, n2 × 1."""
    A2, Y, W2, A1 = (M.tolist() for M in (t.A2[0], t.Y[0], t.W2[:, 0], t.A1))
    return oracle.grid(lambda j, _: core.dJ_db1_j(A2, Y, W2[j], A1[j]) / len(Y), *t.b1.shape)


def _summed_over_units(t: Trace) -> FloatArray:
    return np.repeat(_logit_chain(t).sum(axis=1, keepdims=True), t.W1.shape[1], axis=1)


def _one_line_for_all(t: Trace) -> FloatArray:
    """Give every ∂j/∂W1_jk unit 1's line with x_3 (or the last input), as the label claims."""
    return np.full(t.W1.shape, _loss_chain(t)[min(2, len(t.X) - 1), 0])


def _first_preactivation(t: Trace) -> FloatArray:
    W1_1, x = t.W1[:, 0].tolist(), t.X[:, 0].tolist()
    return np.array([[core.z1_ji(W1_1, x, float(t.b1[0, 0]))]])


def _columns(t: Trace, sample: Callable[[int], int]) -> FloatArray:
    """Z1 column by column, column i made of sample(i)."""
    columns = [t.W1.T @ t.X[:, [sample(i)]] + t.b1 for i in range(t.X.shape[1])]
    return np.concatenate(columns, axis=1)


def _error_by_slope(slope_of: str) -> Form:
    """E30 with σ' taken at the layer whose activations are named."""
    return lambda t: _hadamard(t.dZ2.T @ t.W2.T, core.sigmoid_slope(getattr(t, slope_of)).T)


def _element_wise_chain(t: Trace) -> FloatArray:
    """R13 from left to right; over m, so that nothing but the products is at fault."""
    chain = _hadamard(t.X @ t.dZ2.T, core.sigmoid_slope(t.A1).T)
    return _hadamard(chain, np.repeat(t.W2.T, len(chain), axis=0)) / t.Y.size


def _unit(t: Trace) -> Trace:
    return trace(oracle.unit(t), t.X, t.Y)


def _unit_row(t: Trace, first: int) -> FloatArray:
    """(a⁽ᶠⁱʳˢᵗ⁾ … a⁽ᵐ⁾); a number that has no sample stays NaN."""
    A = dict(enumerate(core.unit_activation(oracle.unit(t).W2, t.b1[:1], t.X)[0].tolist(), 1))
    return np.array([[A.get(i, math.nan) for i in range(first, len(A) + 1)]])


def _bracketless_cost(t: Trace) -> FloatArray:
    """E34 read as printed: Σ takes y log a alone, and i is free in the second term."""
    u = _unit(t)
    first: FloatArray = -t.Y * core.softplus(-u.Z2)
    second: FloatArray = -(1 - t.Y) * core.softplus(u.Z2)
    cost: FloatArray = second - first.mean(axis=1, keepdims=True)
    return cost


def _unit_cost(t: Trace) -> FloatArray:
    u = _unit(t)
    return np.array([[core.cost_sum(u.Z2, t.Y, np.ones_like(t.Y)) / t.Y.size]])


def _true_unit_activations(t: Trace) -> FloatArray:
    return oracle.activations(oracle.Z1(t)[:1])


_DIFFERENCES = "by central differences"

MISPRINTS: tuple[Misprint, ...] = (
    Misprint(
        "R1", "E6", "z1_1i = W1ᵀ x⁽ⁱ⁾ + b1", "z1_1i = W1_1ᵀ x⁽ⁱ⁾ + b1_1",
        "The left side is one unit, the right side the whole layer.",
        "z1_11, number by number",
        lambda t: t.W1.T @ t.X[:, :1] + t.b1, _first_preactivation, lambda t: oracle.Z1(t)[:1, :1],
    ),
    Misprint(
        "R2", "E7", "column i of Z1 is W1ᵀ x⁽¹⁾ + b1", "column i of Z1 is W1ᵀ x⁽ⁱ⁾ + b1",
        "The sample index is dropped, so every column is the first.",
        "Z1, number by number",
        lambda t: _columns(t, lambda _: 0), lambda t: _columns(t, lambda i: i), oracle.Z1,
    ),
    Misprint(
        "R3", "E9", "b1 = (b2_1), so Z2 = W2ᵀ A1 + b1", "b2 = (b2_1), so Z2 = W2ᵀ A1 + b2",
        "The output layer's bias is given the hidden layer's name.",
        "Z2, number by number, with the bias of that name",
        lambda t: t.W2.T @ t.A1 + t.b1,
        lambda t: core.output_preactivation(t.W2, t.b2, t.A1), oracle.Z2,
    ),
    Misprint(
        "R4", "E11", "a2 = σ(W2ᵀ a1)", "a2 = σ(W2ᵀ a1 + b2)",
        "The bias is dropped.",
        "A2, number by number",
        lambda t: core.output_activation(t.W2.T @ t.A1),
        lambda t: core.output_activation(core.output_preactivation(t.W2, t.b2, t.A1)),
        lambda t: oracle.activations(oracle.Z2(t)),
    ),
    Misprint(
        "R5", "before E26", "∂z2/∂W1_jk = Σ_j W2_j a1_j(1-a1_j) x_k",
        "∂z2/∂W1_jk = W2_j a1_j(1-a1_j) x_k",
        "It sums over every unit, but only unit j sees W1_jk.",
        f"∂z2/∂W1 of sample 1, {_DIFFERENCES}",
        _summed_over_units, _logit_chain,
        lambda t: oracle.sample_slopes(t, "W1", oracle.logits)[:, :, 0],
    ),
    Misprint(
        "R6", "E26", "∂z2/∂a1_j · ∂a1_j/∂z1_j · ∂z1_j/∂W1_jk = ∂j/∂W1_jk",
        "∂j/∂a2 · ∂a2/∂z2 · ∂z2/∂a1_j · ∂a1_j/∂z1_j · ∂z1_j/∂W1_jk = ∂j/∂W1_jk",
        "The loss's two factors are missing on the left.",
        f"∂j/∂W1 of sample 1, {_DIFFERENCES}",
        _logit_chain, _loss_chain, _first_sample_slopes,
    ),
    Misprint(
        "R7", "E26, sample 1", "∂j/∂W1_jk = (a2-y) W2_1 a1_1(1-a1_1) x_3 (and the same of x_4)",
        "∂j/∂W1_1,3 = … x_3, ∂j/∂W1_1,4 = … x_4",
        "The label claims the line of unit 1 and input 3 for every unit j and input k.",
        f"∂j/∂W1 of sample 1, {_DIFFERENCES}",
        _one_line_for_all, _loss_chain, _first_sample_slopes,
    ),
    Misprint(
        "R8", "E29", "∂J/∂b1_j = (1/m) Σ_i ∂j/∂W1_jk", "∂J/∂b1_j = (1/m) Σ_i ∂j/∂b1_j",
        "The middle expression differentiates by the wrong parameter.",
        f"∂J/∂b1, {_DIFFERENCES}",
        lambda t: core.grad_W1(t.X, t.dZ1).T / t.Y.size, _bias_chain, _mean_slopes("b1"),
    ),
    Misprint(
        "R9", "before E30", "∂J/∂W1 = (∂J/∂b1_1 … ∂J/∂b1_n2)ᵀ",
        "∂J/∂b1 = (∂J/∂b1_1 … ∂J/∂b1_n2)ᵀ",
        "The column of the biases' derivatives is headed with the weights' name.",
        f"the column, {_DIFFERENCES}, against what the heading names",
        lambda t: t.dW1, lambda t: t.db1, _mean_slopes("b1"),
    ),
    Misprint(
        "R10", "E30", "dZ1ᵀ = [(A2-Y)ᵀ W2ᵀ] ⊙ σ'(Z2)ᵀ", "dZ1ᵀ = [(A2-Y)ᵀ W2ᵀ] ⊙ σ'(Z1)ᵀ",
        "The hidden layer's slope is at Z1; at Z2 the shapes do not fit.",
        f"∂j/∂z1 of every sample, {_DIFFERENCES}",
        _error_by_slope("A2"), _error_by_slope("A1"),
        lambda t: oracle.sample_slopes(t, "b1")[:, 0].T,
    ),
    Misprint(
        "R11", "E31", "∂J/∂W1 = X dZ1ᵀ", "∂J/∂W1 = (1/m) X dZ1ᵀ",
        "The factor 1/m is missing.",
        f"∂J/∂W1, {_DIFFERENCES}",
        lambda t: core.grad_W1(t.X, t.dZ1), lambda t: core.grad_W1(t.X, t.dZ1) / t.Y.size,
        _mean_slopes("W1"),
    ),
    Misprint(
        "R12", "E32", "∂J/∂b1 = dZ1ᵀ", "∂J/∂b1 = (1/m) row sums of dZ1",
        "Neither summed over the samples nor divided by m.",
        f"∂J/∂b1, {_DIFFERENCES}",
        lambda t: t.dZ1.T, lambda t: core.grad_b1(t.dZ1) / t.Y.size, _mean_slopes("b1"),
    ),
    Misprint(
        "R13", "before E31", "X (A2-Y)ᵀ ⊙ σ'(Z1)ᵀ ⊙ W2ᵀ", "(1/m) X {[(A2-Y)ᵀ W2ᵀ] ⊙ σ'(Z1)ᵀ}",
        "n1 × 1 against m × n2: there is no such element-wise product.",
        f"∂J/∂W1, {_DIFFERENCES}",
        _element_wise_chain,
        lambda t: core.grad_W1(t.X, core.hidden_error(t.W2, t.dZ2, t.A1)) / t.Y.size,
        _mean_slopes("W1"),
    ),
    Misprint(
        "R14", "E33", "A = (a⁽⁰⁾ a⁽¹⁾ … a⁽ᵐ⁾)", "A = (a⁽¹⁾ … a⁽ᵐ⁾)",
        "m + 1 entries for m samples.",
        "σ(wᵀX + b), number by number",
        lambda t: _unit_row(t, 0), lambda t: _unit_row(t, 1), _true_unit_activations,
    ),
    Misprint(
        "R15", "E34", "J = -(1/m) Σ_i y⁽ⁱ⁾ log a⁽ⁱ⁾ + (1-y⁽ⁱ⁾) log(1-a⁽ⁱ⁾)",
        "J = -(1/m) Σ_i [y⁽ⁱ⁾ log a⁽ⁱ⁾ + (1-y⁽ⁱ⁾) log(1-a⁽ⁱ⁾)]",
        "Without brackets the sum and its sign take the first term alone.",
        "J of the unit, number by number",
        _bracketless_cost, _unit_cost,
        lambda t: oracle.losses(_true_unit_activations(t), t.Y).mean(axis=1, keepdims=True),
    ),
)  # fmt: skip
"""The fifteen, in order."""
