"""Tables written batch by batch, that appear whole or not at all."""

import errno
import gzip
import io
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from trilayer.atomic import keep, part_of, to_disk
from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.convert import decoded
from trilayer.tables.values import of_texts

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq
else:
    pa, pa_csv = require("pyarrow", "cli"), require("pyarrow.csv", "cli")
    pq = require("pyarrow.parquet", "cli")

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_PARQUET = (".parquet", ".pq")


class TableWriter:
    """Write a table batch by batch, to a file or a stream, in a ``with`` statement.

    A file is written under another name beside its place, and takes its place when
    the block ends well; otherwise nothing is left.

    Parameters
    ----------
    target : path or binary stream
        The suffix tells the format: ``.csv``, ``.tsv`` (both also with ``.gz``),
        ``.parquet`` or ``.pq``. A stream gets CSV, and stays open.
    force : bool
        Whether a file that exists may be replaced.

    Raises
    ------
    TableError
        If the file exists, cannot be written, or the disk is full.
    """

    def __init__(self, target: str | os.PathLike[str] | BinaryIO, *, force: bool = False) -> None:
        self._target = target
        self._force = force
        self._name = str(target) if isinstance(target, str | os.PathLike) else "standard output"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with _plain_errors(self._name), ExitStack() as stack:
            if isinstance(self._target, str | os.PathLike):
                self._rows = _open(stack, Path(self._target), force=self._force)
            else:
                self._rows = _Delimited(self._target, ",")
            stack.push(self._rows.finish)
            self._stack = stack.pop_all()
        return self

    def write(self, batch: "pa.RecordBatch | pa.Table") -> None:
        """Add rows; all batches have the columns of the first."""
        with _plain_errors(self._name):
            columns = [decoded(column) for column in batch.columns]
            self._rows.write(pa.table(columns, names=batch.schema.names))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _plain_errors(self._name):
            self._stack.__exit__(kind, error, trace)


def write_whole(path: Path, data: bytes, *, force: bool = False) -> None:
    """Put bytes in a file that appears whole or not at all.

    Raises
    ------
    TableError
        If the file exists, cannot be written, or the disk is full.
    """
    with _plain_errors(str(path)), _new_file(path, force=force) as file:
        file.write(data)


class _Delimited:
    """Rows as delimited text, with quotation marks only where they are needed."""

    def __init__(self, sink: Any, delimiter: str) -> None:
        self._sink, self._delimiter = sink, delimiter
        self._schema: Any = None

    def write(self, table: "pa.Table") -> None:
        if self._schema is None:
            self._schema = table.schema
            names = table.column_names
            heads = pa.table([of_texts([name]) for name in names], names=names)
            self._sink.write(self._rendered(heads))
        self._sink.write(self._rendered(table.cast(self._schema)))

    def finish(self, kind: object, *_: object) -> None:
        if kind is None:
            self._sink.flush()

    def _rendered(self, table: "pa.Table") -> bytes:
        try:
            return self._quoted(table, "none")
        except pa.ArrowInvalid:  # some text contains the delimiter, a quote or a line's end
            return self._quoted(table, "needed")

    def _quoted(self, table: "pa.Table", quoting: str) -> bytes:
        options = pa_csv.WriteOptions(
            include_header=False, delimiter=self._delimiter, quoting_style=quoting
        )
        buffer = io.BytesIO()
        pa_csv.write_csv(table, buffer, options)
        return buffer.getvalue()


class _Parquet:
    """Rows as Parquet."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink
        self._writer: Any = None

    def write(self, table: "pa.Table") -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._sink, table.schema)
        self._writer.write_table(table.cast(self._writer.schema))

    def finish(self, kind: object, *_: object) -> None:
        if self._writer is None:
            return
        with suppress(OSError) if kind is not None else ExitStack():
            self._writer.close()


def _open(stack: ExitStack, path: Path, *, force: bool) -> _Delimited | _Parquet:
    name = path.name.lower()
    zipped = name.endswith(".gz")
    suffix = Path(name.removesuffix(".gz")).suffix
    if suffix not in _DELIMITERS and not (suffix in _PARQUET and not zipped):
        known = ", ".join((*_DELIMITERS, *_PARQUET))
        raise TableError(f"{path}: the name must end in one of {known} (text also in .gz)")
    sink: Any = stack.enter_context(_new_file(path, force=force))
    if suffix in _PARQUET:
        return _Parquet(sink)
    if zipped:
        # Neither name nor time go in: the same rows give the same bytes.
        sink = stack.enter_context(gzip.GzipFile("", "wb", fileobj=sink, mtime=0))
    return _Delimited(sink, _DELIMITERS[suffix])


@contextmanager
def _new_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Open a file that takes its place when the block ends well, and else is gone."""
    if path.exists() and not path.is_file() and not path.is_dir():
        # A device or a pipe, such as /dev/stdout, cannot be replaced: it is written to.
        with path.open("wb") as file:
            yield file
        return
    _refuse_existing(path, force=force)
    path = path.resolve()
    # Who may read it stays as it was.
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    with part_of(path, mode) as (part, file):
        yield file
        to_disk(file)
        _refuse_existing(path, force=force)  # it may have come meanwhile
        keep(part, file, path)


def _refuse_existing(path: Path, *, force: bool) -> None:
    if path.is_dir():
        raise TableError(f"{path}: this is a folder: name a file in it")
    if path.exists() and not force:
        raise TableError(f"{path}: the file exists: name another, or replace it with --force")


@contextmanager
def _plain_errors(name: str) -> Iterator[None]:
    """Turn what keeps a table from being written into one sentence."""
    try:
        yield
    except BrokenPipeError:  # nobody reads on: not an error of ours
        raise
    except OSError as error:
        raise TableError(f"{name}: {_in_words(error)}") from error
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise TableError(f"{name}: these columns cannot be written ({reason})") from error


def _in_words(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "the disk is full: make room and run it again"
    if isinstance(error, FileNotFoundError):
        return "there is no such folder: make it first"
    if isinstance(error, PermissionError):
        return "no permission to write there"
    return f"cannot be written ({error.strerror or error})"
