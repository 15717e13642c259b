"""Positions in bins and levels: looked up instead of multiplied, and otherwise the same sums."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer import TriLayerClassifier
from trilayer.encoding.layout import Layout
from trilayer.engines import fused
from trilayer.engines.data import NewtonPlace
from trilayer.engines.fused import FusedEngine, NewtonPlan, Plan, Walk, places_in
from trilayer.errors import InputError
from trilayer.params import pack
from trilayer.solvers.adam import ADAM

from .problems import assert_close, counts, data_of, derived_sums, dtypes, network, samples

ENGINE = FusedEngine()
widths = st.integers(1, 3) | st.sampled_from([6, 7, 16, 33, 70])
shapes = st.lists(st.tuples(st.sampled_from(["plain", "stairs", "levels"]), widths), min_size=1)
units = st.integers(1, 9) | st.sampled_from([16, 17, 33, 64, 67, 130])


def laid_out(kinds, m, dtype, seed=0, scaled=False):
    """Inputs n1 × m of runs of these kinds and widths, labels, weights; and the layout."""
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
    heights = rng.uniform(0.01, 2.0, first).astype(dtype) if scaled else None
    X = np.concatenate(parts) * (heights[:, None] if scaled else dtype(1))
    return X, Y, s, Layout(ranges["stairs"], ranges["levels"], heights=heights)


@settings(max_examples=60)
@given(
    kinds=shapes, n2=units, m=counts, dtype=dtypes, least=st.sampled_from([1, 6]),
    scaled=st.booleans(),
)  # fmt: skip
def test_sums_agree_with_the_derivation(kinds, n2, m, dtype, least, scaled):
    X, Y, s, layout = laid_out(kinds, m, dtype, scaled=scaled)
    params = network(len(X), n2, dtype)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fused, "FEWEST_STEPS", least)
        patch.setattr(fused, "FEWEST_LEVELS", least)
        places = places_in(X, layout)
    found = ENGINE.sums(params, X, Y, s, 1, places)
    assert_close(found, derived_sums(params, X, Y, s), dtype)
    for threads in (2, 3):
        assert np.array_equal(ENGINE.sums(params, X, Y, s, threads, places), found)
    again = places_in(np.asfortranarray(X), layout)
    if least == 6:
        assert np.array_equal(ENGINE.sums(params, X, Y, s, 1, again), found)


KINDS = [("stairs", 20), ("plain", 2), ("levels", 5), ("stairs", 9), ("plain", 1)]


@pytest.fixture
def both():
    """The same samples twice: with a layout and without."""
    X, Y, s, layout = laid_out(KINDS, 5000, np.float64)
    data = data_of(X, Y, s)
    places = places_in(X, layout)
    assert places is not None
    return data, replace(data, places=places)


def test_descent_and_lbfgs_go_the_same_way(both):
    results = []
    for data in both:
        theta = pack(network(len(data.X), 12, np.float64))
        gradient, decay = np.zeros_like(theta), 0.5 / data.total_weight
        ENGINE.descend(data, 12, theta, None, gradient, Plan(0.0, 0.0, decay, 0.0, 1), 1)
        for threads in (1, 2):
            place, trail = NewtonPlace(0, theta, 1.0, gradient, [], [], 1), []
            plan = NewtonPlan(10, decay, 0.0, threads)
            while place.k < 8:  # a run comes back early where it is slow
                place, part, _ = ENGINE.quasi_newton(data, 12, place, plan, 8 - place.k)
                trail.extend(part)
            results.append((place.theta, trail))
    for one, other in (results[:2], results[2:]):
        assert np.array_equal(one[0], other[0])  # the threads
    np.testing.assert_allclose(results[0][0], results[2][0], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(results[0][1], results[2][1], rtol=1e-10)


def test_epochs_in_an_order_go_the_same_way(both):
    order, results = np.random.default_rng(2).permutation(5000)[:4000], []
    for data in both:
        for threads in (1, 2):
            theta = pack(network(len(data.X), 12, np.float64))
            memory = {name: np.zeros_like(theta) for name in ADAM.memory}
            walk = Walk(order, 300, np.full(14, 0.01), 0, 1.0, 0.01, threads)
            J, gradient = ENGINE.epoch("adam", ADAM.constants, memory, data, 12, theta, walk)
            results.append(np.concatenate([theta, gradient, [J]]))
    assert np.array_equal(*results[:2])
    assert np.array_equal(*results[2:])
    np.testing.assert_allclose(results[0], results[2], rtol=1e-7, atol=1e-9)


@pytest.mark.filterwarnings("ignore:.* stopped at max_iter")
@pytest.mark.parametrize("options", [{}, {"solver": "adam", "max_iter": 3}, {"n_starts": 3}])
def test_a_fit_with_a_layout_is_the_fit_without(options):
    X, Y, _, layout = laid_out(KINDS, 1500, np.float64)
    given = {"max_iter": 12, "random_state": 0, "l2": 1.0} | options
    plain = TriLayerClassifier(6, **given).fit(X.T, Y[0])
    fits = [
        TriLayerClassifier(6, n_threads=threads, **given).fit(X.T, Y[0], layout=layout)
        for threads in (1, 3)
    ]
    logits = [clf.decision_function(X.T) for clf in (plain, *fits)]
    assert np.array_equal(logits[1], logits[2])
    np.testing.assert_allclose(logits[1], logits[0], rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:.* stopped at max_iter")
@pytest.mark.parametrize("given", [{"hidden_units": 0}, {"engine": "reference"}])
def test_where_nothing_is_looked_up_a_layout_changes_no_bit(given):
    X, Y, _, layout = laid_out(KINDS, 200, np.float64)
    clf = TriLayerClassifier(**({"hidden_units": 3} | given), random_state=0, max_iter=5)
    one = clf.fit(X.T, Y[0]).decision_function(X.T)
    assert np.array_equal(clf.fit(X.T, Y[0], layout=layout).decision_function(X.T), one)


def test_short_runs_are_multiplied():
    X, _, _, layout = laid_out([("stairs", 5), ("levels", 3)], 10, np.float64)
    assert places_in(X, layout) is None


@pytest.mark.parametrize(
    ("runs", "changed", "words"),
    [
        ({"stairs": [(0, 9)]}, (4, 0.5), "sample 3: inputs 0 to 8 are no stair"),
        ({"stairs": [(0, 9)]}, (0, 1.5), "sample 3: inputs 0 to 8 are no stair"),
        ({"stairs": [(0, 9)]}, (8, -0.5), "sample 3: inputs 0 to 8 are no stair"),
        ({"stairs": [(0, 9)]}, (0, np.nan), "sample 3: inputs 0 to 8 are no stair"),
        ({"levels": [(9, 6)]}, (10, 0.5), "sample 3: inputs 9 to 14 are no levels"),
        ({"levels": [(9, 6)]}, (14, 1.0), "sample 3: inputs 9 to 14 are no levels"),
        ({"stairs": [(8, 9)]}, None, "does not lie within the 15"),
        ({"stairs": [(-1, 9)]}, None, "does not lie within the 15"),
        ({"levels": [(2**62, 2**62)]}, None, "does not lie within the 15"),
        ({"stairs": [(0, 9)], "levels": [(8, 7)]}, None, "input 8 is in two runs"),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("height", [None, 0.3])
def test_what_is_not_as_it_says_is_refused(runs, changed, words, dtype, height):
    X = np.zeros((15, 5), dtype)
    X[:2] = 1
    X[9] = 1
    if changed is not None:
        X[changed[0], 3] = changed[1]
    if height is not None:
        X *= dtype(height)
        runs = runs | {"heights": np.full(15, height)}
    with pytest.raises(InputError, match=f"the layout does not fit the inputs: .*{words}"):
        places_in(X, Layout(**runs))


@pytest.mark.parametrize("height", [0.0, -1.0, np.nan, np.inf])
def test_heights_are_positive(height):
    heights = np.array([1.0] * 8 + [height])
    with pytest.raises(InputError, match="height of input 8 is not a positive number"):
        places_in(np.zeros((9, 2)), Layout(stairs=[(0, 9)], heights=heights))


def test_places_belong_to_their_samples(both):
    plain, laid = both
    params = network(len(plain.X), 4, np.float64)
    with pytest.raises(ValueError, match="places must be those of X"):
        ENGINE.sums(params, plain.X[:, 1:], plain.Y[None, 1:], None, 1, laid.places)
    unit = network(len(plain.X), 0, np.float64)
    with pytest.raises(ValueError, match="places are for a network with hidden units"):
        ENGINE.sums(unit, plain.X, plain.Y[None], None, 1, laid.places)
