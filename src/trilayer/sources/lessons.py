"""What rows of a table teach, and rows encoded: block by block, wherever blocks come from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from trilayer.encoding import TableEncoder
from trilayer.encoding.inputs import Inputs, Layout
from trilayer.encoding.odds import folds_of
from trilayer.errors import InputError, TriLayerError
from trilayer.optional import require
from trilayer.sources.rowcache import size_of
from trilayer.sources.sides import Sides
from trilayer.sources.split import Split
from trilayer.tables import CATEGORY, DATE, NUMBER, Block, Places, convert, kind_of, refuse_infinite
from trilayer.tables.readings import Hints, Reading
from trilayer.tables.tally import Tally
from trilayer.tables.targets import Target, missing

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

Chooser = Callable[[int, int], NDArray[np.bool_]]
"""``choose(first, count)``: which of these rows of the table to take, by their number."""


class Columns(NamedTuple):
    """Which columns of a table are what.

    Attributes
    ----------
    target : str
    categorical, drop : tuple of str
        Categories whatever they look like; columns to leave out.
    sample_weight : str or None
    hints : Hints
        What a person says of how the table is written.
    """

    target: str
    categorical: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    sample_weight: str | None = None
    hints: Hints = Hints()

    @property
    def weight(self) -> list[str]:
        """The column with the sample weights, if there is one."""
        return [] if self.sample_weight is None else [self.sample_weight]


@dataclass
class Learnt:
    """What a pass over the rows that are learnt from taught.

    Attributes
    ----------
    encoder : TableEncoder
    target : Target
    counts : dict
        Rows of each label, of those that count.
    unanswered : int
        Rows without an answer, left out, of all rows.
    weighted : bool
        Whether rows have weights other than 1.
    factors : array, (2,)
        Class weights.
    crossed : Split, optional
        Where the odds of levels were learnt: which rows from, whose own answers are left out
        of them.
    """

    encoder: TableEncoder
    target: Target
    counts: dict[Any, int]
    unanswered: int = 0
    weighted: bool = False
    factors: NDArray[np.float64] = field(default_factory=lambda: np.ones(2))
    crossed: Split | None = None

    @property
    def m(self) -> int:
        """How many rows there are to learn from."""
        return sum(self.counts.values())

    @property
    def n1(self) -> int:
        """How many inputs they become."""
        return self.layout.n1

    @property
    def layout(self) -> Layout:
        """Which of them are what."""
        return self.encoder.layout_

    def folds(self, rows: NDArray[np.int64], first: int, count: int) -> NDArray[np.int64] | None:
        """Return the folds of some of the `count` rows from `first` on, by their numbers."""
        if self.crossed is None:
            return None
        learnt = self.crossed.is_learnt(first, count)[rows - first]
        return np.where(learnt, folds_of(rows), -1)

    @property
    def size(self) -> int:
        """Bytes that they take in a cache."""
        return size_of(self.m, self.layout, self.encoder.dtype, weighted=self.weighted)


class Part(NamedTuple):
    """Encoded rows, and where each of them stands in the table.

    inputs of b rows; Y (b,), 1 for the second class; s (b,) or None; row (b,), its number.
    """

    inputs: Inputs
    Y: NDArray[Any]
    s: NDArray[Any] | None
    row: NDArray[np.int64]


class Lesson:
    """What rows teach, block by block.

    Parameters
    ----------
    columns : Columns
    names : sequence of str
        The columns that may become inputs.
    encoder : TableEncoder, optional
        A fitted one is used as it is; of another, a copy is fitted.
    split : Split, optional
        Decides which rows are held out, and so not learnt from.
    sides : Sides, optional
        Tells the answers apart that the odds of levels are learnt from.
    readings : mapping of str to Reading
        How columns were read that are stored as text.

    Attributes
    ----------
    wanted : list of str
        The columns that blocks must have.
    """

    def __init__(
        self,
        columns: Columns,
        names: Sequence[str],
        encoder: TableEncoder | None,
        split: Split | None = None,
        readings: Mapping[str, Reading] | None = None,
        sides: Sides | None = None,
    ) -> None:
        encoder = TableEncoder() if encoder is None else encoder
        self._known = hasattr(encoder, "_learnt")
        if not self._known:
            told = vars(columns.hints) if columns.hints != Hints() else {}
            encoder = clone(encoder).set_params(categorical=columns.categorical, **told)
        self._readings = {n: each for n, each in (readings or {}).items() if n in set(names)}
        self._columns, self._names, self._encoder = columns, list(names), encoder
        self._split, self._sides = split, None if self._known else sides
        # The labels of all rows, and those of the rows that are learnt from.
        self._labels = Tally(columns.target)
        self._counted = self._labels if split is None else Tally(columns.target)
        self._unanswered, self._weighted = 0, False
        self.wanted = [*([] if self._known else names), columns.target, *columns.weight]

    def add(self, block: Block, first: int) -> None:
        """Take in the next rows, the first of which has this number in the table."""
        answers = _answers(block, self._columns.target)
        known, s = ~missing(answers), _weights(block, self._columns.sample_weight)
        kept = known & (s > 0)
        self._labels.add(answers.filter(pa.array(kept)))
        if self._split is not None:
            self._split.see(answers, kept)
            kept &= self._split.is_learnt(first, len(kept))
            self._counted.add(answers.filter(pa.array(kept)))
        self._unanswered += int(np.sum(~known))
        self._weighted = self._weighted or bool(np.any(s[kept] != 1))
        rows = block.rows if kept.all() else block.rows.filter(pa.array(kept))
        if not self._known and len(rows):
            with _placed(block, self._names):
                table = pa.Table.from_batches([rows.select(self._names)])
                told = None
                if self._sides is not None:
                    told = self._sides.answers(
                        answers.filter(pa.array(kept)), first + np.flatnonzero(kept)
                    )
                self._encoder.partial_fit(table, readings=self._readings, answers=told)

    def learnt(self, positive: str | None = None, classes: Sequence[Any] | None = None) -> Learnt:
        """Settle it, after the last rows."""
        target = self._labels.target(positive, classes)
        if self._split is not None:
            self._split.check()
        encoder, sides = self._encoder, self._sides
        if not self._known:
            encoder.finish(swapped=sides is not None and sides.swapped(target))
        counts = target.tallied(self._counted.counts)
        crossed = None if sides is None else self._split
        return Learnt(encoder, target, counts, self._unanswered, self._weighted, crossed=crossed)


def inputs_of(learnt: Learnt, columns: Columns) -> list[str]:
    """Return the columns that `encode_block` needs."""
    special = [columns.target, *columns.weight]
    return [*(name for name in learnt.encoder.kinds_ if name not in special), *special]


def encode_block(
    block: Block, learnt: Learnt, columns: Columns, first: int, choose: Chooser | None = None
) -> Part:
    """Encode the rows of a block that count; the first has this number in the table."""
    encoder, target = learnt.encoder, learnt.target
    answers = _answers(block, columns.target)
    s = _weights(block, columns.sample_weight)
    kept = ~missing(answers) & (s > 0)
    if choose is not None:
        kept &= choose(first, len(kept))
    _, positive = target.answers(answers, block.places)
    Y = (positive if target.positive_is_second else ~positive)[kept]
    rows = block.rows if kept.all() else block.rows.filter(pa.array(kept))
    row = first + np.flatnonzero(kept)
    inputs = [name for name in encoder.kinds_ if name not in {columns.target, *columns.weight}]
    with _placed(block, inputs):
        folds = learnt.folds(row, first, len(kept))
        made = encoder.inputs(pa.Table.from_batches([rows.select(inputs)]), folds=folds)
    weights = s[kept] * learnt.factors[Y.astype(np.intp)] if learnt.weighted else None
    return Part(made, Y.astype(made.dtype), weights, row)


def _answers(block: Block, name: str) -> "pa.Array":
    """Return the target's values; empty text is none."""
    values = block.rows[name]
    return convert(values, CATEGORY, name) if kind_of(values.type) == CATEGORY else values


def _weights(block: Block, name: str | None) -> NDArray[np.float64]:
    """Return what each row weighs by this column, or by none."""
    if name is None:
        return np.ones(len(block.rows))
    values = convert(block.rows[name], NUMBER, name)
    s = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(s) & (s >= 0)))
    if len(wrong):
        source, row = block.places.of(int(wrong[0]))
        raise InputError(
            f"{source}column {name!r}, row {row:,}: a sample weight must be a finite number, "
            "0 or more"
        )
    return s


@contextmanager
def _placed(block: Block, names: Sequence[str]) -> Iterator[None]:
    """Let what is wrong with a number or a date be said with its file and its row."""
    try:
        yield
    except TriLayerError:
        places: Places = block.places
        refuse_infinite(block.rows, _of_kind(NUMBER, block, names), places)
        for name in _of_kind(DATE, block, names):
            source, first = places.of(0)
            convert(block.rows[name], DATE, name, source=source, first_row=first)
        raise


def _of_kind(kind: str, block: Block, names: Sequence[str]) -> list[str]:
    return [name for name in names if kind_of(block.rows[name].type) == kind]
