"""The first line of a delimited file: what separates the fields, and the columns' names."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trilayer.errors import TableError
from trilayer.optional import require

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.csv as pa_csv
else:
    pa, pa_csv = require("pyarrow", "cli"), require("pyarrow.csv", "cli")

NO_HEADER = "is its first row no header? Give --no-header"

LONGEST_LINE = 1 << 22
"""Bytes that a line has at the most, and so what is parsed at a time."""

DELIMITERS = b",;\t|"  # the earlier wins a tie
_BLANK = ord(" ")
_SNIFFED = 5  # records that are looked at

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SEPARATOR = re.compile(rb'"?sep=(.)"?(?:\r\n|\r|\n)', re.IGNORECASE)
_QUOTED = rb'"[^"]*+"'
# Possessive: else each character of a long line takes its share of memory for a way back.
_RECORD = re.compile(rb'[\r\n]*+((?:[^"\r\n]++|' + _QUOTED + rb")*+)([\r\n]?)")


@dataclass(frozen=True)
class Header:
    """How a delimited file begins.

    Attributes
    ----------
    delimiter : str
    names : tuple of str
    lines : int
        How many lines stand before the first row.
    """

    delimiter: str
    names: tuple[str, ...]
    lines: int

    @property
    def keys(self) -> list[str]:
        """The names, made different for the parser: none that is used occurs twice."""
        seen: Counter[str] = Counter()
        keys = []
        for name in self.names:
            keys.append(f"{name}\0{seen[name]}" if seen[name] else name)
            seen[name] += 1
        return keys


def first_record(head: bytes) -> bytes | None:
    """Return the first record of a file that begins like this; None if it goes on."""
    match = _RECORD.match(head)
    if match is not None and match[2]:
        return match[1]
    # A quotation mark inside a bare field opens nothing: 3.5" is a size.
    line, end, _ = head.lstrip(b"\r\n").partition(b"\n")
    return line.rstrip(b"\r") if end and match is not None and match.end() < len(head) else None


def read_header(name: str, head: bytes, *, tab: bool = False, named: bool = True) -> Header:
    """Read delimiter and names from the beginning of a file.

    Parameters
    ----------
    name : str
        The file as messages call it.
    head : bytes
        Its beginning, the whole header line at least.
    tab : bool
        Whether tabs separate the fields, if the line has any.
    named : bool
        Whether the first row holds the names.

    Raises
    ------
    TableError
        If there is no header, or it is not text.
    """
    head = head.removeprefix(_BYTE_ORDER_MARK)
    if not head.strip():
        raise TableError(f"{name}: the file is empty")
    told = _SEPARATOR.match(head)  # a line of Excel's own
    begun = told.end() if told else 0
    record = first_record(head[begun:])
    record = head[begun:].strip(b"\r\n") if record is None else record
    if _utf_16(record):
        raise TableError(not_utf8(name, "the header line", record))
    if b"\0" in record:
        raise TableError(f"{name}: not a table: CSV, TSV or Parquet (plain or packed) is read")
    delimiter = _delimiter(told, record, head[begun:], tab=tab)
    try:
        record.decode()
        names, more = _names(record, delimiter)
    except UnicodeDecodeError as error:
        raise TableError(not_utf8(name, "the header line", record)) from error
    except pa.ArrowInvalid as error:
        words = "the header line is not readable: is a quotation mark never closed?"
        raise TableError(f"{name}: {words}") from error
    if not named:
        numbered = tuple(f"column{place}" for place in range(1, len(names) + 1))
        return Header(delimiter, numbered, _lines(head[:begun]))
    behind = begun + head[begun:].index(record) + len(record)
    return Header(delimiter, tuple(_called(names)), _lines(head[:behind]) + 1 - more)


def _delimiter(told: re.Match[bytes] | None, record: bytes, head: bytes, *, tab: bool) -> str:
    if told is not None:
        return told[1].decode()
    return "\t" if tab and b"\t" in record else _sniffed(record, head)


def _lines(text: bytes) -> int:
    """Count the ends of lines."""
    return len(re.findall(rb"\r\n|\r|\n", text))


def _called(names: list[str]) -> list[str]:
    """Name columns without a name as pandas does: such as a spreadsheet's row numbers."""
    return [each or f"Unnamed: {place}" for place, each in enumerate(names)]


