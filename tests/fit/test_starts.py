"""Several starts are one network: the mean of their logits, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_classification

from trilayer import Checkpoint, Params, TriLayerClassifier
from trilayer.engines import select
from trilayer.errors import DivergenceError, ShapeError
from trilayer.params import average, initialise

X, y = make_classification(120, 5, random_state=0)


def networks(n1, n2s, seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [initialise(n1, n2, rng, dtype) for n2 in n2s]


@given(
    st.integers(1, 6), st.lists(st.integers(1, 7), min_size=1, max_size=5), st.integers(0, 2**31)
)
def test_the_average_of_networks_is_one_network(n1, n2s, seed):
    members = networks(n1, n2s, seed)
    rows = np.random.default_rng(seed).normal(size=(n1, 9)) * 3
    logits = [select("reference").logits(member, rows) for member in members]
    whole = average(members)
    assert whole.n2 == sum(n2s)
    np.testing.assert_allclose(
        select("reference").logits(whole, rows), np.mean(logits, axis=0), rtol=1e-12, atol=1e-12
    )


def test_units_without_a_hidden_layer_average_to_such_a_unit():
    rng = np.random.default_rng(0)
    members = [
        Params(np.zeros((3, 0)), np.zeros((0, 1)), rng.normal(size=(3, 1)), rng.normal(size=(1, 1)))
        for _ in range(4)
    ]
    whole = average(members)
    assert (whole.n1, whole.n2) == (3, 0)
    np.testing.assert_allclose(whole.W2, np.mean([m.W2 for m in members], axis=0))


def test_networks_that_differ_in_their_inputs_are_refused():
    for members in ([], networks(2, [3], 0) + networks(3, [3], 0), networks(3, [0, 2], 0)):
        with pytest.raises(ShapeError, match="same inputs"):
            average(members)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_averaging_keeps_the_dtype(dtype):
    assert average(networks(2, [3, 4], 0, dtype)).dtype == dtype


@pytest.mark.parametrize("solver", ["lbfgs", "gd", "adam"])
def test_starts_are_the_fits_of_one_start_each(solver):
    """Each member is what `init` with its start would have given, to the bit."""
    settings = {"solver": solver, "max_iter": 20, "tol": 0.0, "random_state": 5}
    both = TriLayerClassifier(3, n_starts=2, **settings).fit(X, y)
    seed = int(np.random.RandomState(5).randint(np.iinfo(np.int32).max))
    members = []
    for s in np.random.SeedSequence(seed).generate_state(2):
        start = initialise(5, 3, np.random.default_rng(int(s)))
        members.append(TriLayerClassifier(init=start, **settings).fit(X, y).params_)
    expected = average(members)
    for name, value in vars(both.params_).items():
        assert np.array_equal(value, getattr(expected, name)), name
    assert both.params_.n2 == 6
    assert len(both.loss_curve_) == both.n_iter_ == 20


@pytest.mark.parametrize("engine", ["fused", "reference"])
@pytest.mark.parametrize("n_threads", [1, 2, 3, 7])
def test_threads_change_no_bit(engine, n_threads):
    fits = [
        TriLayerClassifier(4, n_starts=5, engine=engine, n_threads=n, random_state=1).fit(X, y)
        for n in (1, n_threads)
    ]
    assert np.array_equal(fits[0].params_.W1, fits[1].params_.W1)
    assert fits[0].loss_curve_ == fits[1].loss_curve_


def test_a_start_that_is_given_is_the_only_one():
    start = initialise(5, 4, np.random.default_rng(0))
    assert TriLayerClassifier(n_starts=3, init=start).fit(X, y).params_.n2 == 4
    warm = TriLayerClassifier(2, n_starts=3, random_state=0).fit(X, y)
    warm.set_params(warm_start=True, hidden_units=None).fit(X, y)
    assert warm.params_.n2 == 6


def test_curves_are_means_and_an_ended_start_stays_where_it_ended():
    clf = TriLayerClassifier(2, n_starts=4, random_state=0, max_iter=300)
    seen = []
    clf.fit(X, y, X_val=X, y_val=y, on_step=lambda progress: seen.append(progress.k))
    assert len(clf.loss_curve_) == len(clf.validation_curve_) == clf.n_iter_ == max(seen)
    assert len(seen) > clf.n_iter_  # every start's every iteration was shown


def test_a_watcher_may_stop_all_of_them():
    clf = TriLayerClassifier(2, n_starts=3, random_state=0, tol=0.0)
    clf.fit(X, y, on_step=lambda progress: progress.k >= 4)
    assert (clf.stop_reason_, clf.n_iter_) == ("callback", 4)


def test_ctrl_c_keeps_what_every_start_has():
    def interrupt(progress):
        if progress.k == 3:
            raise KeyboardInterrupt

    clf = TriLayerClassifier(2, n_starts=2, random_state=0, tol=0.0)
    with pytest.warns(UserWarning, match="interrupted"):
        clf.fit(X, y, on_step=interrupt)
    assert clf.stop_reason_ == "interrupted"
    assert clf.params_.n2 == 4


def test_a_start_that_diverges_ends_all_of_them():
    clf = TriLayerClassifier(2, solver="gd", learning_rate=1e9, l2=50.0, n_starts=3, random_state=0)
    with pytest.raises(DivergenceError):
        clf.fit(X, y)


def test_starts_go_on_from_a_checkpoint(tmp_path):
    settings = {"hidden_units": 3, "n_starts": 2, "max_iter": 30, "tol": 0.0}
    whole = TriLayerClassifier(random_state=2, **settings).fit(X, y)
    first = TriLayerClassifier(random_state=2, **settings)
    first.fit(X, y, checkpoint=Checkpoint(tmp_path, every=5))
    again = TriLayerClassifier(random_state=2, **settings)
    again.fit(X, y, checkpoint=Checkpoint(tmp_path, resume=True))
    for clf in (first, again):
        assert np.array_equal(clf.params_.W1, whole.params_.W1)
        assert clf.loss_curve_ == whole.loss_curve_
