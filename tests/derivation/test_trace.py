"""One pass, every matrix, and what feeds what."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer.derivation.trace import NETWORK, UNIT, table, trace
from trilayer.errors import InputError, ShapeError
from trilayer.params import Params, n_parameters, unpack

law = settings(deadline=None, max_examples=50)
seeds = st.integers(0, 2**32 - 1)
sizes = st.tuples(st.integers(1, 5), st.integers(0, 5), st.integers(1, 6))
INPUTS = ("X", "W1", "b1", "W2", "b2", "Y")
MATRICES = (*INPUTS, "Z1", "A1", "Z2", "A2", "dZ2", "dZ1", "dW2", "db2", "dW1", "db1")


def traced(seed, n1, n2, m, scale=1.0):
    rng = np.random.default_rng(seed)
    params = unpack(scale * rng.normal(size=n_parameters(n1, n2)), n1, n2)
    return trace(params, rng.normal(size=(n1, m)), rng.integers(0, 2, (1, m)))


# ---- against loops --------------------------------------------------------------------


def sigma(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def by_loops(t):
    """The derivation once more, in lists and loops."""
    n1, n2, m = *t.W1.shape, t.X.shape[1]
    W1, b1, W2, b2, X, Y = (M.tolist() for M in (t.W1, t.b1, t.W2, t.b2, t.X, t.Y))
    J, Z2, A2, dZ2 = 0.0, [], [], []
    Z1 = [[0.0] * m for _ in range(n2)]
    A1 = [[0.0] * m for _ in range(n2)]
    dZ1 = [[0.0] * m for _ in range(n2)]
    dW1 = [[0.0] * n2 for _ in range(n1)]
    db1 = [[0.0] for _ in range(n2)]
    dW2 = [[0.0] for _ in range(n2 or n1)]
    db2 = [[0.0]]
    for i in range(m):
        for j in range(n2):
            Z1[j][i] = math.fsum(W1[k][j] * X[k][i] for k in range(n1)) + b1[j][0]
            A1[j][i] = sigma(Z1[j][i])
        last = A1 if n2 else X
        z2 = math.fsum(W2[j][0] * last[j][i] for j in range(len(W2))) + b2[0][0]
        y, a2 = Y[0][i], sigma(z2)
        J += math.log1p(math.exp(-z2)) if y else math.log1p(math.exp(z2))
        Z2.append(z2), A2.append(a2), dZ2.append(a2 - y)
        for j in range(len(W2)):
            dW2[j][0] += (a2 - y) * last[j][i] / m
        db2[0][0] += (a2 - y) / m
        for j in range(n2):
            dZ1[j][i] = (a2 - y) * W2[j][0] * sigma(Z1[j][i]) * sigma(-Z1[j][i])
            db1[j][0] += dZ1[j][i] / m
            for k in range(n1):
                dW1[k][j] += dZ1[j][i] * X[k][i] / m
    made = {"Z1": Z1, "A1": A1, "Z2": [Z2], "A2": [A2], "dZ2": [dZ2], "dZ1": dZ1}
    return made | {"dW2": dW2, "db2": db2, "dW1": dW1, "db1": db1, "J": [[J / m]]}


@given(seeds, sizes, st.sampled_from([0.01, 1.0, 30.0]))
@law
def test_every_matrix_is_what_loops_make_of_it(seed, shape, scale):
    t = traced(seed, *shape, scale)
    for name, expected in by_loops(t).items():
        found = t.matrices[name]
        expected = np.array(expected).reshape(found.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12, err_msg=name)


@given(seeds, sizes)
@law
def test_matrices_are_the_sixteen_and_J(seed, shape):
    t = traced(seed, *shape)
    n1, n2, m = shape
    sizes = {"1": 1, "n1": n1, "n2": n2, "m": m}
    assert set(t.matrices) == {*MATRICES, "J"}
    assert isinstance(t.J, float)
    for equation in t.equations:
        expected = tuple(sizes[side] for side in equation.shape)
        assert t.matrices[equation.target].shape == expected, equation.target
    for name, gradient in {"W1": t.dW1, "b1": t.db1, "W2": t.dW2, "b2": t.db2}.items():
        assert gradient.shape == t.matrices[name].shape
    assert all(M.dtype == np.float64 for M in t.matrices.values())


def test_a_float32_network_is_traced_in_float64():
    t = traced(0, 3, 2, 4)
    single = Params(t.W1, t.b1, t.W2, t.b2).astype(np.float32)
    assert trace(single, t.X.tolist(), t.Y[0].tolist()).dW1.dtype == np.float64


def test_samples_are_looked_at_not_changed():
    t = traced(0, 3, 2, 4)
    X, Y = t.X.copy(), t.Y.copy()
    trace(Params(t.W1, t.b1, t.W2, t.b2), X, Y)
    np.testing.assert_array_equal(X, t.X)
    np.testing.assert_array_equal(Y, t.Y)


# ---- what feeds what ------------------------------------------------------------------


def moved_by(t, equation, matrix, row, column):
    """Elements of the equation's target that move with one element, all else kept."""
    values = {name: M.copy() for name, M in t.matrices.items()}
    before = equation.compute(values)
    values[matrix][row, column] += 0.37
    return {(r, c) for r, c in np.argwhere(equation.compute(values) != before).tolist()}


