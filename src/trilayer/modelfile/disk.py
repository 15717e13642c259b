"""Bytes from and to the disk: all of them, or an error that says why."""

import errno
import os
import stat
from pathlib import Path

from trilayer.atomic import keep, part_of, to_disk
from trilayer.errors import InputError, ModelFileError

MAX_FILE_BYTES = 1 << 30
"""A larger file is refused before it is read: it would be 130 million parameters."""

_PERMISSION = dict.fromkeys(
    (errno.EACCES, errno.EPERM), "you have no permission; ask for it, or choose another place"
)
_READING = {
    **_PERMISSION,
    errno.ENOENT: "there is no such file; check the name and the folder",
    errno.ENOTDIR: "a part of its path is a file, not a folder; check the path",
    errno.EISDIR: "it is a folder; name the file in it",
}
_FULL = "the disk is full or a quota is used up; free some space or choose another place"
_LOST = {errno.EIO, errno.ENOSPC, errno.EDQUOT}
"""What a disk says that has not kept the name of a file."""

_WRITING = {
    **_PERMISSION,
    errno.ENOENT: "its folder does not exist; create the folder first",
    errno.ENOTDIR: "a part of its path is a file, not a folder; check the path",
    errno.EROFS: "the disk can only be read; choose another place",
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FULL),
}


def read_bytes(path: Path) -> bytes:
    """Read a regular file of bearable size.

    Raises
    ------
    ModelFileError
        If there is none, or it may not be read.
    """
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ModelFileError("it is a device or a pipe; name a file")
            if status.st_size > MAX_FILE_BYTES:
                raise ModelFileError(
                    f"it has {status.st_size} bytes, and {MAX_FILE_BYTES} are the limit; "
                    "name a file that trilayer saved"
                )
            return file.read(status.st_size)
    except OSError as error:
        raise ModelFileError(_reason(error, _READING)) from error


def write_bytes(path: Path, data: bytes, *, force: bool) -> None:
    """Put the bytes at the path, all or nothing.

    They are written beside it under another name, brought to the disk and renamed, so
    that at every moment the path holds the old file or the new one.

    Raises
    ------
    ModelFileError
        If that cannot be done; an existing file is then as it was. Or if the new one is there,
        and the disk does not promise to keep its name: then that is said.
    """
    if len(data) > MAX_FILE_BYTES:
        raise ModelFileError(
            f"it would have {len(data)} bytes, and {MAX_FILE_BYTES} are the limit; "
            "use fewer hidden units"
        )
    try:
        target = Path(os.path.realpath(path))
        mode = _existing_mode(target, force)
        with part_of(target, mode) as (part, file):
            file.write(data)
            to_disk(file)
            keep(part, file, target)
        _sync_folder(target.parent)
    except OSError as error:
        raise ModelFileError(_reason(error, _WRITING)) from error


def as_path(path: str | os.PathLike[str]) -> Path:
    """Turn what a caller names a file with into a path.

    Raises
    ------
    InputError
        If it is no path.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"path must be a string or a path, got {type(path).__name__}")
    name = os.fsdecode(path)
    if not name or "\0" in name:
        raise InputError(f"path must be the name of a file, got {name!r}")
    return Path(name)


def _without_waiting(name: str, flags: int) -> int:
    """Open a pipe that nobody writes to without waiting for ever."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _existing_mode(target: Path, force: bool) -> int | None:
    """Give the permissions of the file that is about to be replaced, if it may be."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise ModelFileError("it is a folder; name a file in it")
    if not stat.S_ISREG(mode):
        raise ModelFileError("it is a device or a pipe; name a file")
    if not force:
        raise ModelFileError("it exists already; choose another name, or ask to replace it")
    return stat.S_IMODE(mode)


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk, where the system can; the file itself is there."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno in _LOST:  # any other is of a system that cannot
            raise ModelFileError(
                f"the disk does not promise to keep it ({error.strerror}), though it is there now; "
                "see to the disk, or choose another place"
            ) from error


def _reason(error: OSError, known: dict[int, str]) -> str:
    return known.get(
        error.errno or 0, f"the system says: {error.strerror or error}; choose another place"
    )
