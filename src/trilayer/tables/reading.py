"""Whole tables: one file, several or a folder, as one pyarrow table."""

import difflib
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.convert import CATEGORY, EMPTY, convert, in_one_piece, kind_of
from trilayer.tables.delimited import read_delimited
from trilayer.tables.files import Source, TableFile, find_tables
from trilayer.tables.header import NO_HEADER, listing, looks_like_data, refuse_duplicates
from trilayer.tables.parquet import parquet_names, read_parquet
from trilayer.tables.partitions import completed
from trilayer.tables.places import Places, Span
from trilayer.tables.readings import DATE, NUMBER, Reading
from trilayer.tables.values import Values
from trilayer.tables.words import without_missing_words

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

_PREAMBLE = ": is its first line a comment? Take out what stands before the header"


def read_table(
    sources: Source | Sequence[Source],
    *,
    columns: Sequence[str] | None = None,
    as_text: Collection[str] = (),
) -> "pa.Table":
    """Read a table from CSV, TSV or Parquet, plain or gzip.

    Parameters
    ----------
    sources : path, binary stream, or a sequence of them
        Files of one format with the same columns, in any order; a folder stands for
        the files in it, sorted by name.
    columns : sequence of str, optional
        The columns to read, in this order. All by default.
    as_text : collection of str
        Columns to leave as text although they look like numbers or dates.

    Returns
    -------
    pyarrow.Table
        The rows of the files, one after the other.

    Raises
    ------
    TableError
        If something is wrong, in one sentence: what, where, and what to do.
    """
    return read_placed(sources, columns=columns, as_text=as_text)[0]


def read_placed(
    sources: Source | Sequence[Source],
    *,
    columns: Sequence[str] | None = None,
    as_text: Collection[str] = (),
) -> tuple["pa.Table", Places]:
    """Read a table as `read_table` does, and tell where its rows stand in the files."""
    from trilayer.tables.kinds import survey_frame

    files = find_tables(sources)
    names = _names_to_read(files, columns)
    require_columns(as_text, [*names, *column_names(files[0])], files[0].name)
    text = set(as_text) & set(names)
    parts = [_read(file, names, text) for file in files]
    table = pa.concat_tables(_of_one_type(files, parts))
    if not len(table):
        raise TableError(f"{files[0].name}: there are column names, but no rows")
    for name, reading in survey_frame(table, as_text=text, refuse=False).items():
        if reading.kind != CATEGORY:
            place = table.column_names.index(name)
            table = table.set_column(place, name, _narrow(table[name], reading, name))
    spans = (Span(file.name, 1, len(part)) for file, part in zip(files, parts, strict=True))
    return table, Places(tuple(spans))


def _narrow(values: Values, reading: Reading, name: str) -> Values:
    """Convert text; whole numbers that are written so, and days, need not become more."""
    made = convert(values, reading, name)
    given = without_missing_words(values, reading.missing)
    narrow = {NUMBER: pa.int64(), DATE: pa.date32()}.get(reading.kind)
    if narrow is not None and not reading.form:
        with suppress(pa.ArrowInvalid):
            made = in_one_piece(given).cast(narrow)
    return pa.chunked_array([made])


def column_names(file: TableFile) -> list[str]:
    """Return the names of a file's columns."""
    names = _stored_names(file)
    return [*names, *(name for name, _ in file.partition if name not in names)]


def _stored_names(file: TableFile) -> list[str]:
    return parquet_names(file) if file.header is None else list(file.header.names)


def own_names(file: TableFile, names: Sequence[str]) -> list[str]:
    """Return those of the columns that are in the file itself; one, if none is wanted."""
    there = _stored_names(file)
    return [name for name in names if name in set(there)] or there[:1]


def require_columns(names: Collection[str], available: Sequence[str], source: str) -> None:
    """Raise TableError unless all the names are there; it suggests what may be meant."""
    there = set(available)
    missing = [name for name in names if name not in there]
    if not missing:
        return
    close = difflib.get_close_matches(missing[0], available, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    noun = "column" if len(missing) == 1 else "columns"
    raise TableError(
        f"{source}: no {noun} {listing(missing)}{hint}; it has {listing(list(available))}"
        f"{f': {NO_HEADER}' * looks_like_data(available)}"
        f"{_PREAMBLE * (len(available) == 1 and available[0].startswith('#'))}"
    )


def _names_to_read(files: Sequence[TableFile], columns: Sequence[str] | None) -> list[str]:
    """Check that every file has the columns, and the same ones if all are wanted."""
    first = column_names(files[0])
    wanted = first if columns is None else list(columns)
    known = set(first)
    for file in files:
        names = column_names(file)
        require_columns(wanted, names, file.name)
        refuse_duplicates(names, file.name, wanted)
        surplus = [name for name in names if name not in known]
        if columns is None and surplus:
            raise TableError(
                f"{file.name}: {files[0].name} has no {listing(surplus)}: "
                "tables that are read together need the same columns"
            )
    return wanted


def _read(file: TableFile, names: Sequence[str], as_text: Collection[str]) -> "pa.Table":
    table = _read_own(file, own_names(file, names) if file.partition else names, as_text)
    if not file.partition:
        return table
    return completed(table, file.partition, names, typed=[n for n in names if n not in as_text])


def _read_own(file: TableFile, names: Sequence[str], as_text: Collection[str]) -> "pa.Table":
    as_text = [name for name in as_text if name in names]
    if file.header is not None:
        return read_delimited(file, names)
    table = read_parquet(file, names)
    for index, name in enumerate(names):
        if name in as_text:
            values = convert(table[name], CATEGORY, name, source=f"{file.name}: ")
            table = table.set_column(index, name, values)
    return table


def _of_one_type(files: Sequence[TableFile], parts: Sequence["pa.Table"]) -> list["pa.Table"]:
    """Give each column one type in all files, so that they can be joined."""
    columns = []
    for name in parts[0].column_names:
        pieces = [part[name] for part in parts]
        if len({piece.type for piece in pieces}) > 1:
            pieces = _agreed(files, name, pieces)
        columns.append(pieces)
    names = parts[0].column_names
    return [
        pa.table([pieces[index] for pieces in columns], names=names) for index in range(len(parts))
    ]


def _agreed(files: Sequence[TableFile], name: str, pieces: Sequence[Values]) -> list[Values]:
    kinds = [kind_of(piece.type) for piece in pieces]
    kind, index = next((kind, i) for i, kind in enumerate(kinds) if kind != EMPTY)
    for file, other in zip(files, kinds, strict=True):
        if other not in {kind, EMPTY}:
            raise TableError(
                f"{file.name}: column {name!r} holds values of another kind ({other}) "
                f"than in {files[index].name} ({kind}): make them alike"
            )
    return [convert(piece, kind, name) for piece in pieces]
