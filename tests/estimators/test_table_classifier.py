"""From a table to probabilities: the encoder and the choice behind it, and nothing between."""

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.utils.estimator_checks import parametrize_with_checks

from trilayer import (
    TableEncoder,
    TriLayerClassifierCV,
    TriLayerTableClassifier,
    load,
    save,
)
from trilayer.estimators import table_classifier
from trilayer.select.presets import bins_for


def table(m=200, seed=0):
    """Numbers with gaps, a category, a date, truth values; the answer depends on three."""
    rng = np.random.default_rng(seed)
    age, town = rng.normal(40, 12, m), rng.choice(["Ulm", "Bonn", "Köln"], m)
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(m) < 0.1, np.nan, age),
            "town": town,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, m), "D"),
            "member": rng.random(m) < 0.5,
        }
    )
    logit = (age - 40) / 6 + np.where(town == "Ulm", 2.0, -1.0) + 2 * frame["member"]
    y = np.where(rng.random(m) < 1 / (1 + np.exp(-logit)), "yes", "no")
    return frame, y


QUICK = {"n_starts": 2, "random_state": 0}


@parametrize_with_checks([TriLayerTableClassifier(n_starts=1)])
def test_scikit_learn_has_no_objection(estimator, check):
    check(estimator)


def test_it_is_the_encoder_and_the_choice():
    frame, y = table()
    clf = TriLayerTableClassifier(**QUICK).fit(frame, y)
    numbers = 1 + 5 + 1  # age, the parts of a date, a truth value
    encoder = TableEncoder(max_bins=bins_for(numbers)).fit(frame)
    by_hand = TriLayerClassifierCV(**QUICK).fit(encoder.inputs(frame), y)
    assert np.array_equal(clf.predict_proba(frame), by_hand.predict_proba(encoder.transform(frame)))
    assert (clf.l2_, len(clf.candidates_)) == (by_hand.l2_, len(by_hand.candidates_))
    assert clf.feature_names_in_.tolist() == frame.columns.tolist()
    assert clf.classes_.tolist() == ["no", "yes"]


@pytest.mark.parametrize("rows", [1, 7, 200])
def test_predictions_do_not_depend_on_the_parts(rows, monkeypatch):
    frame, y = table()
    clf = TriLayerTableClassifier(**QUICK).fit(frame, y)
    whole = clf.predict_proba(frame)
    monkeypatch.setattr(table_classifier, "_ROWS", rows)
    np.testing.assert_allclose(clf.predict_proba(frame), whole, rtol=1e-6)
    assert (clf.predict(frame) == clf.classes_[(whole[:, 1] > 0.5).astype(int)]).all()
    np.testing.assert_allclose(np.exp(clf.predict_log_proba(frame)), whole, rtol=1e-5)


def test_it_finds_what_there_is_to_find():
    frame, y = table(600)
    train, test, y_train, y_test = train_test_split(frame, y, random_state=0)
    assert TriLayerTableClassifier(**QUICK).fit(train, y_train).score(test, y_test) > 0.8


@pytest.mark.parametrize("kind", ["polars", "arrow"])
def test_other_tables_are_as_good(kind):
    frame, y = table()
    other = pl.from_pandas(frame) if kind == "polars" else pa.Table.from_pandas(frame)
    ours, theirs = (
        TriLayerTableClassifier(**QUICK).fit(t, y).predict_proba(t) for t in (frame, other)
    )
    assert np.array_equal(ours, theirs)


def test_what_is_saved_predicts_the_same(tmp_path):
    frame, y = table()
    clf = TriLayerTableClassifier(**QUICK).fit(frame, y)
    save(clf, tmp_path / "model.safetensors", positive="yes")
    again = load(tmp_path / "model.safetensors")
    assert isinstance(again, TriLayerTableClassifier)
    assert np.array_equal(again.predict_proba(frame), clf.predict_proba(frame))


def test_duplicates_wide_tables_and_few_rows_behave():
    X, y = load_breast_cancer(return_X_y=True)
    few = TriLayerTableClassifier(**QUICK).fit(X[:40], y[:40])
    assert few.score(X, y) > 0.8
    wide = np.tile(X[:80], (1, 20))
    assert TriLayerTableClassifier(**QUICK).fit(wide, y[:80]).score(wide, y[:80]) > 0.9
    doubled = TriLayerTableClassifier(**QUICK).fit(np.tile(X[:60], (2, 1)), np.tile(y[:60], 2))
    assert doubled.score(X, y) > 0.8


def test_relevance_is_told_by_column():
    frame, y = table(2500)
    frame["noise"] = np.random.default_rng(1).normal(size=len(frame))
    clf = TriLayerTableClassifier(**QUICK).fit(frame, y)
    assert max(clf.relevance_.values()) == 1
    assert set(clf.relevance_) == {column.name for column in clf.encoder_.columns_}
    assert clf.relevance_["noise"] < 0.5 * min(clf.relevance_[name] for name in ("age", "town"))
    assert TriLayerTableClassifier(relevance=0, **QUICK).fit(frame, y).relevance_ is None


def test_decay_may_be_given():
    frame, y = table()
    clf = TriLayerTableClassifier(l2s=(2.5,), **QUICK).fit(frame, y)
    assert (clf.l2_, clf.candidates_) == (2.5, [])


def test_a_plan_a_reader_and_a_relation_are_tables():
    """Of polars, Arrow and DuckDB: the model is that of their rows."""
    X, y = table()
    rows = pa.Table.from_pandas(X, preserve_index=False)
    settings = {"l2s": [1.0], "n_starts": 1, "hidden_units": 2, "random_state": 0}
    expected = TriLayerTableClassifier(**settings).fit(rows, y).predict_proba(rows)
    frame = pl.from_arrow(rows)
    for make in (frame.lazy, rows.to_reader, lambda: duckdb.from_arrow(rows)):
        found = TriLayerTableClassifier(**settings).fit(make(), y).predict_proba(make())
        np.testing.assert_array_equal(found, expected)
