"""CSV and TSV, whole or as a stream, through pyarrow's parser."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.convert import CATEGORY, kind_of, without_empty
from trilayer.tables.files import TableFile, plain_errors
from trilayer.tables.header import LONGEST_LINE, Header, not_utf8
from trilayer.tables.values import Values

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pa_csv
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")
    pa_csv = require("pyarrow.csv", "cli")

_FEWEST_LINES = 3  # like rows of the table, each of them, for one to be noticed


def read_delimited(file: TableFile, columns: Sequence[str]) -> "pa.Table":
    """Read columns of one file, as text."""
    names = _with_last(_header(file), columns)
    with plain_errors(file.name):
        try:
            table = _read(file, names, threads=True)
        except pa.ArrowInvalid:
            # Only a single thread knows the number of the row it stumbles over.
            with _explained(file):
                table = _read(file, names, threads=False)
    table = _tidy(file, table, first_row=1)
    _refuse_open_quote(file, table)
    return table.select(list(columns))


def scan_delimited(file: TableFile, columns: Sequence[str]) -> Iterator["pa.Table"]:
    """Stream columns of one file as text, one block after the other."""
    names = _with_last(_header(file), columns)
    with plain_errors(file.name), file.reading() as stream, _explained(file):
        options = _options(_header(file), names, threads=False)
        first_row, block = 1, None
        for batch in pa_csv.open_csv(stream, **options):
            block = _tidy(file, pa.Table.from_batches([batch]), first_row=first_row)
            first_row += len(block)
            yield block.select(list(columns))
        if block is not None:
            _refuse_open_quote(file, block, first_row=first_row - len(block))


def _header(file: TableFile) -> Header:
    assert file.header is not None  # noqa: S101  (the caller's promise: the file is no Parquet)
    return file.header


def _read(file: TableFile, names: Sequence[str], *, threads: bool) -> "pa.Table":
    options = _options(_header(file), names, threads=threads)
    with file.reading() as stream:
        return pa_csv.read_csv(stream, **options)


def _options(header: Header, names: Sequence[str], *, threads: bool) -> dict[str, Any]:
    return {
        "read_options": pa_csv.ReadOptions(
            column_names=header.keys,
            skip_rows=header.lines,
            use_threads=threads,
            block_size=LONGEST_LINE,
        ),
        "parse_options": pa_csv.ParseOptions(delimiter=header.delimiter, newlines_in_values=True),
        "convert_options": pa_csv.ConvertOptions(
            include_columns=list(names),
            # As bytes, so that `_tidy` can say which row is not UTF-8.
            column_types=dict.fromkeys(names, pa.binary()),
            strings_can_be_null=False,
        ),
    }


def _with_last(header: Header, columns: Sequence[str]) -> list[str]:
    """Add the last column, where a quotation mark that never closes shows."""
    last = header.keys[-1]
    return [*columns] if last in columns else [*columns, last]


@contextmanager
def _explained(file: TableFile) -> Iterator[None]:
    try:
        yield
    except pa.ArrowInvalid as error:
        raise TableError(f"{file.name}: {_in_words(str(error), _header(file).lines)}") from error


def _in_words(message: str, lines: int) -> str:
    ragged = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", message)
    if ragged is not None:
        row, expected, got = (int(each) for each in ragged.groups())
        return (
            f"row {row - lines:,} has {_counted(got, 'field')}, the header {expected}: complete "
            "the row, or put fields that contain the delimiter in quotation marks"
        )
    if "Empty CSV" in message or "Could not skip" in message:  # a header line without its end
        return "there are column names, but no rows"
    if "straddl" in message:
        return f"a row is longer than {LONGEST_LINE >> 20} MiB: is a quotation mark never closed?"
    return f"not readable as delimited text ({message.splitlines()[0]})"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _tidy(file: TableFile, table: "pa.Table", *, first_row: int) -> "pa.Table":
    """Decode text, and make empty text missing."""
    columns = []
    for name, values in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_binary(values.type):
            values = _as_utf8(file, name, values, first_row)
            _refuse_swallowed_rows(file, name, values, first_row)
        columns.append(without_empty(values) if kind_of(values.type) == CATEGORY else values)
    return pa.table(columns, names=table.column_names)


def _as_utf8(file: TableFile, name: str, values: Values, first_row: int) -> Values:
    """Decode bytes; the parser leaves text that is not UTF-8 as bytes too."""
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid as error:
        raws = (each.as_py() for each in values)
        at, raw = next((i, raw) for i, raw in enumerate(raws) if not _is_utf8(raw))
        where = f"row {first_row + at:,} (column {name!r})"
        raise TableError(not_utf8(file.name, where, raw)) from error


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _refuse_swallowed_rows(file: TableFile, name: str, values: Values, first_row: int) -> None:
    """Notice a quotation mark that closes many rows after it should have.

    A text may well have several lines; but not so many of which each has as many delimiters as a
    row of the table.
    """
    header = _header(file)
    between = len(header.names) - 1
    fewest = _FEWEST_LINES if between > 1 else 4 * _FEWEST_LINES
    if not between or not pc.any(pc.match_substring(values, "\n"), min_count=0).as_py():
        return
    for at in pc.indices_nonzero(pc.greater(pc.count_substring(values, "\n"), fewest)).to_pylist():
        lines = values[at].as_py().split("\n")[1:-1]
        if all(line.count(header.delimiter) == between for line in lines):
            raise TableError(
                f"{file.name}: row {first_row + at:,}, column {name!r}: a quoted value of "
                f"{len(lines) + 2:,} lines holds what look like rows: close its quotation mark, or "
                "double the marks that are part of the text"
            )


def _refuse_open_quote(file: TableFile, table: "pa.Table", *, first_row: int = 1) -> None:
    """Notice a quotation mark that is never closed: the last field has eaten whole rows."""
    header = _header(file)
    values = table[header.keys[-1]]
    if not len(values) or kind_of(values.type) != CATEGORY:
        return
    field = values[-1].as_py() or ""
    lines = field.split("\n")
    rows = [line for line in lines[1:-1] if line.count(header.delimiter) == len(header.names) - 1]
    if field.endswith("\n") and rows:
        raise TableError(
            f"{file.name}: the quotation mark that opens in row {first_row + len(values) - 1:,} "
            "is never closed: close it, or double the marks that are part of the text"
        )
