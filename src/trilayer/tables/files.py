"""Which files hold the tables asked for, and what each of them is.

A file is what its first bytes say it is: Parquet, gzip, or text. Its name only
says where it lies and, for ``.tsv``, what separates its fields.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.header import Header, first_record, read_header
from trilayer.tables.storage import PARQUET, Storage, storage_of

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

_FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with Zstandard",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"ARROW1": "an Arrow or Feather file",
    b"%PDF": "a PDF document",
}
_HEAD = 1 << 16  # bytes read at a time until the header line is complete
_LONGEST_HEADER = 1 << 22  # as of every other line: see `trilayer.tables.delimited.BLOCK`


@dataclass(frozen=True)
class TableFile:
    """One file that holds a table, and how to read it.

    Attributes
    ----------
    name : str
        The file as messages call it.
    header : Header or None
        Of a delimited file: its delimiter and column names. None for Parquet.
    storage : Storage
        Where its bytes come from.
    """

    name: str
    header: Header | None
    storage: Storage

    def open(self) -> "pa.NativeFile":
        """Return the (decompressed) bytes as a pyarrow file, from the start, for a look."""
        return self.storage.open()

    def reading(self) -> AbstractContextManager["pa.NativeFile"]:
        """Open it for a pass; if it changed, that is an error when the pass ends."""
        return self.storage.reading()


Source = str | os.PathLike[str] | BinaryIO | TableFile


def find_tables(sources: Source | Sequence[Source], *, keep: bool = True) -> list[TableFile]:
    """Resolve files, folders and open streams to the files to read, in order.

    What it returns is a source too: so a pipe can be looked at twice.

    Parameters
    ----------
    sources : path, binary stream, or a sequence of them
        A folder stands for the files in it, sorted by name; hidden ones are left out.
    keep : bool
        Whether a stream must be readable more than once, so is kept in memory.

    Raises
    ------
    TableError
        If there is nothing to read, or it is of mixed formats.
    """
    given = sources if isinstance(sources, Sequence) and not isinstance(sources, str) else [sources]
    files = [_recognise(each, keep=keep) for source in given for each in _expand(source)]
    if not files:
        raise TableError("no table was named: give a file, several, or a folder")
    odd = next((f for f in files if (f.header is None) != (files[0].header is None)), None)
    if odd is not None:
        raise TableError(
            f"{files[0].name} and {odd.name} are of different formats, one of them Parquet: "
            "read one format at a time"
        )
    return files


def sha256_of(files: Sequence[TableFile]) -> str:
    """Return the SHA-256 over the bytes of files, in their order, as the passes read them.

    Of one text file it is known from the passes. Else the files are read once more, and
    what the passes read is held against it.

    Raises
    ------
    TableError
        If a file is not what it was.
    """
    if len(files) == 1 and files[0].storage.whole is not None:
        return files[0].storage.whole.hex()
    total = hashlib.sha256()
    for file in files:
        with plain_errors(file.name):
            file.storage.digest(total)
    return total.hexdigest()


@contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """Turn what the operating system and pyarrow say about a file into one sentence."""
    try:
        yield
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise TableError(f"{name}: {_in_words(error)}") from error


def _in_words(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read ({error.strerror})"
    if isinstance(error, pa.ArrowNotImplementedError):
        return f"uses what this version of pyarrow cannot read ({str(error).splitlines()[0]})"
    return "the file is damaged or cut off: fetch or write it again"


def _expand(source: Source) -> Sequence[Path | BinaryIO | TableFile]:
    if not isinstance(source, str | os.PathLike):
        return [source]
    path = Path(source)
    with plain_errors(str(path)):
        if not path.is_dir():
            return [path]
        # As Spark and pyarrow have it, what begins with "_" is no data either.
        files = sorted(p for p in path.iterdir() if p.name[0] not in "._" and p.is_file())
    if not files:
        raise TableError(f"{path}: a folder without tables in it")
    return list(files)


def _recognise(source: Path | BinaryIO | TableFile, *, keep: bool) -> TableFile:
    if isinstance(source, TableFile):
        return source
    suffixes: set[str] = set()
    name = "standard input"
    if isinstance(source, Path):
        name, suffixes = str(source), {suffix.lower() for suffix in source.suffixes}
    with plain_errors(name):
        storage = storage_of(source, name, keep=keep)
        with storage.open() as file:
            head = _read_head(name, file)
    if not head.strip():
        raise TableError(f"{name}: the file is empty")
    if head.startswith(PARQUET):
        return TableFile(name, None, storage)
    if {".parquet", ".pq"} & suffixes:
        raise TableError(f"{name}: not a Parquet file, whatever its name says, or damaged")
    return TableFile(name, read_header(name, head, tab=".tsv" in suffixes), storage)


def _read_head(name: str, file: "pa.NativeFile") -> bytes:
    """Read as far as the end of the header line; refuse what is no table at all."""
    head = bytes(file.read(_HEAD))
    kind = next((kind for magic, kind in _FOREIGN.items() if head.startswith(magic)), None)
    if kind is not None:
        raise TableError(f"{name}: this is {kind}; save it as CSV (in UTF-8) or Parquet")
    while not head.startswith(PARQUET) and first_record(head) is None:
        if len(head) >= _LONGEST_HEADER:
            raise TableError(
                f"{name}: no header line ends in its first {_LONGEST_HEADER >> 20} MiB, the most "
                "that a line may have: is it a table, and is a quotation mark never closed?"
            )
        if not (more := file.read(len(head))):
            break
        head += more
    return head
