"""Several ways to scale the inputs, averaged by what they are worth on rows not seen."""

import warnings
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

from trilayer import TriLayerClassifierCV, TriLayerTableClassifier, load, save
from trilayer.checkpoint import Checkpoint
from trilayer.encoding.inputs import Layout
from trilayer.engines import select
from trilayer.params import average, initialise
from trilayer.select.averaging import EVIDENCE, STARTS, damped_bins, shares


def table(m=160, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=m), "b": rng.normal(size=m)})
    frame["c"] = rng.choice(["x", "y", "z"], m)
    logit = 2 * np.sin(2 * frame.a) + (frame.c == "x") * 2 - 0.5
    return frame, (rng.random(m) < 1 / (1 + np.exp(-logit))).astype(int)


def logits(params, X):
    return select("reference").logits(params, X)


@given(st.lists(st.floats(0.01, 2), min_size=1, max_size=4), st.integers(1, 5000))
def test_shares_add_up_and_follow_the_evidence(losses, m):
    found = shares(losses, m)
    assert found.sum() == pytest.approx(1)
    assert np.all(found >= 0)
    nats = m * (np.array(losses) - losses[0]) / EVIDENCE
    if found[0] > 1e-100:
        np.testing.assert_allclose(found / found[0], np.exp(-nats), rtol=1e-6, atol=1e-100)
    np.testing.assert_allclose(shares(losses[::-1], m)[::-1], found)


def test_damped_bins_have_together_the_say_of_one_input():
    layout = Layout(9, stairs=((1, 4), (6, 2)), levels=((5, 1),))
    scale = damped_bins(layout)
    for first, bins in layout.stairs:
        assert np.sum(scale[first : first + bins] ** 2) == pytest.approx(1)
    others = np.setdiff1d(np.arange(9), [1, 2, 3, 4, 6, 7])
    assert np.all(scale[others] == 1)
    assert damped_bins(Layout(3)) is None


@given(st.integers(1, 5), st.integers(0, 3), st.integers(0, 100))
def test_the_average_by_shares_is_the_mean_of_logits(count, n2, seed):
    rng = np.random.default_rng(seed)
    members = [initialise(4, n2, rng) for k in range(count)]
    weights = rng.dirichlet(np.ones(count)).tolist()
    X = rng.normal(size=(4, 7))
    expected = sum(w * logits(member, X) for w, member in zip(weights, members, strict=True))
    np.testing.assert_allclose(logits(average(members, weights), X), expected, atol=1e-12)
    equal = average(members, [1 / count] * count)
    np.testing.assert_allclose(logits(equal, X), logits(average(members), X), atol=1e-12)


def test_few_rows_are_given_networks_of_folds_and_of_all_rows_of_both_ways():
    X, y = table()
    clf = TriLayerTableClassifier(random_state=0).fit(X, y)
    tried = [each for each in clf.candidates_ if each.damped]
    assert tried
    assert len(tried) < len(clf.candidates_)
    best = min(clf.candidates_, key=lambda each: each.log_loss)
    assert clf.l2_ == best.l2
    kept = clf.selection_.best_estimator_
    assert kept.n_starts == 2 * (STARTS + 5 * 2)  # two starts in each of five folds
    assert kept.params_.n2 == kept.n_starts * clf.selection_.hidden_units_


def test_arrays_have_no_bins_to_damp():
    X, y = table()
    clf = TriLayerClassifierCV(random_state=0).fit(X[["a", "b"]], y)
    assert not any(each.damped for each in clf.candidates_)
    assert clf.best_estimator_.n_starts == STARTS + 5 * 2


@pytest.mark.parametrize("asked", [{"n_starts": 3}, {"relevance": 1}])
def test_who_asks_for_one_way_gets_one(asked):
    X, y = table()
    clf = TriLayerTableClassifier(random_state=0, **asked).fit(X, y)
    assert not any(each.damped for each in clf.candidates_)
    assert clf.selection_.best_estimator_.n_starts == asked.get("n_starts", 8)


def test_threads_do_not_matter():
    X, y = table()
    one, two = (
        TriLayerTableClassifier(random_state=0, n_threads=n).fit(X, y).predict_proba(X)
        for n in (1, 2)
    )
    np.testing.assert_array_equal(one, two)


def test_a_decay_that_is_given_is_taken_for_both_ways():
    X, y = table()
    clf = TriLayerTableClassifier(l2s=[2.0], random_state=0).fit(X, y)
    assert [(each.l2, each.damped) for each in clf.candidates_] == [(2.0, False), (2.0, True)]


@pytest.mark.parametrize("stop_at", [1, 60, 400])
def test_a_run_that_is_stopped_goes_on_to_the_same_network(stop_at, tmp_path):
    X, y = table(80)
    clf = TriLayerTableClassifier(random_state=0)
    expected = clf.fit(X, y).predict_proba(X)
    seen = iter(range(10_000))

    def stop(_):
        if next(seen) == stop_at:
            raise KeyboardInterrupt

    keeping = Checkpoint(tmp_path, every=100)
    with suppress(KeyboardInterrupt), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # where there is a network already
        clf.fit(X, y, on_step=stop, checkpoint=keeping)
    resumed = clf.fit(X, y, checkpoint=Checkpoint(tmp_path, every=100, resume=True))
    np.testing.assert_array_equal(resumed.predict_proba(X), expected)


def test_a_model_file_keeps_which_way_each_candidate_was(tmp_path):
    X, y = table()
    clf = TriLayerTableClassifier(random_state=0).fit(X, y)
    save(clf, tmp_path / "m.safetensors")
    back = load(tmp_path / "m.safetensors")
    assert [each.damped for each in back.candidates_] == [each.damped for each in clf.candidates_]
    np.testing.assert_array_equal(back.predict_proba(X), clf.predict_proba(X))
