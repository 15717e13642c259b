"""Columns made what a model reads, numbers that came as text, and frames of other libraries."""

import datetime as dt
import math
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer.errors import MissingExtraError, TableError
from trilayer.tables import (
    BOOLEAN,
    CATEGORY,
    DATE,
    KINDS,
    NUMBER,
    convert,
    from_array,
    has_names,
    is_table,
    kind_of,
    to_arrow,
)
from trilayer.tables.kinds import survey_frame

NOON = dt.datetime(2024, 5, 1, 12)


# ---- kinds ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data_type", "kind"),
    [
        (pa.int8(), NUMBER),
        (pa.float16(), NUMBER),
        (pa.decimal128(5, 2), NUMBER),
        (pa.duration("s"), NUMBER),
        (pa.bool_(), BOOLEAN),
        (pa.date32(), DATE),
        (pa.time32("s"), DATE),
        (pa.timestamp("ns", "UTC"), DATE),
        (pa.string(), CATEGORY),
        (pa.large_string(), CATEGORY),
        (pa.string_view(), CATEGORY),
        (pa.dictionary(pa.int8(), pa.int64()), CATEGORY),
        (pa.dictionary(pa.int8(), pa.binary()), "unknown"),
        (pa.null(), "empty"),
        (pa.list_(pa.int8()), "unknown"),
    ],
)
def test_kinds(data_type, kind):
    assert kind_of(data_type) == kind


# ---- conversions ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_nothing_of_every_kind(kind):
    assert convert(pa.nulls(3), kind, "x").to_pylist() == [None] * 3
    assert convert(pa.array([None, ""], pa.string()), kind, "x")[0].as_py() is None


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (pa.array([1, None], pa.int32()), [1.0, None]),
        (pa.array([2**63 - 1, 0], pa.int64()), [2.0**63, 0.0]),
        (pa.array([True, None]), [1.0, None]),
        (pa.array([dt.timedelta(hours=36)], pa.duration("s")), [1.5]),
        (pa.array([" 1 ", "1e3", "-.5", "NA", "?", ""]), [1.0, 1000.0, -0.5, None, None, None]),
        (pa.array(["7", "8"]).dictionary_encode(), [7.0, 8.0]),
        (pa.chunked_array([["1"], ["2", None]]), [1.0, 2.0, None]),
        (pa.array(["inf"]), [math.inf]),
    ],
)
def test_numbers(values, numbers):
    assert convert(values, NUMBER, "x").to_pylist() == numbers


@pytest.mark.parametrize(
    ("values", "truth"),
    [
        (pa.array([True, None]), [True, None]),
        (pa.array([1, 0, None]), [True, False, None]),
        (pa.array([1.0, 0.0, float("nan")]), [True, False, None]),
        (pa.array(["true", "FALSE", "0", "NA"]), [True, False, False, None]),
    ],
)
def test_truth_values(values, truth):
    assert convert(values, BOOLEAN, "x").to_pylist() == truth


@pytest.mark.parametrize(
    ("values", "instants"),
    [
        (pa.array([NOON.date(), None]), [dt.datetime(2024, 5, 1), None]),
        (pa.array([NOON], pa.timestamp("ns", "America/New_York")), [NOON]),
        (pa.array([dt.time(6, 30)]), [dt.datetime(1970, 1, 1, 6, 30)]),
        (pa.array(["2024-05-01", " 2024-05-01T12:00", ""]), [dt.datetime(2024, 5, 1), NOON, None]),
        (pa.array(["0001-01-01", "NA"]), [dt.datetime(1, 1, 1), None]),
        (pa.array(["2024-05-01 12:00:00.000000001"]), [NOON]),
        (pa.array(["2024-05-01T14:00:00+02:00"]), [NOON]),
        (pa.array(["2024-05-01T12:00:00.000000001Z"]), [NOON]),
        (pa.array(["06:30"]), [dt.datetime(1970, 1, 1, 6, 30)]),
    ],
)
def test_dates(values, instants):
    assert convert(values, DATE, "x").to_pylist() == instants


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pa.array([3, None]), ["3", None]),
        (pa.array([3.0, 0.5, -0.0, float("nan"), None]), ["3", "0.5", "0", None, None]),
        (pa.array([True]), ["true"]),
        (pa.array([NOON.date()]), ["2024-05-01"]),
        (pa.array([dt.timedelta(hours=36)]), ["1.5"]),
        (pa.array([3, 4]).dictionary_encode(), ["3", "4"]),
        (pa.array(["NA", "a"], pa.string_view()), ["NA", "a"]),
        (pa.array(["a", "", " "]), ["a", None, " "]),
    ],
)
def test_texts(values, texts):
    assert convert(values, CATEGORY, "x").to_pylist() == texts


