"""What a table is packed in: gzip, bzip2, xz, Zstandard, or a zip archive of one file."""

import io
import lzma
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from trilayer.errors import TableError
from trilayer.optional import require

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

ZIP = b"PK\x03\x04"
_XZ = b"\xfd7zX"
_CODECS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}

_PIECE = 1 << 20
_WORKBOOK = "xl/workbook.xml"


class _Plain(io.RawIOBase):
    """A stream that unpacks in Python, whose errors pyarrow would not know as a file's."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except (lzma.LZMAError, zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise OSError(str(error)) from error


def is_packed(start: bytes) -> bool:
    """Whether a file that begins like this is unpacked before it is read."""
    return start.startswith((*_CODECS, _XZ, ZIP))


def unpacked(file: "pa.NativeFile", start: bytes, name: str) -> "pa.NativeFile":
    """Return the bytes of a file as they were before they were packed, if they are.

    Parameters
    ----------
    file : pyarrow.NativeFile
        At its beginning.
    start : bytes
        Its first bytes.
    name : str
        As messages call it.

    Raises
    ------
    TableError
        If it is a zip archive of other than one file, or a locked one.
    """
    for magic, codec in _CODECS.items():
        if start.startswith(magic):
            return pa.CompressedInputStream(file, codec)
    if start.startswith(_XZ):
        return pa.PythonFile(_Plain(lzma.LZMAFile(file)), mode="r")
    if start.startswith(ZIP):
        return pa.PythonFile(_Plain(_only_member(file, name)), mode="r")
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


def _only_member(file: "pa.NativeFile", name: str) -> Any:
    """Open the one file of a zip archive."""
    try:
        archive = zipfile.ZipFile(_at_will(file))
        if _WORKBOOK in archive.namelist():
            raise TableError(f"{name}: this is an Excel workbook; save its sheet as CSV")
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
    except zipfile.BadZipFile as error:
        raise OSError(str(error)) from error
    except (RuntimeError, NotImplementedError) as error:  # a password, a method
        raise TableError(f"{name}: the zip archive cannot be unpacked here ({error})") from error
