"""Laws of the derivation's functions."""

from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import TypeCheckError

from trilayer.derivation import core

NAMESPACES = [name for name in ("numpy", "array_api_strict", "torch") if find_spec(name)]
law = settings(deadline=None, max_examples=60)
seeds = st.integers(0, 2**32 - 1)
sizes = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 7))


def network(seed, n1, n2, m):
    """W1, b1, W2, b2, X, Y, s with weights that are no special numbers."""
    rng = np.random.default_rng(seed)
    W1, b1, W2, b2, X = (
        rng.normal(size=shape) for shape in ((n1, n2), (n2, 1), (n2, 1), (1, 1), (n1, m))
    )
    Y = rng.integers(0, 2, (1, m)).astype(float)
    return W1, b1, W2, b2, X, Y, rng.uniform(0.1, 3.0, (1, m))


def unit(seed, n1, m):
    W1, b1, _, _, X, Y, s = network(seed, n1, 1, m)
    return W1, b1, X, Y, s


def assert_close(found, truth, scale=1.0):
    for a, b in zip(found, truth, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13 * scale)


# ---- σ and softplus ---------------------------------------------------------------


def finite(width):
    """Finite numbers, half of them where σ is neither 0 nor 1."""
    anything = st.floats(allow_nan=False, allow_infinity=False, width=width)
    return anything | st.floats(-1024, 1024, width=width)


EXACT = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(-abs(z))) + max(z, 0),
}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_stable_for_any_finite_z(name, dtype):
    f, info = getattr(core, name), np.finfo(dtype)

    @settings(deadline=None, max_examples=300)
    @given(finite(info.bits))
    def check(z):
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            value = f(np.array([[z]], dtype=dtype))
        with mpmath.workdps(50):
            exact = float(EXACT[name](mpmath.mpf(z)))
        assert value.dtype == dtype
        assert np.isfinite(value).all()
        near = max(4 * float(info.eps) * abs(exact), 2 * float(info.smallest_subnormal))
        assert abs(float(value[0, 0]) - exact) <= near

    check()


@given(st.lists(finite(64), min_size=2, max_size=20))
@law
def test_sigmoid_is_monotone_and_odd_about_one_half(zs):
    Z = np.sort(np.array([zs]))
    A = core.sigmoid(Z)
    # Neighbours may round to one value, or cross by one unit in the last place.
    assert np.all(np.diff(A) >= -2 * np.finfo(float).eps * A[:, 1:])
    np.testing.assert_allclose(A + core.sigmoid(-Z), 1.0, rtol=1e-15)


@given(finite(64), st.sampled_from([0.0, 1.0]))
@law
def test_loss_keeps_its_relative_accuracy(z, y):
    """It is softplus(∓z): also where 1 - a2 has no digit left."""
    j = core.losses(np.array([[z]]), np.array([[y]]))
    np.testing.assert_array_equal(j, core.softplus(np.array([[-z if y else z]])))


@pytest.mark.parametrize("z", [-1e308, -800.0, 800.0, 1e308])
def test_gradient_is_right_where_the_logarithms_are_infinite(z):
    Z2, Y = np.array([[z, z]]), np.array([[0.0, 1.0]])
    j = core.losses(Z2, Y)
    assert np.isfinite(j).all()
    assert j.max() == abs(z)
    dZ2 = core.output_error(core.output_activation(Z2), Y)
    np.testing.assert_array_equal(dZ2, [[float(z > 0), float(z > 0) - 1]])


# ---- array libraries ----------------------------------------------------------------


