"""The export to SQL is run by SQLite, DuckDB and PostgreSQL, and says what the library says."""

import os
import shutil
import sqlite3

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from export.models import NAMES, a_model, a_network, a_table, as_table, hard_rows, some_rows
from export.servers import postgres_server
from trilayer.errors import InputError
from trilayer.export import sql
from trilayer.export.counterparts import databases
from trilayer.export.description import describe

MODEL = a_model()
DESCRIPTION = describe(MODEL)
PLACES = {"table": databases.TABLE, "ids": [databases.ORDER]}


@pytest.fixture(scope="module", params=["sqlite", "duckdb", "postgres"])
def database(request):
    if request.param == "postgres":
        if not (os.environ.get(databases.SERVER) or shutil.which("pg_ctl")):
            pytest.skip("no PostgreSQL: set TRILAYER_POSTGRES, or put pg_ctl on PATH")
        with postgres_server() as server, pytest.MonkeyPatch.context() as patch:
            patch.setenv(databases.SERVER, server)
            yield "postgres"
    else:
        yield request.param


def said(database, description, rows):
    query = sql.query(description, database, **PLACES)
    with getattr(databases, database)(query) as score:
        return score(rows)


def fit_for(database, rows):
    """Leave out what a database cannot hold: PostgreSQL's texts have no NUL, SQLite's days end."""
    return [
        row
        for row in rows
        if not (database == "postgres" and any("\0" in str(value) for value in row.values()))
    ]


def test_edges_of_bins_and_hostile_text(database):
    rows = fit_for(database, hard_rows(MODEL))
    table = as_table(rows)
    expected = MODEL.predict_proba(table)[:, 1]
    np.testing.assert_allclose(said(database, DESCRIPTION, table), expected, rtol=0, atol=1e-9)


@settings(max_examples=10)
@given(rows=some_rows())
def test_rows_of_chance(database, rows):
    table = as_table(fit_for(database, rows))
    # SQLite's functions of dates know no microseconds.
    place = table.column_names.index(NAMES["moment"])
    seconds = table.column(place).cast(pa.timestamp("s"), safe=False).cast(pa.timestamp("us"))
    table = table.set_column(place, NAMES["moment"], seconds)
    expected = MODEL.predict_proba(table)[:, 1]
    np.testing.assert_allclose(said(database, DESCRIPTION, table), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("hidden", [0, 1, 30])
@pytest.mark.parametrize("max_bins", [0, 1, 16])
def test_whatever_the_network(database, hidden, max_bins):
    model = a_model(hidden=hidden, scale=0.2, max_bins=max_bins)
    table = as_table(fit_for(database, a_table(rows=300).to_pylist()))
    place = table.column_names.index(NAMES["moment"])
    seconds = table.column(place).cast(pa.timestamp("s"), safe=False).cast(pa.timestamp("us"))
    table = table.set_column(place, NAMES["moment"], seconds)
    expected = model.predict_proba(table)[:, 1]
    found = said(database, describe(model), table)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_a_network_alone_and_its_steps(database):
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    X = np.random.default_rng(0).normal(size=(30, 3))
    X[3, 1] = np.nan
    model = make_pipeline(SimpleImputer(), StandardScaler(), MinMaxScaler(clip=True), a_network(3))
    model[:-1].fit(X)
    table = pa.table({f"x{i}": pa.array(column, from_pandas=True) for i, column in enumerate(X.T)})
    expected = model.predict_proba(X)[:, 1]
    np.testing.assert_allclose(said(database, describe(model), table), expected, rtol=0, atol=1e-9)


def test_tables_of_many_columns_are_joined_in_parts(database):
    rng = np.random.default_rng(0)
    table = pa.table({f"c{i}": rng.normal(size=200) for i in range(90)})
    model = a_model(table, hidden=3, scale=0.05)
    expected = model.predict_proba(table)[:, 1]
    np.testing.assert_allclose(said(database, describe(model), table), expected, rtol=0, atol=1e-9)


def test_what_cannot_be_is_null(database):
    row = a_table(rows=1, seed=3)
    place = row.column_names.index(NAMES["number"])
    for number in (float("inf"), float("-inf")):
        infinite = row.set_column(place, NAMES["number"], [[number]])
        assert np.isnan(said(database, DESCRIPTION, infinite)).all()
    assert np.isfinite(said(database, DESCRIPTION, row)).all()
    missing = row.set_column(place, NAMES["number"], [[float("nan")]])
    assert np.isfinite(said(database, DESCRIPTION, missing)).all()


def test_truths_and_numbers_that_stand_as_others(database):
    table = pa.table(
        {"b": ["yes", "No", "?", "maybe", None, "1"], "n": ["1", "2", "3", "4", "5", "6"]}
    )
    rng = np.random.default_rng(0)
    learnt = pa.table({"b": rng.random(60) < 0.5, "n": rng.normal(size=60)})
    model = a_model(learnt)
    asked = pa.table({"b": table["b"], "n": pa.array([1.0, 2.0, -9999.0, 4.0, 5.0, 6.0])})
    found = said(database, describe(model), asked)
    truths = pa.table(
        {"b": [True, False, None, None, None, True], "n": pa.array([1.0, 2.0, None, 4.0, 5.0, 6.0])}
    )
    expected = model.predict_proba(truths)[:, 1]
    expected[3] = np.nan
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_what_the_query_gives_back():
    table = a_table(rows=3)
    query = sql.query(DESCRIPTION, "sqlite", ids=["my id"])
    database = sqlite3.connect(":memory:")
    names = [*table.column_names, "my id"]
    quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    database.execute(f"CREATE TABLE data ({quoted})")
    row = [table[name][0].as_py() for name in table.column_names]
    row = [value.isoformat() if hasattr(value, "isoformat") else value for value in row]
    database.execute(f"INSERT INTO data VALUES ({', '.join('?' * len(names))})", [*row, 17])
    cursor = database.execute(query)
    told = [each[0] for each in cursor.description]
    assert told == [*names, "logit", "probability", "label"]
    (values,) = cursor.fetchall()
    database.close()
    p = MODEL.predict_proba(table.slice(0, 1))[0, 1]
    assert values[-2] == pytest.approx(p, abs=1e-9)  # microseconds are beyond SQLite
    assert values[-1] == ("yes" if p >= 0.5 else "no")
    assert values[len(row)] == 17


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite", "postgres", "bigquery", "clickhouse"])
def test_the_syntax_is_that_of_the_dialect(dialect):
    """By sqlglot's parser; texts and names come back from it as they are."""
    import sqlglot
    from sqlglot import exp

    query = sql.query(DESCRIPTION, dialect, table="a.b c", ids=["it's `one`\\"])
    (tree,) = sqlglot.parse(query, dialect=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    assert isinstance(tree, exp.Select)
    names = {each.name for each in tree.find_all(exp.Identifier)} | {
        each.this for each in tree.find_all(exp.Identifier)
    }
    columns = {column["name"] for column in DESCRIPTION["columns"]} | {"it's `one`\\", "b c"}
    if dialect != "clickhouse":  # whose escapes of bytes sqlglot leaves as they are
        assert columns - names <= {"Größe\n日"}
    assert not list(tree.find_all(exp.Drop))


def test_networks_that_no_database_holds_are_refused():
    description = describe(a_network(2, sql.MOST_UNITS + 1))
    with pytest.raises(InputError, match="1,501 hidden units"):
        sql.query(description, "duckdb")
