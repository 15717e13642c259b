"""The words of ``trilayer train`` that train the same model again."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from trilayer.cli.job import Job
from trilayer.cli.settings import AS_IT_SAYS, Judging, Settings


def command_of(job: Job) -> list[str]:
    """Return the command of a job, as it is typed in the folder of its tables.

    What has its default is left out; so is what the model does not depend on: where it is
    written, where the rows are kept meanwhile, checkpoints. Threads change no number, but the
    file says how many were asked for.
    """
    said = [
        *_said(vars(job.columns)),
        *_options("valid", [_name(path) for path in job.valid]),
        *_said(_changed(job.settings, Settings())),
        *_said(_changed(job.text, AS_IT_SAYS)),
    ]
    if job.threshold != Judging().threshold:
        said += _options("threshold", [job.threshold])
    return ["trilayer", "train", *map(_name, job.data), *said]


def _changed(settings: Any, defaults: Any) -> dict[str, Any]:
    named = {each.name: getattr(settings, each.name) for each in fields(settings)}
    return {name: value for name, value in named.items() if value != getattr(defaults, name)}


def _said(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        if isinstance(value, bool):
            # The only one that can be said to be false is --no-dayfirst.
            yield f"--{'' if value else 'no-'}{name.replace('_', '-')}"
        elif value is not None:
            yield from _options(name, value if isinstance(value, tuple) else [value])


def _options(name: str, values: Any) -> Iterator[str]:
    option = f"--{name.replace('_', '-')}"
    for value in map(_written, values):
        if value.startswith("-"):
            yield f"{option}={value}"
        else:
            yield from (option, value)


def _written(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _name(path: Path) -> str:
    """Name a table as it is called in its own folder; no path of this machine is told."""
    name = path.absolute().name
    return f"./{name}" if name.startswith("-") else name
