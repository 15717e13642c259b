"""A folder of checkpoint files: one writer, the last two kept."""

import os
import re
import weakref
from contextlib import suppress
from pathlib import Path

from trilayer.atomic import LEFTOVER
from trilayer.checkpoint.record import NewerError, Record, decode
from trilayer.errors import CheckpointError, ModelFileError
from trilayer.modelfile.disk import as_path, read_bytes, write_bytes

KEPT = 2
LOCK = ".lock"

_NAME = re.compile(r"checkpoint-(\d{8,12})\.safetensors")
_OLD_LEFTOVER = re.compile(r"\.trilayer-[0-9a-f]{16}\.tmp")  # that of trilayer 0.1


class Folder:
    """The checkpoints in one folder, while this object lives its one writer.

    Parameters
    ----------
    path : str or path
    make : bool
        Whether to make it if it is not there; its own folder must be.

    Raises
    ------
    CheckpointError
        If it is not there, cannot be made or written to, or another process writes to it.
    """

    def __init__(self, path: str | os.PathLike[str], *, make: bool) -> None:
        self.path = as_path(path)
        try:
            if make:
                self.path.mkdir(exist_ok=True)
            weakref.finalize(self, os.close, _locked(self.path / LOCK))
            names = [entry.name for entry in self.path.iterdir()]
            for name in names:
                if _is_left(name):
                    (self.path / name).unlink()
        except OSError as error:
            if not make and isinstance(error, FileNotFoundError):
                raise CheckpointError(
                    f"no folder {str(self.path)!r} to go on from: check its name"
                ) from error
            why = "it is a file" if isinstance(error, FileExistsError) else error.strerror or error
            raise CheckpointError(
                f"cannot keep checkpoints in {str(self.path)!r} ({why}): name a folder that can be "
                "made or written to"
            ) from error
        self.names = sorted((name for name in names if _NAME.fullmatch(name)), key=_number)
        self._next = _number(self.names[-1]) + 1 if self.names else 1
        self._good: list[str] = []

    def newest(self) -> tuple[Record, str, list[str]]:
        """Read the newest checkpoint that is sound.

        Returns
        -------
        record : Record
        name : str
            Of its file.
        damaged : list of str
            What is wrong with newer ones, with their names.

        Raises
        ------
        CheckpointError
            If there is none, or a newer trilayer wrote it.
        """
        damaged = []
        for name in reversed(self.names):
            try:
                record = decode(read_bytes(self.path / name))
            except NewerError as error:
                raise CheckpointError(f"cannot go on from {self.path / name}: {error}") from error
            except (ModelFileError, MemoryError) as error:
                damaged.append(f"{name} cannot be used ({str(error) or 'no memory'})")
            else:
                self._good = [name]
                return record, name, damaged
        raise CheckpointError(
            f"no checkpoint in {str(self.path)!r} can be used: {'; '.join(damaged)}; take an "
            "intact copy, or begin again in another folder"
        )

    def write(self, data: bytes) -> None:
        """Add a checkpoint, and drop all but the last two that are sound.

        Raises
        ------
        CheckpointError
            If it cannot be written; what is there stays.
        """
        name = f"checkpoint-{self._next:08d}.safetensors"
        self._next += 1
        self.names.append(name)  # it may be there even where that fails
        try:
            write_bytes(self.path / name, data, force=False)
        except ModelFileError as error:
            raise CheckpointError(f"cannot write {self.path / name}: {error}") from error
        self._good = [*self._good, name][-KEPT:]
        for old in [each for each in self.names if each not in self._good]:
            with suppress(OSError):  # a file that stays is only a file too many
                (self.path / old).unlink()
            self.names.remove(old)


def _is_left(name: str) -> bool:
    """Whether a file is what a process left that was killed while it wrote a checkpoint."""
    part = LEFTOVER.fullmatch(name)
    whole = part is not None and _NAME.fullmatch(part["name"]) is not None
    return whole or _OLD_LEFTOVER.fullmatch(name) is not None


def _number(name: str) -> int:
    found = _NAME.fullmatch(name)
    return int(found[1]) if found else 0


def _locked(path: Path) -> int:
    """Open a file that this process holds the lock of, until it is closed or the process ends.

    The lock belongs to the process, not to the open file: a forked child that outlives us
    does not hold it.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        import fcntl
    except ImportError:  # Windows
        return file
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(file)
        raise CheckpointError(
            f"another process keeps its checkpoints in {str(path.parent)!r}: wait for it, or name "
            "another folder"
        ) from error
    except OSError:  # a file system without locks
        pass
    return file
