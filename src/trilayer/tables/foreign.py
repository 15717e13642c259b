"""Tables in other formats, made Parquet when they are first opened: Arrow, Feather, JSON lines."""

import mmap
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trilayer.optional import require
from trilayer.tables.packing import read_all
from trilayer.tables.storage import Storage

if TYPE_CHECKING:
    from hashlib import _Hash

    import pyarrow as pa
    import pyarrow.feather as feather
    import pyarrow.json as pa_json
    import pyarrow.parquet as pq
else:
    pa, pq = require("pyarrow", "cli"), require("pyarrow.parquet", "cli")
    feather, pa_json = require("pyarrow.feather", "cli"), require("pyarrow.json", "cli")

_ARROW = (b"ARROW1", b"FEA1")
_STREAM = b"\xff\xff\xff\xff"
_JSON = re.compile(rb'\s*\{\s*["}]')


def is_foreign(head: bytes) -> bool:
    """Whether a file that begins like this is in one of the formats."""
    return head.startswith((*_ARROW, _STREAM)) or _JSON.match(head) is not None


class AsParquet(Storage):
    """A table of another format as the Parquet file it would be, which goes with the process.

    It is read whole for that, once in each process.

    Parameters
    ----------
    origin : Storage
        Where its own bytes are: they are what the fingerprint is of.
    """

    def __init__(self, origin: Storage) -> None:
        self._origin = origin
        self._made: mmap.mmap | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave what was made: a worker elsewhere makes it again."""
        return self.__dict__ | {"_made": None}

    @property
    def size(self) -> int:  # type: ignore[override]
        """The size of the file as it lies."""
        return self._origin.size

    @property
    def whole(self) -> bytes | None:  # type: ignore[override]
        """The digest of its bytes."""
        return self._origin.whole

    def open(self) -> "pa.NativeFile":
        """Open what was made of it."""
        if self._made is None:
            with self._origin.reading() as stream:
                self._made = _parquet_of(read_all(stream))
        return pa.BufferReader(pa.py_buffer(self._made))

    @contextmanager
    def reading(self) -> "Iterator[pa.NativeFile]":
        """Open it for a pass; after it, make sure that the file is what it was."""
        yield self.open()
        self._origin.check()

    def check(self) -> None:
        """Refuse the file if it is known not to be what it was."""
        self._origin.check()

    def digest(self, total: "_Hash") -> None:
        """Put the file's own bytes into a hash."""
        self._origin.digest(total)


def _parquet_of(data: bytes) -> mmap.mmap:
    """Write a table to a file without a name, and map that."""
    buffer = pa.BufferReader(data)
    if data.startswith(_ARROW):
        with warnings.catch_warnings():  # the first version of Feather is old, not wrong
            warnings.simplefilter("ignore", DeprecationWarning)
            table = feather.read_table(buffer)
    elif data.startswith(_STREAM):
        table = pa.ipc.open_stream(buffer).read_all()
    else:
        table = pa_json.read_json(buffer)
    # Arrow's formats are the memory's own: whoever follows their offsets unchecked may be anywhere.
    table.validate(full=True)
    with tempfile.TemporaryFile() as file:
        pq.write_table(_storable(table), file)
        file.flush()
        return mmap.mmap(file.fileno(), os.fstat(file.fileno()).st_size, access=mmap.ACCESS_READ)


def _storable(table: "pa.Table") -> "pa.Table":
    """Return a table without what Parquet cannot hold: columns of nothing but struct<>."""
    empty = [
        field.name
        for field in table.schema
        if pa.types.is_struct(field.type) and not field.type.num_fields
    ]
    return table.drop_columns(empty)
