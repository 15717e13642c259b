"""Samples on a Dask cluster: data that outgrew the machine.

`dask_source` makes a Dask DataFrame, Dask arrays, or files that every worker reads for
itself, a source. Workers hold their encoded blocks between passes; a pass sends them the
parameters, and brings whole subtrees of the fixed summation tree back. So the bits are
those of `trilayer.sources.memory.MemorySource` over the same rows in the same order,
whatever the partitions, the workers and their threads, and whichever of them are lost.

>>> client = distributed.Client("tcp://HOST:8786")  # doctest: +SKIP
>>> with dask_source(frame, target="income") as source:  # doctest: +SKIP
...     network = TriLayerClassifier(16, solver="lbfgs").fit_source(source)
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from trilayer.encoding import TableEncoder
from trilayer.errors import InputError
from trilayer.optional import require
from trilayer.sources.arrow import weighed
from trilayer.sources.dask_arrays import array_rows, chunks_of, labels_in, two_labels
from trilayer.sources.dask_shards import itself
from trilayer.sources.dask_source import DaskSource
from trilayer.sources.dask_tables import (
    file_rows,
    frame_rows,
    heard,
    lesson_of,
    parts_of,
    settled,
    study,
)
from trilayer.sources.dask_wait import PATIENCE, connected, results, threads
from trilayer.sources.lessons import Chooser, Columns, Learnt
from trilayer.sources.options import Options, columns_of, completed, encoder_for
from trilayer.sources.tables import Paths, Table
from trilayer.sources.weights import class_factors

if TYPE_CHECKING:
    import distributed
    from dask import delayed
else:
    distributed = require("distributed", "dask")
    delayed = require("dask", "dask").delayed

__all__ = ["PATIENCE", "DaskSource", "dask_source", "of_files"]


def dask_source(
    data: Any,
    y: Any = None,
    *,
    target: str | None = None,
    encoder: TableEncoder | None = None,
    client: "distributed.Client | None" = None,
    patience: float = PATIENCE,
    **options: Unpack[Options],
) -> DaskSource:
    """Make data on a cluster a source that `TriLayerClassifier.fit_source` learns from.

    Parameters
    ----------
    data : dask.array.Array, dask.dataframe.DataFrame, or path, pattern, or several
        Rows of samples, m × n1; or a table; or CSV, TSV or Parquet files, which every worker
        must find under the same names.
    y : dask.array.Array, (m,)
        Two labels, beside an array.
    target : str
        The column with the answer, of a table; rows without one are left out.
    encoder : TableEncoder, optional
        How columns become inputs. A fitted one is used as it is; of another, a copy is fitted
        to the rows. By default ``TableEncoder(dtype=dtype)``.
    client : distributed.Client, optional
        By default the one that this process made last.
    patience : float
        Seconds for which there may be no worker, or no scheduler, before it is an error.
    categorical, drop : sequence of str
        Columns that are categories whatever they look like; columns to leave out.
    sample_weight : dask.array.Array, (m,), or str, optional
        The sample weights; of a table, their column. Rows of weight 0 are left out.
    class_weight : mapping or "balanced", optional
        Factors on the sample weights, as in `TriLayerClassifier`.
    dtype : {"float32", "float64"}, optional
        By default that of an array (float64 for what is neither), the encoder's, or float32.

    Returns
    -------
    DaskSource
        Of a table, with `encoder_`: the encoder to predict with.

    Raises
    ------
    InputError
        If the data cannot be used; the message says why.
    ClusterError
        If the workers or the scheduler are gone.
    """
    told = completed(options, "dask_source")
    client = connected(client)
    if hasattr(data, "chunks"):
        if target is not None or encoder is not None:
            raise InputError("target and encoder are for tables: beside an array, give y")
        return _of_arrays(client, data, y, told, patience)
    if y is not None or target is None:
        raise InputError("a table holds its answers: name their column with target=, not y")
    columns, encoder = columns_of(target, told), encoder_for(encoder, told["dtype"])
    if hasattr(data, "to_delayed"):
        return _of_frame(client, data, columns, encoder, told["class_weight"], patience)
    studied = client.submit(study, _absolute(data), columns, encoder, pure=False)
    [(table, learnt, edges)] = results(client, [studied], patience)
    learnt = weighed(learnt, told["class_weight"], columns.sample_weight)
    return of_files(client, table, learnt, edges, patience=patience)


def of_files(
    client: "distributed.Client",
    table: Table,
    learnt: Learnt,
    edges: Sequence[int],
    *,
    choose: Chooser | None = None,
    patience: float = PATIENCE,
) -> DaskSource:
    """Make files that were looked through and learnt from a source.

    Parameters
    ----------
    client : distributed.Client
    table, learnt, edges
        As `trilayer.sources.dask_tables.study` returns them.
    choose : callable, optional
        Which rows to take; a function that can be pickled.
    patience : float
    """
    parts = parts_of(table, edges, threads(client))
    taught = client.submit(itself, learnt, pure=False)
    rows = client.map(file_rows, parts, learnt=taught, choose=choose, pure=False)
    return DaskSource(client, rows, learnt.target.classes, learnt.encoder, patience)


def _of_frame(
    client: "distributed.Client",
    frame: Any,
    columns: Columns,
    encoder: TableEncoder,
    class_weight: Mapping[Any, float] | str | None,
    patience: float,
) -> DaskSource:
    lesson = delayed(lesson_of(frame, columns, encoder), traverse=False)
    partitions = frame.to_delayed()
    for place, partition in enumerate(partitions):
        lesson = delayed(heard, pure=False)(lesson, partition, place)
    [learnt] = results(client, client.compute([delayed(settled, pure=False)(lesson)]), patience)
    taught = delayed(weighed(learnt, class_weight, columns.sample_weight), traverse=False)
    rows = [
        delayed(frame_rows, pure=False)(partition, taught, columns, place)
        for place, partition in enumerate(partitions)
    ]
    return DaskSource(client, client.compute(rows), learnt.target.classes, learnt.encoder, patience)


def _of_arrays(
    client: "distributed.Client",
    X: Any,
    y: Any,
    told: Options,
    patience: float,
) -> DaskSource:
    class_weight, dtype = told["class_weight"], told["dtype"]
    chunks = chunks_of(X, y, told["sample_weight"])
    labels = [delayed(labels_in, pure=False)(y, s, place) for place, (_, y, s) in enumerate(chunks)]
    classes, masses = two_labels(results(client, client.compute(labels), patience), "y")
    factors = [] if class_weight is None else class_factors(class_weight, classes, masses)
    if dtype is None:
        dtype = X.dtype if X.dtype == np.float32 else np.float64
    rows = [
        delayed(array_rows, pure=False)(*chunk, classes, factors, np.dtype(dtype), place)
        for place, chunk in enumerate(chunks)
    ]
    return DaskSource(client, client.compute(rows), classes, None, patience)


def _absolute(paths: Paths) -> list[str]:
    """Name files so that a worker in another folder finds them."""
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    return [str(Path(path).absolute()) for path in given]
