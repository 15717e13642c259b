"""Exports to SQL, run by the databases of this machine on rows that are put into a table."""

import csv
import io
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.export.counterparts.scripts import Score, run
from trilayer.optional import require

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = "trilayer_check"
"""What the table of rows is called; their order is in a column of the next name."""
ORDER = "trilayer_order"

SERVER = "TRILAYER_POSTGRES"
"""The environment variable that says where a PostgreSQL server is, as psql takes it."""


@contextmanager
def sqlite(query: str) -> Iterator[Score]:
    """Run a query by Python's own SQLite, on a table in memory."""
    with closing(sqlite3.connect(":memory:")) as database:
        yield partial(_by_sqlite, database, query)


@contextmanager
def duckdb(query: str) -> Iterator[Score]:
    """Run a query by DuckDB's package, on a table in memory."""
    with closing(require("duckdb", "export").connect(":memory:")) as database:
        yield partial(_by_duckdb, database, query)


@contextmanager
def postgres(query: str) -> Iterator[Score]:
    """Run a query by `psql`, on a temporary table of the server that `SERVER` says."""
    yield partial(_by_postgres, os.environ[SERVER], query)


def _by_sqlite(database: Any, query: str, rows: "pa.Table") -> npt.NDArray[np.float64]:
    names = [_name(name) for name in (*rows.column_names, ORDER)]
    database.execute(f"DROP TABLE IF EXISTS {TABLE}")
    database.execute(f"CREATE TABLE {TABLE} ({', '.join(names)})")
    columns = [[_as_iso(value) for value in column.to_pylist()] for column in rows.columns]
    marks = ", ".join("?" * len(names))
    each = zip(*columns, range(len(rows)), strict=True)
    database.executemany(f"INSERT INTO {TABLE} VALUES ({marks})", each)  # noqa: S608
    return _in_order(database.execute(query).fetchall())


def _by_duckdb(database: Any, query: str, rows: "pa.Table") -> npt.NDArray[np.float64]:
    import pyarrow as pa

    database.register(TABLE, rows.append_column(ORDER, pa.array(range(len(rows)))))
    return _in_order(database.execute(query).fetchall())


def _by_postgres(server: str, query: str, rows: "pa.Table") -> npt.NDArray[np.float64]:
    import pyarrow as pa

    types = {
        "double": "double precision",
        "bool": "boolean",
        "timestamp[us]": "timestamp",
        "int64": "bigint",
    }
    rows = rows.append_column(ORDER, pa.array(range(len(rows))))
    fields = ", ".join(
        f"{_name(field.name)} {types.get(str(field.type), 'text')}" for field in rows.schema
    )
    columns = [[_copied(value) for value in column.to_pylist()] for column in rows.columns]
    lines = ["\t".join(row) for row in zip(*columns, strict=True)]
    script = [
        f"CREATE TEMPORARY TABLE {TABLE} ({fields});",
        f"COPY {TABLE} FROM STDIN;",
        *lines,
        "\\.",
        f"COPY ({query}) TO STDOUT (FORMAT csv);",
    ]
    words = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", server]
    # Compiling expressions of this size takes longer than computing them.
    told = run(words, ("SET jit = off;\n" + "\n".join(script) + "\n").encode())
    return _in_order(list(csv.reader(io.StringIO(told.decode()))))


def _in_order(told: list[Any]) -> npt.NDArray[np.float64]:
    """Return the probabilities of rows that end in order, logit, probability and label."""
    found = np.full(len(told), np.nan)
    for *_, order, _logit, p, _label in told:
        found[int(order)] = np.nan if p in {None, ""} else float(p)
    return found


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _as_iso(value: Any) -> Any:
    """Return dates as SQLite has them."""
    return (
        value.isoformat(" ")
        if hasattr(value, "hour")
        else (value.isoformat() if hasattr(value, "isoformat") else value)
    )


_COPIED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copied(value: Any) -> str:
    """Write a value as COPY reads it; there is no NUL in its texts."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_COPIED)
    return value.isoformat() if hasattr(value, "isoformat") else repr(value)
