"""What the columns of a table become, and what is said about them."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trilayer.encoding import TableEncoder
from trilayer.encoding.encoder import CLIP
from trilayer.errors import InputError, TableError

PEOPLE = pa.table(
    {
        "age": [30.0, None, 50.0, 40.0],
        "job": ["cook", "smith", None, "cook"],
        "member": [True, False, None, True],
        "since": [dt.date(2024, 5, 1), dt.date(2024, 5, 8), None, dt.date(2025, 1, 1)],
        "country": ["x", "x", "x", "x"],
        "nothing": pa.nulls(4),
    }
)


def squashed(z):
    return z / np.sqrt(1 + (z / CLIP) ** 2)


def encoded(X, *names, **parameters):
    """The inputs of a table without bins, by name; just some of them if names are given."""
    encoder = TableEncoder(**{"max_bins": 0} | parameters).fit(X)
    inputs = dict(zip(encoder.get_feature_names_out(), encoder.transform(X).T, strict=True))
    return {name: inputs[name].tolist() for name in names or inputs}


# ---- numbers -------------------------------------------------------------------------


def test_numbers_are_scaled_and_missing_ones_said():
    ages = [38.0, None, 20.0, 40.0, 45.0, 90.0]
    inputs = encoded(pa.table({"age": ages}), "age", "age is missing")
    # The median is 40, and the middle half reaches from 38 to 45.
    z = np.array([-2.0, 0.0, -20.0, 0.0, 5.0, 50.0]) * 1.349 / 7
    np.testing.assert_allclose(inputs["age"], squashed(z), rtol=1e-15)
    assert inputs["age is missing"] == [0, 1, 0, 0, 0, 0]


@given(hnp.arrays(np.float64, st.integers(40, 80), elements=st.floats(-1e9, 1e9)))
def test_far_values_do_not_move_the_scale(values):
    """Up to a quarter of the values on either side may be anything."""
    middle = np.sort(np.append(values, [0.0, 1.0]))
    far = middle.copy()
    far[: len(far) // 4 - 1] -= 1e12
    far[-(len(far) // 4 - 1) :] += 1e12
    one, other = (TableEncoder().fit(pa.table({"x": each})).columns_[0] for each in (middle, far))
    assert one.parts[0].center == other.parts[0].center
    if len(set(middle[len(far) // 4 : -(len(far) // 4)])) > 1:
        assert one.parts[0].scale == other.parts[0].scale


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([0.0] * 50 + [1.0] * 50, 1 / 1.349),  # the quartiles differ
        ([0.0] * 90 + [7.0] * 10, 7 / 3.290),  # only the outer twentieths do
        ([0.0] * 99 + [6.0], 3.0),  # only the extremes do
    ],
)
def test_a_column_of_one_value_but_for_a_few_has_a_scale(values, scale):
    (column,) = TableEncoder().fit(pa.table({"x": values})).columns_
    assert column.parts[0].scale == pytest.approx(scale, rel=1e-15)
    assert column.parts[0].center == 0.0


@given(
    hnp.arrays(np.float64, st.integers(2, 50), elements=st.floats(-1e100, 1e100)),
    st.floats(allow_nan=True, allow_infinity=False),
)
def test_inputs_are_finite_bounded_and_keep_the_order(values, fresh):
    if values.min() == values.max():
        values[0] += 1 + abs(values[0])
    encoder = TableEncoder().fit(pa.table({"x": values}))
    width = len(encoder.get_feature_names_out())
    seen = np.sort(np.append(values, 0.0 if math.isnan(fresh) else fresh))
    out = encoder.transform(pa.table({"x": seen}))
    assert np.all(np.abs(out) <= CLIP)
    assert np.all(np.diff(out, axis=0) >= 0)
    assert encoder.transform(pa.table({"x": [fresh]})).shape == (1, width)


def test_an_outlier_does_not_dominate():
    values = np.append(np.random.default_rng(0).normal(size=999), 1e12)
    inputs = encoded(pa.table({"x": values}), "x")["x"]
    assert inputs[-1] == pytest.approx(CLIP)


@pytest.mark.parametrize("zeros", [1, 9, 99])
def test_numbers_that_hardly_differ_are_told_apart(zeros):
    inputs = encoded(pa.table({"x": [0.0] * zeros + [5e-324]}))["x"]
    assert inputs == [0.0] * zeros + [squashed(1.0)]


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinity_is_refused(value):
    table = pa.table({"ok": [1.0, 2.0], "x": [1.0, value]})
    with pytest.raises(InputError, match=r"column 'x', row 2: -?inf is not finite"):
        TableEncoder().fit(table)
    encoder = TableEncoder().fit(pa.table({"ok": [1.0, 2.0], "x": [1.0, 2.0]}))
    with pytest.raises(InputError, match=r"column 'x', row 2: -?inf is not finite"):
        encoder.transform(table)


def test_numbers_too_large_are_refused():
    with pytest.raises(InputError, match="column 'x' holds numbers beyond 1e\\+140"):
        TableEncoder().fit(pa.table({"x": [1.0, -1e141]}))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 2, 4], pa.uint8()),
        pa.array([1, 2, 4], pa.decimal128(9, 2)),
        pa.array(["1", "2", "4"]),
        pa.array([1, 2, 4], pa.float16()),
    ],
)
def test_numbers_of_other_types_are_the_same_numbers(column):
    encoder = TableEncoder().fit(pa.table({"x": [1.0, 2.0, 4.0]}))
    expected = encoder.transform(pa.table({"x": [1.0, 2.0, 4.0]}))
    np.testing.assert_array_equal(encoder.transform(pa.table({"x": column})), expected)


# ---- truth values --------------------------------------------------------------------


def test_truth_values_are_signs():
    inputs = encoded(PEOPLE, "member", "member is missing")
    assert inputs == {"member": [1, -1, 0, 1], "member is missing": [0, 0, 1, 0]}
    encoder = TableEncoder().fit(pa.table({"b": [True, False]}))
    assert encoder.transform(pa.table({"b": [0, 1, None]})).tolist() == [[-1], [1], [0]]
    with pytest.raises(TableError, match="column 'b', row 2: '2' is not true or false"):
        encoder.transform(pa.table({"b": [0, 2]}))


# ---- dates ---------------------------------------------------------------------------


def test_dates_become_numbers():
    # All three days were Wednesdays, so the weekday says nothing.
    names = [f"since.{part}" for part in ("year", "month", "days")]
    inputs = encoded(PEOPLE)
    assert [name for name in inputs if name.startswith("since")] == [*names, "since is missing"]
    # The median of the years is 2024, and the third quartile 2025.
    z = np.array([0.0, 0.0, 0.0, 1.349])
    np.testing.assert_allclose(inputs["since.year"], squashed(z), rtol=1e-12)
    assert inputs["since is missing"] == [0, 0, 1, 0]


@given(st.lists(st.datetimes(dt.datetime(1, 1, 1)), min_size=2, max_size=9, unique=True))
def test_the_calendar_is_python_s(instants):
    encoder = TableEncoder().fit(pa.table({"d": pa.array(instants, pa.timestamp("us"))}))
    truth = {
        "year": [d.year for d in instants],
        "month": [d.month for d in instants],
        "weekday": [d.isoweekday() for d in instants],
    }
    (column,) = encoder.columns_
    for part in column.parts:
        if part.name in truth:
            assert part.center == np.quantile(truth[part.name], 0.5, method="inverted_cdf")
    kept = {part.name for part in column.parts}
    assert {name for name, values in truth.items() if len(set(values)) > 1} <= kept
    assert "days" in kept


def test_the_hour_counts_where_there_is_one():
    instants = [dt.datetime(2024, 5, 1, hour, 30) for hour in (0, 6, 12)]
    (column,) = TableEncoder().fit(pa.table({"d": instants})).columns_
    assert (column.parts[0].name, column.parts[0].center) == ("hour", 6.5)
    (column,) = TableEncoder().fit(pa.table({"d": [d.time() for d in instants]})).columns_
    assert [part.name for part in column.parts] == ["hour", "days"]


def test_dates_come_as_text_too():
    dates = pa.array([dt.date(2024, 5, 1), dt.date(2025, 5, 2)])
    encoder = TableEncoder().fit(pa.table({"d": dates}))
    assert encoder.transform(pa.table({"d": ["2024-05-01", "NA"]})).shape == (2, 3)
    with pytest.raises(TableError, match="column 'd', row 2: 'soon' is not a date"):
        encoder.transform(pa.table({"d": ["2024-05-01", "soon"]}))
    with pytest.raises(TableError, match="column 'd', row 1: '7' is not a date"):
        encoder.transform(pa.table({"d": [7]}))


# ---- categories ----------------------------------------------------------------------


def test_every_level_has_an_input_and_so_has_nothing():
    inputs = encoded(PEOPLE, "job=cook", "job=smith", "job is missing")
    assert inputs == {
        "job=cook": [1, 0, 0, 1],
        "job=smith": [0, 1, 0, 0],
        "job is missing": [0, 0, 1, 0],
    }


def test_rare_levels_are_pooled_and_unseen_ones_join_them():
    table = pa.table({"c": ["a"] * 5 + ["b"] * 4 + ["c"] * 2 + ["d"]})
    encoder = TableEncoder(min_count=2, max_levels=2).fit(table)
    names = ["c.frequency", "c=a", "c=b", "c is other"]
    assert encoder.get_feature_names_out().tolist() == names
    rows = encoder.transform(pa.table({"c": ["a", "b", "c", "d", "e", None, ""]}))[:, 1:]
    assert rows.argmax(axis=1).tolist() == [0, 1, 2, 2, 2, 2, 2]
    assert rows.sum(axis=1).tolist() == [1] * 7


def test_where_rare_levels_are_pooled_their_frequency_is_told():
    counts = {"a": 40, "b": 30, "c": 9, "d": 9, "e": 2, "f": 1, "g": 1}
    values = [level for level, count in counts.items() for _ in range(count)]
    table = pa.table({"c": np.random.default_rng(0).permutation(values)})
    encoder = TableEncoder(min_count=10).fit(table)
    names = ["c.frequency", "c=a", "c=b", "c is other"]
    assert encoder.get_feature_names_out().tolist() == names
    logs = np.log([counts[level] for level in table["c"].to_pylist()])
    z = (logs - logs.mean()) / logs.std()
    np.testing.assert_allclose(encoder.transform(table)[:, 0], squashed(z), rtol=1e-9, atol=1e-12)
    # A level never seen is as rare as one seen once, and nothing is neither rare nor frequent.
    once, unseen, missing = encoder.transform(pa.table({"c": ["f", "new", None]}))[:, 0]
    assert (once, missing) == (unseen, 0.0)


@pytest.mark.parametrize(
    "values",
    [
        ["a"] * 50 + ["b"] * 40 + ["c"] * 9,  # one rare level: its own input says it all
        ["a"] * 50 + ["b"] * 5 + ["c"] * 5,  # as frequent as each other
        ["a"] * 50 + ["b"] * 50,  # none
    ],
)
def test_where_the_frequency_says_nothing_new_it_is_left_out(values):
    encoder = TableEncoder(min_count=10).fit(pa.table({"c": values}))
    assert not any("frequency" in name for name in encoder.get_feature_names_out())


def test_without_a_place_unseen_levels_are_nowhere():
    encoder = TableEncoder().fit(pa.table({"c": ["a", "b", "a"]}))
    assert encoder.transform(pa.table({"c": ["a", "z", None]})).tolist() == [[1, 0], [0, 0], [0, 0]]


@pytest.mark.parametrize(("rows", "kept"), [(100, 2), (101, 1), (3000, 1)])
def test_a_level_in_a_hundred_rows_has_an_input(rows, kept):
    values = ["a"] * (rows - 1) + ["b"]
    (column,) = TableEncoder().fit(pa.table({"c": values})).columns_
    assert len(column.levels) == kept
    assert column.other == (kept == 1)


def test_ten_times_are_enough_for_an_input():
    table = pa.table({"c": ["a"] * 5000 + ["b"] * 10 + ["c"] * 9})
    assert TableEncoder().fit(table).columns_[0].levels == ("a", "b")


def test_numbers_may_be_named_categories():
    table = pa.table({"code": [1.0, 2.0, None, 1.0], "n": [1, 2, 3, 4]})
    encoder = TableEncoder(categorical="code").fit(table)
    names = ["code=1", "code=2", "code is missing", "n"]  # four rows are too few for bins
    assert encoder.get_feature_names_out().tolist() == names
    for again in ([1, 2, None, 1], ["1", "2.0", "", "1.0"], ["1.00", "2", None, "1"]):
        other = pa.table({"code": again, "n": [1, 2, 3, 4]})
        np.testing.assert_array_equal(encoder.transform(other), encoder.transform(table))


def test_levels_written_two_ways_are_counted_once():
    table = pa.table({"c": ["1", "1.0", "x", "-2.000", "", None]})
    (column,) = TableEncoder().fit(table).columns_
    assert column.levels == ("1", "-2", "x")
    assert column.n_missing == 2


def test_categories_of_pandas_and_polars():
    values = ["u", "v", None, "u"]
    for frame in (
        pd.DataFrame({"c": pd.Categorical(values)}),
        pl.DataFrame({"c": pl.Series(values, dtype=pl.Categorical)}),
        pl.DataFrame({"c": values}),
    ):
        assert list(encoded(frame)) == ["c=u", "c=v", "c is missing"]
    assert list(encoded(pd.DataFrame({"c": pd.Categorical([3, 1, 3])}))) == ["c=3", "c=1"]


# ---- columns that cannot help --------------------------------------------------------


def test_columns_that_cannot_help_are_named():
    rows = 40
    table = pa.table(
        {
            "use": [i / 2 for i in range(rows)],
            "same": ["x"] * rows,
            "three": [3.0] * rows,
            "yes": [True] * rows,
            "day": [dt.date(2024, 1, 1)] * rows,
            "void": pa.nulls(rows),
            "blank": [None, ""] * (rows // 2),
            "nan": [math.nan] * rows,
            "id": [f"u{i}" for i in range(rows)],
            "bytes": [b"1"] * rows,
            "asked": list(range(rows)),
        }
    )
    encoder = TableEncoder(drop=["asked"]).fit(table)
    assert [column.name for column in encoder.columns_] == ["use"]
    assert encoder.dropped_ == [
        ("same", "every value is the same"),
        ("three", "every value is the same"),
        ("yes", "every value is the same"),
        ("day", "every value is the same"),
        ("void", "every value is missing"),
        ("blank", "every value is missing"),
        ("nan", "every value is missing"),
        ("id", "nearly every value is different"),
        ("bytes", "holds values of a kind that is not used here (binary)"),
        ("asked", "as asked"),
    ]
    # Only what is used must be there.
    assert encoder.transform(table.select(["use"])).shape == (rows, 1 + rows // 8)


def test_text_that_is_rare_throughout_is_left_out():
    table = pa.table({"x": [1, 2] * 10, "c": [f"l{i // 2}" for i in range(20)]})
    assert TableEncoder(min_count=3).fit(table).dropped_ == [("c", "no value occurs 3 times")]
    assert TableEncoder().fit(table).dropped_ == []


def test_that_a_value_is_missing_may_help_where_the_value_does_not():
    table = pa.table(
        {
            "flag": ["yes", None] * 20,
            "one": [1, None] * 20,
            "cabin": [None if i % 2 else f"C{i}" for i in range(40)],
        }
    )
    encoder = TableEncoder().fit(table)
    names = ["flag is missing", "one is missing", "cabin is missing"]
    assert encoder.get_feature_names_out().tolist() == names
    assert encoder.transform(table)[:2].tolist() == [[0, 0, 0], [1, 1, 1]]
    assert [column.kind for column in encoder.columns_] == ["category", "number", "category"]


def test_a_table_of_nothing_is_refused():
    words = (
        r"no column of the table \(2 samples\) can help: a: every value is the same; b: as asked"
    )
    with pytest.raises(TableError, match=words):
        TableEncoder(drop=["b"]).fit(pa.table({"a": [1, 1], "b": [1, 2]}))
    with pytest.raises(TableError, match=r"; and so on$"):
        TableEncoder().fit(pa.table({f"c{i}": [1, 1] for i in range(6)}))
    with pytest.raises(TableError, match="no rows to learn from"):
        TableEncoder().fit(pa.table({"a": pa.array([], pa.int64())}))
