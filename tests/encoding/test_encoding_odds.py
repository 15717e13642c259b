"""The odds of a category's levels: counted alike however rows come, and never from a row's own."""

import copy
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import TargetEncoder

from trilayer.encoding import TableEncoder
from trilayer.encoding.odds import (
    FOLDS,
    AnswerCounts,
    Answers,
    evidence,
    folds_of,
    odds_of,
    prior_strength,
)
from trilayer.errors import ModelFileError


def made(rows=900, levels=150, spread=2.0, seed=0):
    """Rows with a category of many levels that decide, one of few, and some missing values."""
    rng = np.random.default_rng(seed)
    level = rng.integers(0, levels, rows)
    chance = 1 / (1 + np.exp(-spread * rng.normal(size=levels)))
    positive = rng.random(rows) < chance[level]
    many = np.array([f"l{each}" for each in level], dtype=object)
    many[rng.random(rows) < 0.05] = None
    few = np.array(["a", "b", "c"], dtype=object)[rng.integers(0, 3, rows)]
    answers = Answers(positive, folds_of(np.arange(rows)))
    return pa.table({"many": many, "few": few}), answers


TABLE, ANSWERS = made()
ENCODER = TableEncoder().fit(TABLE, answers=ANSWERS)
MANY = ENCODER.columns_[0]


def test_the_fold_of_a_row_is_its_number_s_alone():
    folds = folds_of(np.arange(50_000))
    np.testing.assert_array_equal(folds[1234:1300], folds_of(np.arange(1234, 1300)))
    np.testing.assert_allclose(np.bincount(folds, minlength=FOLDS), 10_000, atol=400)
    for step in (2, 3, 5, 10):  # rows may come in an order of their own
        shares = np.bincount(folds[::step], minlength=FOLDS) * step / 50_000
        np.testing.assert_allclose(shares, 1 / FOLDS, atol=0.02)


@given(
    st.lists(st.tuples(st.integers(-2, 12), st.booleans(), st.integers(0, FOLDS - 1)), max_size=60),
    st.lists(st.integers(0, 60), max_size=4).map(sorted),
    st.randoms(),
)
def test_counts_are_the_same_in_any_order_and_pieces(rows, cuts, random):
    def counted(pieces):
        counts = AnswerCounts()
        for piece in pieces:
            places, positive, fold = np.array(piece or np.empty((0, 3)), dtype=np.int64).T
            counts.add(places, Answers(positive.astype(bool), fold))
        return counts

    kept = np.array([3, 0, 12])
    whole = counted([rows]).of(kept)
    shuffled = random.sample(rows, len(rows))
    pieces = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
    np.testing.assert_array_equal(whole, counted(pieces).of(kept))
    assert whole.sum() == len(rows)
    assert whole[0].sum() == sum(place == 3 for place, *_ in rows)
    assert whole[-1].sum() == sum(place == -2 for place, *_ in rows)
    swapped = counted([rows])
    swapped.swap()
    np.testing.assert_array_equal(swapped.of(kept), whole[:, :, ::-1])


def table_of(counts):
    """Turn counts (P, FOLDS, 2) into rows: place, fold, answer."""
    cells = np.argwhere(counts >= 0)
    return np.repeat(cells, counts[tuple(cells.T)].astype(int), axis=0)


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(3)
    n = rng.integers(1, 9, (80, FOLDS))
    k = rng.binomial(n, rng.beta(0.6, 1.4, (80, 1)))
    return np.stack([n - k, k], axis=2).astype(float)


def test_odds_are_those_of_scikit_learn_s_target_encoder_at_the_same_strength(counts):
    found = odds_of(counts, 0)
    places, folds, answers = table_of(counts).T
    n, k = counts.sum(axis=(1, 2)), counts[:, :, 1].sum(axis=1)
    smooth = prior_strength(n, k)
    for fold, odds in [(None, found.of_all), *enumerate(found.crossed)]:
        rows = folds != fold
        peer = TargetEncoder(target_type="binary", smooth=smooth)
        peer.fit(places[rows, np.newaxis], answers[rows])
        p = answers[rows].mean()
        share = 1 / (1 + np.exp(-(odds + np.log(p / (1 - p)))))
        np.testing.assert_allclose(share, peer.encodings_[0], rtol=1e-9)