@pytest.mark.parametrize("namespace", NAMESPACES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_array_library_computes_the_same(namespace, dtype):
    xp = import_module(namespace)
    tolerance = 1e-5 if dtype == "float32" else 1e-13

    def there(arrays):
        return [xp.asarray(a.tolist(), dtype=getattr(xp, dtype)) for a in arrays]

    def compare(f, arguments):
        found, truth = f(*there(arguments)), f(*arguments)
        if not isinstance(found, tuple):
            found, truth = (found,), (truth,)
        for a, b in zip(found, truth, strict=True):
            assert a.dtype == getattr(xp, dtype)
            assert tuple(a.shape) == b.shape
            np.testing.assert_allclose(np.asarray(a), b, rtol=tolerance, atol=tolerance)

    arguments = network(3, 4, 3, 6)
    compare(core.network_sums, arguments)
    compare(core.network_logits, arguments[:5])
    compare(core.unit_sums, unit(3, 4, 6))
    compare(core.unit_activation, unit(3, 4, 6)[:3])
    compare(core.softplus, [800 * arguments[5] - 400])
    compare(lambda W, g: core.descend(W, g, 0.5), [arguments[0], 2 * arguments[0]])


# ---- the scalar chain sums to the matrices ----------------------------------------------


@given(seeds, sizes)
@law
def test_scalar_chain_sums_to_the_matrix_form(seed, shape):
    n1, n2, m = shape
    W1, b1, W2, b2, X, Y, _ = network(seed, n1, n2, m)
    units, inputs, samples = range(n2), range(n1), range(m)
    ys, xs = Y[0].tolist(), X.T.tolist()
    Z1 = [[core.z1_ji(W1[:, j].tolist(), xs[i], float(b1[j, 0])) for i in samples] for j in units]
    A1 = core.sigmoid(np.array(Z1))
    Z2 = core.output_preactivation(W2, b2, A1)
    a1, a2, w2 = A1.tolist(), core.output_activation(Z2)[0].tolist(), W2[:, 0].tolist()
    chain = (
        core.losses(Z2, Y).sum(),
        [[core.dJ_dW1_jk(a2, ys, w2[j], a1[j], X[k].tolist()) for j in units] for k in inputs],
        [[core.dJ_db1_j(a2, ys, w2[j], a1[j])] for j in units],
        [[core.dJ_dW2_j(a2, ys, a1[j])] for j in units],
        [[sum(core.dj_db2(a, y) for a, y in zip(a2, ys, strict=True))]],
    )
    assert_close(core.network_sums(W1, b1, W2, b2, X, Y, np.ones((1, m))), chain, 100)


def test_a_factor_moved_between_links_of_the_chain_shows():
    a2, y, w, a1, x = 0.3, 1.0, -0.7, 0.8, 2.0
    assert core.dj_da2(a2, y) == pytest.approx(-1 / 0.3)
    assert core.da2_dz2(a2) == pytest.approx(0.21)
    assert core.dj_dz1_j(a2, y, w, a1) == pytest.approx(-0.7 * -0.7 * 0.16)
    assert core.dj_dW1_jk(a2, y, w, a1, x) == pytest.approx(2 * core.dj_db1_j(a2, y, w, a1))


# ---- sums over samples ----------------------------------------------------------------


@given(seeds, sizes, st.lists(st.integers(0, 7), max_size=3))
@law
def test_sums_add_over_any_split_into_blocks(seed, shape, cuts):
    for f, arguments in (
        (core.network_sums, network(seed, *shape)),
        (core.unit_sums, unit(seed, shape[0], shape[2])),
    ):
        fixed, columns = arguments[:-3], arguments[-3:]
        edges = [0, *sorted(min(cut, shape[2]) for cut in cuts), shape[2]]
        blocks = [f(*fixed, *(M[:, low:high] for M in columns)) for low, high in pairwise(edges)]
        assert_close([sum(parts) for parts in zip(*blocks, strict=True)], f(*arguments), 100)


@given(seeds, sizes)
@law
def test_weight_two_is_the_sample_twice_and_weight_zero_its_absence(seed, shape):
    W1, b1, W2, b2, X, Y, _ = network(seed, *shape)
    times = np.random.default_rng(seed).integers(0, 3, shape[2])
    repeated = [np.repeat(M, times, axis=1) for M in (X, Y)]
    ones, weights = np.ones((1, times.sum())), times[None, :].astype(float)
    assert_close(
        core.network_sums(W1, b1, W2, b2, X, Y, weights),
        core.network_sums(W1, b1, W2, b2, *repeated, ones),
        100,
    )
    assert_close(
        core.unit_sums(W1[:, :1], b2, X, Y, weights),
        core.unit_sums(W1[:, :1], b2, *repeated, ones),
        100,
    )


# ---- symmetries ------------------------------------------------------------------------


@given(seeds, sizes)
@law
def test_hidden_units_have_no_order(seed, shape):
    W1, b1, W2, b2, *samples = network(seed, *shape)
    order = np.random.default_rng(seed).permutation(shape[1])
    J, dW1, db1, dW2, db2 = core.network_sums(W1, b1, W2, b2, *samples)
    permuted = core.network_sums(W1[:, order], b1[order], W2[order], b2, *samples)
    assert_close(permuted, (J, dW1[:, order], db1[order], dW2[order], db2), 100)


@given(seeds, sizes, st.lists(st.booleans(), min_size=5, max_size=5))
@law
def test_sign_flip_of_hidden_units(seed, shape, chosen):
    """σ(-z) = 1 - σ(z): turned units say the same through -W2 and b2 + ΣW2."""
    W1, b1, W2, b2, *samples = network(seed, *shape)
    flip = np.array(chosen[: shape[1]])[:, None]
    sign = np.where(flip, -1.0, 1.0)
    turned = (W1 * sign.T, b1 * sign, W2 * sign, b2 + (W2 * flip).sum(keepdims=True))
    X = samples[0]
    assert_close([core.network_logits(*turned, X)], [core.network_logits(W1, b1, W2, b2, X)], 100)
    J, dW1, db1, dW2, db2 = core.network_sums(W1, b1, W2, b2, *samples)
    expected = (J, dW1 * sign.T, db1 * sign, dW2 * sign + db2 * flip, db2)
    assert_close(core.network_sums(*turned, *samples), expected, 100)


@given(seeds, sizes)
@law
def test_exchanging_the_classes_turns_the_output_unit(seed, shape):
    W1, b1, W2, b2, X, Y, s = network(seed, *shape)
    J, dW1, db1, dW2, db2 = core.network_sums(W1, b1, W2, b2, X, Y, s)
    exchanged = core.network_sums(W1, b1, -W2, -b2, X, 1 - Y, s)
    assert_close(exchanged, (J, dW1, db1, -dW2, -db2), 100)


@given(seeds, sizes, st.floats(-2, 2))
@law
def test_descent_is_linear_in_the_step(seed, shape, eta):
    W1, *_ = network(seed, *shape)
    G, *_ = network(seed + 1, *shape)
    np.testing.assert_array_equal(core.descend(W1, G, 0.0), W1)
    half = core.descend(core.descend(W1, G, eta / 2), G, eta / 2)
    np.testing.assert_allclose(core.descend(W1, G, eta), half, atol=1e-14)
    np.testing.assert_allclose(core.descend(W1, G, 1.0), W1 - G)


# ---- shapes -----------------------------------------------------------------------------


@pytest.mark.parametrize("position", range(7))
def test_wrong_shapes_are_caught_at_run_time(position):
    """Guards the guard: the tests run with jaxtyping's hook on `core`."""
    arguments = list(network(0, 4, 3, 5))
    arguments[position] = np.concatenate([arguments[position]] * 2, axis=0)
    with pytest.raises(TypeCheckError, match="Type-check"):
        core.network_sums(*arguments)
