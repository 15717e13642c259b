"""The derivation, E6 to E35, as pure functions on arrays.

Samples are columns: ``X`` is n1 × m, ``W1`` n1 × n2, ``b1`` n2 × 1, ``W2`` n2 × 1,
``b2`` 1 × 1, ``Y`` and the sample weights ``s`` 1 × m. Arrays are those of any
array-API library (NumPy, torch, array-api-strict, …); floats are one sample's numbers.

Functions over samples return sums, not means: divide by Σ s once, at the end, and
blocks, threads, files and machines just add. This module is the oracle of every
faster engine, so it stays readable and slow. Every function names its equation.
"""

from collections.abc import Sequence
from typing import Any

from trilayer.derivation.arrays import Float, array_namespace

# ---- matrices: forward -------------------------------------------------------------


def hidden_preactivation(
    W1: Float[Any, "n1 n2"], b1: Float[Any, "n2 1"], X: Float[Any, "n1 m"]
) -> Float[Any, "n2 m"]:
    """E7: Z1 = W1ᵀ X + b1."""
    return W1.T @ X + b1


def sigmoid(Z: Float[Any, "n m"]) -> Float[Any, "n m"]:
    """E8: A = σ(Z) = 1 / (1 + e^-Z), without overflow for any Z.

    Only e^-|Z| ≤ 1 is ever computed; for Z < 0 the form is e^Z / (1 + e^Z).
    """
    xp = array_namespace(Z)
    e = xp.exp(-xp.abs(Z))
    return xp.where(Z >= 0, xp.ones_like(e), e) / (1 + e)


def output_preactivation(
    W2: Float[Any, "n2 1"], b2: Float[Any, "1 1"], A1: Float[Any, "n2 m"]
) -> Float[Any, "1 m"]:
    """E10: Z2 = W2ᵀ A1 + b2."""
    return W2.T @ A1 + b2


def output_activation(Z2: Float[Any, "1 m"]) -> Float[Any, "1 m"]:
    """E11: A2 = σ(Z2)."""
    return sigmoid(Z2)


# ---- matrices: cost ----------------------------------------------------------------


def losses(Z2: Float[Any, "1 m"], Y: Float[Any, "1 m"]) -> Float[Any, "1 m"]:
    """E12: j = -[y log σ(z2) + (1-y) log(1-σ(z2))] = log(1 + e^z2) - y z2, per sample.

    Computed from Z2 as (max(z2, 0) - y z2) + log1p(e^-|z2|): the bracket is exact for
    y in {0, 1}, so j keeps its relative accuracy where 1 - a2 has none left.
    """
    xp = array_namespace(Z2, Y)
    positive_part = xp.where(Z2 > 0, Z2, xp.zeros_like(Z2))
    return (positive_part - Y * Z2) + xp.log1p(xp.exp(-xp.abs(Z2)))


def softplus(Z: Float[Any, "1 m"]) -> Float[Any, "1 m"]:
    """E12 at y = 0: log(1 + e^z) = -log(1 - σ(z)), finite for any finite z."""
    xp = array_namespace(Z)
    return losses(Z, xp.zeros_like(Z))


def cost_sum(Z2: Float[Any, "1 m"], Y: Float[Any, "1 m"], s: Float[Any, "1 m"]) -> Float[Any, ""]:
    """E13: Σ_i s_i j_i; divided by Σ s (m, without weights) it is J."""
    return array_namespace(Z2).sum(s * losses(Z2, Y))


# ---- matrices: back-propagation ----------------------------------------------------


def output_error(A2: Float[Any, "1 m"], Y: Float[Any, "1 m"]) -> Float[Any, "1 m"]:
    """E22: dZ2 = A2 - Y."""
    return A2 - Y


def grad_W2(A1: Float[Any, "n2 m"], dZ2: Float[Any, "1 m"]) -> Float[Any, "n2 1"]:
    """E21: Σ form of ∂J/∂W2 = (1/m) A1 (A2-Y)ᵀ."""
    return A1 @ dZ2.T


def grad_b2(dZ2: Float[Any, "1 m"]) -> Float[Any, "1 1"]:
    """E22: Σ form of ∂J/∂b2 = (1/m) sum(dZ2)."""
    return array_namespace(dZ2).sum(dZ2, axis=1, keepdims=True)