@pytest.mark.parametrize(
    "shape", [(3, 2, 4), (2, 3, 2), (2, 2, 2), (1, 1, 1), (3, 0, 4), (1, 0, 1)]
)
def test_exactly_the_declared_elements_move(shape):
    t = traced(11, *shape)
    for equation in t.equations:
        for matrix, M in t.matrices.items():
            for row, column in np.ndindex(*M.shape):
                declared = {
                    (r, c)
                    for r, c in np.ndindex(*t.matrices[equation.target].shape)
                    for feed in t.sources(equation.target, r, c)[1]
                    if feed.matrix == matrix and (row, column) in feed.elements
                }
                moved = moved_by(t, equation, matrix, row, column)
                assert moved == declared, (equation.target, matrix, row, column)


@given(seeds, sizes)
@settings(deadline=None, max_examples=15)
def test_sources_and_feeds_are_inverse(seed, shape):
    t = traced(seed, *shape)
    places = [(name, *place) for name, M in t.matrices.items() for place in np.ndindex(*M.shape)]
    upward = {
        (feed.matrix, *element, equation, *place)
        for place in places
        for equation, feeds in [t.sources(*place)]
        for feed in feeds
        for element in feed.elements
    }
    downward = {
        (*place, equation, feed.matrix, *element)
        for place in places
        for equation, feed in t.feeds(*place)
        for element in feed.elements
    }
    assert upward == downward


@pytest.mark.parametrize("n2", [0, 3])
def test_everything_leads_to_the_gradient_or_the_cost(n2):
    t = traced(1, 2, n2, 3)
    ends = {"J", "dW1", "db1", "dW2", "db2"} & {e.target for e in t.equations}
    for name, M in t.matrices.items():
        for place in np.ndindex(*M.shape):
            assert bool(t.feeds(name, *place)) == (name not in ends)


@pytest.mark.parametrize("name", INPUTS)
def test_what_went_in_has_no_sources(name):
    assert traced(0, 3, 2, 4).sources(name) == ("", [])


def test_sources_of_one_element_read_as_the_derivation_does():
    equation, feeds = traced(0, 3, 2, 2).sources("dW1", 2, 1)
    assert equation == "E31"
    assert feeds == [("X", ((2, 0), (2, 1))), ("dZ1", ((1, 0), (1, 1)))]


def test_the_table_follows_the_hidden_layer():
    assert table(0) is UNIT
    assert table(1) is table(7) is NETWORK


@pytest.mark.parametrize("equations", [NETWORK, UNIT], ids=["network", "unit"])
def test_the_table_reads_only_what_is_already_there(equations):
    known = set(INPUTS)
    for equation in equations:
        assert {source.matrix for source in equation.sources} <= known
        known.add(equation.target)
    assert len(known) == len(INPUTS) + len(equations)


@pytest.mark.parametrize("place", [("Z3", 0, 0), ("W1", 3, 0), ("W1", 0, 2), ("J", -1, 0)])
def test_no_such_element(place):
    t = traced(0, 3, 2, 4)
    for ask in (t.sources, t.feeds):
        with pytest.raises(InputError, match=r"no (matrix|element)"):
            ask(*place)


# ---- bad input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "Y", "error", "message"),
    [
        (np.ones(3), [1], ShapeError, "X must be n1 x m"),
        (np.ones((4, 2)), [0, 1], ShapeError, "X must be n1 x m"),
        (np.ones((3, 0)), [], ShapeError, "X must be n1 x m"),
        (np.ones((3, 2)), [1], ShapeError, "Y must be 1 x m"),
        (np.ones((3, 2)), [[0], [1]], ShapeError, "Y must be 1 x m"),
        (np.ones((3, 2)), [[[0, 1]]], ShapeError, "Y must be 1 x m"),
        (np.full((3, 2), np.nan), [0, 1], InputError, "NaN or infinity"),
        (np.full((3, 2), -np.inf), [0, 1], InputError, "NaN or infinity"),
        (np.ones((3, 2)), [0, 2], InputError, "0 and 1 only"),
        (np.ones((3, 2)), [0, np.nan], InputError, "0 and 1 only"),
        ([["a", "b"]] * 3, [0, 1], InputError, "X must hold real numbers"),
        (np.ones((3, 2)), ["no", "yes"], InputError, "Y must hold real numbers"),
        ([[1.0, 2.0], [1.0], [1.0]], [0, 1], InputError, "X must hold real numbers"),
    ],
)
@pytest.mark.parametrize("n2", [0, 2])
def test_bad_samples_are_refused(n2, X, Y, error, message):
    params = unpack(np.ones(n_parameters(3, n2)), 3, n2)
    with pytest.raises(error, match=message):
        trace(params, X, Y)


# ---- the public name ------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [
        "",
        "import trilayer.derivation.trace",
        "from trilayer import check_gradients",
        "import trilayer.derivation.gradcheck",
    ],
)
def test_trilayer_trace_is_the_function_whatever_was_imported_first(first):
    """The module has the function's name, and importing it must not hide the function."""
    code = f"{first}\nfrom trilayer import trace\nassert callable(trace)"
    subprocess.run([sys.executable, "-c", code], check=True)
