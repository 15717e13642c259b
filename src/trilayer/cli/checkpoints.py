"""``--checkpoint``, ``--checkpoint-every`` and ``--resume``."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from trilayer.checkpoint import Checkpoint
from trilayer.checkpoint.every import every
from trilayer.cli.job import Job
from trilayer.cli.output import counted, say
from trilayer.cli.settings import Checkpoints
from trilayer.tables.files import TableFile, sha256_of

DEFAULT = "30s"


def opened(job: Job) -> Checkpoint | None:
    """Open the folder that the command names, if it names one.

    Raises
    ------
    InputError
        If it cannot be written to, or is another run's: the option that differs is named.
    """
    asked = job.checkpoints
    folder = asked.resume or asked.checkpoint
    if folder is None:
        return None
    return Checkpoint(
        folder,
        asked.checkpoint_every or DEFAULT,
        resume=asked.resume is not None,
        about=about(job),
        tell=say,
    )


def tell_done(checkpoint: Checkpoint | None) -> None:
    """Say from where a run goes on."""
    for name, (k, ended) in checkpoint.done.items() if checkpoint else ():
        if ended:
            say(f"{name}: had ended after {counted(k, 'iteration')}, and is not done again")
        else:
            say(f"{name}: goes on from iteration {k:,}")


def check(asked: Checkpoints) -> None:
    """Refuse, before any work is done, options that do not go together.

    Raises
    ------
    InputError
    """
    from trilayer.cli.paths import existing
    from trilayer.errors import InputError

    if asked.checkpoint_every is not None:
        every(asked.checkpoint_every)
        if asked.checkpoint is None and asked.resume is None:
            raise InputError("--checkpoint-every needs --checkpoint FOLDER or --resume FOLDER")
    if asked.checkpoint is not None and asked.resume is not None:
        raise InputError("--resume goes on writing to its own folder: leave out --checkpoint")
    if asked.resume is not None:
        existing(str(asked.resume))


def about(job: Job) -> dict[str, Any]:
    """Return what makes the command the same, by the names of the options."""
    chosen = asdict(job.columns) | asdict(job.settings) | {"threshold": job.threshold}
    del chosen["threads"]  # the result does not depend on their number
    if chosen["bins"] is None:  # checkpoints of before there was the option go on
        del chosen["bins"]
    options = {f"--{name.replace('_', '-')}": value for name, value in chosen.items()}
    return options | {"DATA": _bits(job.files), "--valid": _bits(job.valid_files)}


def _bits(files: Sequence[TableFile]) -> str | None:
    """Return the SHA-256 of the files' bytes: their names and places do not matter."""
    return sha256_of(files) if files else None
