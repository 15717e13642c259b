"""One pass over a table: what each column is, and the few numbers that describe it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.encoding.bins import bin_edges, center_and_scale
from trilayer.encoding.columns import (
    BOOLEAN,
    CATEGORY,
    FREQUENCY,
    NUMBER,
    ODDS,
    PARTS,
    SIGNS,
    Column,
    Part,
    counted,
)
from trilayer.encoding.counters import EXACT, Counter
from trilayer.encoding.levels import Levels, Weights, encode
from trilayer.encoding.odds import MANY, AnswerCounts, Answers, Odds, odds_of
from trilayer.encoding.parameters import Parameters
from trilayer.encoding.parts import parts_of
from trilayer.encoding.quantiles import Summary
from trilayer.errors import InputError, TableError
from trilayer.tables.convert import EMPTY, UNKNOWN, convert, kind_of, unusable
from trilayer.tables.reading import require_columns
from trilayer.tables.readings import Reading
from trilayer.tables.values import Values

if TYPE_CHECKING:
    import pyarrow as pa

# Well within the range of float64, so that what is computed of numbers does not overflow.
LARGEST = 1e140
# Text that differs in this share of the rows names the rows, it does not describe them.
ID_LIKE, ID_ROWS = 0.9, 10
# So many rare levels at most are kept, for how often they occur and for their odds.
MOST_COUNTED = 1 << 14


class TableLearner:
    """What a stream of rows teaches about each column.

    Parameters
    ----------
    names : sequence of str
        The columns of the table.
    named : bool
        Whether they are called so, or counted.
    parameters : Parameters
        Of the encoder: which columns are categories, and which are dropped.
    readings : mapping of str to Reading
        How columns of text are read; what is not in it is what its values are stored as.

    Raises
    ------
    TableError
        If a parameter names a column that is not there.
    """

    def __init__(
        self,
        names: Sequence[str],
        named: bool,
        parameters: Parameters,
        readings: Mapping[str, Reading],
    ) -> None:
        told = (parameters.categorical, parameters.drop, parameters.number, parameters.date)
        require_columns([name for each in told for name in each], names, "the table")
        plain = Reading("", missing=parameters.missing)
        category = replace(plain, kind=CATEGORY)
        self.names, self.named = list(names), named
        self.rows, self._seen = 0.0, 0
        self._learners = {
            name: None
            if name in parameters.drop
            else Learner(
                name,
                category if name in parameters.categorical else readings.get(name, plain),
                named=named and name not in parameters.number,
            )
            for name in names
        }

    def add(
        self, table: "pa.Table", weights: Weights = None, answers: Answers | None = None
    ) -> None:
        """Take in the next rows; the columns stand in the order of the names.

        Parameters
        ----------
        table : pyarrow.Table
        weights : array, (m,), optional
            How many rows each counts for, positive: with all rows, or with none.
        answers : Answers, optional
            Theirs, for the odds of levels: with all rows, or with none.
        """
        for index, learner in enumerate(self._learners.values()):
            if learner is not None:
                learner.add(table.column(index), self._seen + 1, weights, answers)
        self._seen += len(table)
        self.rows += weighed(len(table), weights)

    def swap_answers(self) -> None:
        """Take the answers that were called positive for the negative ones."""
        for learner in self._learners.values():
            if learner is not None:
                learner.answered.swap()

    @property
    def n_rows(self) -> int:
        """How many rows they count for."""
        return math.ceil(self.rows)

    def settle(
        self, parameters: Parameters, *, odds: bool = True
    ) -> tuple[tuple[Column, ...], tuple[tuple[str, str], ...]]:
        """Return the columns to use, and those to leave out with the reason.

        The rows need not be seen again to settle for other bins or levels, or without odds.

        Raises
        ------
        TableError
            If there is nothing to learn from.
        """
        if not self.rows:
            raise TableError("the table has no rows to learn from")
        columns: list[Column] = []
        dropped: list[tuple[str, str]] = []
        for name, learner in self._learners.items():
            outcome: Column | str = "as asked"
            if learner is not None:
                outcome = learner.settle(parameters, odds=odds)
            if isinstance(outcome, Column):
                columns.append(outcome)
            else:
                dropped.append((name, outcome))
        if not columns:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in dropped[:5])
            more = "; and so on" if len(dropped) > 5 else ""
            samples = counted(self._seen, "sample")
            raise TableError(f"no column of the table ({samples}) can help: {reasons}{more}")
        return tuple(columns), tuple(dropped)


class Learner:
    """What a stream of one column's values teaches.

    Parameters
    ----------
    name : str
        The column.
    reading : Reading
        How it is read; without a kind, the first value that is there decides.
    named : bool
        Whether it is a column of a table, which may count the rows, and not of an array.
    """

    def __init__(self, name: str, reading: Reading, *, named: bool) -> None:
        self.name = name
        self._counter = Counter() if named else None
        self.rows = self.missing = 0.0
        self._present = 0  # rows with a value, whatever they weigh
        self._reading = reading
        self._refusal = ""
        self._levels = Levels()
        self.answered = AnswerCounts()
        self._summaries: list[Summary] = []

    def add(
        self,
        values: Values,
        first_row: int,
        weights: Weights = None,
        answers: Answers | None = None,
    ) -> None:
        """Take in the next rows."""
        self.rows += weighed(len(values), weights)
        have = kind_of(values.type)
        if have == EMPTY:
            self.missing += weighed(len(values), weights)
            if answers is not None:
                self.answered.add(np.full(len(values), -2), answers, weights)
        elif have == UNKNOWN:
            self._refusal = unusable(values.type)
        elif not self._refusal:
            if not self._reading.kind:
                self._reading = replace(self._reading, kind=have)
            self._count(values, first_row, weights, answers)

    def settle(self, parameters: Parameters, *, odds: bool = True) -> Column | str:
        """Say what the column becomes, or in words why it is left out."""
        if self._refusal:
            return self._refusal
        if not self._present:
            return "every value is missing"
        if self._kind == CATEGORY:
            return self._category(self.rows - self.missing, parameters, odds=odds)
        return self._numbers(parameters.max_bins)

    @property
    def _kind(self) -> str:
        return self._reading.kind

    def _count(
        self, values: Values, first_row: int, weights: Weights, answers: Answers | None
    ) -> None:
        if self._kind == CATEGORY:
            texts, codes = encode(convert(values, CATEGORY, self.name), self._reading.missing)
            self._note(codes >= 0, weights)
            places = self._levels.add(texts, codes, weights)
            if answers is not None:
                self.answered.add(places, answers, weights)
            return
        parts = parts_of(values, self._reading, self.name, first_row)
        self._summaries = self._summaries or [Summary() for _ in parts]
        there = ~np.isnan(parts[0])
        self._note(there, weights)
        if np.abs(parts[0][there]).max(initial=0.0) > LARGEST:
            raise InputError(
                f"column {self.name!r} holds numbers beyond {LARGEST:.0e}, too large to be "
                "scaled: correct them or use a larger unit"
            )
        for summary, part in zip(self._summaries, parts, strict=True):
            summary.add(part[there], None if weights is None else weights[there])
        if self._counter is not None and self._kind == NUMBER:
            self._counter.add(parts[0][there])

    def _note(self, there: npt.NDArray[np.bool_], weights: Weights) -> None:
        """Count the rows with a value and those without."""
        count = int(np.count_nonzero(there))
        self._present += count
        self.missing += weighed(len(there) - count, None if weights is None else weights[~there])

    def _numbers(self, max_bins: int) -> Column | str:
        if self._counter is not None and not self.missing and self._counter.counts:
            return "it counts the rows, every whole number once; --number keeps it"
        found = [summary.distribution() for summary in self._summaries]
        pairs = zip(PARTS[self._kind], found, strict=True)
        varying = [(name, each) for name, each in pairs if each.values.size > 1]
        if not varying:
            return self._only_missing(_one_value(found[0].values))
        if self._kind == BOOLEAN:
            return self._column(parts=SIGNS)
        parts = (
            Part(name, *center_and_scale(each), tuple(bin_edges(each, max_bins).tolist()))
            for name, each in varying
        )
        return self._column(parts=tuple(parts))

    def _category(self, present: float, parameters: Parameters, *, odds: bool) -> Column | str:
        levels = self._levels
        different = len(levels.counts)
        if different == 1 and not levels.full:
            return self._only_missing("every value is the same")
        # Those not kept may all be different: few values repeat in a stream of names.
        rows = self._present
        if rows >= ID_ROWS and different + levels.uncounted >= ID_LIKE * rows:
            return self._only_missing("nearly every value is different")
        at_least = parameters.min_count or min(10, math.ceil(self.rows / 100))
        # The rarer ones are found with them: of those that occur once there is nothing to know.
        most = parameters.max_levels
        texts, counts, places = levels.frequent(most + MOST_COUNTED, min(at_least, 2))
        kept = sum(count >= at_least for count in counts[:most])
        wanted = odds and different > MANY
        told = odds_of(self.answered.of(places), kept) if wanted else None
        if not kept and told is None:
            return self._only_missing(f"no value occurs {at_least:,} times")
        column = self._column(
            levels=tuple(texts[:kept]),
            other=0 < sum(counts[:kept]) < present,
            n_levels=different,
        )
        pooled = {*counts[kept:], *[1] * (sum(counts) < present)}
        if kept and len(pooled) > 1:
            frequency = _frequency(np.array(counts), present)
            column = replace(column, parts=(frequency,), counts=tuple(counts))
        column = column if told is None else _with_odds(column, told)
        return replace(column, counted=tuple(texts[kept:])) if column.parts else column

    def _only_missing(self, reason: str) -> Column | str:
        """Where the values themselves say nothing, that they are missing still may."""
        if not self.missing:
            return f"{reason} ({self._reading.note})" if self._reading.note else reason
        return self._column(note=f"only whether a value is there counts, for {reason}")

    def _column(self, **outcome: Any) -> Column:
        missing, reading = math.ceil(self.missing), self._reading
        notes = [note for note in (outcome.pop("note", ""), reading.note) if note]
        return Column(
            self.name, self._kind, missing=missing > 0, n_missing=missing, form=reading.form,
            note="; ".join(notes), **outcome,
        )  # fmt: skip


def _one_value(values: npt.NDArray[np.float64]) -> str:
    """Say why numbers that are all one tell nothing."""
    if np.abs(values).max(initial=0.0) < EXACT:
        return "every value is the same"
    return "its numbers have too many digits to be told apart: as names they go with --categorical"


def weighed(count: int, weights: Weights) -> float:
    """Return how many rows so many of these weights count for."""
    return float(count) if weights is None else float(weights.sum())


def _with_odds(column: Column, odds: Odds) -> Column:
    """Give a column the odds of its levels as one more number."""
    part = Part(ODDS, odds.center, odds.scale)
    told = tuple(odds.of_all.tolist())
    return replace(column, parts=(*column.parts, part), odds=told, crossed=odds.crossed)


def _frequency(counts: npt.NDArray[np.int64], present: float) -> Part:
    """Scale the logarithm of how often a level occurs to mean 0, variance 1 over the rows.

    The rows that are not counted have levels that count as if they had occurred once.
    """
    logs, others = np.log(counts), present - int(counts.sum())
    mean = float(counts @ logs) / present
    variance = (float(counts @ np.square(logs - mean)) + others * mean**2) / present
    return Part(FREQUENCY, mean, math.sqrt(variance))
