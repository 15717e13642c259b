"""Tables that need not fit in memory: batches of rows, as a model expects them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.convert import convert
from trilayer.tables.delimited import scan_delimited
from trilayer.tables.files import Source, TableFile, find_tables
from trilayer.tables.parquet import row_groups, scan_parquet
from trilayer.tables.places import Places, Span
from trilayer.tables.reading import column_names, require_columns

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

BATCH_ROWS = 65_536
_BATCH_BYTES = 1 << 26  # of what rows are made into


def rows_for(width: int) -> int:
    """Return how many rows to read at a time that become so many float64 each."""
    return max(1, min(BATCH_ROWS, _BATCH_BYTES // (8 * max(1, width))))


@dataclass(frozen=True)
class Block:
    """A batch of a table, and where its rows stand in the files."""

    rows: "pa.RecordBatch"
    places: Places


def scan_table(
    sources: Source | Sequence[Source],
    kinds: Mapping[str, str],
    *,
    keep: Sequence[str] = (),
    batch_rows: int = BATCH_ROWS,
) -> Iterator["pa.RecordBatch"]:
    """Stream a table in the order of its rows, in constant memory.

    Parameters
    ----------
    sources : path, binary stream, or a sequence of them
        As for `read_table`. A stream is read once, as it comes; Parquet on a stream
        is read into memory first.
    kinds : mapping of str to {"number", "category", "boolean", "date"}
        The columns wanted, and what each must be, such as ``TableEncoder.kinds_``.
    keep : sequence of str
        More columns to hand on as they are: text from CSV, the stored type from
        Parquet. A column of both lists is checked, and handed on as it is.
    batch_rows : int
        The most rows of a batch.

    Returns
    -------
    iterator of pyarrow.RecordBatch
        With the columns of `kinds`, then those of `keep`.

    Raises
    ------
    TableError
        At once if a file or a column is missing; while iterating if a value does not
        fit its kind, naming the column, the value and the row.
    """
    blocks = scan_placed(sources, kinds, keep=keep, batch_rows=batch_rows)
    return (block.rows for block in blocks)


def scan_placed(
    sources: Source | Sequence[Source],
    kinds: Mapping[str, str],
    *,
    keep: Sequence[str] = (),
    batch_rows: int = BATCH_ROWS,
    parts: Sequence[range] | None = None,
) -> Iterator[Block]:
    """Stream a table as `scan_table` does, and tell where the rows stand in the files.

    With `parts`, only these rows of each file, counted from 0.
    """
    files = find_tables(sources, keep=False)
    names = list(dict.fromkeys([*kinds, *keep]))
    for file in files:
        require_columns(names, column_names(file), file.name)
    chosen = [None] * len(files) if parts is None else parts
    pairs = list(zip(files, chosen, strict=True))
    return _batches(pairs, dict(kinds), names, set(keep), batch_rows)


def _batches(
    files: Sequence[tuple[TableFile, range | None]],
    kinds: Mapping[str, str],
    names: Sequence[str],
    keep: set[str],
    batch_rows: int,
) -> Iterator[Block]:
    any_rows = False
    for file, part in files:
        for first, block in _blocks(file, names, batch_rows, part):
            for start in range(0, len(block), batch_rows):
                rows, first_row = block.slice(start, batch_rows), first + start + 1
                batch = _as_expected(file, rows, kinds, keep, first_row)
                yield Block(batch, Places((Span(file.name, first_row, len(rows)),)))
                any_rows = True
    if not any_rows:
        raise TableError(f"{files[0][0].name}: there are column names, but no rows")


def _blocks(
    file: TableFile, names: Sequence[str], rows: int, part: range | None
) -> Iterator[tuple[int, "pa.Table"]]:
    """Yield blocks of a file, or of a part of it, and the rows before each of them."""
    at, groups = 0, None
    if part is not None and file.header is None:
        spans = row_groups(file)
        groups = [g for g, span in enumerate(spans) if overlap(span, part)]
        at = spans[groups[0]].start if groups else 0
    blocks = scan_delimited(file, names) if file.header else scan_parquet(file, names, rows, groups)
    for block in blocks:
        here = range(at, at + len(block))
        wanted = here if part is None else overlap(here, part)
        if wanted:
            yield wanted.start, block.slice(wanted.start - at, len(wanted))
        at = here.stop
        if part is not None and at >= part.stop:
            file.storage.check()  # the pass ends here
            return


def overlap(a: range, b: range) -> range:
    """Return the rows that are in both."""
    return range(max(a.start, b.start), min(a.stop, b.stop))


def _as_expected(
    file: TableFile, rows: "pa.Table", kinds: Mapping[str, str], keep: set[str], first_row: int
) -> "pa.RecordBatch":
    arrays = []
    for name in rows.column_names:
        values = rows[name]
        if name in kinds:
            source = f"{file.name}: "
            fit = convert(values, kinds[name], name, source=source, first_row=first_row)
            values = values if name in keep else fit
        chunked = isinstance(values, pa.ChunkedArray)
        arrays.append(values.combine_chunks() if chunked else values)
    return pa.RecordBatch.from_arrays(arrays, names=rows.column_names)
