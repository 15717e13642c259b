"""The table that is learnt from: its encoder, target and rows, wherever they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trilayer.encoding import TableEncoder
from trilayer.encoding.columns import ODDS
from trilayer.encoding.inputs import Inputs
from trilayer.select.presets import SMALL, bins_for
from trilayer.sources import Source
from trilayer.sources.opening import Aside, Read
from trilayer.sources.split import Split
from trilayer.sources.tables import Table, learn
from trilayer.tables.files import sha256_of
from trilayer.tables.targets import Answers, Target

MOST_HELD = 200_000
"""Rows that are held out to judge by, at the most: they are kept in memory, and say what there
is to say (an AUC to ± 0.001)."""


@dataclass(frozen=True)
class Dataset:
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


def read_table(
    table: Table,
    *,
    positive: str | None = None,
    seed: int = 0,
    share: float = 0.2,
    max_bins: int | None = None,
    on_rows: Callable[[int], object] | None = None,
) -> Read:
    """Learn a table's encoding and labels from the rows that are not held out, in one pass.

    Parameters
    ----------
    table : Table
    positive : str, optional
        The positive label, as a person writes it.
    seed : int
        Decides which rows are held out.
    share : float
        Of each label's rows to hold out; at most `MOST_HELD` rows are.
    max_bins : int, optional
        Of each number; by default as many as `presets.bins_for` says.
    on_rows : callable, optional
        Told how many rows were read.

    Raises
    ------
    InputError
        If a value, or the target, is not usable, or there are too few rows.
    """
    split = Split(seed, held_share(share, table.rows), positive)
    plain = TableEncoder(categorical=table.columns.categorical, max_bins=0)
    learnt = learn(table, plain, positive=positive, split=split, on_rows=on_rows, odds=True)
    learnt.encoder = sized(learnt.encoder, max_bins)
    return Read(table, learnt, split, Aside(learnt))


def held_share(share: float, rows: int) -> float:
    """Return the share of so many rows that is held out, where this one is asked for."""
    return min(share, MOST_HELD / max(rows, 1))


def dataset(read: Read, source: Source) -> Dataset:
    """Join a table's open source and the rows that were put aside meanwhile."""
    learnt = read.learnt
    held, second = read.aside.joined()
    return Dataset(
        learnt.encoder, learnt.target, source, learnt.counts, held,
        second == learnt.target.positive_is_second, read.table.rows, learnt.unanswered,
        sha256_of(read.table.files),
    )  # fmt: skip


def sized(encoder: TableEncoder, max_bins: int | None = None) -> TableEncoder:
    """Settle how many bins numbers have, and in which dtype the inputs are, after the rows.

    Those of more than `SMALL` rows are float32: they are many, and half as dear. Fewer rows
    are too few for the odds of levels: those of the other folds differ too much.
    """
    if max_bins is None:
        parts = [part.name for column in encoder.columns_ for part in column.parts]
        max_bins = bins_for(len(parts) - parts.count(ODDS))
    small = encoder.n_rows_ <= SMALL
    dtype = "float64" if small else "float32"
    encoder.set_params(max_bins=max_bins, dtype=dtype).finish(odds=not small)
    return encoder
