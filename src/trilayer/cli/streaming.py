"""Tables larger than memory: read as a stream, learnt from through a cache on disk."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.cli.learning import VALIDATED, enough_to_watch
from trilayer.cli.model import Encoding, Floats, answered
from trilayer.cli.output import counted, listed, say
from trilayer.cli.progress import reading_bar
from trilayer.cli.split import HELD, LEARNT, WATCHED, Aside, Split
from trilayer.cli.told import tell_columns, tell_target
from trilayer.encoding import TableEncoder
from trilayer.errors import InputError
from trilayer.sources.arrow import cache_of
from trilayer.sources.lessons import Columns, Learnt, Part
from trilayer.sources.rowcache import default_folder, in_words
from trilayer.sources.tables import Table, encoded, learn, look
from trilayer.tables import find_tables
from trilayer.tables.sizes import bytes_of
from trilayer.tables.targets import Answers, Target

if TYPE_CHECKING:
    from trilayer.checkpoint import Checkpoint
    from trilayer.cli.training import Job
    from trilayer.estimators.classifier import TriLayerClassifier
    from trilayer.fit.loop import Watcher
    from trilayer.sources import LabelledSource

SHARE = 1 / 8
"""Tables that are larger than this share of memory, unpacked, are read as a stream.

What is held otherwise is the table, the rows taken from it, and the encoded ones: several
times the table."""

MOST_HELD, MOST_WATCHED = 200_000, 100_000
"""Rows that are held out to judge by, and to tell when to stop, at the most: they are kept
in memory, and say what there is to say (an AUC to ± 0.001)."""


@dataclass(frozen=True)
class Seen:
    """What the first passes over the rows found."""

    target: Target
    rows: int
    unanswered: int


@dataclass(frozen=True)
class Streamed:
    """Rows to learn from, wherever they are, and in memory those to watch and to judge by."""

    encoder: TableEncoder
    source: "LabelledSource"
    counts: dict[Any, int]
    watched_X: Floats
    watched_labels: npt.NDArray[Any]
    held_X: Floats
    held_positive: Answers
    unanswered: int

    @property
    def learnt(self) -> int:
        """How many rows are learnt from, with those that tell when to stop."""
        return self.source.m + len(self.watched_labels)

    @property
    def n1(self) -> int:
        """How many inputs there are."""
        return self.source.n1

    @property
    def stops_early(self) -> bool:
        """Whether there are rows enough that tell when to stop."""
        return len(self.watched_labels) > 0

    def rate(self, positive: Any) -> float:
        """Return the share of positives among the rows learnt from."""
        return self.counts.get(positive, 0) / sum(self.counts.values())

    def teach(
        self,
        network: "TriLayerClassifier",
        on_step: "Watcher | None",
        checkpoint: "Checkpoint | None",
    ) -> None:
        """Train a network."""
        watched = (self.watched_X, self.watched_labels) if self.stops_early else (None, None)
        network.fit_source(self.source, *watched, on_step=on_step, checkpoint=checkpoint)


Opener = Callable[
    ["Job", Table, Learnt, Split, Aside, Aside], AbstractContextManager["LabelledSource"]
]
"""Opens the source over the rows to learn from, and fills what is watched and held."""


def is_large(paths: list[Path]) -> bool:
    """Whether tables are too large to be read whole."""
    return bytes_of(find_tables(paths)) > SHARE * memory()


def memory() -> int:
    """Return the bytes of memory that this process may use: the machine's, or its group's."""
    found = [sys.maxsize]  # where the system does not say, nothing is too large
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        limit = Path("/sys/fs/cgroup") / name
        if limit.is_file() and (text := limit.read_text().strip()).isdigit():
            found.append(int(text))
    return min(found)


@contextmanager
def streamed(job: "Job", opened: Opener | None = None) -> Iterator[tuple[Seen, Streamed]]:
    """Hold the rows of a job's tables, those to learn from in a source.

    Parameters
    ----------
    job : Job
    opened : Opener, optional
        By default the one of a cache on this machine's disk.
    """
    table, split = _looked(job)
    with reading_bar("learning the columns", table.rows) as on_rows:
        plain = TableEncoder(categorical=job.columns.categorical, max_bins=0, dtype="float32")
        learnt = learn(
            table, plain, positive=job.columns.positive, choose=split.is_taught, on_rows=on_rows
        )
    target, total = learnt.target, sum(learnt.counts.values())
    say(
        f"{listed(job.data, 4)}: {counted(table.rows, 'row')}, "
        f"{counted(len(table.names), 'column')} beside the target, read as a stream"
    )
    tell_target(target, job, learnt.counts.get(target.positive, 0) / total, learnt.unanswered)
    tell_columns(learnt.encoder)
    rarer = min(learnt.counts.values()) if len(learnt.counts) > 1 else 0
    if not enough_to_watch(rarer * split.watched / (1 - split.held)):
        split = Split(split.seed, 0.0, split.held)
    watched, held = Aside(), Aside()
    with (opened or through_cache)(job, table, learnt, split, watched, held) as source:
        rows = _gathered(job, learnt, source, watched, held)
        watching = counted(len(rows.watched_labels), "row")
        say(
            f"learning from {counted(rows.learnt, 'row')} with {counted(rows.n1, 'input')}, "
            f"{watching} of them to tell when to stop, judged on "
            f"{counted(len(rows.held_positive), 'row')} held out"
        )
        yield Seen(target, table.rows, learnt.unanswered), rows


@contextmanager
def through_cache(
    job: "Job", table: Table, learnt: Learnt, split: Split, watched: Aside, held: Aside
) -> "Iterator[LabelledSource]":
    """Hold the source over a cache on disk."""
    folder = job.streaming.cache_dir or default_folder()
    say(f"the encoded rows take {in_words(learnt.size)}, kept meanwhile in {folder}")
    with reading_bar("encoding the rows", table.rows) as on_rows:
        parts = _sorted(encoded(table, learnt), split, watched, held, on_rows)
        with cache_of(table, learnt, folder, job.settings.threads, parts) as source:
            yield source


def gather(table: Table, learnt: Learnt, split: Split, watched: Aside, held: Aside) -> None:
    """Keep the rows to watch and to judge by, in a pass of its own."""
    for _ in _sorted(encoded(table, learnt, choose=split.is_aside), split, watched, held):
        pass


def _looked(job: "Job") -> tuple[Table, Split]:
    """Look at the tables, and decide which rows are for what."""
    columns, settings = job.columns, job.settings
    left_out = (*columns.id, *columns.drop)
    table = look(job.data, Columns(columns.target, columns.categorical, left_out))
    held = 0.0 if job.valid else min(settings.test_share, MOST_HELD / table.rows)
    watched = min(VALIDATED * (1 - held), MOST_WATCHED / table.rows)
    return table, Split(settings.seed, watched, held)


def _sorted(
    parts: Iterator[Part],
    split: Split,
    watched: Aside,
    held: Aside,
    on_rows: Callable[[int], object] | None = None,
) -> Iterator[Part]:
    """Keep rows that are not learnt from, and pass the others on."""
    for part in parts:
        first, last = int(part.row[0]), int(part.row[-1])
        which = split.parts(first, last - first + 1)[part.row - first]
        watched.add(part, which == WATCHED)
        held.add(part, which == HELD)
        if on_rows is not None:
            on_rows(last + 1)
        if (kept := which == LEARNT).any():
            yield Part(part.X[kept], part.Y[kept], None, part.row[kept])


def _gathered(
    job: "Job", learnt: Learnt, source: "LabelledSource", watched: Aside, held: Aside
) -> Streamed:
    """Join the rows that were kept, and read those of ``--valid``."""
    encoder, target = learnt.encoder, learnt.target
    watched_X, second = watched.joined(learnt.n1, encoder.dtype)
    held_X, is_second = held.joined(learnt.n1, encoder.dtype)
    positive, unanswered = is_second == target.positive_is_second, 0
    if job.valid:
        parts = list(answered(Encoding(encoder), target, job.valid))
        held_X = np.concatenate([part.X for part in parts])
        positive = np.concatenate([part.positive for part in parts])
        unanswered = sum(part.unanswered for part in parts)
    if not len(positive):
        raise InputError(
            f"{job.valid[0]}: target column {target.name!r} is empty in every row"
            if job.valid
            else "no row was held out to judge by: raise --test-share, or give --valid"
        )
    return Streamed(
        encoder, source, learnt.counts, watched_X, target.classes[second.astype(np.intp)],
        held_X, positive, unanswered,
    )  # fmt: skip