def test_center_and_scale_are_those_over_the_rows(counts):
    found = odds_of(counts, 0)
    places, folds, _ = table_of(counts).T
    numbers = found.crossed[folds, places]
    np.testing.assert_allclose((found.center, found.scale), (numbers.mean(), numbers.std()))


@pytest.mark.parametrize("correlation", [0.02, 0.1, 0.4])
def test_the_strength_of_the_prior_is_found_again(correlation):
    rng = np.random.default_rng(1)
    strength = (1 - correlation) / correlation
    n = rng.integers(2, 30, 20_000).astype(float)
    k = rng.binomial(n.astype(int), rng.beta(0.3 * strength, 0.7 * strength, len(n)))
    assert prior_strength(n, k) == pytest.approx(strength, rel=0.1)


@pytest.mark.parametrize("share", [0.03, 0.3, 0.94])
def test_levels_that_differ_by_chance_alone_are_no_evidence(share):
    rng = np.random.default_rng(2)
    found = []
    for _ in range(400):
        n = rng.integers(1, 8, 300).astype(float)
        found.append(evidence(n, rng.binomial(n.astype(int), share).astype(float)))
    assert np.mean(found) == pytest.approx(0, abs=0.2)
    assert np.std(found) == pytest.approx(1, abs=0.15)
    assert evidence(np.array([5.0, 5.0]), np.zeros(2)) == 0


def test_they_are_there_where_levels_that_share_an_input_differ():
    assert [part.name for part in MANY.parts] == ["frequency", "odds"]
    assert "many.odds" in ENCODER.get_feature_names_out()
    assert "odds" not in str(ENCODER.describe()[1])  # three levels
    known = len(MANY.levels + MANY.counted)
    assert f"the odds of {known} levels in one input" in str(ENCODER.describe()[0])
    noise = Answers(np.random.default_rng(5).permutation(ANSWERS.positive), ANSWERS.fold)
    assert not TableEncoder().fit(TABLE, answers=noise).columns_[0].odds
    all_own = TableEncoder(max_levels=200, min_count=1).fit(TABLE, answers=ANSWERS)
    assert not all_own.columns_[0].odds


def test_without_answers_the_target_is_not_looked_at():
    plain = TableEncoder().fit(TABLE)
    assert TableEncoder().fit(TABLE, ANSWERS.positive).columns_ == plain.columns_
    learning = TableEncoder().partial_fit(TABLE, answers=ANSWERS)
    assert learning.finish(odds=False).columns_ == plain.columns_
    assert learning.finish().columns_ == ENCODER.columns_


def odds_input(inputs):
    """The column of numbers that holds the odds of `many`."""
    return inputs.numbers[:, 1]


def test_a_row_that_was_learnt_from_gets_what_the_other_folds_say():
    own = odds_input(ENCODER.inputs(TABLE, folds=ANSWERS.fold))
    known = [*MANY.levels, *MANY.counted]
    texts = TABLE["many"].to_pylist()
    places = [-1 if text is None else known.index(text) if text in known else -2 for text in texts]
    part = MANY.parts[1]
    z = (MANY.crossed[ANSWERS.fold, places] - part.center) / part.scale
    np.testing.assert_allclose(own, z / np.sqrt(1 + (z / 8) ** 2))
    # In-sample odds know each row's answer: those of the other folds must tell less of it.
    y = ANSWERS.positive
    full = odds_input(ENCODER.inputs(TABLE))
    gap = [each[y].mean() - each[~y].mean() for each in (own, full)]
    assert 0 < gap[0] < gap[1]


def test_rows_of_no_fold_get_the_odds_of_all():
    folds = np.where(np.arange(len(TABLE)) % 2, -1, ANSWERS.fold)
    mixed = odds_input(ENCODER.inputs(TABLE, folds=folds))
    full = odds_input(ENCODER.inputs(TABLE))
    own = odds_input(ENCODER.inputs(TABLE, folds=ANSWERS.fold))
    np.testing.assert_array_equal(mixed, np.where(folds < 0, full, own))