@pytest.mark.parametrize(
    ("values", "kind", "row", "value", "expected"),
    [
        (pa.array(["1", "2", "x", "y"]), NUMBER, 3, "'x'", "a number"),
        (pa.array(["", "NA", "1,5"]), NUMBER, 3, "'1,5'", "a number"),
        (pa.array([None, NOON]), NUMBER, 2, "'2024-05-01 12:00:00'", "a number"),
        (pa.array(["true", "maybe"]), BOOLEAN, 2, "'maybe'", "true or false"),
        (pa.array([None, 0, 1, 2, 0]), BOOLEAN, 4, "'2'", "true or false"),
        (pa.array([NOON]), BOOLEAN, 1, "'2024-05-01 12:00:00'", "true or false"),
        (pa.array(["2024-01-01", "soon"]), DATE, 2, "'soon'", "a date"),
        (pa.array(["soon", "2024-01-01"]), DATE, 1, "'soon'", "a date"),
        (pa.array(["2024-01-01", "01/02/2024"]), DATE, 2, "'01/02/2024'", "a date"),
        (pa.array([None, 5]), DATE, 2, "'5'", "a date"),
        (pa.array(["z" * 99]), NUMBER, 1, "'" + "z" * 37 + "...'", "a number"),
    ],
)
def test_the_first_value_that_does_not_fit_is_named(values, kind, row, value, expected):
    with pytest.raises(TableError) as caught:
        convert(values, kind, "col", source="t.csv: ", first_row=1001)
    start = f"t.csv: column 'col', row 1,{row:03d}: {value} is not {expected}"
    assert str(caught.value).startswith(start)


@given(st.lists(st.integers(-9, 9) | st.just("x"), max_size=60))
def test_the_first_of_many_misfits_is_found(values):
    column = pa.array([str(value) for value in values], pa.string())
    if "x" not in values:
        assert convert(column, NUMBER, "c").to_pylist() == values
    else:
        with pytest.raises(TableError, match=f"row {values.index('x') + 1}: 'x'"):
            convert(column, NUMBER, "c")


def test_what_no_model_can_use():
    with pytest.raises(TableError, match=r"column 'c' holds values .* \(list<.*>\): leave it out"):
        convert(pa.array([[1]]), NUMBER, "c")


# ---- numbers as text -----------------------------------------------------------------


def kinds_of(**columns):
    return {name: each.kind for name, each in survey_frame(pa.table(columns)).items()}


def test_text_that_is_all_numbers_holds_numbers():
    table = pa.table(
        {
            "n": ["1", " 2.5", "NA", None, "-1e3"],
            "code": ["1", "2", "3", "4", "5"],
            "grade": pa.array(["1", "2", "1", "2", "1"]).dictionary_encode(),
            "word": ["a", "b", "1", "2", "3"],
            "f": [1.0, 2.0, 3.0, 4.0, 5.0],
        }
    )
    found = survey_frame(table, as_text=["code"])
    assert {name: each.kind for name, each in found.items()} == {"n": NUMBER, "word": CATEGORY}
    assert convert(table["n"], found["n"], "n").to_pylist() == [1.0, 2.5, None, None, -1000.0]


