"""``trilayer train``: from a table to a model file, and how good it is."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from trilayer.cli.settings import (
    AS_IT_SAYS,
    Checkpoints,
    Columns,
    Data,
    Judging,
    Placing,
    Settings,
    Text,
    Writing,
)
from trilayer.errors import InputError

_DEFAULTS = Settings()
_HELD_OUT = Judging()
_NO_CHECKPOINTS = Checkpoints()
_BY_SIZE = Placing()
_PLAIN = Writing()


def train(
    *data: Data,
    columns: Annotated[Columns, Parameter(name="*")],
    writing: Annotated[Writing, Parameter(name="*")] = _PLAIN,
    judging: Annotated[Judging, Parameter(name="*")] = _HELD_OUT,
    settings: Annotated[Settings, Parameter(name="*")] = _DEFAULTS,
    checkpoints: Annotated[Checkpoints, Parameter(name="*")] = _NO_CHECKPOINTS,
    placing: Annotated[Placing, Parameter(name="*")] = _BY_SIZE,
    text: Annotated[Text, Parameter(name="*")] = AS_IT_SAYS,
    config: Path | None = None,  # noqa: ARG001 - trilayer.cli.config has read it by now
) -> int:
    """Train a network on a table, and say how good it is.

    Parameters
    ----------
    data
        CSV, TSV or Parquet, plain or packed: a file, several, or a folder.
    config
        TOML file of options, as init writes it; what is given here wins.
    """
    from trilayer.cli.paths import existing, saved

    check_learning_rate(settings)
    if placing.dask is not None and (placing.stream or placing.cache_dir is not None):
        raise InputError(
            "--stream and --cache-dir are for this machine alone: with --dask the workers hold "
            "the rows"
        )
    paths = saved("train", data)
    valid_paths = [existing(name) for name in judging.valid]
    output = output_of(writing, data[0])
    from trilayer.cli.checkpoints import check
    from trilayer.cli.job import Job
    from trilayer.cli.training import run

    check(checkpoints)
    job = Job(
        paths, valid_paths, columns, settings, judging.threshold, output, checkpoints, placing,
        text, force=writing.force, report=writing.report,
    )  # fmt: skip
    return run(job, as_json=writing.json)


def output_of(writing: Writing, first: str) -> Path:
    """Return where the model goes; refuse a file that is there, or a report of no known form."""
    from trilayer.cli.paths import model_name, new_file

    output = model_name(first) if writing.output is None else Path(writing.output)
    new_file(output, force=writing.force)
    if writing.report is not None:
        from trilayer.cli.report import form_for

        form_for(writing.report)
        new_file(writing.report, force=writing.force)
    return output


def check_learning_rate(settings: Settings) -> None:
    """Refuse a step size for a solver that finds its own."""
    if settings.learning_rate is None:
        return
    from trilayer.solvers import AUTO, solver, takers

    name = settings.solver
    if name != AUTO and "learning_rate" not in solver(name).options:
        *some, last = takers("learning_rate")
        raise InputError(
            f"--learning-rate is for {', '.join(some)} and {last}: {name} finds its own steps"
        )
