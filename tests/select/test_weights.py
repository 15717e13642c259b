"""Sample weights: a factor on all changes nothing, 0 is absence, 2 beside 1 is the row twice."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier
from sklearn.model_selection import KFold, StratifiedKFold

from trilayer import TableEncoder, TriLayerClassifier, TriLayerClassifierCV, TriLayerTableClassifier
from trilayer.select.recipe import Wish, select_on
from trilayer.select.search import BEYOND, climb, decay_at
from trilayer.select.weights import relative
from trilayer.sources.arrow import open_source

X, y = make_classification(120, 5, random_state=0)
SURVEY = np.random.default_rng(0).gamma(0.7, size=120) + 0.01


def choosing(kind, **more):
    return kind(n_starts=1, random_state=0, **more)


BOTH = pytest.mark.parametrize("kind", [TriLayerClassifierCV, TriLayerTableClassifier])


@BOTH
@pytest.mark.parametrize("weights", [np.ones(120), SURVEY], ids=["ones", "survey"])
@pytest.mark.parametrize("power", [-40, -7, 5, 30])
def test_a_power_of_two_on_all_weights_changes_no_bit(kind, weights, power):
    one = choosing(kind).fit(X, y, weights)
    other = choosing(kind).fit(X, y, weights * 2.0**power)
    assert (one.l2_, len(one.candidates_)) == (other.l2_, len(other.candidates_))
    assert np.array_equal(one.decision_function(X), other.decision_function(X))


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("factor", [1 / 120, 3.7, 1e-12, 1e15])
def test_no_factor_on_all_weights_changes_what_is_predicted(kind, dtype, factor):
    rows = X.astype(dtype)
    one = choosing(kind).fit(rows, y, SURVEY).predict_proba(rows)
    other = choosing(kind).fit(rows, y, SURVEY * factor).predict_proba(rows)
    np.testing.assert_allclose(other, one, atol=1e-6)


def test_boosting_the_classifier_that_chooses_learns():
    clf = AdaBoostClassifier(choosing(TriLayerClassifierCV), n_estimators=2, random_state=0)
    assert clf.fit(X, y).score(X, y) > 0.9


def test_decay_that_outweighs_the_samples_is_said():
    tiny = np.full(120, 1 / 120)
    for hidden_units, l2 in ((0, 1e4), (8, 1)):
        clf = TriLayerClassifier(hidden_units, l2=l2, random_state=0)
        with pytest.warns(UserWarning, match=r"every probability comes out as 0\.\d+: l2="):
            clf.fit(X, y, tiny)
        assert np.ptp(clf.predict_proba(X)[:, 1]) < 0.01
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TriLayerClassifier(8, l2=1 / 120, random_state=0).fit(X, y, tiny)
        TriLayerClassifier(8, random_state=0).fit(np.ones((120, 2)), y)  # no row differs


@settings(max_examples=60, deadline=None)
@given(
    npst.arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1e6)),
    st.floats(1e-3, 1e3),
)
@example(np.array([0.0, 0.0]), 2.0)
@example(np.array([1e-300, 1.0, 1e300]), 0.5)
def test_weights_beside_one_another(s, factor):
    found = relative(s)
    assert np.array_equal(found > 0, s > 0)
    assert np.isfinite(found).all()
    assert np.array_equal(relative(found), found)
    if (s > 0).any():
        assert (found == 1).any()
    normal = s[s > 0] * min(factor, 1.0) >= np.finfo(float).tiny  # else the factor itself is lost
    if normal.all():
        np.testing.assert_allclose(relative(s * factor), found, rtol=1e-6)


# ---- 0 is absence --------------------------------------------------------------------


def some_absent():
    weights = np.ones(120)
    weights[np.flatnonzero(y == 0)[12:]] = 0
    return weights, weights > 0


@BOTH
@pytest.mark.parametrize("cv", [None, 3, KFold(4, shuffle=True, random_state=1)], ids=str)
def test_rows_of_weight_0_do_not_exist(kind, cv):
    weights, there = some_absent()
    one = choosing(kind, cv=cv, l2s=(3.0, 0.3)).fit(X, y, weights)
    other = choosing(kind, cv=cv, l2s=(3.0, 0.3)).fit(X[there], y[there])
    assert [c.log_loss for c in one.candidates_] == [c.log_loss for c in other.candidates_]
    assert np.array_equal(one.decision_function(X), other.decision_function(X))


@BOTH
def test_splits_that_are_given_name_the_rows_there_are(kind):
    weights, there = some_absent()
    splits = list(StratifiedKFold(3, shuffle=True, random_state=0).split(X, y))
    number = np.cumsum(there) - 1
    left = [tuple(number[part[there[part]]] for part in split) for split in splits]
    one = choosing(kind, cv=splits, l2s=(3.0, 0.3)).fit(X, y, weights)
    other = choosing(kind, cv=left, l2s=(3.0, 0.3)).fit(X[there], y[there])
    assert np.array_equal(one.decision_function(X), other.decision_function(X))
    masks = [tuple(np.isin(np.arange(120), part) for part in split) for split in splits]
    same = choosing(kind, cv=masks, l2s=(3.0, 0.3)).fit(X, y, weights)
    assert np.array_equal(one.decision_function(X), same.decision_function(X))


@BOTH
def test_one_row_of_a_class_that_weighs_something_is_enough(kind):
    weights = np.ones(120)
    weights[np.flatnonzero(y == 0)[1:]] = 0
    assert choosing(kind).fit(X, y, weights).candidates_ == []
    with pytest.raises(ValueError, match=r"zero|weight"):
        choosing(kind).fit(X, y, np.zeros(120))


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow", "list"])
def test_rows_of_weight_0_are_left_out_of_any_table(kind):
    frame = pd.DataFrame({"a": X[:, 0], "b": np.where(X[:, 1] > 0, "u", "v")})
    frame.loc[0, "b"] = "seen nowhere else"
    weights = np.ones(120)
    weights[:30] = 0
    make = {
        "pandas": lambda f: f,
        "polars": pl.from_pandas,
        "arrow": pa.Table.from_pandas,
        "list": lambda f: f["a"].to_frame().to_numpy(),
    }[kind]
    one = choosing(TriLayerTableClassifier, l2s=[1.0]).fit(make(frame), y, weights)
    other = choosing(TriLayerTableClassifier, l2s=[1.0]).fit(make(frame[30:]), y[30:])
    assert one.encoder_.describe() == other.encoder_.describe()
    assert np.array_equal(one.predict_proba(make(frame)), other.predict_proba(make(frame)))


# ---- 2 beside 1 is the row twice -----------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_encoding_counts_rows_by_their_weights(data):
    m = data.draw(st.integers(3, 60))
    numbers = st.one_of(st.floats(-5, 5), st.just(np.nan), st.sampled_from([0.0, 1.0]))
    frame = pd.DataFrame(
        {
            "n": data.draw(st.lists(numbers, min_size=m, max_size=m)),
            "c": data.draw(
                st.lists(st.sampled_from(["a", "b", "c", "d", ""]), min_size=m, max_size=m)
            ),
            "d": np.arange(m) % 7,
        }
    )
    weights = np.array(data.draw(st.lists(st.integers(0, 4), min_size=m, max_size=m)))
    weights[:2] = 1
    one = TableEncoder(max_bins=4, min_count=3).fit(frame, sample_weight=weights)
    other = TableEncoder(max_bins=4, min_count=3).fit(frame.loc[frame.index.repeat(weights)])
    assert one.n_rows_ == other.n_rows_
    assert one.columns_ == other.columns_


def test_weights_of_the_encoding_come_in_pieces():
    frame = pd.DataFrame({"n": X[:, 0], "c": np.where(X[:, 1] > 0, "u", "v")})
    weights = np.where(np.arange(120) < 60, 1.0, SURVEY)
    whole = TableEncoder().fit(frame, sample_weight=weights)
    pieces = TableEncoder()
    for part in (slice(0, 60), slice(60, 75), slice(75, 120)):
        pieces.partial_fit(frame[part], sample_weight=weights[part])
    assert pieces.finish().columns_ == whole.columns_
    arrays, spec = whole.to_state()
    assert TableEncoder.from_state(arrays, spec).columns_ == whole.columns_


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1.0], "one number for each"),
        ([-1.0] * 120, "negative"),
        ([np.nan] * 120, "not finite"),
        ([0.0] * 120, "all sample weights are zero"),
    ],
)
def test_weights_that_cannot_be_are_refused(weights, words):
    with pytest.raises(ValueError, match=words):
        TableEncoder().fit(X, sample_weight=weights)


def test_wherever_the_rows_are(tmp_path):
    frame = pd.DataFrame(X, columns=list("abcde")).assign(y=y, w=SURVEY)
    found = []
    for factor in (1.0, 0.25):
        path = tmp_path / f"{factor}.parquet"
        frame.assign(w=SURVEY * factor).to_parquet(path)
        with open_source(path, target="y", sample_weight="w", cache_dir=tmp_path) as source:
            found.append(select_on(source, source.classes_, Wish(n_starts=1)).trained.params)
    assert np.array_equal(found[0].W1, found[1].W1)


# ---- the search goes on --------------------------------------------------------------


def tried(loss, count=11):
    asked = []

    def ask(at):
        asked.append(at)
        return loss(at)

    climb(ask, count)
    assert len(asked) == len(set(asked))
    return asked, min(asked, key=loss)


@pytest.mark.parametrize("least", range(-10, 22))
def test_a_valley_is_found_within_the_grid_and_beyond(least):
    asked, best = tried(lambda at: 0.1 + 0.01 * (at - least) ** 2)
    assert best == least
    assert {least - 1, least + 1} <= set(asked)


@pytest.mark.parametrize("end", [4, 6, 11, 20])
def test_a_plateau_is_left_towards_less_decay(end):
    _, best = tried(lambda at: np.log(2) if at < end else 0.3 + 0.02 * abs(at - end - 1))
    assert best == end + 1


def test_a_search_ends():
    assert len(tried(lambda at: np.log(2))[0]) <= 11 + 2 * BEYOND  # flat for good
    assert max(tried(lambda at: 1.0 / (100 + at))[0]) == 11  # not worth a second step beyond
    assert len(tried(lambda at: np.inf)[0]) <= 11 + 2 * BEYOND


def test_decays_beyond_the_grid_go_on_from_its_ends():
    decays = (10.0, 1.0, 0.1)
    assert [decay_at(decays, at) for at in range(3)] == list(decays)
    assert [decay_at(decays, at) for at in (-2, -1, 3, 4)] == [100, 32, 0.032, 0.01]


def test_columns_that_nobody_scaled_are_learnt_from():
    small = X * 0.01
    clf = choosing(TriLayerClassifierCV).fit(small, y)
    assert clf.score(small, y) > 0.8
    assert clf.l2_ < 0.1
