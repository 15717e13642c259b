"""The first line of a delimited file: what separates the fields, and the columns' names."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trilayer.errors import TableError
from trilayer.optional import require

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.csv as pa_csv
else:
    pa, pa_csv = require("pyarrow", "cli"), require("pyarrow.csv", "cli")

DELIMITERS = b",;\t|"  # the earlier wins a tie
_SNIFFED = 5  # records that are looked at

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_QUOTED = rb'"[^"]*+"'
# Possessive: else each character of a long line takes its share of memory for a way back.
_RECORD = re.compile(rb'[\r\n]*+((?:[^"\r\n]++|' + _QUOTED + rb")*+)([\r\n]?)")


@dataclass(frozen=True)
class Header:
    """How a delimited file begins."""

    delimiter: str
    names: tuple[str, ...]


def first_record(head: bytes) -> bytes | None:
    """Return the first record of a file that begins like this; None if it goes on."""
    match = _RECORD.match(head)
    if match is not None and match[2]:
        return match[1]
    # A quotation mark inside a bare field opens nothing: 3.5" is a size.
    line, end, _ = head.lstrip(b"\r\n").partition(b"\n")
    return line.rstrip(b"\r") if end and match is not None and match.end() < len(head) else None


def read_header(name: str, head: bytes, *, tab: bool = False) -> Header:
    """Read delimiter and names from the beginning of a file.

    Parameters
    ----------
    name : str
        The file as messages call it.
    head : bytes
        Its beginning, the whole header line at least.
    tab : bool
        Whether tabs are known to separate the fields.

    Raises
    ------
    TableError
        If there is no header, it is not text, or it names a column twice.
    """
    head = head.removeprefix(_BYTE_ORDER_MARK)
    if not head.strip():
        raise TableError(f"{name}: the file is empty")
    record = first_record(head)
    record = head.strip(b"\r\n") if record is None else record
    if b"\0" in record:
        raise TableError(f"{name}: not a table: CSV, TSV or Parquet (plain or gzip) is read")
    delimiter = "\t" if tab else _sniffed(record, head)
    try:
        record.decode()
        names = _names(record, delimiter)
    except UnicodeDecodeError as error:
        raise TableError(not_utf8(name, "the header line")) from error
    except pa.ArrowInvalid as error:
        words = "the header line is not readable: is a quotation mark never closed?"
        raise TableError(f"{name}: {words}") from error
    refuse_duplicates(names, name)
    return Header(delimiter, tuple(names))


def refuse_duplicates(names: list[str], source: str) -> None:
    """Raise TableError if two columns have one name."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if not twice:
        return
    hint = "; is there no header line?" if all(_is_number(name) for name in twice) else ""
    listed = listing(twice)
    raise TableError(f"{source}: more than one column is named {listed}: rename them{hint}")


def listing(names: list[str], most: int = 8) -> str:
    """Quote names for a message, and say how many more there are."""
    text = ", ".join(repr(name) for name in names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most} more"


def not_utf8(name: str, where: str) -> str:
    """Say that a file is in another encoding, and what to do about it."""
    return (
        f"{name}: {where} is not UTF-8 text: save the file as UTF-8, "
        "for instance with `iconv -f latin1 -t utf-8`"
    )


def _names(record: bytes, delimiter: str) -> list[str]:
    """Let the parser that will read the rows read the names."""
    parse = pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    whole = pa_csv.ReadOptions(block_size=len(record) + 1)
    buffer = pa.BufferReader(record + b"\n")
    table = pa_csv.read_csv(buffer, read_options=whole, parse_options=parse)
    return list(table.column_names)


def _sniffed(record: bytes, head: bytes) -> str:
    """Choose what the header has most of, preferring what the first rows have as often."""
    rows = [row[1] for row, _ in zip(_RECORD.finditer(head), range(_SNIFFED), strict=False)]
    bare = [re.sub(_QUOTED, b"", line) for line in (record, *rows) if line]

    def likelihood(delimiter: int) -> tuple[bool, int]:
        counts = {line.count(delimiter) for line in bare}
        return len(counts) == 1 and counts != {0}, bare[0].count(delimiter)

    return chr(max(DELIMITERS, key=likelihood))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
