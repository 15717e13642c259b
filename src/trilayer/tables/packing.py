"""What a table is packed in: gzip, bzip2, xz, Zstandard, a zip archive of one file, a workbook."""

import io
import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.workbook import OLD, as_csv, is_workbook

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

ZIP = b"PK\x03\x04"
_XZ = b"\xfd7zX"
_CODECS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}

_DAMAGED = (lzma.LZMAError, zipfile.BadZipFile, zlib.error, EOFError)
_PIECE = 1 << 20


class _Plain(io.RawIOBase):
    """A stream that unpacks in Python, whose errors pyarrow would not know as a file's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except _DAMAGED as error:
            raise OSError(str(error)) from error


def is_packed(start: bytes) -> bool:
    """Whether a file that begins like this is unpacked before it is read."""
    return start.startswith((*_CODECS, _XZ, ZIP, OLD))


def unpacked(
    file: "pa.NativeFile", start: bytes, name: str, sheet: str | None = None
) -> "pa.NativeFile":
    """Return the bytes of a file as they were before they were packed, if they are.

    Parameters
    ----------
    file : pyarrow.NativeFile
        At its beginning.
    start : bytes
        Its first bytes.
    name : str
        As messages call it.
    sheet : str, optional
        Of a workbook, the one to read.

    Raises
    ------
    TableError
        If it is a zip archive of other than one file, or a locked one, or a workbook that
        cannot be read.
    """
    for magic, codec in _CODECS.items():
        if start.startswith(magic):
            return pa.CompressedInputStream(file, codec)
    if start.startswith(_XZ):
        return pa.PythonFile(_Plain(lzma.LZMAFile(file)), mode="r")
    if start.startswith(ZIP):
        return pa.PythonFile(_Plain(_only_member(file, name, sheet)), mode="r")
    if start.startswith(OLD):
        return pa.BufferReader(as_csv(read_all(file), name, sheet))
    return file


def _at_will(file: "pa.NativeFile") -> Any:
    """Return a file that can be read in any order: a stream, which says it can be, is kept."""
    try:
        file.seek(0)
    except OSError:
        return io.BytesIO(read_all(file))
    return file


def read_all(file: "pa.NativeFile") -> bytes:
    """Read what is left of a file, piece by piece: a stream does not know how much it is."""
    return b"".join(iter(lambda: bytes(file.read(_PIECE)), b""))


def _only_member(file: "pa.NativeFile", name: str, sheet: str | None) -> Any:
    """Open the one file of a zip archive, or a sheet of the workbook that it is."""
    try:
        stream = _at_will(file)
        archive = zipfile.ZipFile(stream)
        if is_workbook(archive.namelist()):
            stream.seek(0)
            return io.BytesIO(as_csv(read_all(stream), name, sheet))
        # What macOS adds is no file of anybody's.
        members = [
            each
            for each in archive.infolist()
            if not each.is_dir() and not each.filename.startswith(("__MACOSX/", "."))
        ]
        if len(members) != 1:
            raise TableError(
                f"{name}: a zip archive of {len(members)} files, where one is read: unpack it, and "
                "give the files or their folder"
            )
        return archive.open(members[0])
    except _DAMAGED as error:
        raise OSError(str(error)) from error
    except (RuntimeError, NotImplementedError) as error:  # a password, a method
        raise TableError(f"{name}: the zip archive cannot be unpacked here ({error})") from error
