"""The encoder among tables of every make, and among scikit-learn's estimators."""

import datetime as dt
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from trilayer.encoding import TableEncoder
from trilayer.errors import InputError, TableError
from trilayer.tables import scan_table

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


def encoded(X, *names, **parameters):
    """The inputs of a table, by name; just some of them if names are given."""
    encoder = TableEncoder(**parameters).fit(X)
    inputs = dict(zip(encoder.get_feature_names_out(), encoder.transform(X).T, strict=True))
    return {name: inputs[name].tolist() for name in names or inputs}


# ---- the table -----------------------------------------------------------------------


def test_columns_are_found_by_name():
    encoder = TableEncoder().fit(PEOPLE)
    expected = encoder.transform(PEOPLE)
    shuffled = PEOPLE.select(list(reversed(PEOPLE.column_names))).append_column(
        "more", pa.array(["?"] * 4)
    )
    np.testing.assert_array_equal(encoder.transform(shuffled), expected)
    with pytest.raises(TableError, match="the table: no column 'job'; it has 'age', 'member'"):
        encoder.transform(PEOPLE.drop_columns(["job"]))
    with pytest.raises(TableError, match=r"no columns 'age', 'job' \(did you mean 'Age'\?\)"):
        encoder.transform(PEOPLE.rename_columns(["Age", "Job", *PEOPLE.column_names[2:]]))


def test_text_where_numbers_were_is_refused_with_its_row():
    encoder = TableEncoder().fit(pa.table({"x": list(range(9)), "y": list(range(9))}))
    values = [*(str(i) for i in range(20_000)), "many"]
    table = pa.table({"y": [1] * 20_001, "x": values})
    with pytest.raises(TableError, match="column 'x', row 20,001: 'many' is not a number"):
        encoder.transform(table)
    with pytest.raises(TableError, match=r"column 'x', row 1: .* is not a number"):
        encoder.transform(pa.table({"x": [dt.date(2024, 1, 1)], "y": [1]}))


@pytest.mark.parametrize("make", [pa.Table.to_pandas, pl.from_arrow, lambda table: table])
def test_every_make_of_table_gives_the_same_inputs(make):
    encoder = TableEncoder().fit(PEOPLE)
    expected = encoder.transform(PEOPLE)
    np.testing.assert_array_equal(encoder.transform(make(PEOPLE)), expected)
    again = TableEncoder().fit(make(PEOPLE))
    np.testing.assert_array_equal(again.transform(PEOPLE), expected)
    assert again.feature_names_in_.tolist() == PEOPLE.column_names


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_output_is_plain(dtype):
    out = TableEncoder(dtype=dtype).fit_transform(PEOPLE)
    assert out.dtype == dtype
    assert out.flags.c_contiguous
    assert TableEncoder().fit(PEOPLE).transform(PEOPLE.slice(0, 0)).shape == (0, out.shape[1])


def test_arrays_have_columns_by_place():
    X = np.array([[1, 5.0], [2, np.nan], [3, 7.0]])
    encoder = TableEncoder().fit(X)
    assert not hasattr(encoder, "feature_names_in_")
    assert encoder.get_feature_names_out().tolist() == ["x0", "x1", "x1 is missing"]
    assert encoder.get_feature_names_out(["a", "b"]).tolist() == ["a", "b", "b is missing"]
    out = encoder.transform(X)
    np.testing.assert_array_equal(encoder.transform(pd.DataFrame(X)), out)
    with pytest.warns(UserWarning, match="X has feature names, but TableEncoder was fitted with"):
        np.testing.assert_array_equal(encoder.transform(pd.DataFrame(X, columns=list("pq"))), out)
    named = TableEncoder().fit(pd.DataFrame(X, columns=list("pq")))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        np.testing.assert_array_equal(named.transform(X), out)
    with pytest.raises(InputError, match="X has 1 features, but TableEncoder is expecting 2"):
        encoder.transform(X[:, :1])


def test_names_of_inputs_are_checked_and_unique():
    encoder = TableEncoder().fit(PEOPLE)
    names = encoder.get_feature_names_out(PEOPLE.column_names)
    assert names.tolist() == encoder.get_feature_names_out().tolist()
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        encoder.get_feature_names_out(list("abcdef"))
    with pytest.raises(ValueError, match="input_features should have length equal"):
        encoder.get_feature_names_out(["a"])
    clash = pa.table({"c": ["a", "b", "a"], "c=a": [1, 2, 3], "c=a (2)": [3, 2, 1]})
    assert list(encoded(clash)) == ["c=a", "c=b", "c=a (2)", "c=a (2) (2)"]


# ---- what is said --------------------------------------------------------------------


