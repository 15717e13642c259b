"""Where the bytes of a table come from: a file on disk, memory, or a stream that passes once."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.identity import Identity
from trilayer.tables.packing import ZIP, unpacked
from trilayer.tables.workbook import OLD

if TYPE_CHECKING:
    from hashlib import _Hash

    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

PARQUET = b"PAR1"
_IN_PIECES = (PARQUET, ZIP, OLD)


class Storage:
    """Bytes that can be read from the start; those that are packed come out unpacked.

    Attributes
    ----------
    size : int
        How many there are, as they lie; 0 where nobody knows.
    start : bytes
        The first of them.
    whole : bytes or None
        The SHA-256 digest of all of them, if a pass has read them in order.
    encoding : str or None
        Of text that is not UTF-8, and comes out as UTF-8.
    sheet : str or None
        Of a workbook, the one to read.
    """

    size: int = 0
    start: bytes = b""
    whole: bytes | None = None
    encoding: str | None = None
    sheet: str | None = None

    def open(self) -> "pa.NativeFile":
        """Open them for a look."""
        raise NotImplementedError

    @contextmanager
    def reading(self) -> "Iterator[pa.NativeFile]":
        """Open them for a pass; after it, make sure that they are what they were."""
        yield self.open()

    def check(self) -> None:
        """Refuse them if they are known not to be what they were."""

    def digest(self, total: "_Hash") -> None:
        """Put them into a hash."""
        raise NotImplementedError

    def _plain(self, file: "pa.NativeFile", start: bytes, name: str) -> "pa.NativeFile":
        plain = unpacked(file, start, name, self.sheet)
        if self.encoding is None:
            return plain
        return pa.transcoding_input_stream(plain, self.encoding, "utf8")


class Disk(Storage):
    """A file, which may change; it can be pickled, for workers elsewhere."""

    def __init__(self, path: Path, name: str, *, once: bool) -> None:
        self._identity = Identity(path, name, once=once)

    @property
    def size(self) -> int:  # type: ignore[override]
        """The size when it was first found."""
        return self._identity.size

    @property
    def whole(self) -> bytes | None:  # type: ignore[override]
        """The digest of the first pass that read all of it in order."""
        return self._identity.whole

    def open(self) -> "pa.NativeFile":
        """Open it; that it is what it was, its size and time say."""
        reader = self._identity.open(_IN_PIECES)
        self.start = reader.start
        return self._plain(pa.PythonFile(reader, mode="r"), reader.start, self._identity.name)

    @contextmanager
    def reading(self) -> "Iterator[pa.NativeFile]":
        """Open it for a pass; after it, make sure that it is what it was."""
        reader = self._identity.open(_IN_PIECES)
        try:
            yield self._plain(pa.PythonFile(reader, mode="r"), reader.start, self._identity.name)
        except (TableError, pa.ArrowException, OSError, UnicodeDecodeError):
            self.check()  # a row that is cut off is the lesser half of the answer
            raise
        reader.finish()

    def check(self) -> None:
        """Refuse it if its size or time is not what it was."""
        self._identity.check()

    def digest(self, total: "_Hash") -> None:
        """Read it once more, into a hash; refuse it if the bytes are not those of the passes."""
        self._identity.digest(total)


class Kept(Storage):
    """What came through a pipe, in memory."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data, self._name = data, name
        self.size, self.start = len(data), data[: len(PARQUET)]

    def open(self) -> "pa.NativeFile":
        """Open it."""
        return self._plain(pa.BufferReader(self._data), self.start, self._name)

    def digest(self, total: "_Hash") -> None:
        """Put it into a hash."""
        total.update(self._data)


class Passing(Storage):
    """A stream that is opened twice: for the head, and for the one pass."""

    def __init__(self, stream: BinaryIO, start: bytes, name: str) -> None:
        self._stream, self.start, self._name = stream, start, name
        self._seen = bytearray(start)
        self._rounds = iter((True, False))

    def open(self) -> "pa.NativeFile":
        """Open it."""
        replay = _Replay(self._stream, self._seen, record=next(self._rounds))
        return self._plain(pa.PythonFile(replay, mode="r"), self.start, self._name)


def storage_of(source: Path | BinaryIO, name: str, *, keep: bool) -> Storage:
    """Say where the bytes of a source come from.

    Parameters
    ----------
    source : Path or binary stream
    name : str
        As messages call it.
    keep : bool
        Whether it must be readable more than once.
    """
    if not isinstance(source, Path):
        return _of_stream(source, name, keep=keep)
    if source.is_file() or not source.exists():
        return Disk(source, name, once=not keep)
    # A pipe, such as bash's <(...), can be read only once.
    with source.open("rb") as pipe:
        return _of_stream(pipe, name, keep=True)


def _of_stream(stream: BinaryIO, name: str, *, keep: bool) -> Storage:
    start = stream.read(len(PARQUET))
    # Parquet keeps its table of contents at the end, so it is kept in any case.
    if keep or start == PARQUET:
        return Kept(start + stream.read(), name)
    return Passing(stream, start, name)


class _Replay(io.RawIOBase):
    """What was seen of a stream, then the rest of it."""

    def __init__(self, stream: BinaryIO, seen: bytearray, *, record: bool) -> None:
        self._stream, self._seen, self._record = stream, seen, record
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        chunk = bytes(self._seen[self._at : self._at + len(view)])
        if not chunk:
            chunk = self._stream.read(len(view))
            if self._record:
                self._seen += chunk
        self._at += len(chunk)
        view[: len(chunk)] = chunk
        return len(chunk)
