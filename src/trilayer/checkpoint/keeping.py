"""`Checkpoint`: what a user gives to `fit`."""

import os
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from trilayer.checkpoint.every import Every, every
from trilayer.checkpoint.folder import Folder
from trilayer.checkpoint.record import (
    MOST_NAME,
    Record,
    Stage,
    as_json,
    as_read,
    difference,
    encode,
)
from trilayer.errors import CheckpointError, InputError
from trilayer.modelfile.hyperparameters import hyper_to_json
from trilayer.runs import Memory, Outcome, Task

SHARE = 0.01
"""Of the time, for writing; where a checkpoint takes longer, it is written less often."""


class Checkpoint:
    """Where a run is written down while it lasts, and goes on from after a fault.

    ``clf.fit(X, y, checkpoint=Checkpoint("run1"))`` begins; after the process died,
    ``clf.fit(X, y, checkpoint=Checkpoint("run1", resume=True))`` with the same settings and
    data goes on, and ends with the same bits. A fit that had ended is not done again.

    Parameters
    ----------
    folder : str or path
        Made if it is not there. Its last two checkpoints are kept.
    every : int or str
        A number of iterations (``100``), or a time (``"30s"``, ``"5min"``, ``"2h"``); with a
        time, no oftener than costs a hundredth of it. Epochs of sgd and adam are whole.
    resume : bool
        Whether to go on from what the folder holds. Without it, a folder that holds
        checkpoints is refused.
    about : mapping, optional
        What else makes it the same run: values with a form in JSON, held against those of the
        checkpoint by name.
    tell : callable, optional
        Called with a sentence about what went wrong and was got over: a checkpoint that is
        damaged, or could not be written. By default a `RuntimeWarning`.

    Raises
    ------
    CheckpointError
        If nothing can be written to the folder, another process writes to it, it holds
        checkpoints and `resume` is not asked for, or none of them can be used or gone on
        with.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_breast_cancer
    >>> from trilayer import Checkpoint, TriLayerClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     clf = TriLayerClassifier(random_state=0, max_iter=50, tol=0)
    ...     first = clf.fit(X, y, checkpoint=Checkpoint(folder, every=10)).loss_curve_
    ...     again = clf.fit(X, y, checkpoint=Checkpoint(folder, resume=True)).loss_curve_
    >>> first == again
    True
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        every: int | str = "30s",
        *,
        resume: bool = False,
        about: Mapping[str, Any] | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._book = _Book(folder, every, resume=resume, about=about or {}, tell=tell or _warn)
        self.name = "fit"

    def stage(self, name: str) -> "Checkpoint":
        """Return the same checkpoint for another fit of the run.

        Each fit has its own name; `fit` of the checkpoint itself is named ``"fit"``.

        Raises
        ------
        InputError
            If the name is none, or longer than can be written.
        """
        if not isinstance(name, str) or not 0 < len(name) <= MOST_NAME or not name.isprintable():
            raise InputError(
                f"a stage's name is a text of up to {MOST_NAME} printable characters, got {name!r}"
            )
        other = Checkpoint.__new__(Checkpoint)
        other._book, other.name = self._book, name
        return other

    @property
    def done(self) -> dict[str, tuple[int, bool]]:
        """Of every stage begun: iterations done, and whether it has ended."""
        stages = self._book.record.stages
        return {name: (stage.k, stage.outcome is not None) for name, stage in stages.items()}

    @property
    def seconds(self) -> float:
        """Spent on this stage in all sessions, as far as it is written down."""
        stage = self._book.record.stages.get(self.name)
        return stage.seconds if stage else 0.0

    def seed(self, drawn: int) -> int:
        """Return the seed of the stage that goes on, or the one that was drawn."""
        stage = self._book.record.stages.get(self.name)
        return stage.seed if stage else drawn

    def begin(self, task: Task) -> "StageKeeper":
        """Begin the stage, or find where it stands.

        Raises
        ------
        CheckpointError
            If it was begun with other settings or other data.
        """
        return StageKeeper(self._book, self.name, task)

    def __reduce__(self) -> NoReturn:
        raise CheckpointError(
            "a Checkpoint is written by one process and cannot be sent to another: give each its "
            "own folder"
        )


class StageKeeper:
    """A `trilayer.runs.Keeper`: writes one stage down when it is due."""

    def __init__(self, book: "_Book", name: str, task: Task) -> None:
        plain = {key: hyper_to_json(value) for key, value in task.settings.items()}
        settings = as_read(plain, "settings")
        stage = Stage(task.solver, task.engine, task.seed, settings, dict(task.data))
        found = book.record.stages.get(name)
        if found is not None:
            _check_same(name, found, stage, task.size, book)
        self._book, self._name, self._stage = book, name, stage
        self.memory = found.memory if found else None
        self.outcome = found.outcome if found else None
        self.stride = book.every.iterations
        self._at = self.memory.last.k if self.memory else 0
        self._due = time.monotonic() + (book.every.seconds or 0.0)

    def look(self, memory: Memory) -> None:
        """See the run after an iteration, and write it down if it is time to."""
        iterations, seconds = self._book.every
        if iterations is None:
            due = time.monotonic() >= self._due
        else:
            due = memory.last.k >= self._at + iterations
        if not due:
            return
        began = time.monotonic()
        self.keep(memory)
        ended = time.monotonic()
        self._at = memory.last.k
        self._due = ended + max(seconds or 0.0, (ended - began) / SHARE)

    def keep(self, memory: Memory) -> None:
        """Write an unfinished run down now."""
        self._book.note(self._name, replace(self._stage, memory=memory.settled()))

    def finish(self, outcome: Outcome) -> None:
        """Write down how the run ended."""
        self._book.note(self._name, replace(self._stage, outcome=outcome))


class _Book:
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


def _check_same(name: str, then: Stage, now: Stage, size: int, book: _Book) -> None:
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
    return (
        f"{name} was {as_json(then)} and is {as_json(now)}: give the same, or begin again in "
        "another folder"
    )


def _warn(sentence: str) -> None:
    warnings.warn(sentence, RuntimeWarning, stacklevel=2)
