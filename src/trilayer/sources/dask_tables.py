"""Tables on a cluster: partitions of a Dask DataFrame, or parts of files.

What the columns teach is learnt from the first row to the last, as everywhere: an encoder
goes from partition to partition, or through the files on one worker. Then each partition,
or each part of the files, is encoded by whoever has it or reads it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from trilayer.encoding import TableEncoder
from trilayer.encoding.inputs import Inputs
from trilayer.errors import InputError
from trilayer.optional import require
from trilayer.sources.lessons import Chooser, Columns, Learnt, Lesson, Part, encode_block
from trilayer.sources.shuffle import Rows, joined
from trilayer.sources.tables import Paths, Table, encoded, learn, look
from trilayer.tables import Block, Places, require_columns, to_arrow
from trilayer.tables.parquet import row_groups
from trilayer.tables.places import Span

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

MOST_ROWS = 1 << 20
"""Rows of a part at the most: what a worker reads and encodes at a time."""

FEWEST_ROWS = 1 << 15
"""Rows of a part at the least, where the files have as many."""


def lesson_of(frame: Any, columns: Columns, encoder: TableEncoder) -> Lesson:
    """Begin to learn from a Dask DataFrame.

    Raises
    ------
    TableError, InputError
        If a column that is named is not there, or none is left to learn from.
    """
    names = [str(name) for name in frame.columns]
    special = [columns.target, *columns.weight]
    require_columns([*special, *columns.drop, *columns.categorical], names, "the Dask DataFrame")
    inputs = [name for name in names if name not in {*special, *columns.drop}]
    if not inputs:
        raise InputError("the Dask DataFrame has no column beside the target to learn from")
    return Lesson(columns, inputs, encoder)


def heard(lesson: Lesson, partition: Any, place: int) -> Lesson:
    """Return the lesson after one partition more; the one before stays as it was."""
    lesson = deepcopy(lesson)  # a task may have to be done again
    lesson.add(_block(partition, lesson.wanted, place), 0)
    return lesson


def settled(lesson: Lesson) -> Learnt:
    """Return what was learnt, without what only learning on would need."""
    return plain(lesson.learnt())


def plain(learnt: Learnt) -> Learnt:
    """Leave out of what was learnt all that only learning on would need."""
    return replace(learnt, encoder=TableEncoder.from_fitted(learnt.encoder.fitted_))


def frame_rows(partition: Any, learnt: Learnt, columns: Columns, place: int) -> Rows:
    """Encode a partition of a Dask DataFrame."""
    names = [name for name in learnt.encoder.kinds_ if name != columns.target]
    wanted = list(dict.fromkeys([*names, columns.target, *columns.weight]))
    part = encode_block(_block(partition, wanted, place), learnt, columns, 0)
    return _rows_of(part, part.inputs.dtype)


def _block(partition: Any, names: Sequence[str], place: int) -> Block:
    table = to_arrow(partition).select(list(names)).combine_chunks()
    columns = [
        column.chunk(0) if column.num_chunks else pa.array([], column.type)
        for column in table.columns
    ]
    rows = pa.RecordBatch.from_arrays(columns, names=table.column_names)
    return Block(rows, Places((Span(f"partition {place} of the Dask DataFrame", 1, len(rows)),)))


def study(paths: Paths, columns: Columns, encoder: TableEncoder) -> tuple[Table, Learnt, list[int]]:
    """Look through files and learn from them, on a worker that can read them.

    Returns
    -------
    table : Table
    learnt : Learnt
    edges : list of int
        See `edges_of`.
    """
    table = look(paths, columns, encoder)
    return table, plain(learn(table, encoder)), edges_of(table)


def edges_of(table: Table) -> list[int]:
    """Return the rows at which files, and row groups of Parquet, end."""
    if table.files[0].header is not None:
        return list(accumulate(table.survey.counts))
    groups = [group for file in table.files for group in row_groups(file)]
    return list(accumulate(len(group) for group in groups))


def parts_of(table: Table, edges: Sequence[int], threads: int) -> list[Table]:
    """Cut the rows of files into parts of about the same size, for so many threads.

    A text file must be parsed from its start, so there is one part a thread of those; row
    groups of Parquet are read alone, so there are four, and the load is even.
    """
    most = threads if table.files[0].header is not None else 4 * threads
    count = max(-(-table.rows // MOST_ROWS), min(most, table.rows // FEWEST_ROWS), 1)
    ideal = [table.rows * i // count for i in range(1, count)]
    cuts = sorted({0, table.rows, *(_near(edges, row, table.rows // (4 * count)) for row in ideal)})
    return [table.part(range(a, b)) for a, b in pairwise(cuts)]


def _near(edges: Sequence[int], row: int, most: int) -> int:
    """Return the edge nearest to a row, if one is no farther than `most`, else the row."""
    at = bisect_left(edges, row)
    nearest = min(edges[max(at - 1, 0) : at + 1], key=lambda edge: abs(edge - row))
    return nearest if abs(nearest - row) <= most else row


def file_rows(part: Table, learnt: Learnt, choose: Chooser | None) -> Rows:
    """Read and encode a part of files."""
    dtype = learnt.encoder.dtype
    none = Rows(Inputs.empty(0, learnt.layout, dtype), np.empty((1, 0), dtype), None)
    found = [_rows_of(piece, dtype) for piece in encoded(part, learnt, choose=choose)]
    return joined(found) if found else none


def _rows_of(part: Part, dtype: Any) -> Rows:
    s = None if part.s is None else np.asarray(part.s, dtype=dtype)[np.newaxis]
    return Rows(part.inputs, part.Y[np.newaxis], s)
