"""SymPy differentiates J of a 2-2-3 network by itself; the matrices must agree."""

import numpy as np
import pytest
import sympy as sp

from trilayer.derivation.trace import trace
from trilayer.params import Params, unpack

N1, N2, M = 2, 2, 3


@pytest.fixture(scope="module")
def symbolic():
    """J and its gradient by every parameter, as one function of parameters, X and Y."""
    W1, X = sp.Matrix(N1, N2, sp.symbols("w:4")), sp.Matrix(N1, M, sp.symbols("x:6"))
    b1, W2 = sp.Matrix(N2, 1, sp.symbols("b:2")), sp.Matrix(N2, 1, sp.symbols("v:2"))
    b2, Y = sp.Symbol("c"), sp.Matrix(1, M, sp.symbols("y:3"))

    def j(i):
        a1 = [1 / (1 + sp.exp(-(W1[:, k].dot(X[:, i]) + b1[k]))) for k in range(N2)]
        a2 = 1 / (1 + sp.exp(-(W2.dot(sp.Matrix(a1)) + b2)))
        return -(Y[i] * sp.log(a2) + (1 - Y[i]) * sp.log(1 - a2))

    J = sum(j(i) for i in range(M)) / M
    theta = [*W1, *b1, *W2, b2]
    return sp.lambdify([theta, list(X), list(Y)], [J, *(sp.diff(J, p) for p in theta)], "numpy")


@pytest.mark.parametrize("seed", range(20))
def test_gradient_is_the_symbolic_one(symbolic, seed):
    rng = np.random.default_rng(seed)
    theta, X = rng.normal(size=9), rng.normal(size=(N1, M))
    Y = rng.integers(0, 2, (1, M)).astype(float)
    J, *expected = symbolic(theta.tolist(), X.ravel().tolist(), Y.ravel().tolist())
    t = trace(unpack(theta, N1, N2), X, Y)
    assert t.J == pytest.approx(J, rel=1e-13)
    gradient = Params(t.dW1, t.db1, t.dW2, t.db2)
    truth = unpack(np.array(expected), N1, N2)
    for name in vars(truth):
        np.testing.assert_allclose(
            getattr(gradient, name), getattr(truth, name), rtol=1e-12, atol=1e-14, err_msg=name
        )
