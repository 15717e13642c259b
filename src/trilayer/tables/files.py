"""Which files hold the tables asked for, and what each of them is.

A file is what its first bytes say it is: Parquet, gzip, or text. Its name only
says where it lies and, for ``.tsv``, what separates its fields.
"""

import codecs
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.foreign import AsParquet, is_foreign
from trilayer.tables.header import LONGEST_LINE, Header, first_record, read_header
from trilayer.tables.partitions import Partition, files_below
from trilayer.tables.storage import PARQUET, Storage, storage_of
from trilayer.tables.strangers import refuse_strangers

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # its byte order marks
_HEAD = 1 << 16  # bytes read at a time until the header line is complete


@dataclass(frozen=True)
class Form:
    """How text is written, where it does not say so itself.

    Attributes
    ----------
    header : bool
        Whether the first row holds the names of the columns; else they are column1, column2 ...
    encoding : str or None
        A codec of Python, such as latin-1 or gb18030. By default UTF-8, or UTF-16 if that is
        what its byte order mark says.
    sheet : str or None
        Of a workbook, the one to read; by default the only one with anything in it.
    """

    header: bool = True
    encoding: str | None = None
    sheet: str | None = None


AS_IT_SAYS = Form()


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
    partition : tuple of (str, str or None)
        Columns that the names of its folders tell, and what they are in all of its rows.
    """

    name: str
    header: Header | None
    storage: Storage
    partition: Partition = ()

    def open(self) -> "pa.NativeFile":
        """Return the (decompressed) bytes as a pyarrow file, from the start, for a look."""
        return self.storage.open()

    def reading(self) -> AbstractContextManager["pa.NativeFile"]:
        """Open it for a pass; if it changed, that is an error when the pass ends."""
        return self.storage.reading()


Source = str | os.PathLike[str] | BinaryIO | TableFile


def find_tables(
    sources: Source | Sequence[Source], *, keep: bool = True, form: Form = AS_IT_SAYS
) -> list[TableFile]:
    """Resolve files, folders and open streams to the files to read, in order.

    What it returns is a source too: so a pipe can be looked at twice.

    Parameters
    ----------
    sources : path, binary stream, or a sequence of them
        A folder stands for the files in it and in its folders, sorted by name; hidden ones are
        left out, and a folder ``year=2024`` is a column of those in it.
    keep : bool
        Whether a stream must be readable more than once, so is kept in memory.
    form : Form
        How text is written.

    Raises
    ------
    TableError
        If there is nothing to read, or it is of mixed formats.
    """
    given = sources if isinstance(sources, Sequence) and not isinstance(sources, str) else [sources]
    _require_codec(form.encoding)
    files = [
        _recognise(each, form, partition, keep=keep)
        for source in given
        for each, partition in _expand(source)
    ]
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


def _expand(source: Source) -> Sequence[tuple[Path | BinaryIO | TableFile, Partition]]:
    if not isinstance(source, str | os.PathLike):
        return [(source, ())]
    path = Path(source)
    with plain_errors(str(path)):
        if not path.is_dir():
            return [(path, ())]
        files = files_below(path)
    if not files:
        raise TableError(f"{path}: a folder without tables in it")
    return files


def _require_codec(encoding: str | None) -> None:
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        raise TableError(
            f"--encoding {encoding}: Python knows no such encoding: try latin-1, cp1252, utf-16 "
            "or gb18030"
        ) from error


def _recognise(
    source: Path | BinaryIO | TableFile, form: Form, partition: Partition, *, keep: bool
) -> TableFile:
    if isinstance(source, TableFile):
        return source
    suffixes: set[str] = set()
    name = "standard input"
    if isinstance(source, Path):
        name, suffixes = str(source), {suffix.lower() for suffix in source.suffixes}
    with plain_errors(name):
        storage = storage_of(source, name, keep=keep)
        storage.sheet = form.sheet
        with storage.open() as file:
            head, encoding = _read_head(name, file, form.encoding)
        if is_foreign(head):
            return TableFile(name, None, AsParquet(storage), partition)
    if not head.strip():
        raise TableError(f"{name}: the file is empty")
    if head.startswith(PARQUET):
        return TableFile(name, None, storage, partition)
    if {".parquet", ".pq"} & suffixes:
        raise TableError(f"{name}: not a Parquet file, whatever its name says, or damaged")
    storage.encoding = encoding
    header = read_header(name, head, tab=".tsv" in suffixes, named=form.header)
    return TableFile(name, header, storage, partition)


def _read_head(name: str, file: "pa.NativeFile", encoding: str | None) -> tuple[bytes, str | None]:
    """Read as far as the end of the header line; refuse what is no table at all.

    Returns
    -------
    head : bytes
        In UTF-8, if it is text.
    encoding : str or None
        What it was in, if it is not that.
    """
    head = bytes(file.read(_HEAD))
    refuse_strangers(name, head)
    if head.startswith(PARQUET) or is_foreign(head):
        return head, None
    encoding = encoding or ("utf-16" if head.startswith(_UTF_16) else None)
    encoding = None if head.startswith(codecs.BOM_UTF8) else encoding  # it says so itself
    in_utf8 = _decoder(encoding)
    head = in_utf8(head)
    while first_record(head) is None:
        if len(head) >= LONGEST_LINE:
            raise TableError(
                f"{name}: no header line ends in its first {LONGEST_LINE >> 20} MiB, the most "
                "that a line may have: is it a table, and is a quotation mark never closed?"
            )
        if not (more := file.read(len(head))):
            break
        head += in_utf8(bytes(more))
    return head, encoding


def _decoder(encoding: str | None) -> Callable[[bytes], bytes]:
    """Return what makes one piece of text after the other UTF-8."""
    if encoding is None:
        return bytes
    decoder = codecs.getincrementaldecoder(encoding)()
    return lambda piece: decoder.decode(piece).encode()
