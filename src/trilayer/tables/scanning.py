"""Tables that need not fit in memory: batches of rows, as a model expects them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.convert import CATEGORY, convert, in_one_piece, kind_of
from trilayer.tables.delimited import scan_delimited
from trilayer.tables.files import Source, TableFile, find_tables
from trilayer.tables.header import refuse_duplicates
from trilayer.tables.parquet import row_groups, scan_parquet
from trilayer.tables.partitions import completed
from trilayer.tables.places import Places, Span
from trilayer.tables.reading import column_names, own_names, require_columns
from trilayer.tables.readings import Kinds, as_reading

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
    kinds: Kinds,
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
    kinds : mapping of str to {"number", "category", "boolean", "date"} or Reading
        The columns wanted, and what each must be, such as ``TableEncoder.readings_``.
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
    kinds: Kinds,
    *,
    keep: Sequence[str] = (),
    batch_rows: int = BATCH_ROWS,
    parts: Sequence[range] | None = None,
) -> Iterator[Block]:
    """Stream a table as `scan_table` does, and tell where the rows stand in the files.

    With `parts`, only these rows of each file, counted from 0.
    """
    raw = scan_raw(sources, kinds, keep=keep, batch_rows=batch_rows, parts=parts)
    return (each.block() for each in raw)


def scan_raw(
    sources: Source | Sequence[Source],
    kinds: Kinds,
    *,
    keep: Sequence[str] = (),
    batch_rows: int = BATCH_ROWS,
    parts: Sequence[range] | None = None,
    coded: Collection[str] = (),
) -> Iterator["Raw"]:
    """Stream a table as `scan_placed` does, and leave the conversion to others.

    The columns `coded` may come as dictionaries, if they are categories, and Parquet stores
    them as different texts and codes into them.
    """
    files = find_tables(sources, keep=False)
    names = list(dict.fromkeys([*kinds, *keep]))
    for file in files:
        available = column_names(file)
        require_columns(names, available, file.name)
        refuse_duplicates(available, file.name, names)
    chosen = [None] * len(files) if parts is None else parts
    pairs = list(zip(files, chosen, strict=True))
    return _batches(
        pairs, _Wanted(names, dict(kinds), frozenset(keep), frozenset(coded)), batch_rows
    )


@dataclass(frozen=True)
class _Wanted:
    """The columns of a scan, in order; what they must be; which are kept as they are."""

    names: Sequence[str]
    kinds: Kinds
    keep: frozenset[str]
    coded: frozenset[str]

    @property
    def dictionaries(self) -> list[str]:
        """The columns that may come as dictionaries."""
        texts = (n for n, kind in self.kinds.items() if as_reading(kind).kind == CATEGORY)
        return [name for name in texts if name in self.coded - self.keep]


@dataclass(frozen=True)
class Raw:
    """A batch of a table as it was read."""

    file: str
    rows: "pa.Table"
    first_row: int
    wanted: _Wanted

    def block(self) -> Block:
        """Make the columns what they must be.

        Raises
        ------
        TableError
            If a value does not fit its kind, naming the column, the value and the row.
        """
        columns = [self._column(name) for name in self.rows.column_names]
        rows = pa.RecordBatch.from_arrays(columns, names=self.rows.column_names)
        return Block(rows, Places((Span(self.file, self.first_row, len(rows)),)))

    def _column(self, name: str) -> "pa.Array":
        values, kind = self.rows[name], self.wanted.kinds.get(name)
        if name in self.wanted.dictionaries and _is_coded_text(values.type):
            return in_one_piece(values)
        if kind is not None:
            source, first = f"{self.file}: ", self.first_row
            fit = convert(values, kind, name, source=source, first_row=first)
            values = values if name in self.wanted.keep else fit
        return in_one_piece(values)


def _is_coded_text(data_type: "pa.DataType") -> bool:
    is_dictionary = pa.types.is_dictionary(data_type)
    return is_dictionary and kind_of(data_type.value_type) == CATEGORY


def _batches(
    files: Sequence[tuple[TableFile, range | None]], wanted: _Wanted, batch_rows: int
) -> Iterator[Raw]:
    any_rows = False
    for file, part in files:
        for first, block in _blocks(file, wanted, batch_rows, part):
            for start in range(0, len(block), batch_rows):
                yield Raw(file.name, block.slice(start, batch_rows), first + start + 1, wanted)
                any_rows = True
    if not any_rows:
        raise TableError(f"{files[0][0].name}: there are column names, but no rows")


def _blocks(
    file: TableFile, wanted: _Wanted, rows: int, part: range | None
) -> Iterator[tuple[int, "pa.Table"]]:
    """Yield blocks of a file, or of a part of it, and the rows before each of them."""
    at, groups = 0, None
    names = own_names(file, wanted.names) if file.partition else wanted.names
    if part is not None and file.header is None:
        spans = row_groups(file)
        groups = [g for g, span in enumerate(spans) if overlap(span, part)]
        at = spans[groups[0]].start if groups else 0
    if file.header:
        blocks = scan_delimited(file, names)
    else:
        coded = [name for name in wanted.dictionaries if name in names]
        blocks = scan_parquet(file, names, rows, groups, coded)
    if file.partition:
        blocks = (completed(block, file.partition, wanted.names) for block in blocks)
    for block in blocks:
        here = range(at, at + len(block))
        kept = here if part is None else overlap(here, part)
        if kept:
            yield kept.start, block.slice(kept.start - at, len(kept))
        at = here.stop
        if part is not None and at >= part.stop:
            file.storage.check()  # the pass ends here
            return


def overlap(a: range, b: range) -> range:
    """Return the rows that are in both."""
    return range(max(a.start, b.start), min(a.stop, b.stop))
