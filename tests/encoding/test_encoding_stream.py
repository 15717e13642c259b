"""One pass over rows that come in pieces: the same to the bit, however they are cut."""

import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.encoding import TableEncoder, levels, quantiles
from trilayer.encoding.levels import Levels, encode
from trilayer.errors import InputError, TableError

ROWS = 60


def table_of(rng, rows=ROWS):
    absent = rng.random(rows) < 0.2
    return pa.table(
        {
            "n": pa.array(rng.normal(3, 7, rows), mask=absent),
            "i": pa.array(rng.integers(0, 5, rows)),
            "t": pa.array(rng.choice(["a", "b", "1.0", "1", ""], rows), mask=absent[::-1].copy()),
            "b": pa.array(rng.random(rows) < 0.5),
            "d": pa.array(rng.integers(0, 2**50, rows), pa.timestamp("us")),
            "id": pa.array([f"u{k}" for k in range(rows)]),
            "many": pa.array([f"l{int(k)}" for k in rng.exponential(6, rows)]),
        }
    )


def streamed(table, cuts, **parameters):
    encoder = TableEncoder(**parameters)
    for start, stop in zip([0, *cuts], [*cuts, len(table)], strict=True):
        encoder.partial_fit(table.slice(start, stop - start))
    return encoder.finish()


def same(one, other):
    (arrays, spec), (others, other_spec) = one.to_state(), other.to_state()
    assert spec == other_spec
    for name, array in arrays.items():
        assert array.tobytes() == others[name].tobytes(), name


@given(
    st.integers(0, 99),
    st.lists(st.integers(0, ROWS), max_size=6).map(sorted),
    st.integers(1, 40),
)
def test_any_cut_gives_the_same_bits(seed, cuts, block):
    table = table_of(np.random.default_rng(seed))
    before = quantiles.BLOCK, quantiles.MOST
    quantiles.BLOCK, quantiles.MOST = block, 8
    try:
        whole = TableEncoder(categorical=["i"]).fit(table)
        same(streamed(table, cuts, categorical=["i"]), whole)
    finally:
        quantiles.BLOCK, quantiles.MOST = before


def test_pieces_may_differ_in_their_types_and_the_order_of_their_columns():
    whole = pa.table({"x": [1.0, None, 3.0, None], "c": ["a", None, None, "b"]})
    encoder = TableEncoder()
    encoder.partial_fit(pa.table({"x": [1], "c": ["a"]}))
    encoder.partial_fit(pa.table({"c": pa.nulls(1), "x": pa.nulls(1)}))
    encoder.partial_fit(pa.table({"c": [None, "b"], "x": ["3", "NA"]}))
    same(encoder.finish(), TableEncoder().fit(whole))


def test_a_column_may_begin_empty():
    encoder = TableEncoder().partial_fit(pa.table({"x": pa.nulls(2), "y": [1, 2]}))
    encoder.partial_fit(pa.table({"x": [True, False], "y": [3, 4]})).finish()
    assert encoder.kinds_ == {"x": "boolean", "y": "number"}
    assert encoder.columns_[0].n_missing == 2


def test_a_piece_that_does_not_fit_is_refused_with_its_row():
    encoder = TableEncoder().partial_fit(pa.table({"x": [1, 2]}))
    with pytest.raises(TableError, match="column 'x', row 4: 'b' is not a number"):
        encoder.partial_fit(pa.table({"x": ["3", "b"]}))
    with pytest.raises(TableError, match="no column 'x'"):
        encoder.partial_fit(pa.table({"y": [1]}))


def test_useless_values_anywhere_drop_the_column():
    encoder = TableEncoder().partial_fit(pa.table({"x": [b"1"], "y": [1]}))
    encoder.partial_fit(pa.table({"x": ["a"], "y": [2]})).finish()
    assert [name for name, _ in encoder.dropped_] == ["x"]