def test_it_says_what_it_understood():
    table = pa.table(
        {
            "age": [i / 2 for i in range(300)],
            "job": ["cook"] * 200 + ["smith"] * 97 + ["monk", "king", None],
            "one": [1.0, None] * 150,
            "id": [f"u{i}" for i in range(300)],
        }
    )
    summaries = TableEncoder().fit(table).describe()
    assert [str(each) for each in summaries] == [
        "age: number, 33 inputs; 32 bins",
        "job: category, 4 inputs; 2 levels; 2 rare levels pooled; 1 value missing",
        "one: number, 1 input; 150 values missing; only whether a value is there counts, "
        "for every value is the same",
        "id: left out: nearly every value is different",
    ]
    assert [(s.inputs, s.missing, s.levels, s.pooled) for s in summaries] == [
        (33, 0, 0, 0),
        (4, 1, 2, 2),
        (1, 150, 0, 0),
        (0, 0, 0, 0),
    ]


def test_kinds_serve_a_stream(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("zip,n,d,b\n1,1,2024-01-01,true\n2,2,2024-03-02,false\n1,4,2025-04-05,true\n")
    from trilayer.tables import read_table

    table = read_table(path, as_text=["zip"])
    encoder = TableEncoder(categorical=["zip"]).fit(table)
    assert encoder.kinds_ == {"zip": "category", "n": "number", "d": "date", "b": "boolean"}
    assert encoder.n_rows_ == 3
    rows = [encoder.transform(b) for b in scan_table(path, encoder.readings_, batch_rows=2)]
    np.testing.assert_array_equal(np.vstack(rows), encoder.transform(table))


# ---- scikit-learn --------------------------------------------------------------------


def unpassed(transformer):
    checks = check_estimator(transformer, on_fail=None, on_skip=None)
    return {check["check_name"] for check in checks if check["status"] != "passed"}


def test_it_is_a_scikit_learn_transformer():
    assert unpassed(TableEncoder()) <= unpassed(StandardScaler())


@pytest.mark.parametrize("make", [pa.Table.to_pandas, pl.from_arrow, lambda table: table])
def test_it_stands_in_a_pipeline(make):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    table = pa.table(
        {"x": y + rng.normal(size=200), "c": np.where(y ^ (rng.random(200) < 0.2), "a", "b")}
    )
    model = make_pipeline(TableEncoder(), LogisticRegression()).fit(make(table), y)
    assert model.score(make(table), y) > 0.75
    assert clone(model).fit(make(table), y).score(make(table), y) > 0.75
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(table), model.predict(table))


def test_frames_come_out_where_they_are_asked_for():
    frame = PEOPLE.to_pandas().set_index(pd.Index(list("wxyz")))
    encoder = TableEncoder().set_output(transform="pandas")
    out = encoder.fit_transform(frame)
    assert out.index.tolist() == list("wxyz")
    assert out.columns.tolist() == encoder.get_feature_names_out().tolist()
    assert TableEncoder().set_output(transform="polars").fit_transform(frame).shape == out.shape


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"max_bins": -1}, "max_bins must be a whole number from 0 on, not -1"),
        ({"max_bins": 7.5}, "max_bins must be a whole number from 0 on, not 7.5"),
        ({"max_levels": 0}, "max_levels must be a whole number from 1 on, not 0"),
        ({"min_count": 2.5}, "min_count must be a whole number"),
        ({"max_levels": None}, "max_levels must be a whole number"),
        ({"min_count": True}, "min_count must be a whole number"),
        ({"dtype": "int8"}, "dtype must be one of float64, float32, not 'int8'"),
        ({"categorical": [1]}, "columns are named by text"),
        ({"drop": ["absent"]}, "the table: no column 'absent'"),
        ({"categorical": ["absent"]}, "the table: no column 'absent'"),
    ],
)
def test_parameters_are_checked_when_they_are_used(parameters, words):
    encoder = TableEncoder(**parameters)
    with pytest.raises(InputError, match=words):
        encoder.fit(PEOPLE)


def test_before_it_has_learnt_it_says_so():
    encoder = TableEncoder()
    for use in (
        lambda: encoder.transform(PEOPLE),
        encoder.get_feature_names_out,
        encoder.describe,
        encoder.to_state,
        encoder.finish,
        lambda: encoder.partial_fit(PEOPLE).transform(PEOPLE),
    ):
        with pytest.raises(NotFittedError):
            use()
    for name in ("columns_", "dropped_", "kinds_", "n_rows_"):
        assert not hasattr(encoder, name)


BARE = """
import sys
import sklearn.base, sklearn.utils.validation
for name in list(sys.modules):
    if name.partition(".")[0] in ("pyarrow", "pandas", "polars"):
        del sys.modules[name]
sys.modules.update(pyarrow=None, pandas=None, polars=None)
from trilayer.encoding import TableEncoder
encoder = TableEncoder()
try:
    encoder.fit([[1, 2], [3, 4]])
except ImportError as error:
    print(error)
"""


def test_pyarrow_is_needed_only_when_a_table_comes():
    printed = subprocess.run([sys.executable, "-c", BARE], capture_output=True, check=True).stdout
    assert printed.decode().strip() == "pyarrow is not installed: pip install 'trilayer[cli]'"
