"""``trilayer tune``: hidden units, weight decay and bins, searched for with a budget of time."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from trilayer.cli.settings import (
    AS_IT_SAYS,
    Checkpoints,
    Columns,
    Count,
    Data,
    Judging,
    Placing,
    Settings,
    Text,
    Writing,
)

_DEFAULTS = Settings()
_HELD_OUT = Judging()
_PLAIN = Writing()


def tune(
    *data: Data,
    columns: Annotated[Columns, Parameter(name="*")],
    minutes: Annotated[float, Parameter(validator=Number(gt=0, lt=float("inf")))] = 10.0,
    trials: Count | None = None,
    storage: Path | None = None,
    writing: Annotated[Writing, Parameter(name="*")] = _PLAIN,
    judging: Annotated[Judging, Parameter(name="*")] = _HELD_OUT,
    settings: Annotated[Settings, Parameter(name="*")] = _DEFAULTS,
    text: Annotated[Text, Parameter(name="*")] = AS_IT_SAYS,
) -> int:
    """Search hidden units, weight decay and bins, and train with the best.

    Says how much that gained over train without options, on rows that tuning never saw, and the
    command by which train gives the same model. What is said by --hidden, --l2 or --bins is not
    searched. Ctrl-C ends the search and trains with the best so far.

    Parameters
    ----------
    data
        CSV, TSV or Parquet, plain or packed: a file, several, or a folder.
    minutes
        Time for the search; the last training comes after it.
    trials
        Settings to try, at the most. By default as many as there is time for.
    storage
        File that keeps the trials: the same command goes on from there.
    """
    from trilayer.optional import require

    require("optuna", "tune")
    from trilayer.cli.job import Job
    from trilayer.cli.paths import existing, saved
    from trilayer.cli.train import check_learning_rate, output_of
    from trilayer.cli.tuning import Budget, run

    check_learning_rate(settings)
    paths = saved("tune", data)
    valid_paths = [existing(name) for name in judging.valid]
    output = output_of(writing, data[0])
    job = Job(
        paths, valid_paths, columns, settings, judging.threshold, output, Checkpoints(), Placing(),
        text, force=writing.force, report=writing.report,
    )  # fmt: skip
    return run(job, Budget(60 * minutes, trials, storage), as_json=writing.json)
