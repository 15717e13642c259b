"""Data frames of other libraries, as pyarrow tables."""

from typing import TYPE_CHECKING, Any

import numpy as np

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.convert import without_views
from trilayer.tables.header import refuse_duplicates

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

_PANDAS_ONLY = {"IntervalDtype", "PeriodDtype"}


def is_table(X: object) -> bool:
    """Whether `to_arrow` takes it: it has columns with names."""
    return _is_pandas(X) or hasattr(X, "__arrow_c_stream__") or _is_polars_plan(X)


def has_names(X: Any) -> bool:
    """Whether a table's columns have names: pandas may number them instead."""
    return not _is_pandas(X) or all(isinstance(name, str) for name in X.columns)


def at_hand(X: Any) -> Any:
    """Return a table whose rows can be read again and again; what is not Arrow's stays as it is."""
    return X if _is_pandas(X) or not is_table(X) else to_arrow(X)


def to_arrow(X: Any) -> "pa.Table":
    """Make a pandas, polars or any other Arrow-speaking table a pyarrow table.

    Parameters
    ----------
    X : table
        A pandas or polars data frame, a pyarrow table or record batch, or anything
        with ``__arrow_c_stream__``, such as a relation of DuckDB. Row labels (a pandas index) are
        left behind; a polars LazyFrame is collected; a RecordBatchReader is read to its end.

    Raises
    ------
    TableError
        If it is no table, a column mixes kinds of values, or names repeat; or a reader has
        nothing left to read.
    """
    if _is_polars_plan(X):
        X = X.collect()
    refuse_elsewhere(X)
    if isinstance(X, pa.RecordBatch):
        X = pa.Table.from_batches([X])
    elif not isinstance(X, pa.Table):
        X = _from_pandas(X) if _is_pandas(X) else _from_stream(X)
    refuse_duplicates(X.column_names, "the table")
    return without_views(X)


def refuse_elsewhere(X: object) -> None:
    """Refuse a frame whose rows are not at hand: it is a plan, or on a cluster.

    Raises
    ------
    TableError
        Which says how to come by the rows.
    """
    kind = f"a {type(X).__name__} of {type(X).__module__.split('.')[0]}"
    if hasattr(X, "npartitions") and hasattr(X, "compute"):
        raise TableError(
            f"the rows of {kind} are not at hand: call its compute(), or train on the cluster "
            "with dask_source"
        )
    if hasattr(X, "collect") and not hasattr(X, "__arrow_c_stream__"):
        raise TableError(f"{kind} is lazy, its rows are not at hand: call its collect()")


def _is_pandas(X: object) -> bool:
    return hasattr(X, "iloc") and hasattr(X, "columns")


def _from_pandas(X: Any) -> "pa.Table":
    names = [str(name) for name in X.columns]
    arrays = [_from_column(X.iloc[:, index], name) for index, name in enumerate(names)]
    return pa.table(arrays, names=names)


def _from_column(column: Any, name: str) -> Any:
    try:
        if hasattr(column, "sparse"):  # a pandas column of which most values are not stored
            column = column.sparse.to_dense()
        if column.dtype == np.longdouble:  # more digits than any column's numbers have
            column = column.astype(np.float64)
        return pa.array(_with_words(column), from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise TableError(
            f"column {name!r} mixes values of different kinds, or holds what is neither number, "
            f"text, truth value nor date: make it one kind, say with astype(str)"
        ) from error


def _with_words(column: Any) -> Any:
    """Write pandas' intervals and periods, which Arrow has not, as a CSV file would."""
    dtype = getattr(column, "dtype", None)
    categories: Any = getattr(dtype, "categories", None)
    if type(getattr(categories, "dtype", None)).__name__ in _PANDAS_ONLY:
        return column.cat.rename_categories(categories.astype(str))
    if type(dtype).__name__ in _PANDAS_ONLY:
        return column.map(str, na_action="ignore")
    return column


def _is_polars_plan(X: object) -> bool:
    return type(X).__name__ == "LazyFrame" and type(X).__module__.startswith("polars")


def _from_stream(X: Any) -> "pa.Table":
    try:
        table = pa.table(X)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise TableError(
            f"{type(X).__name__} is no table: give a pandas, polars or pyarrow table "
            "(a lazy one must be collected first)"
        ) from error
    if isinstance(X, pa.RecordBatchReader) and not len(table):
        raise TableError(
            "the RecordBatchReader has no rows left: it can be read once, so give another, or "
            "its read_all()"
        )
    return table


def from_array(X: Any) -> "pa.Table":
    """Make a 2-D NumPy array a table with columns x0, x1, ..., as scikit-learn calls them."""
    names = [f"x{index}" for index in range(X.shape[1])]
    columns = (np.ascontiguousarray(X[:, index]) for index in range(X.shape[1]))
    arrays = [_from_column(column, name) for column, name in zip(columns, names, strict=True)]
    return pa.table(arrays, names=names)
