"""A table, read one way wherever its rows are kept: rows to learn from, and rows to judge by."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from trilayer.cli.job import Job
from trilayer.cli.model import Encoding, answered
from trilayer.cli.output import counted, listed, say
from trilayer.cli.places import Aside, Opener, Read, in_memory, is_large, through_cache
from trilayer.cli.progress import reading_bar
from trilayer.cli.told import tell_columns, tell_target
from trilayer.encoding import TableEncoder
from trilayer.encoding.inputs import Inputs, joined
from trilayer.errors import InputError
from trilayer.estimators.table_classifier import sized
from trilayer.optional import require
from trilayer.sources import Source
from trilayer.sources.lessons import Columns
from trilayer.sources.split import Split
from trilayer.sources.tables import learn, look
from trilayer.tables.files import TableFile, sha256_of
from trilayer.tables.targets import Answers, Target

MOST_HELD = 200_000
"""Rows that are held out to judge by, at the most: they are kept in memory, and say what there
is to say (an AUC to ± 0.001)."""


@dataclass(frozen=True)
class Rows:
    """Rows to learn from, wherever they are, and in memory those to judge by.

    Attributes
    ----------
    encoder : TableEncoder
    target : Target
    source : Source
    counts : dict
        Rows to learn from, by label.
    held : Inputs
    held_positive : array of bool
    table_rows : int
        How many rows were read.
    unanswered : int
        How many had no answer and are left out.
    sha256 : str
        Of the bytes of the files, as they were read.
    """

    encoder: TableEncoder
    target: Target
    source: Source
    counts: dict[Any, int]
    held: Inputs
    held_positive: Answers
    table_rows: int
    unanswered: int
    sha256: str

    @property
    def positive_rate(self) -> float:
        """The share of positives among the rows learnt from."""
        return self.counts.get(self.target.positive, 0) / sum(self.counts.values())


@contextmanager
def opened(job: Job, begin: Callable[[], None]) -> Iterator[Rows]:
    """Hold the rows of a job's tables: read, split, encoded.

    Parameters
    ----------
    job : Job
    begin : callable
        Called once what may be refused has not been: before a stream is read, for that takes
        its time, and after a table in memory is.

    Raises
    ------
    InputError
        If the table, a column named, or the target is not usable, or there are too few rows.
    """
    columns, settings, opener = job.columns, job.settings, _opener(job)
    if opener is not in_memory:
        begin()
    left_out = (*columns.id, *columns.drop)
    table = look(job.files, Columns(columns.target, columns.categorical, left_out))
    if opener is in_memory:
        table = table.kept()
    share = 0.0 if job.valid else min(settings.test_share, MOST_HELD / table.rows)
    split = Split(settings.seed, share)
    with reading_bar("learning the columns", table.rows) as on_rows:
        plain = TableEncoder(categorical=columns.categorical, max_bins=0)
        learnt = learn(table, plain, positive=columns.positive, split=split, on_rows=on_rows)
    learnt.encoder = sized(learnt.encoder)
    read = Read(job, table, learnt, split, Aside(learnt))
    if opener is not in_memory:  # it takes its time
        _tell(read, ", read as a stream")
    with opener(read) as source:
        rows = _judged_by(read, source)
        if opener is in_memory:  # what cannot be used is refused in one sentence, and nothing else
            begin()
            _tell(read)
        say(
            f"learning from {counted(rows.source.m, 'row')} with {counted(rows.source.n1, 'input')}"
            f", judged on {counted(len(rows.held_positive), 'row')} held out"
        )
        yield rows


def _tell(read: Read, how: str = "") -> None:
    """Say what was read, what is to be predicted, and what became of the columns."""
    learnt, columns = read.learnt, read.job.columns
    say(
        f"{listed(read.job.data, 4)}: {counted(read.table.rows, 'row')}, "
        f"{counted(len(read.table.names), 'column')} beside the target{how}"
    )
    share = learnt.counts.get(learnt.target.positive, 0) / sum(learnt.counts.values())
    chosen = " (the second in sorted order; --positive chooses)" * (columns.positive is None)
    tell_target(learnt.target, chosen, share, learnt.unanswered)
    tell_columns(learnt.encoder)


def _opener(job: Job) -> Opener:
    """Say where the rows are held."""
    if job.cluster.dask is not None:
        require("distributed", "dask")
        from trilayer.cli.cluster import through_workers

        return through_workers
    return through_cache if job.streaming.stream or is_large(job.files) else in_memory


def _judged_by(read: Read, source: Source) -> Rows:
    """Join the rows that were put aside, or read those of ``--valid``."""
    learnt, job = read.learnt, read.job
    held, second = read.aside.joined()
    rows = Rows(
        learnt.encoder, learnt.target, source, learnt.counts, held,
        second == learnt.target.positive_is_second, read.table.rows, learnt.unanswered,
        sha256_of(job.files),
    )  # fmt: skip
    if job.valid:
        return _with_valid(rows, job.valid_files)
    return rows


def _with_valid(rows: Rows, valid: list[TableFile]) -> Rows:
    parts = list(answered(Encoding(rows.encoder.fitted_), rows.target, valid))
    positive = np.concatenate([part.positive for part in parts])
    if not len(positive):
        raise InputError(
            f"{valid[0].name}: target column {rows.target.name!r} is empty in every row"
        )
    unanswered = rows.unanswered + sum(part.unanswered for part in parts)
    held = joined([part.X for part in parts])
    return replace(rows, held=held, held_positive=positive, unanswered=unanswered)
