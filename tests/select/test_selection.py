"""Weight decay chosen inside `fit`: by what held-out rows say, and by nothing else."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from trilayer import Checkpoint, TriLayerClassifier, TriLayerClassifierCV, load, save
from trilayer.select.presets import FOLDS, SMALL, bins_for, preset, splits
from trilayer.sources.memory import MemorySource

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)


def in_memory(rows, labels):
    Y = np.asarray(labels, dtype=float)[None]
    return MemorySource(rows.T, Y, np.ones_like(Y))


QUICK = {"n_starts": 2, "random_state": 0}


# scikit-learn's checks bring columns around 100 that nobody scaled: down to a gradient of 1e-4,
# rounding decides whether 400 iterations are enough or 500 too few; to 1e-3, 70 are plenty.
@parametrize_with_checks(
    [TriLayerClassifierCV(TriLayerClassifier(4, tol=1e-3), l2s=(3.0, 1.0), n_starts=2, cv=2)]
)
def test_scikit_learn_has_no_objection(estimator, check):
    check(estimator)


def test_the_curve_is_cross_validation_done_by_hand():
    l2s, folds = (10.0, 1.0, 0.1), StratifiedKFold(3, shuffle=True, random_state=1)
    base = TriLayerClassifier(4, max_iter=60, tol=1e-3)
    clf = TriLayerClassifierCV(base, l2s=l2s, cv=folds, **QUICK).fit(X, y)
    seed = clf.best_estimator_.random_state
    for candidate, l2 in zip(clf.candidates_, l2s, strict=True):
        losses = []
        for k, (train, held) in enumerate(folds.split(X, y)):
            one = (
                clone(base)
                .set_params(l2=l2, n_starts=2, random_state=seed + k)
                .fit(X[train], y[train])
            )
            losses.append(log_loss(y[held], one.predict_proba(X[held])) * len(held))
        assert candidate.l2 == l2
        assert candidate.log_loss == pytest.approx(sum(losses) / len(y), rel=1e-9)
    best = min(clf.candidates_, key=lambda c: c.log_loss)
    assert (clf.l2_, clf.hidden_units_) == (best.l2, best.hidden_units)
    assert clf.best_estimator_.l2 == clf.l2_
    assert clf.params_.n2 == 8
    assert all(candidate.seconds > 0 for candidate in clf.candidates_)


@pytest.mark.parametrize("n_threads", [2, 7])
def test_threads_change_no_bit(n_threads):
    settings = {"l2s": (3.0, 0.3), "hidden_units": (2, 4)}
    fits = [
        TriLayerClassifierCV(n_threads=n, **settings, **QUICK).fit(X[:200], y[:200])
        for n in (1, n_threads)
    ]
    curves = [[c.log_loss for c in fit.candidates_] for fit in fits]
    assert curves[0] == curves[1]
    assert len(curves[0]) == 4
    assert np.array_equal(fits[0].params_.W1, fits[1].params_.W1)


def test_one_decay_is_taken_without_choosing():
    clf = TriLayerClassifierCV(l2s=(2.5,), **QUICK).fit(X, y)
    assert (clf.l2_, clf.candidates_) == (2.5, [])


def test_a_class_too_rare_for_folds_is_no_reason_to_fail():
    few, labels = X[:30], np.arange(30) == 3
    clf = TriLayerClassifierCV(l2s=(4.0, 2.0, 1.0), **QUICK).fit(few, labels)
    assert (clf.l2_, clf.candidates_) == (2.0, [])


@pytest.mark.parametrize("m", [24, 60])
def test_a_few_dozen_rows_are_enough(m):
    clf = TriLayerClassifierCV(**QUICK).fit(X[:m], y[:m])
    assert clf.score(X, y) > 0.75


def test_doubled_rows_are_not_mistaken_for_proof():
    """Both copies fall on one side, and twice the rows bear about twice the decay."""
    rows, labels = make_classification(150, 12, n_informative=3, flip_y=0.3, random_state=0)
    grid = tuple(np.geomspace(64, 1, 7))
    once = TriLayerClassifierCV(l2s=grid, **QUICK).fit(rows, labels)
    twice = TriLayerClassifierCV(l2s=grid, **QUICK).fit(np.tile(rows, (2, 1)), np.tile(labels, 2))
    for train, held in splits(in_memory(np.tile(rows, (2, 1)), np.tile(labels, 2)), 0):
        assert not set(train % 150) & set(held % 150)
    assert 1 <= twice.l2_ / once.l2_ <= 4


def test_weights_count_in_training_and_in_judging():
    weights = np.random.default_rng(0).integers(1, 4, len(y)).astype(float)
    plain = TriLayerClassifierCV(l2s=(1.0, 0.1), **QUICK).fit(X, y)
    weighted = TriLayerClassifierCV(l2s=(1.0, 0.1), **QUICK).fit(X, y, weights)
    assert plain.candidates_[0].log_loss != weighted.candidates_[0].log_loss
    ones = TriLayerClassifierCV(l2s=(1.0, 0.1), **QUICK).fit(X, y, np.ones(len(y)))
    assert ones.candidates_[0].log_loss == plain.candidates_[0].log_loss


def test_progress_counts_the_candidates():
    told = []
    TriLayerClassifierCV(l2s=(1.0, 0.1), cv=3, **QUICK).fit(
        X, y, on_choice=lambda done, of: told.append((done, of))
    )
    assert told == [(1, 2), (2, 2)]


def test_it_goes_on_from_a_checkpoint(tmp_path):
    base = TriLayerClassifier(4, max_iter=30, tol=0.0)
    settings = {"estimator": base, "l2s": (3.0, 0.3), "cv": 2, "n_starts": 2}
    whole = TriLayerClassifierCV(random_state=4, **settings).fit(X, y)
    for resume in (False, True):
        kept = TriLayerClassifierCV(random_state=4, **settings)
        kept.fit(X, y, checkpoint=Checkpoint(tmp_path, every=20, resume=resume))
        assert np.array_equal(kept.params_.W1, whole.params_.W1)
        assert kept.l2_ == whole.l2_


def test_a_checkpoint_needs_a_seed_that_can_be_given_again(tmp_path):
    with pytest.raises(ValueError, match="random_state to be a number"):
        TriLayerClassifierCV().fit(X, y, checkpoint=Checkpoint(tmp_path))


def test_what_is_kept_is_saved(tmp_path):
    clf = TriLayerClassifierCV(l2s=(1.0,), **QUICK).fit(X, y)
    save(clf, tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert np.array_equal(again.predict_proba(X), clf.predict_proba(X))
    assert again.l2_ == 1.0


@pytest.mark.parametrize("bad", [{"l2s": ()}, {"hidden_units": []}])
def test_nothing_to_choose_from_is_refused(bad):
    with pytest.raises(ValueError, match="something to choose from"):
        TriLayerClassifierCV(**bad).fit(X, y)


def test_every_candidate_diverging_is_said_once():
    wild = TriLayerClassifier(2, solver="gd", learning_rate=1e12)
    with pytest.raises(ValueError, match="every candidate left the finite numbers"):
        TriLayerClassifierCV(wild, l2s=(50.0, 90.0), cv=2, **QUICK).fit(X * 1e3, y)


@pytest.mark.parametrize("m", [40, SMALL, SMALL + 1, 5 * SMALL])
def test_splits_hold_every_class_on_both_sides(m):
    labels = np.random.default_rng(m).random(m) < 0.2
    rows = np.random.default_rng(m).normal(size=(m, 2))
    found = splits(in_memory(rows, labels), 0)
    assert len(found) == (FOLDS if m <= SMALL else 1)
    for train, held in found:
        assert len(train) + len(held) == m
        assert not set(train) & set(held)
        assert len(np.unique(labels[train])) == len(np.unique(labels[held])) == 2
    assert preset(m).hidden_units == (16 if m <= SMALL else preset(SMALL + 1).hidden_units)


def test_bins_are_fewer_where_numbers_are_many():
    counts = [bins_for(n) for n in (0, 1, 3, 10, 28, 60, 784)]
    assert counts == sorted(counts, reverse=True)