def sigmoid_slope(A: Float[Any, "n m"]) -> Float[Any, "n m"]:
    """E24: σ'(Z) = A (1 - A), from the activations."""
    return A * (1 - A)


def hidden_error(
    W2: Float[Any, "n2 1"], dZ2: Float[Any, "1 m"], A1: Float[Any, "n2 m"]
) -> Float[Any, "n2 m"]:
    """E30: dZ1 = (W2 dZ2) ⊙ σ'(Z1), the transpose of the document's m × n2."""
    return (W2 @ dZ2) * sigmoid_slope(A1)


def grad_W1(X: Float[Any, "n1 m"], dZ1: Float[Any, "n2 m"]) -> Float[Any, "n1 n2"]:
    """E31: Σ form of ∂J/∂W1 = (1/m) X dZ1ᵀ."""
    return X @ dZ1.T


def grad_b1(dZ1: Float[Any, "n2 m"]) -> Float[Any, "n2 1"]:
    """E32: Σ form of ∂J/∂b1 = (1/m) row sums of dZ1."""
    return array_namespace(dZ1).sum(dZ1, axis=1, keepdims=True)


def network_logits(
    W1: Float[Any, "n1 n2"],
    b1: Float[Any, "n2 1"],
    W2: Float[Any, "n2 1"],
    b2: Float[Any, "1 1"],
    X: Float[Any, "n1 m"],
) -> Float[Any, "1 m"]:
    """E7, E8, E10: the forward pass up to Z2."""
    return output_preactivation(W2, b2, sigmoid(hidden_preactivation(W1, b1, X)))


def network_sums(
    W1: Float[Any, "n1 n2"],
    b1: Float[Any, "n2 1"],
    W2: Float[Any, "n2 1"],
    b2: Float[Any, "1 1"],
    X: Float[Any, "n1 m"],
    Y: Float[Any, "1 m"],
    s: Float[Any, "1 m"],
) -> tuple[
    Float[Any, ""],
    Float[Any, "n1 n2"],
    Float[Any, "n2 1"],
    Float[Any, "n2 1"],
    Float[Any, "1 1"],
]:
    """E7 to E32: Σ s j and the sums of its gradients for W1, b1, W2, b2.

    The weights enter once, at dZ2: everything behind it is linear in dZ2.
    """
    A1 = sigmoid(hidden_preactivation(W1, b1, X))
    Z2 = output_preactivation(W2, b2, A1)
    dZ2 = s * output_error(output_activation(Z2), Y)
    dZ1 = hidden_error(W2, dZ2, A1)
    return cost_sum(Z2, Y, s), grad_W1(X, dZ1), grad_b1(dZ1), grad_W2(A1, dZ2), grad_b2(dZ2)


# ---- the unit without a hidden layer, and the step ------------------------------------


def unit_logits(
    w: Float[Any, "n1 1"], b: Float[Any, "1 1"], X: Float[Any, "n1 m"]
) -> Float[Any, "1 m"]:
    """E33, before σ: Z = wᵀ X + b."""
    return w.T @ X + b


def unit_activation(
    w: Float[Any, "n1 1"], b: Float[Any, "1 1"], X: Float[Any, "n1 m"]
) -> Float[Any, "1 m"]:
    """E33: A = σ(wᵀ X + b)."""
    return sigmoid(unit_logits(w, b, X))


def unit_sums(
    w: Float[Any, "n1 1"],
    b: Float[Any, "1 1"],
    X: Float[Any, "n1 m"],
    Y: Float[Any, "1 m"],
    s: Float[Any, "1 m"],
) -> tuple[Float[Any, ""], Float[Any, "n1 1"], Float[Any, "1 1"]]:
    """E34: Σ s j of the unit, and the sums of its gradients for w and b.

    They are E21 and E22 with X in the place of A1.
    """
    Z = unit_logits(w, b, X)
    dZ = s * output_error(sigmoid(Z), Y)
    return cost_sum(Z, Y, s), grad_W2(X, dZ), grad_b2(dZ)


def descend(
    theta: Float[Any, "*shape"], gradient: Float[Any, "*shape"], learning_rate: float
) -> Float[Any, "*shape"]:
    """E35: θ ← θ - η ∂J/∂θ, as a new array."""
    return theta - learning_rate * gradient


# ---- one sample: the chain, number by number ---------------------------------------
# The document derives these first and sums them afterwards. They are here so that the
# matrices above can be shown to be their sums; nothing trains with them.


