"""`Checkpoint`: what a user gives to `fit`."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from trilayer.checkpoint.book import Book, check_same, warn
from trilayer.checkpoint.plain import as_read
from trilayer.checkpoint.record import MOST_NAME, Stage
from trilayer.errors import CheckpointError, InputError
from trilayer.fit.protocol import Task
from trilayer.fit.records import Memory, Outcome
from trilayer.modelfile.hyperparameters import hyper_to_json

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
        self._book = Book(folder, every, resume=resume, about=about or {}, tell=tell or warn)
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
    """A `trilayer.fit.records.Keeper`: writes one stage down when it is due."""

    def __init__(self, book: "Book", name: str, task: Task) -> None:
        plain = {key: hyper_to_json(value) for key, value in task.settings.items()}
        settings = as_read(plain, "settings")
        stage = Stage(task.solver, task.engine, task.seed, settings, dict(task.data))
        found = book.record.stages.get(name)
        if found is not None:
            check_same(name, found, stage, task.size, book)
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
