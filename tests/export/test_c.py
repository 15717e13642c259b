"""The export to C99 compiles without a warning and says what the library says."""

import shutil

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from export.models import NAMES, a_model, a_network, a_table, as_table, hard_rows, some_rows
from trilayer.export import c
from trilayer.export.counterparts.compilers import compiled
from trilayer.export.description import describe
from trilayer.export.runtime import rows as oracle

MODEL = a_model()
DESCRIPTION = describe(MODEL)
COMPILERS = [name for name in ("gcc", "clang", "clang-14") if shutil.which(name)] or ["cc"]


@pytest.fixture(scope="module", params=COMPILERS)
def score(request):
    with compiled(c.module(DESCRIPTION), DESCRIPTION, compiler=request.param) as run:
        yield run


def said(description, rows, **options):
    with compiled(c.module(description, **options), description) as run:
        return run(rows)


def test_edges_of_bins_and_hostile_text(score):
    table = as_table(hard_rows(MODEL))
    expected = MODEL.predict_proba(table)[:, 1]
    np.testing.assert_allclose(score(table), expected, rtol=0, atol=1e-9)


@settings(max_examples=20)
@given(rows=some_rows())
def test_rows_of_chance(score, rows):
    table = as_table(rows)
    expected = MODEL.predict_proba(table)[:, 1]
    np.testing.assert_allclose(score(table), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("hidden", [0, 1, 30])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_whatever_the_network(hidden, dtype):
    description, table = describe(a_model(hidden=hidden, dtype=dtype, scale=0.2)), a_table()
    told = oracle.prepared(description)
    expected = [oracle.probability_of(told, row) for row in table.to_pylist()]
    np.testing.assert_allclose(said(description, table), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("hidden", [0, 30])
def test_weights_of_8_bits_are_near_and_are_what_the_file_computes(hidden):
    description, table = describe(a_model(hidden=hidden, scale=0.2)), a_table()
    steps, scales = c.rounded(np.array(description["W1"]))
    assert np.abs(steps.astype(int)).max() <= 127
    coarse = {**description, "W1": (steps * scales[:, None]).tolist()}
    told, exact = oracle.prepared(coarse), oracle.prepared(description)
    found = said(description, table, int8=True)
    expected = [oracle.probability_of(told, row) for row in table.to_pylist()]
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)
    near = [oracle.probability_of(exact, row) for row in table.to_pylist()]
    np.testing.assert_allclose(found, near, rtol=0, atol=0.1)
    assert len(c.module(description, int8=True)) < 0.6 * len(c.module(description)) or not hidden


def test_a_network_alone_and_its_steps():
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    X = np.random.default_rng(0).normal(size=(30, 3))
    X[3, 1] = np.nan
    model = make_pipeline(SimpleImputer(), StandardScaler(), MinMaxScaler(clip=True), a_network(3))
    model[:-1].fit(X)
    table = pa.table({f"x{i}": column for i, column in enumerate(np.vstack([X, 9 * X]).T)})
    expected = model.predict_proba(np.vstack([X, 9 * X]))[:, 1]
    np.testing.assert_allclose(said(describe(model), table), expected, rtol=0, atol=1e-12)


def test_what_cannot_be_is_no_number(score):
    row = a_table(rows=1)
    place = row.column_names.index(NAMES["number"])
    infinite = row.set_column(place, NAMES["number"], [[float("-inf")]])
    assert np.isnan(score(infinite)).all()
    assert np.isfinite(score(row)).all()


def test_columns_have_names_of_c():
    names = ["a b", "a-b", "int", "1", "", "日", "real", "A_b"]
    columns = [{"name": name} for name in names]
    found = c.fields_of({"columns": columns})
    assert found == [
        "a_b",
        "a_b_2",
        "column_int",
        "column_1",
        "column",
        "column_2",
        "column_real",
        "A_b",
    ]


def test_long_levels_and_columns_that_only_may_be_missing():
    long = "x" * 5000
    table = pa.table(
        {
            "long": [long, "y"] * 30,
            "same": pa.array([1.0, None, 1.0] * 20),
            "word": pa.array(["a", None, "a", "a"] * 15),
            "on": pa.array([True, None] * 30),
            "day": pa.array([5, None] * 30, pa.int32()).cast(pa.date32()),
        }
    )
    model = a_model(table)
    expected = model.predict_proba(table)[:, 1]
    np.testing.assert_allclose(said(describe(model), table), expected, rtol=0, atol=1e-12)


def test_days_of_all_years():
    days = pa.array(np.arange(-700_000, 2_900_000, 5003).astype(np.int32)).cast(pa.date32())
    table = pa.table({"day": days})
    model = a_model(table, scale=0.5)
    expected = model.predict_proba(table)[:, 1]
    typed = pa.table({"day": days.cast(pa.timestamp("us"))})
    np.testing.assert_allclose(said(describe(model), typed), expected, rtol=0, atol=1e-9)
