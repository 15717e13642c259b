"""Parquet, whole or as a stream."""

import json
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.convert import CATEGORY, kind_of, without_views
from trilayer.tables.files import TableFile, plain_errors
from trilayer.tables.footer import stored
from trilayer.tables.header import refuse_duplicates

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
else:
    pa, pq = require("pyarrow", "cli"), require("pyarrow.parquet", "cli")

_BUFFER = 1 << 20  # bytes of a column that are read at a time

_MOST_CODED = 1 << 24  # bytes of a column in a row group, unpacked, that may stay in memory

_MOST_FOOTER = 4 << 20  # bytes that are looked through for that: a second or two

# pandas keeps a frame's row labels under this name: they are no column of the table.
_ROW_LABELS = re.compile(r"__index_level_\d+__")


def parquet_names(file: TableFile) -> list[str]:
    """Read the names of the columns."""
    with plain_errors(file.name):
        names = list(_open(file).schema_arrow.names)
    refuse_duplicates(names, file.name)
    return [name for name in names if _ROW_LABELS.fullmatch(name) is None]


def parquet_types(file: TableFile) -> tuple[dict[str, "pa.DataType"], int]:
    """Read the types of the columns, by name, and the number of rows."""
    with plain_errors(file.name):
        opened = _open(file)
        schema, rows = opened.schema_arrow, int(opened.metadata.num_rows)
    types = {name: schema.field(name).type for name in parquet_names(file)}
    return {**{name: pa.string() for name, _ in file.partition}, **types}, rows


def parquet_categories(file: TableFile) -> set[str]:
    """Return the columns that pandas had as categories, whatever Parquet stores them as."""
    with plain_errors(file.name):
        metadata = _open(file).schema_arrow.metadata or {}
    with suppress(ValueError, TypeError, KeyError, AttributeError):  # anyone may write metadata
        about = json.loads(metadata[b"pandas"])["columns"]
        return {str(each["name"]) for each in about if each["pandas_type"] == "categorical"}
    return set()


def parquet_bytes(file: TableFile) -> int:
    """Return how many bytes a file holds, unpacked."""
    with plain_errors(file.name):
        about = _open(file).metadata
        return sum(about.row_group(g).total_byte_size for g in range(about.num_row_groups))


def read_parquet(file: TableFile, columns: Sequence[str]) -> "pa.Table":
    """Read columns of one file."""
    with plain_errors(file.name), file.reading() as stream:
        # The names also match what is nested inside other columns: hence the selection.
        table = _parquet(stream).read(columns=list(columns)).select(list(columns))
    return _sound(without_views(table.replace_schema_metadata(None)), file.name)


def row_groups(file: TableFile) -> list[range]:
    """Return the rows of each row group."""
    with plain_errors(file.name):
        about = _open(file).metadata
        sizes = [int(about.row_group(g).num_rows) for g in range(about.num_row_groups)]
    ends = list(accumulate(sizes))
    return [range(end - size, end) for end, size in zip(ends, sizes, strict=True)]


def scan_parquet(
    file: TableFile,
    columns: Sequence[str],
    rows: int,
    groups: Sequence[int] | None = None,
    coded: Sequence[str] = (),
) -> Iterator["pa.Table"]:
    """Stream columns of one file, at most so many rows at a time; or of some row groups only.

    Of the columns `coded`, those that are stored as different texts and codes into them come
    as dictionaries.
    """
    with plain_errors(file.name), file.reading() as stream:
        # Else whole row groups are kept in memory, and all of them until the last is read.
        options: dict[str, Any] = {"pre_buffer": False, "buffer_size": _BUFFER}
        if coded:
            options["read_dictionary"] = _coded(file, coded)
        opened = _parquet(stream, **options)
        batches = opened.iter_batches(batch_size=rows, columns=list(columns), row_groups=groups)
        for batch in batches:
            table = without_views(pa.Table.from_batches([batch]).select(list(columns)))
            yield _sound(table, file.name)


def _sound(table: "pa.Table", file: str) -> "pa.Table":
    """Refuse text that is none: whoever writes Parquet is trusted with that, by pyarrow too."""
    for name, values in zip(table.column_names, table.columns, strict=True):
        if kind_of(values.type) == CATEGORY:
            try:
                values.validate(full=True)
            except pa.ArrowInvalid as error:
                raise TableError(f"{file}: column {name!r} holds text that is not UTF-8") from error
    return table


def _coded(file: TableFile, names: Sequence[str]) -> list[str]:
    """Return those of the columns that are stored as dictionaries of few texts.

    The texts of a whole row group stay in memory, so there must not be too much of them.
    """
    opened = _seekable(file.open())
    schema = pq.ParquetFile(opened).metadata.schema
    types = {each.path: each.physical_type for each in map(schema.column, range(len(schema)))}
    small: dict[str, bool] = {}
    try:
        for piece in stored(_footer(opened)):
            fits = piece.has_dictionary and piece.size <= _MOST_CODED
            small[piece.name] = small.get(piece.name, True) and fits
    except ValueError:  # reading it says what is wrong
        return []
    return [name for name in names if types.get(name) == "BYTE_ARRAY" and small.get(name, True)]


def _footer(file: "pa.NativeFile") -> bytes:
    size = file.size()
    file.seek(size - 8)
    (length,) = struct.unpack("<I", file.read(4))
    if length > min(size - 8, _MOST_FOOTER):
        raise ValueError("it is shorter than its footer, or that of very many row groups")
    file.seek(size - 8 - length)
    return bytes(file.read(length))


def _open(file: TableFile) -> "pq.ParquetFile":
    return _parquet(file.open())


def _parquet(stream: "pa.NativeFile", **options: Any) -> "pq.ParquetFile":
    return pq.ParquetFile(_seekable(stream), **options)


def _seekable(stream: "pa.NativeFile") -> "pa.NativeFile":
    return stream if stream.seekable() else pa.BufferReader(stream.read())