@pytest.mark.parametrize("slip", ["12 kg", "O", "1.2.3", "--1"])
def test_a_slip_among_numbers_is_named(slip):
    values = [str(i) for i in range(20)] + ["NA", slip, "20"]
    with pytest.raises(TableError) as caught:
        survey_frame(pa.table({"size of it": values}))
    message = str(caught.value)
    assert "column 'size of it' holds numbers, but " in message
    assert f"'{slip}' in row 22 is none" in message
    assert f"--missing '{slip}'" in message
    assert "--categorical 'size of it'" in message


def test_a_slip_among_dates_is_named():
    values = [f"2024-05-{day:02d}" for day in range(1, 29)] + ["soon"]
    with pytest.raises(TableError, match=r"column 'd' holds dates, but 'soon' in row 29 is none"):
        survey_frame(pa.table({"d": values}))


def test_a_few_numbers_among_texts_are_levels():
    assert kinds_of(x=[*(str(i) for i in range(8)), "many", "9+"]) == {"x": CATEGORY}


# ---- frames --------------------------------------------------------------------------

FRAME = {"n": [1.5, 2.5], "t": ["a", None], "b": [True, False]}


@pytest.mark.parametrize(
    "frame",
    [
        pa.table(FRAME),
        pa.RecordBatch.from_pydict(FRAME),
        pd.DataFrame(FRAME, index=["r", "s"]),
        pd.DataFrame(FRAME).astype(object),
        pl.DataFrame(FRAME),
    ],
)
def test_frames_of_every_make(frame):
    assert is_table(frame)
    assert has_names(frame)
    assert to_arrow(frame).to_pydict() == FRAME


def test_pandas_columns_of_every_kind():
    frame = pd.DataFrame(
        {
            "i": pd.array([1, None], dtype="Int64"),
            "c": pd.Categorical(["u", None]),
            "d": pd.to_datetime(["2024-05-01", None]),
            "o": pd.Series([math.nan, pd.NA], dtype=object),
        }
    )
    kinds = [kind_of(each) for each in to_arrow(frame).schema.types]
    assert kinds == [NUMBER, CATEGORY, DATE, "empty"]


def test_numbered_columns_have_no_names():
    frame = pd.DataFrame(np.eye(2))
    assert not has_names(frame)
    assert to_arrow(frame).column_names == ["0", "1"]


def test_arrays_get_the_names_that_scikit_learn_gives():
    table = from_array(np.array([[1, "a"], [2, None]], dtype=object))
    assert table.to_pydict() == {"x0": [1, 2], "x1": ["a", None]}


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame({"m": [1, "a"]}, dtype=object), "column 'm' mixes values"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "the table: more than one column"),
        (pl.Series([1]), "Series is no table"),
        (
            pa.table({"a": pa.array([], pa.int8())}).to_reader(),
            "RecordBatchReader has no rows left",
        ),
        ([[1]], "list is no table"),
    ],
)
def test_what_is_no_table(frame, words):
    with pytest.raises(TableError, match=words):
        to_arrow(frame)


def test_rows_that_are_elsewhere_are_fetched():
    table = pa.table({"n": [1.5, None], "word": ["a", "b"]})
    frame = pl.from_arrow(table)
    relation = duckdb.sql("SELECT n, word FROM frame WHERE word <= 'b' ORDER BY word")
    for X in (frame.lazy(), table.to_reader(), relation):
        assert is_table(X)
        assert to_arrow(X).to_pydict() == table.to_pydict()


def test_polars_categories_are_text():
    frame = pl.DataFrame({"c": pl.Series(["u", "v", None], dtype=pl.Categorical)})
    assert convert(to_arrow(frame)["c"], CATEGORY, "c").to_pylist() == ["u", "v", None]


# ---- without pyarrow -----------------------------------------------------------------


def test_its_absence_says_which_extra_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for name in [name for name in sys.modules if name.startswith("trilayer.tables")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingExtraError, match=r"pip install 'trilayer\[cli\]'"):
        import trilayer.tables  # noqa: F401


def test_slices_of_columns_convert_alike():
    column = pa.chunked_array([["1", "2"], ["3", "x"]])
    assert convert(column.slice(1, 2), NUMBER, "c").to_pylist() == [2.0, 3.0]
    assert pc.sum(convert(column.slice(0, 0), NUMBER, "c")).as_py() is None