def looks_like_data(names: Sequence[str]) -> bool:
    """Whether a first row holds values rather than names.

    Half of them are numbers, or more; or several, at least one with a fraction, which is no name.
    """
    numbers = [name for name in names if _is_number(name)]
    fractions = [name for name in numbers if "." in name]
    return 2 * len(numbers) >= len(names) or (len(numbers) > 1 and len(fractions) > 0)


def refuse_duplicates(
    names: Sequence[str], source: str, used: Collection[str] | None = None
) -> None:
    """Raise TableError if two columns have one name, of those that are used."""
    counts = Counter(names).items()
    twice = [name for name, count in counts if count > 1 and (used is None or name in used)]
    if not twice:
        return
    hint = f"; {NO_HEADER}" if all(_is_number(name) for name in twice) else ""
    listed = listing(twice)
    raise TableError(
        f"{source}: more than one column is named {listed}: rename them, or leave them out with "
        f"--drop{hint}"
    )


def listing(names: list[str], most: int = 8) -> str:
    """Quote names for a message, and say how many more there are."""
    text = ", ".join(repr(name) for name in names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most} more"


def not_utf8(name: str, where: str, raw: bytes) -> str:
    """Say that a file is in another encoding, which one it may be, and what to do about it."""
    return f"{name}: {where} is not UTF-8 text: give --encoding {_likely(raw)}, or save it as UTF-8"


def _utf_16(raw: bytes) -> str | None:
    """Name the encoding of text every other byte of which is 0, the others not."""
    first, second = raw[::2].count(0), raw[1::2].count(0)
    if bool(first) == bool(second) or 5 * (first + second) < len(raw):
        return None
    return "utf-16-le" if second else "utf-16-be"


def _likely(raw: bytes) -> str:
    """Guess the encoding of some text: Chinese, if it is two bytes a character throughout."""
    if wide := _utf_16(raw):
        return wide
    try:
        text = raw.decode("gb2312")
    except UnicodeDecodeError:
        return "latin-1"
    return "gb18030" if any(character >= "\u4e00" for character in text) else "latin-1"


def _names(record: bytes, delimiter: str) -> tuple[list[str], int]:
    """Let the parser that will read the rows read the names; say how many rows followed them.

    A quotation mark inside a bare field opens nothing, but `first_record` cannot know that.
    """
    parse = pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    whole = pa_csv.ReadOptions(block_size=len(record) + 1)
    buffer = pa.BufferReader(record + b"\n")
    table = pa_csv.read_csv(buffer, read_options=whole, parse_options=parse)
    return list(table.column_names), len(table)


def _sniffed(record: bytes, head: bytes) -> str:
    """Choose what the header has most of, preferring what the first rows have as often."""
    rows = [row[1] for row, _ in zip(_RECORD.finditer(head), range(_SNIFFED), strict=False)]
    bare = [re.sub(_QUOTED, b"", line) for line in (record, *rows) if line]

    def likelihood(delimiter: int) -> tuple[bool, int]:
        counts = {line.count(delimiter) for line in bare}
        return len(counts) == 1 and counts != {0}, bare[0].count(delimiter)

    blanks = likelihood(_BLANK)
    others = any(line.count(delimiter) for line in bare for delimiter in DELIMITERS)
    if blanks[0] and blanks[1] > 1 and not others:
        return chr(_BLANK)  # nothing else is there, and as many in each of the first rows
    return chr(max(DELIMITERS, key=likelihood))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