def z1_ji(W1_j: Sequence[float], x: Sequence[float], b1_j: float) -> float:
    """E6: z1_ji = W1_jᵀ x + b1_j."""
    return sum(w * x_k for w, x_k in zip(W1_j, x, strict=True)) + b1_j


def dj_da2(a2: float, y: float) -> float:
    """E14: ∂j/∂a2 = (a2-y) / (a2(1-a2))."""
    return (a2 - y) / (a2 * (1 - a2))


def da2_dz2(a2: float) -> float:
    """E15: ∂a2/∂z2 = a2(1-a2)."""
    return a2 * (1 - a2)


def dz2_dW2_j(a1_j: float) -> float:
    """E16: ∂z2/∂W2_j = a1_j."""
    return a1_j


def dz2_db2() -> float:
    """E17: ∂z2/∂b2 = 1."""
    return 1.0


def dj_dW2_j(a2: float, y: float, a1_j: float) -> float:
    """E18: ∂j/∂W2_j = E14 · E15 · E16 = (a2-y) a1_j."""
    return dj_da2(a2, y) * da2_dz2(a2) * dz2_dW2_j(a1_j)


def dj_db2(a2: float, y: float) -> float:
    """E19: ∂j/∂b2 = E14 · E15 · E17 = a2-y."""
    return dj_da2(a2, y) * da2_dz2(a2) * dz2_db2()


def dJ_dW2_j(A2: Sequence[float], Y: Sequence[float], A1_j: Sequence[float]) -> float:
    """E20: Σ form of ∂J/∂W2_j = (1/m) Σ_i (a2_i-y_i) a1_ji."""
    return sum(dj_dW2_j(a2, y, a1) for a2, y, a1 in zip(A2, Y, A1_j, strict=True))


def dz2_da1_j(W2_j: float) -> float:
    """E23: ∂z2/∂a1_j = W2_j."""
    return W2_j


def da1_dz1(a1_j: float) -> float:
    """E24: ∂a1_j/∂z1_j = a1_j(1-a1_j)."""
    return a1_j * (1 - a1_j)


def dz1_dW1_jk(x_k: float) -> float:
    """E25: ∂z1_j/∂W1_jk = x_k."""
    return x_k


def dz1_db1_j() -> float:
    """E25: ∂z1_j/∂b1_j = 1."""
    return 1.0


def dj_dz1_j(a2: float, y: float, W2_j: float, a1_j: float) -> float:
    """E27: ∂j/∂z1_j = E14 · E15 · E23 · E24, what E26 and E27 share."""
    return dj_da2(a2, y) * da2_dz2(a2) * dz2_da1_j(W2_j) * da1_dz1(a1_j)


def dj_dW1_jk(a2: float, y: float, W2_j: float, a1_j: float, x_k: float) -> float:
    """E26: ∂j/∂W1_jk = E14 · E15 · E23 · E24 · E25 = (a2-y) W2_j a1_j(1-a1_j) x_k."""
    return dj_dz1_j(a2, y, W2_j, a1_j) * dz1_dW1_jk(x_k)


def dj_db1_j(a2: float, y: float, W2_j: float, a1_j: float) -> float:
    """E27: ∂j/∂b1_j = (a2-y) W2_j a1_j(1-a1_j)."""
    return dj_dz1_j(a2, y, W2_j, a1_j) * dz1_db1_j()


def dJ_dW1_jk(
    A2: Sequence[float],
    Y: Sequence[float],
    W2_j: float,
    A1_j: Sequence[float],
    X_k: Sequence[float],
) -> float:
    """E28: Σ form of ∂J/∂W1_jk = (1/m) Σ_i (a2_i-y_i) W2_j a1_ji(1-a1_ji) x_ki."""
    samples = zip(A2, Y, A1_j, X_k, strict=True)
    return sum(dj_dW1_jk(a2, y, W2_j, a1, x) for a2, y, a1, x in samples)


def dJ_db1_j(A2: Sequence[float], Y: Sequence[float], W2_j: float, A1_j: Sequence[float]) -> float:
    """E29: Σ form of ∂J/∂b1_j = (1/m) Σ_i (a2_i-y_i) W2_j a1_ji(1-a1_ji)."""
    return sum(dj_db1_j(a2, y, W2_j, a1) for a2, y, a1 in zip(A2, Y, A1_j, strict=True))
