"""Relevance of columns: a decay for each, told by the weights, and folded away at the end."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss

from trilayer import Checkpoint, TriLayerClassifier, TriLayerClassifierCV
from trilayer.encoding.inputs import Inputs, Layout, column_ranges
from trilayer.engines import select
from trilayer.errors import DivergenceError, InputError
from trilayer.params import initialise, pack
from trilayer.select import presets, recipe
from trilayer.select.relevance import LEAST, heights_from, lowered
from trilayer.solvers.objective import Objective
from trilayer.sources.memory import MemorySource

REFERENCE = select("reference")
QUICK = {"n_starts": 2, "random_state": 0, "l2s": (3.0, 1.0)}
pytestmark = pytest.mark.filterwarnings("ignore:.* stopped at max_iter")


@pytest.fixture(scope="module")
def noisy():
    """3,000 rows to learn from of which 4 of 24 columns matter, and 3,000 to judge by."""
    X, y = make_classification(
        6000, 24, n_informative=4, n_redundant=0, n_clusters_per_class=4, flip_y=0.1,
        shuffle=False, random_state=3,
    )  # fmt: skip
    rows = np.random.default_rng(0).permutation(len(y))
    return X[rows[:3000]], y[rows[:3000]], X[rows[3000:]], y[rows[3000:]]


def network(n1, n2, seed=0):
    return initialise(n1, n2, np.random.default_rng(seed), np.float64)


widths = st.lists(st.integers(1, 5), min_size=1, max_size=6)


def ranges(widths):
    return [(sum(widths[:k]), width) for k, width in enumerate(widths)]


@given(widths=widths, n2=st.integers(1, 6), times=st.sampled_from([1e-6, 1.0, 300.0]))
def test_heights_are_lengths_that_leave_the_penalty_as_it_is(widths, n2, times):
    W1, columns = network(sum(widths), n2).W1, ranges(widths)
    W1[: widths[0]] *= 1e-9  # hardly relevant, but not switched off
    heights = heights_from(W1 * times, columns)
    np.testing.assert_allclose(heights, heights_from(W1, columns))
    assert np.sum((W1 / heights[:, None]) ** 2) == pytest.approx(np.sum(W1**2))
    lengths = [np.linalg.norm(W1[first : first + n]) for first, n in columns]
    least = LEAST * max(lengths)
    for (first, n), length in zip(columns, lengths, strict=True):
        assert np.all(heights[first : first + n] == heights[first])
        expected = max(length, least) / max(lengths)
        assert heights[first] / heights.max() == pytest.approx(expected)


def test_a_network_that_has_unlearnt_everything_tells_nothing():
    assert np.array_equal(heights_from(np.zeros((3, 2)), [(0, 1), (1, 2)]), np.ones(3))
    assert np.array_equal(heights_from(np.full((3, 2), np.nan), [(0, 3)]), np.ones(3))


def test_columns_are_the_layouts_or_each_input_is_one():
    assert column_ranges(Layout(2)) == [(0, 1), (1, 1)]
    assert column_ranges(Layout(2, stairs=((0, 2),))) == [(0, 1), (1, 1)]
    assert column_ranges(Layout(2, columns=((0, 2),))) == ((0, 2),)


@given(seed=st.integers(0, 99), l2=st.sampled_from([0.0, 2.0]))
def test_heights_are_a_decay_for_each_input(seed, l2):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(5, 40)), (rng.random((1, 40)) < 0.5).astype(float)
    heights, params = rng.uniform(0.1, 3.0, 5), network(5, 3, seed)
    ones, high = np.ones_like(Y), Inputs.of(X).scaled(heights)
    J, gradient = Objective(MemorySource(high, Y, ones, 1), REFERENCE, 3, l2)(pack(params))
    found = Objective(MemorySource(high, Y, ones, 1), select("auto"), 3, l2)(pack(params))
    assert found[0] == pytest.approx(J, rel=1e-12)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-10, atol=1e-12)
    plain = lowered(params, heights)
    loss, _ = Objective(MemorySource(X, Y, ones, 1), REFERENCE, 3, 0.0)(pack(plain))
    penalty = np.sum((plain.W1 / heights[:, None]) ** 2) + np.sum(plain.W2**2)
    assert J == pytest.approx(loss + l2 / 2 * penalty / 40, rel=1e-12)


def test_columns_that_say_nothing_are_found_out(noisy):
    X, y, X_test, y_test = noisy
    without = TriLayerClassifierCV(relevance=0, **QUICK).fit(X, y)
    clf = TriLayerClassifierCV(**QUICK).fit(X, y)
    assert without.heights_ is None
    assert clf.heights_[:4].min() > 2 * clf.heights_[4:].max()
    losses = [log_loss(y_test, one.predict_proba(X_test)) for one in (without, clf)]
    assert losses[1] < 0.97 * losses[0]


def test_threads_change_no_bit(noisy):
    X, y, *_ = noisy
    fits = [TriLayerClassifierCV(n_threads=n, **QUICK).fit(X, y) for n in (1, 3)]
    assert np.array_equal(fits[0].heights_, fits[1].heights_)
    assert np.array_equal(fits[0].params_.W1, fits[1].params_.W1)


def test_it_goes_on_from_a_checkpoint(noisy, tmp_path):
    X, y, *_ = noisy
    whole = TriLayerClassifierCV(**QUICK).fit(X, y)
    for resume in (False, True):
        kept = TriLayerClassifierCV(**QUICK)
        kept.fit(X, y, checkpoint=Checkpoint(tmp_path, every=50, resume=resume))
        assert np.array_equal(kept.params_.W1, whole.params_.W1)


@pytest.mark.parametrize(("losses", "learnt"), [(np.inf, False), (0.0, True)])
def test_rows_held_out_may_speak_against_it(noisy, monkeypatch, losses, learnt):
    X, y, *_ = noisy
    monkeypatch.setattr(recipe, "losses_of", lambda *_: losses)
    clf = TriLayerClassifierCV(**QUICK).fit(X, y)
    assert (clf.heights_ is not None) == learnt
    plain = TriLayerClassifierCV(relevance=2 if learnt else 0, **QUICK).fit(X, y)
    assert np.array_equal(clf.params_.W1, plain.params_.W1)


def test_a_training_with_it_that_diverges_speaks_against_it(noisy, monkeypatch):
    X, y, *_ = noisy
    fit_rows = recipe.fit_rows

    def fails(spec, *data, **given):
        if spec.init is not None:
            raise DivergenceError("it diverged")
        return fit_rows(spec, *data, **given)

    monkeypatch.setattr(recipe, "fit_rows", fails)
    assert TriLayerClassifierCV(**QUICK).fit(X, y).heights_ is None


def test_ctrl_c_while_that_is_tried_ends_all(noisy, monkeypatch):
    X, y, *_ = noisy
    fit_rows = recipe.fit_rows

    def stopped(spec, *data, **given):
        trained = fit_rows(spec, *data, **given)
        return replace(trained, outcome=replace(trained.outcome, reason="interrupted"))

    monkeypatch.setattr(recipe, "fit_rows", stopped)
    with pytest.raises(KeyboardInterrupt):
        TriLayerClassifierCV(**QUICK).fit(X, y)


def test_a_training_that_is_cut_short_is_the_last(noisy):
    X, y, *_ = noisy
    clf = TriLayerClassifierCV(relevance=2, **QUICK)
    clf.fit(X, y, on_step=lambda progress: progress.k >= 5)
    assert clf.heights_ is None
    assert clf.best_estimator_.stop_reason_ == "callback"


@pytest.mark.parametrize("error", [KeyboardInterrupt, DivergenceError])
def test_a_round_that_does_not_begin_leaves_the_last_network(noisy, monkeypatch, error):
    X, y, *_ = noisy
    first = TriLayerClassifierCV(relevance=0, **QUICK).fit(X, y)
    fit_rows = recipe.fit_rows

    def fails(spec, *data, **given):
        if spec.init is not None:
            raise error
        return fit_rows(spec, *data, **given)

    monkeypatch.setattr(recipe, "fit_rows", fails)
    clf = TriLayerClassifierCV(relevance=2, **QUICK).fit(X, y)
    assert clf.heights_ is None
    assert np.array_equal(clf.params_.W1, first.params_.W1)
    assert clf.best_estimator_.init is None
    assert (clf.best_estimator_.stop_reason_ == "interrupted") == (error is KeyboardInterrupt)


@pytest.mark.parametrize("given", [{"init": network(24, 3)}, {"warm_start": True}])
def test_an_estimator_with_a_start_of_its_own_learns_it_too(noisy, given):
    X, y, *_ = noisy
    base = TriLayerClassifier(3, max_iter=20, **given)
    clf = TriLayerClassifierCV(base, n_starts=2, random_state=0, l2s=(2.0,)).fit(X, y)
    assert clf.heights_ is not None
    assert clf.params_.n2 == (3 if "init" in given else 6)
    assert clf.best_estimator_.warm_start == base.warm_start


def test_a_unit_has_no_weights_to_tell_by(noisy):
    X, y, *_ = noisy
    assert TriLayerClassifierCV(hidden_units=0, **QUICK).fit(X, y).heights_ is None


def test_few_rows_say_too_little(noisy):
    X, y, *_ = noisy
    assert TriLayerClassifierCV(**QUICK).fit(X[:500], y[:500]).heights_ is None
    asked = TriLayerClassifierCV(relevance=1, **QUICK).fit(X[:500], y[:500])
    assert asked.heights_.shape == (24,)


def test_what_some_of_many_rows_tell_goes_on_over_all(noisy, monkeypatch):
    X, y, X_test, y_test = noisy
    small = TriLayerClassifierCV(hidden_units=8, **QUICK).fit(X[:1500], y[:1500])
    monkeypatch.setattr(recipe, "MIDDLE", 1500)
    monkeypatch.setattr(presets, "SMALL", 1000)
    monkeypatch.setattr(recipe, "SMALL", 1000)
    clf = TriLayerClassifierCV(hidden_units=8, **QUICK).fit(X, y)
    assert clf.heights_[:4].min() > 2 * clf.heights_[4:].max()
    assert clf.best_estimator_.n_evaluations_ > clf.best_estimator_.n_iter_ > 0
    losses = [log_loss(y_test, one.predict_proba(X_test)) for one in (small, clf)]
    assert losses[1] < losses[0]
    never = TriLayerClassifierCV(hidden_units=8, relevance=0, **QUICK).fit(X, y)
    assert never.heights_ is None


def test_the_curve_goes_through_all_rounds(noisy):
    X, y, *_ = noisy
    clf = TriLayerClassifierCV(**QUICK).fit(X, y)
    best = clf.best_estimator_
    assert (best.init, best.max_iter) == (None, presets.preset(len(y)).max_iter)
    assert len(best.loss_curve_) == best.n_iter_ > best.max_iter
    single = TriLayerClassifierCV(**QUICK).fit(X.astype(np.float32), y)
    assert single.params_.dtype == np.float32


def test_partial_fit_goes_on_from_what_was_selected(noisy):
    X, y, *_ = noisy
    best = TriLayerClassifierCV(relevance=1, hidden_units=2, **QUICK).fit(X, y).best_estimator_
    best.set_params(solver="adam", hidden_units=None, n_starts=1)
    before = best.loss_curve_
    best.partial_fit(X, y)
    assert best.loss_curve_[0] < before[0]


def test_each_start_may_be_given(noisy):
    X, y, *_ = noisy
    given = [network(24, 3, seed) for seed in (1, 2)]
    clf = TriLayerClassifier(3, n_starts=2, init=given, max_iter=5).fit(X, y)
    for k, start in enumerate(given):
        alone = TriLayerClassifier(3, init=start, max_iter=5).fit(X, y)
        np.testing.assert_allclose(
            clf.params_.W1[:, 3 * k : 3 * k + 3], alone.params_.W1, rtol=1e-9
        )
    for bad in (given[:1], [given[0], None]):
        with pytest.raises(InputError, match="a list of n_starts=2 of them"):
            TriLayerClassifier(3, n_starts=2, init=bad).fit(X, y)
