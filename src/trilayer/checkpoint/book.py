"""What the stages of a run share: the folder, and what is written in it."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from trilayer import warned
from trilayer.checkpoint.every import Every, every
from trilayer.checkpoint.folder import Folder
from trilayer.checkpoint.plain import as_json, as_read, difference
from trilayer.checkpoint.record import Record, Stage, encode
from trilayer.errors import CheckpointError


class Book:
    """What all stages of a run share: the folder, and what is written in it."""

    def __init__(
        self,
        folder: str | os.PathLike[str],
        often: int | str,
        *,
        resume: bool,
        about: Mapping[str, Any],
        tell: Callable[[str], None],
    ) -> None:
        self.every: Every = every(often)
        self.tell = tell
        self._writing = threading.Lock()
        self._process = os.getpid()
        self.record = Record(as_read(about, "about"), {})
        self._folder = Folder(folder, make=not resume)
        if not self._folder.names:
            if resume:
                self.tell(f"{self._folder.path}: no checkpoint yet, so the run begins")
            self._folder.write(encode(self.record))  # what cannot be written is said at once
        elif resume:
            self.record = self._found()
        else:
            raise CheckpointError(
                f"{str(self._folder.path)!r} holds checkpoints of an earlier run: go on from them "
                "(resume=True, --resume), or name another folder"
            )

    def _found(self) -> Record:
        found, name, damaged = self._folder.newest()
        if key := difference(found.about, self.record.about):
            then, now = (about.get(key) for about in (found.about, self.record.about))
            raise CheckpointError(
                f"cannot go on from {str(self._folder.path)!r}: {_change(key, then, now)}"
            )
        if damaged:
            self.tell(f"{self._folder.path}: {'; '.join(damaged)}: goes on from {name}")
        return found

    def note(self, name: str, stage: Stage) -> None:
        """Write everything down with this stage as it is now; what fails is told, not raised."""
        if os.getpid() != self._process:
            self.tell("a forked process leaves the checkpoints to the process that began them")
            return
        with self._writing:
            self.record = replace(self.record, stages=self.record.stages | {name: stage})
            try:
                self._folder.write(encode(self.record))
            except CheckpointError as error:
                self.tell(f"{error}; the training goes on, and the checkpoint before stays")


def check_same(name: str, then: Stage, now: Stage, size: int, book: Book) -> None:
    """Refuse to go on with anything else than what was begun."""
    where = f"cannot go on with stage {name!r}"
    if key := difference(then.settings, now.settings):
        raise CheckpointError(
            f"{where}: {_change(key, then.settings.get(key), now.settings.get(key))}"
        )
    if key := difference(then.data, now.data):
        raise CheckpointError(
            f"{where}: it was begun with other data ({key} differs): give the same, or begin "
            "again in another folder"
        )
    if (then.solver, then.seed, then.size) != (now.solver, now.seed, size):
        raise CheckpointError(f"{where}: its parts do not belong together")
    if then.engine != now.engine:
        book.tell(
            f"stage {name!r} was begun with the engine {then.engine} and goes on with "
            f"{now.engine}: the last bits of the result may differ"
        )


def _change(name: str, then: Any, now: Any) -> str:
    was, is_ = ("not given" if value is None else as_json(value) for value in (then, now))
    return f"{name} was {was} and is {is_}: give the same, or begin again in another folder"


def warn(sentence: str) -> None:
    """Say it as a warning."""
    warned.warn(sentence, RuntimeWarning)