def test_a_fitted_encoder_may_learn_on():
    table = table_of(np.random.default_rng(0))
    encoder = TableEncoder().fit(table.slice(0, 40)).partial_fit(table.slice(40)).finish()
    whole = TableEncoder().fit(table)
    same(encoder, whole)
    assert encoder.n_rows_ == ROWS
    same(encoder.fit(table.slice(0, 40)), TableEncoder().fit(table.slice(0, 40)))


def test_a_loaded_encoder_may_not():
    encoder = TableEncoder().fit(table_of(np.random.default_rng(0)))
    for loaded in (
        pickle.loads(pickle.dumps(encoder)),
        TableEncoder.from_state(*encoder.to_state()),
    ):
        with pytest.raises(InputError, match="that was loaded cannot learn on"):
            loaded.partial_fit(table_of(np.random.default_rng(0)))


def test_an_encoder_can_be_pickled_on_its_way():
    table = table_of(np.random.default_rng(0))
    encoder = pickle.loads(pickle.dumps(TableEncoder().partial_fit(table.slice(0, 30))))
    same(encoder.partial_fit(table.slice(30)).finish(), TableEncoder().fit(table))


# ---- levels --------------------------------------------------------------------------


def counted(pieces):
    found = Levels()
    for piece in pieces:
        found.add(*encode(pa.array(piece, pa.string())))
    return found


@given(
    st.lists(st.sampled_from(["a", "b", "ü", "1", "1.0", "", None]), max_size=40),
    st.lists(st.integers(0, 40), max_size=4).map(sorted),
    st.integers(0, 5),
    st.integers(0, 6),
)
def test_levels_are_counted_alike_and_kept_within_bounds(values, cuts, most, size):
    pieces = [values[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
    before = levels.MOST_TEXTS, levels.MOST_BYTES
    levels.MOST_TEXTS, levels.MOST_BYTES = most, size
    try:
        whole, cut = counted([values]), counted(pieces)
    finally:
        levels.MOST_TEXTS, levels.MOST_BYTES = before
    assert whole.texts.equals(cut.texts)
    assert whole.counts.tolist() == cut.counts.tolist()
    assert (whole.uncounted, whole.full) == (cut.uncounted, cut.full)
    assert len(cut.texts) <= most
    assert sum(len(text.encode()) for text in cut.texts.to_pylist()) <= size
    present = [value for value in values if value]
    assert whole.counts.sum() + whole.uncounted == len(present)


def test_the_frequent_come_first_and_ties_by_name():
    found = counted([["c", "b", "b", "a", "c", "d"]])
    assert found.frequent(9, 1)[:2] == (["b", "c", "a", "d"], [2, 2, 1, 1])
    assert found.frequent(2, 1)[:2] == (["b", "c"], [2, 2])
    assert found.frequent(9, 2)[:2] == (["b", "c"], [2, 2])
    assert found.frequent(9, 3)[:2] == ([], [])


@pytest.mark.parametrize("repeats", [1, 3])
def test_more_texts_than_are_kept(monkeypatch, repeats):
    monkeypatch.setattr(levels, "MOST_TEXTS", 100)
    x = np.arange(200 * repeats) / 2
    table = pa.table({"u": [f"u{i}" for i in range(200)] * repeats, "x": x})
    encoder = TableEncoder(min_count=2).fit(table)
    if repeats == 1:
        assert encoder.dropped_ == [("u", "nearly every value is different")]
    else:
        summary = encoder.describe()[0]
        assert (summary.levels, summary.inputs, summary.pooled) == (64, 66, 36)
        rows = encoder.transform(table.slice(0, 200))[:, 1:66]
        assert rows.sum(axis=1).tolist() == [1] * 200
        assert rows[:, 64].sum() == 200 - 64


def test_one_text_and_many_that_are_not_kept(monkeypatch):
    monkeypatch.setattr(levels, "MOST_TEXTS", 1)
    table = pa.table({"u": ["a"] * 30 + ["b"] * 30})
    encoder = TableEncoder().fit(table)
    assert encoder.get_feature_names_out().tolist() == ["u=a", "u is other"]
