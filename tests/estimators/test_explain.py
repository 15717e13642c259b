"""`explain`: what each column does to the logit, as a frame."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from trilayer import TriLayerTableClassifier

ROWS = 300


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "age": np.where(rng.random(ROWS) < 0.1, np.nan, rng.normal(40, 10, ROWS)),
            "town": rng.choice(["a", "b", "c"], ROWS),
            "noise": rng.normal(size=ROWS),
            "(baseline)": rng.integers(0, 5, ROWS),
        },
        index=[f"row{i}" for i in range(ROWS)],
    )


@pytest.fixture(scope="module")
def fitted(table):
    z = 0.1 * (table.age.fillna(40) - 40) + (table.town == "a")
    y = np.where(z + np.random.default_rng(4).normal(0, 0.5, ROWS) > 0.3, "yes", "no")
    return TriLayerTableClassifier(hidden_units=3, l2s=[1.0], n_starts=1, random_state=0).fit(
        table, y
    )


def test_a_row_adds_up_to_its_logit_to_the_bit(fitted, table):
    frame = fitted.explain(table)
    added = [math.fsum(row) for row in frame.to_numpy()]
    assert added == fitted.decision_function(table).tolist()
    assert frame.index.equals(table.index)


def test_the_columns_are_those_used_behind_the_baseline(fitted, table):
    assert list(fitted.explain(table)) == ["(baseline)'", *table.columns]


def test_a_row_beside_itself_is_explained_by_nothing(fitted, table):
    frame = fitted.explain(table[:1], background=table[:1])
    np.testing.assert_allclose(frame.to_numpy()[0, 1:], 0, atol=1e-12)
    assert frame.iloc[0, 0] == pytest.approx(fitted.decision_function(table[:1])[0], rel=1e-9)


def test_only_what_differs_from_the_background_adds_anything(fitted, table):
    one = table[:1]
    other = one.assign(town="c" if one.town.iloc[0] != "c" else "a")
    frame = fitted.explain(other, background=one)
    assert abs(frame["town"].iloc[0]) > 1e-3
    np.testing.assert_allclose(frame[["age", "noise"]], 0, atol=1e-12)


def test_what_decides_is_told_to_decide(fitted, table):
    sizes = fitted.explain(table).abs().mean()
    assert sizes["age"] > 3 * sizes["noise"]


def test_the_frame_is_of_the_tables_library(fitted, table):
    rows = table.reset_index(drop=True)
    expected = fitted.explain(rows).to_numpy()
    polars = fitted.explain(pl.from_pandas(rows))
    arrow = fitted.explain(pa.Table.from_pandas(rows))
    assert isinstance(polars, pl.DataFrame)
    assert isinstance(arrow, pa.Table)
    np.testing.assert_array_equal(polars.to_numpy(), expected)
    np.testing.assert_array_equal(np.column_stack([c.to_numpy() for c in arrow.columns]), expected)


def test_an_array_is_explained_too():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    clf = TriLayerTableClassifier(hidden_units=2, l2s=[0.1], n_starts=1, random_state=0)
    frame = clf.fit(X, X[:, 0] > 0).explain(X)
    columns = np.column_stack([c.to_numpy() for c in frame.columns])
    assert [math.fsum(row) for row in columns] == clf.decision_function(X).tolist()
