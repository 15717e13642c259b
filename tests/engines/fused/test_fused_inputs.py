"""Positions in bins and levels: looked up instead of multiplied, and otherwise the same sums."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer import TriLayerClassifier
from trilayer import _fused as native
from trilayer.encoding.inputs import Inputs, Layout, compact, joined
from trilayer.engines.fused import held
from trilayer.errors import InputError
from trilayer.params import pack, unpack
from trilayer.sources import BLOCK, blocks, tree_sum

from .laws import ENGINE, assert_derived, assert_same_descent, assert_same_epochs
from .problems import (
    assert_close,
    counts,
    data_of,
    dtypes,
    network,
    samples,
)

widths = st.integers(1, 3) | st.sampled_from([6, 7, 16, 33, 70])
shapes = st.lists(st.tuples(st.sampled_from(["plain", "stairs", "levels"]), widths), min_size=1)
units = st.integers(0, 9) | st.sampled_from([16, 17, 33, 64, 67, 130])


def laid_out(kinds, m, dtype, seed=0, scaled=False):
    """Inputs of runs of these kinds and widths, labels, weights."""
    rng = np.random.default_rng(seed)
    parts, ranges, first = [], {"stairs": [], "levels": [], "plain": []}, 0
    for kind, width in kinds:
        if kind == "stairs":
            # Whole numbers of steps, and both ends, are as likely as places between.
            far = rng.choice([-1, width + 1, *range(width + 1)], m) + rng.choice([0, 0.3, 0.999], m)
            part = np.clip(far - np.arange(width)[:, None], 0, 1)
        elif kind == "levels":
            part = np.arange(width)[:, None] == rng.integers(-1, width, m)
        else:
            part = rng.standard_normal((width, m))
        parts.append(part.astype(dtype))
        ranges[kind].append((first, width))
        first += width
    _, Y, s = samples(1, m, dtype, seed)
    layout = Layout(first, tuple(ranges["stairs"]), tuple(ranges["levels"]))
    inputs = compact(np.ascontiguousarray(np.concatenate(parts).T), layout)
    assert inputs is not None
    return (inputs.scaled(rng.uniform(0.01, 2.0, first)) if scaled else inputs), Y, s


@given(kinds=shapes, m=counts, dtype=dtypes, scaled=st.booleans())
def test_inputs_and_the_wide_matrix_are_one(kinds, m, dtype, scaled):
    inputs, _, _ = laid_out(kinds, m, dtype, scaled=scaled)
    X = inputs.dense()
    assert X.shape == (inputs.n1, inputs.m)
    assert X.dtype == dtype
    if not scaled:
        again = compact(np.ascontiguousarray(X.T), inputs.layout)
        for name in ("numbers", "at", "part"):
            assert np.array_equal(getattr(again, name), getattr(inputs, name))
    rows = np.random.default_rng(1).permutation(m)[: m // 2]
    assert np.array_equal(inputs[rows].dense(), X[:, rows])
    cut = m // 3
    assert np.array_equal(joined([inputs[:cut], inputs[cut:]]).dense(), X)


@settings(max_examples=settings.default.max_examples * 3 // 2)
@given(kinds=shapes, n2=units, m=counts, dtype=dtypes, scaled=st.booleans())
def test_sums_and_logits_agree_with_the_derivation(kinds, n2, m, dtype, scaled):
    inputs, Y, s = laid_out(kinds, m, dtype, scaled=scaled)
    assert_derived(inputs, Y, s, n2)


@given(m=counts, n2=units, dtype=dtypes)
def test_a_scale_is_a_change_of_variables(m, n2, dtype):
    """Sums of scaled inputs are those at W1 times the scale, the gradient by the chain rule."""
    inputs, Y, s = laid_out(KINDS, m, dtype)
    scale = np.random.default_rng(3).uniform(0.1, 3, inputs.n1)
    params = network(inputs.n1, n2, dtype)
    length = max(n2, 1)
    theta = pack(params).astype(np.float64)
    rows = slice(0, inputs.n1 * length)
    each = np.repeat(scale, length)
    inner = theta.copy()
    inner[rows] *= each
    out, plain = np.empty(theta.size + 1), np.empty(theta.size + 1)
    native.sums(theta, n2, held(inputs.scaled(scale), Y[0], s[0]), out)
    native.sums(inner, n2, held(inputs, Y[0], s[0]), plain)
    plain[1:][rows] *= each
    assert_close(out, plain, dtype)


@given(n2=units, dtype=dtypes, scaled=st.booleans(), whole=st.integers(1, 4), rest=counts)
def test_blocks_that_are_added_elsewhere_are_the_sums_of_all(n2, dtype, scaled, whole, rest):
    """A window of a cache and a shard of a cluster hold some blocks each: to the bit."""
    m = whole * BLOCK + rest
    inputs, Y, s = laid_out(KINDS, m, dtype, scaled=scaled)
    params = network(inputs.n1, n2, dtype)
    each = [ENGINE.sums(params, inputs[b], Y[:, b], s[:, b]) for b in blocks(m)]
    assert np.array_equal(ENGINE.sums(params, inputs, Y, s), tree_sum(each))


KINDS = [("stairs", 20), ("plain", 2), ("levels", 5), ("stairs", 9), ("plain", 1)]


@pytest.fixture(params=[False, True], ids=["plain", "scaled"])
def both(request):
    """The same samples twice: wide, and as inputs."""
    inputs, Y, s = laid_out(KINDS, 5000, np.float64, scaled=request.param)
    return data_of(inputs.dense(), Y, s), data_of(inputs, Y, s)


def test_descent_and_lbfgs_go_the_same_way(both):
    assert_same_descent(both)


@pytest.mark.parametrize("n2", [0, 12])
def test_epochs_in_an_order_go_the_same_way(both, n2):
    assert_same_epochs(both, n2)


@pytest.mark.filterwarnings("ignore:.* stopped at max_iter")
@pytest.mark.parametrize(
    "options",
    [{}, {"solver": "adam", "max_iter": 3}, {"n_starts": 3}, {"hidden_units": 0}],
)
def test_a_fit_of_inputs_is_the_fit_of_the_wide_matrix(options):
    inputs, Y, _ = laid_out(KINDS, 1500, np.float64)
    given = {"hidden_units": 6, "max_iter": 12, "random_state": 0, "l2": 1.0} | options
    X = inputs.dense().T
    plain = TriLayerClassifier(**given).fit(X, Y[0])
    fits = [TriLayerClassifier(n_threads=n, **given).fit(inputs, Y[0]) for n in (1, 3)]
    logits = [clf.decision_function(X) for clf in (plain, *fits)]
    assert np.array_equal(logits[1], logits[2])
    np.testing.assert_allclose(logits[1], logits[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(fits[0].decision_function(inputs), logits[1], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(fits[0].predict_proba(inputs)[:, 1], fits[0].predict_proba(X)[:, 1])


@pytest.mark.filterwarnings("ignore:.* stopped at max_iter")
def test_the_reference_engine_multiplies_out():
    inputs, Y, _ = laid_out(KINDS, 200, np.float64)
    clf = TriLayerClassifier(3, engine="reference", random_state=0, max_iter=5)
    one = clf.fit(inputs.dense().T, Y[0]).decision_function(inputs.dense().T)
    assert np.array_equal(clf.fit(inputs, Y[0]).decision_function(inputs), one)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"at": (3, 0, 20)}, "sample 3 is nowhere in run 0"),
        ({"at": (3, 1, 9)}, "sample 3 is nowhere in run 1"),
        ({"at": (4, 2, 6)}, "sample 4 is nowhere in run 2"),
        ({"part": (2, 1, 1.5)}, "sample 2 is nowhere in run 1"),
        ({"part": (2, 1, -0.5)}, "sample 2 is nowhere in run 1"),
        ({"part": (2, 1, np.nan)}, "sample 2 is nowhere in run 1"),
    ],
)
def test_a_sample_that_is_nowhere_is_refused(changed, words):
    inputs, Y, s = laid_out(KINDS, 9, np.float64)
    [(name, (row, run, value))] = changed.items()
    array = getattr(inputs, name).copy()
    array[row, run] = value
    with pytest.raises(InputError, match=words):
        held(replace(inputs, **{name: array}), Y[0], s[0])


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_scales_are_positive(scale):
    inputs = Inputs.of(np.zeros((9, 2))).scaled(np.array([1.0] * 8 + [scale]))
    with pytest.raises(InputError, match="scale of input 8 is not a positive number"):
        held(inputs, None, None)


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ({"stairs": ((8, 9),)}, "does not lie within the 15"),
        ({"stairs": ((-1, 9),)}, "does not lie within the 15"),
        ({"levels": ((2**62, 2**62),)}, "does not lie within the 15"),
        ({"stairs": ((0, 9),), "levels": ((8, 7),)}, "share an input from 8"),
    ],
)
def test_runs_lie_within_the_inputs_and_share_none(runs, words):
    with pytest.raises(InputError, match=words):
        Layout(15, **runs)


def test_arrays_that_do_not_fit_are_refused():
    X, none = np.zeros((2, 5)), np.zeros((0, 2), dtype=np.int64)
    stairs = np.array([[0, 3]])
    at, part = np.zeros((5, 1), dtype=np.uint16), np.zeros((5, 1))
    taken = native.Samples64(X, None, None, 5, stairs, none, at, part, None)
    theta = pack(network(5, 2, np.float64))
    with pytest.raises(ValueError, match="have no labels"):
        native.sums(theta, 2, taken, np.empty(theta.size + 1))
    for arguments, words in [
        ((np.zeros((3, 5)), None, None, 5, stairs, none, at, part, None), "each plain input"),
        ((X, np.zeros(4), None, 5, stairs, none, at, part, None), "one label a sample"),
        ((X, None, np.zeros(4), 5, stairs, none, at, part, None), "one weight a sample"),
        ((X, None, None, 5, stairs, none, at[1:], part, None), "each sample and run"),
        ((X, None, None, 5, stairs, none, None, part, None), "each sample and run"),
        ((X, None, None, 5, stairs, none, at, None, None), "each sample and stair"),
        ((X, None, None, 5, stairs, none, at, part, np.ones(4)), "one number an input"),
    ]:
        with pytest.raises(ValueError, match=words):
            native.Samples64(*arguments)


def test_what_is_not_as_a_layout_says_stays_wide():
    layout = Layout(6, stairs=((0, 3),), levels=((3, 3),))
    good = np.array([[1, 0.5, 0, 0, 1, 0]])
    assert compact(good, layout) is not None
    for column, value in ((0, 0.5), (2, 0.1), (1, -0.1), (1, 1.5), (4, 2.0), (3, 1.0)):
        bad = good.copy()
        bad[0, column] = value
        assert compact(bad, layout) is None


def test_unpacked_parameters_of_a_scaled_run_are_those_of_scaled_inputs():
    inputs, _, _ = laid_out(KINDS, 300, np.float64, scaled=True)
    params = unpack(pack(network(inputs.n1, 3, np.float64)), inputs.n1, 3)
    lowered = replace(params, W1=params.W1 * inputs.scale[:, None])
    plain = replace(inputs, scale=None)
    np.testing.assert_allclose(
        ENGINE.logits(params, inputs), ENGINE.logits(lowered, plain), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("n2", [0, 5, 40])
def test_theta_is_rounded_before_it_is_summed(n2, scaled):
    """Whoever holds theta in float64, and whoever has it in the samples' float32, agree."""
    inputs, Y, s = laid_out(KINDS, 500, np.float32, scaled=scaled)
    theta = np.random.default_rng(0).normal(size=pack(network(inputs.n1, n2, np.float32)).size)
    samples = held(inputs, Y[0], s[0])
    found = []
    for start in (theta, theta.astype(np.float32).astype(np.float64)):
        out = np.empty(theta.size + 1)
        native.sums(start, n2, samples, out)
        found.append(out)
    assert np.array_equal(*found)
