"""Whether a file is still what it was: its size, its time, and the bytes that were read of it.

A table is read more than once: to see what its columns hold, to learn them, to encode the rows.
A file that changes between two passes would give a model of two tables at once, so it is
refused. Its size and the time of its last change are held against the first look whenever it
is opened and whenever a pass over it ends; and so are SHA-256 digests of what was read. Text
is read from its first byte to its last, so it has one digest; of Parquet each pass reads the
pieces that it needs, and a piece that is read again must be what it was.
"""

import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from trilayer.errors import TableError

if TYPE_CHECKING:
    from hashlib import _Hash

_BLOCK = 1 << 20


class Stamp(NamedTuple):
    """What the system says of a file.

    Not its number (inode): some file systems give another one at every opening.
    """

    size: int
    mtime_ns: int


class Identity:
    """A file on disk as it was first found, and digests of what was read of it since.

    It can be pickled: a worker elsewhere holds the size and the time against those found here.

    Parameters
    ----------
    path : Path
    name : str
        The file as messages call it.
    once : bool
        Whether there is one pass only, so that there is nothing to hold its bytes against.
    """

    def __init__(self, path: Path, name: str, *, once: bool = False) -> None:
        self.path, self.name, self.once = path.absolute(), name, once
        self._stamp: Stamp | None = None
        self._whole: bytes | None = None
        self._pieces: dict[tuple[int, int], bytes] = {}

    def __getstate__(self) -> dict[str, object]:
        """Leave out the digests of pieces: there may be many, and each part takes this along."""
        return self.__dict__ | {"_pieces": {}}

    @property
    def size(self) -> int:
        """The size when it was first found, in bytes."""
        return 0 if self._stamp is None else self._stamp.size

    def open(self, pieces: tuple[bytes, ...] = ()) -> "Reader":
        """Open it, to be read in order, or in pieces if that is how it begins.

        Parameters
        ----------
        pieces : tuple of bytes
            What files begin with that are read in pieces.

        Raises
        ------
        TableError
            If its size or time is not what it was.
        OSError
            If it cannot be opened.
        """
        try:
            raw = self.path.open("rb", buffering=0)
        except FileNotFoundError:
            self._refuse_gone()
            raise
        try:
            self.hold(os.fstat(raw.fileno()))
            start = raw.read(4) or b""
            raw.seek(0)
        except BaseException:
            raw.close()
            raise
        kind = Reader if self.once else InPieces if start in pieces else InOrder
        return kind(raw, self, start)

    def check(self) -> None:
        """Refuse the file if its size or time is not what it was."""
        try:
            self.hold(self.path.stat())
        except FileNotFoundError:
            self._refuse_gone()

    def hold(self, found: os.stat_result) -> None:
        """Hold size and time against those of the first look; the first time, note them."""
        now = Stamp(found.st_size, found.st_mtime_ns)
        before = self._stamp = self._stamp or now
        if now.size != before.size:
            self.refuse(f"{before.size:,} bytes at first, then {now.size:,}")
        if now != before:
            self.refuse("it was written to: the time of its last change is another")

    def hold_whole(self, digest: bytes) -> None:
        """Hold the digest of all bytes against the one before."""
        self._whole = self._whole or digest
        if digest != self._whole:
            self.refuse_bytes()

    def hold_piece(self, at: int, data: bytes) -> bool:
        """Say whether a piece is what it was when it was read before, if it was."""
        digest = hashlib.sha256(data).digest()
        return self._pieces.setdefault((at, len(data)), digest) == digest

    def digest(self, total: "_Hash") -> None:
        """Read all bytes once more, into a hash that those of other files go into too.

        Raises
        ------
        TableError
            If they are not those that were read before.
        """
        own = hashlib.sha256()
        with self.open() as file:
            while block := file.raw.read(_BLOCK):
                own.update(block)
                total.update(block)
            for (at, size), digest in self._pieces.items():
                file.raw.seek(at)
                if hashlib.sha256(file.raw.read(size) or b"").digest() != digest:
                    self.refuse_bytes()
            self.hold(os.fstat(file.raw.fileno()))
        self.hold_whole(own.digest())

    @property
    def whole(self) -> bytes | None:
        """The digest of all bytes, if every pass has read all of them, in order."""
        return None if self._pieces else self._whole

    def refuse_bytes(self) -> NoReturn:
        """Say that the bytes are other ones, although nothing else shows it."""
        self.refuse("its size and time are what they were, its bytes are not")

    def refuse(self, how: str) -> NoReturn:
        """Say in one sentence that the file changed."""
        raise TableError(
            f"{self.name}: changed while it was read ({how}): start again on a table that stays "
            "as it is"
        )

    def _refuse_gone(self) -> None:
        if self._stamp is not None:
            self.refuse("it is gone")


class Reader(io.RawIOBase):
    """A file that is being read, and its first bytes."""

    def __init__(self, raw: io.FileIO, identity: Identity, start: bytes) -> None:
        self.raw, self.identity, self.start = raw, identity, start

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return where the next bytes are read."""
        return self.raw.tell()

    def seek(self, at: int, whence: int = os.SEEK_SET) -> int:
        """Go elsewhere."""
        return self.raw.seek(at, whence)

    def read(self, size: int = -1) -> bytes:
        """Read some bytes; fewer at the end."""
        return self.raw.read(size) or b""

    def close(self) -> None:
        """Close the file."""
        self.raw.close()
        super().close()

    def finish(self) -> None:
        """Refuse the file if it is not what it was, after all was read that is wanted."""
        self.identity.hold(os.fstat(self.raw.fileno()))


class InOrder(Reader):
    """A file that is read from its first byte to its last."""

    def __init__(self, raw: io.FileIO, identity: Identity, start: bytes) -> None:
        super().__init__(raw, identity, start)
        self._hash = hashlib.sha256()

    def seekable(self) -> bool:
        """Return False: the digest is of the bytes in their order."""
        return False

    def read(self, size: int = -1) -> bytes:
        """Read some bytes; fewer at the end."""
        data = super().read(size)
        self._hash.update(data)
        return data

    def finish(self) -> None:
        """Read what a parser may have left, and hold all of it against the first time."""
        while self.read(_BLOCK):
            pass
        super().finish()
        self.identity.hold_whole(self._hash.digest())


class InPieces(Reader):
    """A file of which each pass reads what it needs."""

    def __init__(self, raw: io.FileIO, identity: Identity, start: bytes) -> None:
        super().__init__(raw, identity, start)
        self._same = True

    def read(self, size: int = -1) -> bytes:
        """Read a piece.

        One that is not what it was is refused at the end: pyarrow reads in threads of its own,
        where an error would get lost.
        """
        at = self.tell()
        data = super().read(size)
        self._same = self.identity.hold_piece(at, data) and self._same
        return data

    def finish(self) -> None:
        """Refuse the file if a piece is not what it was."""
        super().finish()
        if not self._same:
            self.identity.refuse_bytes()
