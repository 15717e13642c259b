"""What a model can be exported to, by name: how each is written, and by what it is checked."""

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from trilayer.errors import InputError
from trilayer.export.description import Description
from trilayer.export.sql_dialects import DIALECTS

if TYPE_CHECKING:
    from trilayer.export.counterparts.scripts import Score
    from trilayer.modelfile import ModelRecord

SQL = tuple(DIALECTS)


@dataclass(frozen=True)
class Options:
    """What is said of an export beside its target.

    Attributes
    ----------
    dialect : str
        Of SQL: one of `SQL`.
    table : str
        Of SQL: where the rows are.
    ids : sequence of str
        Of SQL: columns to keep beside those of the model.
    int8 : bool
        Of C: weights of 8 bits.
    """

    dialect: str = "duckdb"
    table: str = "data"
    ids: Sequence[str] = ()
    int8: bool = False


@dataclass(frozen=True)
class Target:
    """One form of export.

    Attributes
    ----------
    says : str
        What it is.
    suffix : str
        Of a file.
    write : function of a description and options to str
    run : function of the same to a context of what scores rows with it
    missing : function of options to str
        What of this machine is missing to run it; empty where nothing is.
    options : tuple of str
        Which of the options it has.
    """

    says: str
    suffix: str
    write: Callable[[Description, Options], str]
    run: Callable[[Description, Options], "AbstractContextManager[Score]"]
    missing: Callable[[Options], str]
    options: tuple[str, ...] = ()


def _program(*names: str) -> Callable[[Options], str]:
    def missing(_: Options) -> str:
        from trilayer.export.counterparts.scripts import program

        absent = [name for name in names if program(name) is None]
        return f"{absent[0]} on PATH" if absent else ""

    return missing


def _python(description: Description, _: Options) -> str:
    from trilayer.export import python

    return python.module(description)


def _run_python(description: Description, _: Options) -> "AbstractContextManager[Score]":
    from trilayer.export import python
    from trilayer.export.counterparts import scripts

    return scripts.python(python.module(description))


def _numpy(description: Description, _: Options) -> str:
    from trilayer.export import python

    return python.numpy_module(description)


def _run_numpy(description: Description, _: Options) -> "AbstractContextManager[Score]":
    from trilayer.export import python
    from trilayer.export.counterparts import scripts

    return scripts.numpy(python.numpy_module(description))


def _js(description: Description, _: Options) -> str:
    from trilayer.export import js

    return js.module(description)


def _run_js(description: Description, _: Options) -> "AbstractContextManager[Score]":
    from trilayer.export import js
    from trilayer.export.counterparts import scripts

    return scripts.node(js.module(description))


def _c(description: Description, options: Options) -> str:
    from trilayer.export import c

    return c.module(description, int8=options.int8)


def _run_c(description: Description, options: Options) -> "AbstractContextManager[Score]":
    from trilayer.export.counterparts.compilers import compiled

    return compiled(_c(description, options), description)


def _sql(description: Description, options: Options) -> str:
    from trilayer.export import sql

    return sql.query(description, options.dialect, table=options.table, ids=options.ids)


def _run_sql(description: Description, options: Options) -> "AbstractContextManager[Score]":
    """Run the same query on a table of our own, which has nothing but the model's columns."""
    from trilayer.export import sql
    from trilayer.export.counterparts import databases

    query = sql.query(description, options.dialect, table=databases.TABLE, ids=(databases.ORDER,))
    run: Callable[[str], AbstractContextManager[Score]] = getattr(databases, options.dialect)
    return run(query)


def _no_database(options: Options) -> str:
    from trilayer.export.counterparts.databases import SERVER

    dialect = options.dialect
    if dialect == "duckdb":
        return "" if find_spec("duckdb") else "the package duckdb (pip install duckdb)"
    if dialect == "sqlite":
        return _no_functions()
    if dialect == "postgres":
        absent = "" if os.environ.get(SERVER) else f"a server's address in {SERVER}"
        return absent or _program("psql")(options)
    return f"a connection to {dialect}, which trilayer does not make"


def _no_functions() -> str:
    """Say what Python's SQLite lacks: it may have been built without functions of mathematics."""
    database = sqlite3.connect(":memory:")
    try:
        database.execute("SELECT tanh(1.0)")
    except sqlite3.OperationalError:
        return "an SQLite with functions of mathematics (SQLITE_ENABLE_MATH_FUNCTIONS)"
    finally:
        database.close()
    return ""


TARGETS = {
    "python": Target(
        "a module on Python's standard library alone", ".py", _python, _run_python, _program()
    ),
    "numpy": Target(
        "a Python module on NumPy, for whole tables", ".py", _numpy, _run_numpy, _program()
    ),
    "js": Target("an ES module, for browsers and Node.js", ".mjs", _js, _run_js, _program("node")),
    "c": Target("a file of C99, without a heap", ".c", _c, _run_c, _program("cc"), ("int8",)),
    "sql": Target("one query", ".sql", _sql, _run_sql, _no_database, ("dialect", "table", "ids")),
}
"""By name."""


FOLDERS = {"hf": "huggingface", "mlflow": "mlflow"}
"""What is a folder around the model file, and needs trilayer to be loaded: its module, by name."""


def write_folder(
    name: str, record: "ModelRecord", path: str | os.PathLike[str], options: Options, *, force: bool
) -> None:
    """Write a model as one of `FOLDERS`.

    Raises
    ------
    InputError
        If an option is not as it is by default, or the folder cannot be written.
    """
    _refuse_others(name, (), options)
    module = import_module(f"trilayer.export.{FOLDERS[name]}")
    module.write(record, path, force=force)


def target_of(name: str, options: Options) -> Target:
    """Return a target.

    Raises
    ------
    InputError
        If there is none of that name, or it has not an option that is not as it is by default.
    """
    target = TARGETS.get(name)
    if target is None:
        raise InputError(f"--to {name}: there are {', '.join([*TARGETS, *FOLDERS])}")
    _refuse_others(name, target.options, options)
    if options.dialect not in SQL:
        raise InputError(f"--dialect {options.dialect}: there are {', '.join(SQL)}")
    return target


def _refuse_others(name: str, own: Sequence[str], options: Options) -> None:
    plain, shown = vars(Options()), {"ids": "id"}
    for option, value in vars(options).items():
        if option not in own and value != plain[option]:
            owner = next(n for n, each in TARGETS.items() if option in each.options)
            raise InputError(f"--{shown.get(option, option)} goes with --to {owner}, not {name}")
