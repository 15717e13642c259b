"""A table, read one way wherever its rows are kept: rows to learn from, and rows to judge by."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial

import numpy as np

from trilayer.cli.job import Job
from trilayer.cli.model import Encoding, answered
from trilayer.cli.output import counted, listed, say
from trilayer.cli.progress import reading_bar
from trilayer.cli.settings import Columns as Options
from trilayer.cli.told import tell_columns, tell_drift, tell_target
from trilayer.encoding.inputs import joined
from trilayer.errors import InputError
from trilayer.optional import require
from trilayer.select.dataset import Dataset, dataset, read_table
from trilayer.sources import Source
from trilayer.sources.lessons import Columns
from trilayer.sources.opening import Read, in_memory, is_large, through_cache
from trilayer.sources.rowcache import default_folder, in_words
from trilayer.sources.tables import Table, look
from trilayer.tables import Hints
from trilayer.tables.files import TableFile
from trilayer.tables.header import looks_like_data

Opener = Callable[[Read], AbstractContextManager[Source]]
"""Opens the source over the rows to learn from, and puts the others aside."""


@contextmanager
def opened(job: Job, begin: Callable[[], None]) -> Iterator[Dataset]:
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
    settings, whole = job.settings, _fits(job)
    opener = _opener(job, whole=whole)
    if not whole:
        begin()
    table = look_at(job.files, job.columns)
    if whole:
        table = table.kept()
    share = 0.0 if job.valid else settings.test_share
    with reading_bar("learning the columns", table.rows) as on_rows:
        read = read_table(
            table, positive=job.columns.positive, seed=settings.seed, share=share,
            max_bins=settings.bins, on_rows=on_rows,
        )  # fmt: skip
    if not whole:  # it takes its time
        tell(job, read, ", read as a stream")
    with opener(read) as source:
        rows = judged_by(job, dataset(read, source))
        if whole:  # what cannot be used is refused in one sentence, and nothing else
            begin()
            tell(job, read)
        say(
            f"learning from {counted(rows.source.m, 'row')} with {counted(rows.source.n1, 'input')}"
            f", judged on {counted(len(rows.held_positive), 'row')} held out"
        )
        yield rows


def look_at(files: list[TableFile], columns: Options) -> Table:
    """Look through a table, as the options say that its columns are."""
    left_out = (*columns.id, *columns.drop)
    hints = Hints(
        columns.number, columns.date, columns.missing, columns.decimal, columns.thousands,
        columns.dayfirst,
    )  # fmt: skip
    return look(files, Columns(columns.target, columns.categorical, left_out, hints=hints))


def tell(job: Job, read: Read, how: str = "") -> None:
    """Say what was read, what is to be predicted, and what became of the columns."""
    learnt = read.learnt
    say(
        f"{listed(job.data, 4)}: {counted(read.table.rows, 'row')}, "
        f"{counted(len(read.table.names), 'column')} beside the target{how}"
    )
    header = job.files[0].header
    if header is not None and not job.text.no_header and looks_like_data(header.names):
        say(f"{job.data[0]}: its first row looks like values, not names: if so, give --no-header")
    share = learnt.counts.get(learnt.target.positive, 0) / sum(learnt.counts.values())
    chosen = " against the rest" * (learnt.target.one is not None)
    chosen += " (the second in sorted order; --positive chooses)" * (job.columns.positive is None)
    tell_target(learnt.target, chosen, share, learnt.unanswered)
    tell_columns(learnt.encoder)


def _fits(job: Job) -> bool:
    """Whether the rows are read whole, on this machine."""
    placing = job.placing
    return placing.dask is None and not placing.stream and not is_large(job.files)


def _opener(job: Job, *, whole: bool) -> Opener:
    """Say where the rows are held."""
    if whole:
        return partial(in_memory, n_threads=job.settings.threads)
    if job.placing.dask is None:
        return partial(_cached, job)
    require("distributed", "dask")
    from trilayer.cli.cluster import through_workers

    return partial(through_workers, job.placing)


@contextmanager
def _cached(job: Job, read: Read) -> Iterator[Source]:
    """Hold the source over a cache on disk, and say so."""
    folder = job.placing.cache_dir or default_folder()
    say(f"the encoded rows take {in_words(read.learnt.size)}, kept meanwhile in {folder}")
    with (
        reading_bar("encoding the rows", read.table.rows) as on_rows,
        through_cache(read, folder, job.settings.threads, on_rows) as source,
    ):
        yield source


def judged_by(job: Job, rows: Dataset) -> Dataset:
    """Take the rows of ``--valid`` to judge by, where there are any."""
    if not job.valid:
        return rows
    encoding = Encoding(rows.encoder.fitted_)
    parts = list(answered(encoding, rows.target, job.valid_files))
    positive = np.concatenate([part.positive for part in parts])
    if not len(positive):
        raise InputError(
            f"{job.valid_files[0].name}: target column {rows.target.name!r} is empty in every row"
        )
    seen = sum((part.seen for part in parts), encoding.nothing_seen())
    tell_drift(each.said for each in encoding.drift(seen))
    unanswered = rows.unanswered + sum(part.unanswered for part in parts)
    held = joined([part.X for part in parts])
    return replace(rows, held=held, held_positive=positive, unanswered=unanswered)
