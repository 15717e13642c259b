"""Files that appear whole or not at all, whoever writes and however that ends.

A file is written beside its place, under a hidden name made of its own, and renamed. While it
is written its writer holds a lock on it, which the system lets go of when the process ends in
whatever way: so the next writer of the same name sweeps what a killed one has left, and
nothing of one that is alive.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

_LONGEST = 200  # bytes of a name that fit into that of the part as well

LEFTOVER = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.part", re.DOTALL)
"""What such a file is called before it is whole."""

_underway: set[Path] = set()

guarded: Callable[[], AbstractContextManager[None]] = nullcontext
"""Surrounds each file on its way: the shell catches there what would end the process."""


@contextmanager
def part_of(place: Path, mode: int | None = None) -> Iterator[tuple[Path, BinaryIO]]:
    """Open a file that is to take a place; what has not been renamed afterwards is gone.

    Parameters
    ----------
    place : Path
        Where it shall stand, all links followed.
    mode : int, optional
        Who may read it, as `os.chmod` takes it.

    Yields
    ------
    part, file : Path and binary file
        Whoever is content with it calls `to_disk` and `keep`.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    name = _short(place.name)
    _sweep(place.parent, name)
    with guarded():
        part, file = _new(place.parent, name)
        try:
            with file:
                if mode is not None:
                    part.chmod(mode)
                yield part, file
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            _underway.discard(part)


def to_disk(file: BinaryIO) -> None:
    """Bring what was written to the disk itself."""
    file.flush()
    os.fsync(file.fileno())


def keep(part: Path, file: BinaryIO, place: Path) -> None:
    """Let a part take its place, in the moment that it loses its own name."""
    if os.name == "nt":  # where an open file cannot be renamed
        file.close()
    part.replace(place)


def drop_parts() -> None:
    """Remove what this process has not finished, for it is about to end."""
    for part in list(_underway):
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _new(folder: Path, name: str) -> tuple[Path, BinaryIO]:
    while True:
        part = folder / f".{name}.{secrets.token_hex(4)}.part"
        _underway.add(part)
        try:
            file = part.open("xb")
        except BaseException:
            _underway.discard(part)
            raise
        _lock(file.fileno(), wait=True)
        if part.exists():
            return part, file
        # Before it was locked, another writer took it for a leftover.
        file.close()
        _underway.discard(part)


def _sweep(folder: Path, name: str) -> None:
    """Remove what writers of this name have left that were killed."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = LEFTOVER.fullmatch(entry.name)
            if found and found["name"] == name and entry.is_file(follow_symlinks=False):
                _remove_if_left(Path(entry.path))


def _remove_if_left(part: Path) -> None:
    with suppress(OSError), part.open("rb") as file:
        if _lock(file.fileno(), wait=False):
            part.unlink()


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file until it is closed, and say whether that was possible."""
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # another has it, or it is on a file system without locks
        return False
    return True


def _short(name: str) -> str:
    """Return a name, or what stands for one that leaves no room for more."""
    raw = os.fsencode(name)
    return name if len(raw) <= _LONGEST else hashlib.sha256(raw).hexdigest()[:32]