def test_any_other_text_and_a_missing_value_have_odds_of_their_own():
    new = pa.table({"many": ["never", "l1", None, " l1 "], "few": ["a"] * 4})
    never, known, absent, same = odds_input(ENCODER.inputs(new))
    places = [len(MANY.odds) - 2, (MANY.levels + MANY.counted).index("l1"), len(MANY.odds) - 1]
    part = MANY.parts[1]
    z = (np.array(MANY.odds)[places] - part.center) / part.scale
    np.testing.assert_allclose([never, known, absent], z / np.sqrt(1 + (z / 8) ** 2))
    assert same == known


@given(st.lists(st.integers(0, 900), max_size=5).map(sorted))
def test_what_is_learnt_is_the_same_however_rows_are_cut(cuts):
    encoder = TableEncoder()
    for a, b in zip([0, *cuts], [*cuts, len(TABLE)], strict=True):
        part = Answers(ANSWERS.positive[a:b], ANSWERS.fold[a:b])
        encoder.partial_fit(TABLE.slice(a, b - a), answers=part)
    column = encoder.finish().columns_[0]
    assert column == MANY
    assert column.crossed.tobytes() == MANY.crossed.tobytes()


def test_a_weight_of_two_is_the_row_twice_and_none_its_absence():
    weights = np.arange(len(TABLE)) % 3
    rows = np.repeat(np.arange(len(TABLE)), weights)
    twice = Answers(ANSWERS.positive[rows], ANSWERS.fold[rows])
    weighed = TableEncoder().fit(TABLE, sample_weight=weights, answers=ANSWERS).columns_[0]
    repeated = TableEncoder().fit(TABLE.take(rows), answers=twice).columns_[0]
    assert weighed.counted == repeated.counted
    np.testing.assert_allclose(weighed.odds, repeated.odds)
    np.testing.assert_allclose(weighed.crossed, repeated.crossed)


def test_answers_swapped_are_odds_reversed():
    reversed_ = Answers(~ANSWERS.positive, ANSWERS.fold)
    learning = TableEncoder().partial_fit(TABLE, answers=reversed_).finish(swapped=True)
    assert learning.columns_ == ENCODER.columns_
    np.testing.assert_allclose(
        TableEncoder().fit(TABLE, answers=reversed_).columns_[0].odds, -np.array(MANY.odds)
    )


def test_levels_that_are_all_rare_are_told_by_their_odds_alone():
    encoder = TableEncoder(min_count=500).fit(TABLE, answers=ANSWERS)
    column = encoder.columns_[0]
    assert encoder.get_feature_names_out().tolist()[:2] == ["many.odds", "many is missing"]
    again = TableEncoder.from_state(*encoder.to_state())
    assert again.columns_ == encoder.columns_
    assert column.counted
    assert (column.levels, column.other) == ((), False)


def test_there_must_be_an_answer_for_each_row():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        TableEncoder().fit(TABLE, answers=Answers(*(each[:-1] for each in ANSWERS)))


ARRAYS, SPEC = ENCODER.to_state()


def test_they_come_back_from_a_file_and_those_of_the_folds_are_in_none():
    again = TableEncoder.from_state(ARRAYS, json.loads(json.dumps(SPEC)))
    assert again.columns_ == ENCODER.columns_
    assert again.columns_[0].crossed is None
    assert again.transform(TABLE).tobytes() == ENCODER.transform(TABLE).tobytes()
    assert "crossed" not in str(SPEC)
    assert "odds" not in TableEncoder().fit(TABLE).to_state()[0]


LIES = {
    "odds is no 1-D array of float64": lambda a, _: a.update(odds=a["odds"].astype(np.float32)),
    "odds is empty": lambda a, _: a.update(odds=np.zeros(0)),
    "the odds of a level are not finite": lambda a, _: a["odds"].put(3, np.inf),
    "there are fewer odds than the columns claim": lambda a, _: a.update(odds=a["odds"][1:]),
    "counts or odds than the columns claim": lambda a, _: a.update(odds=np.append(a["odds"], 0.0)),
    "column 'few' has parts that its kind has not": lambda _, s: s["columns"][1].update(
        parts=["odds", "frequency"]
    ),
}


@pytest.mark.parametrize("said", LIES)
def test_what_is_no_odds_is_refused(said):
    arrays, spec = {name: each.copy() for name, each in ARRAYS.items()}, copy.deepcopy(SPEC)
    LIES[said](arrays, spec)
    with pytest.raises(ModelFileError, match=said):
        TableEncoder.from_state(arrays, spec)
