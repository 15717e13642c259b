"""What the loop, and `fit`, ask of whoever writes a run down: a `trilayer.Checkpoint` does it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from trilayer.fit.records import Memory, Outcome


class Task(NamedTuple):
    """What makes two runs the same run.

    Attributes
    ----------
    settings : mapping
        By the names that a user gave them.
    data : mapping
        The bits of the samples, by name (see `trilayer.sources.fingerprint`).
    solver, engine : str
        What "auto" took; the engine with its instruction set.
    seed : int
    size : int
        Numbers in theta.
    """

    settings: Mapping[str, Any]
    data: Mapping[str, str]
    solver: str
    engine: str
    seed: int
    size: int


class Keeper(Protocol):
    """Who writes a run down while it lasts.

    Attributes
    ----------
    memory : Memory or None
        Of the run that is to go on.
    outcome : Outcome or None
        Of the run if it has ended already.
    stride : int or None
        Iterations that may pass unseen at the most.
    """

    memory: Memory | None
    outcome: Outcome | None
    stride: int | None

    def look(self, memory: Memory) -> None:
        """See the run after an iteration, and write it down if it is time to."""
        ...

    def keep(self, memory: Memory) -> None:
        """Write an unfinished run down now: it is interrupted, or failed."""
        ...

    def finish(self, outcome: Outcome) -> None:
        """Write down how the run ended."""
        ...


class Beginning(Protocol):
    """What one run asks of a checkpoint."""

    def begin(self, task: Task) -> Keeper:
        """Begin a run, or find where it stands."""
        ...


class Keeping(Beginning, Protocol):
    """What `fit` takes as `checkpoint`: a `trilayer.Checkpoint`, or a stage of one."""

    name: str

    def stage(self, name: str) -> "Keeping":
        """Return the same, for another fit of the run."""
        ...

    def seed(self, drawn: int) -> int:
        """Return the seed of the run that goes on, or the one that was drawn."""
        ...


def stage_of(checkpoint: Keeping | None, what: str) -> Keeping | None:
    """Return a checkpoint's stage for one fit of several, if there is a checkpoint."""
    return None if checkpoint is None else checkpoint.stage(f"{checkpoint.name}: {what}")
