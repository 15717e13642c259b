"""The rows that a model is judged by: every row's logit, and of some the row itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trilayer.encoding.drift import Drift, Seen
from trilayer.encoding.inputs import Inputs, joined
from trilayer.errors import InputError
from trilayer.modelfile.predicting import Model
from trilayer.optional import require
from trilayer.sources.ahead import made_ahead
from trilayer.sources.split import Split
from trilayer.sources.walking import available_threads
from trilayer.tables import CATEGORY, Raw, column_names, convert, require_columns, scan_raw
from trilayer.tables.files import TableFile, sha256_of
from trilayer.tables.targets import Target
from trilayer.tables.values import of_numpy

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]

SAMPLE = 50_000
"""Rows that are kept as they stand, at the most: what looks at columns looks at these."""

HELD_OUT, LEARNT, NEW, UNKNOWN = "held_out", "learnt", "new", "unknown"
"""What the rows are to the model: held out when it learnt, the very rows it learnt from, others,
or nobody knows."""


@dataclass(frozen=True)
class Judged:
    """Rows with answers, and what the model says of them.

    Attributes
    ----------
    Z : array, (m,)
        Logits of the positive label, of all rows.
    positive : array of bool, (m,)
    rows : pyarrow.Table
        A sample of the rows, in their order: the columns the model reads, and the one to
        compare groups by.
    inputs : Inputs
        The same rows, encoded.
    at : array of int
        Where they stand among the m.
    unanswered : int
        Rows without an answer, left out.
    drift : list of Drift
        How each column differs from what was learnt from.
    which : str
        What the rows are to the model: one of `HELD_OUT`, `LEARNT`, `NEW` and `UNKNOWN`.
    sha256 : str
        Of the bytes of the files.
    files : list of str
    """

    Z: Floats
    positive: Bools
    rows: "pa.Table"
    inputs: Inputs
    at: NDArray[np.int64]
    unanswered: int
    drift: list[Drift]
    which: str
    sha256: str
    files: list[str]

    @property
    def m(self) -> int:
        """How many rows there are."""
        return len(self.Z)

    @property
    def sample_Z(self) -> Floats:
        """Logits of the sample."""
        return self.Z[self.at]

    @property
    def sample_positive(self) -> Bools:
        """Answers of the sample."""
        return self.positive[self.at]


@dataclass(frozen=True)
class _Part:
    """A block of the table: its labels, and its rows that have an answer."""

    labels: "pa.Array"
    known: Bools
    positive: Bools
    Z: Floats
    rows: "pa.Table"
    inputs: Inputs
    seen: Seen

    def of(self, kept: Bools) -> "_Part":
        """Return the rows that are kept, of all."""
        return replace(
            self,
            positive=self.positive[kept],
            Z=self.Z[kept],
            rows=self.rows.filter(of_numpy(kept)),
            inputs=self.inputs[kept],
        )


def judged(model: Model, files: list[TableFile], target: Target, by: str | None = None) -> Judged:
    """Judge a model by the rows of a table.

    Where the table is the one that the model learnt from, the rows that were held out then are
    taken, and no others.

    Parameters
    ----------
    model : Model
    files : list of TableFile
    target : Target
    by : str, optional
        A column to keep beside those that the model reads.

    Raises
    ------
    InputError
        If the table does not fit, or no row has an answer.
    """
    if target.name in model.encoding.kinds:
        raise InputError(f"column {target.name!r} is an input of the model, so not its target")
    if by == target.name:
        raise InputError(f"--by {by}: this is the target column, whose groups are the answers")
    for file in files:
        if by is not None:
            require_columns([by], column_names(file), file.name)
    sha256 = sha256_of(files)
    which, split = _which(model, sha256, target)
    sample = _Sample()
    seen, unanswered, first = model.encoding.nothing_seen(), 0, 0
    for part in _parts(model, files, target, by):
        kept = part.known
        unanswered += int(np.sum(~kept))
        seen += part.seen
        if split is not None:
            split.see(part.labels, kept)
            kept = kept & split.is_held(first, len(kept))
        first += len(part.known)
        sample.add(part.of(kept))
    if not sample.rows:
        raise InputError(f"target column {target.name!r} is empty in every row")
    Z, positive = sample.answers()
    rows, inputs, at = sample.drawn()
    drift = model.encoding.drift(seen) if which != HELD_OUT else []
    return Judged(
        Z, positive, rows, inputs, at, unanswered, drift, which, sha256,
        [file.name for file in files],
    )  # fmt: skip


def _parts(model: Model, files: list[TableFile], target: Target, by: str | None) -> Iterator[_Part]:
    """Stream the table, encoded and predicted."""
    readings = model.encoding.readings
    kinds = {**readings, target.name: target.reading(model.encoding.missing)}
    keep = [by] if by is not None and by not in kinds else []
    names = [*readings, *keep]
    raw = scan_raw(files, kinds, keep=keep, batch_rows=model.encoding.batch_rows)
    yield from made_ahead(partial(_part, model, target, names), raw, available_threads())


def _part(model: Model, target: Target, names: Sequence[str], raw: Raw) -> _Part:
    block = raw.block()
    labels = block.rows[target.name]
    known, positive = target.answers(labels, block.places)
    X, seen = model.encoding.inputs_seen(block)
    Z = model.logits(X, block.places.of)
    rows = pa.table({name: _readable(block.rows[name], name, model) for name in names})
    return _Part(labels, known, positive, Z, rows, X, seen)


def _readable(values: "pa.Array", name: str, model: Model) -> "pa.Array":
    """Give a column that is no input its values as text, so that blocks agree."""
    return values if name in model.encoding.readings else convert(values, CATEGORY, name)


def _which(model: Model, sha256: str, target: Target) -> tuple[str, Split | None]:
    """Say what a table is to a model, and which of its rows were held out, if some were.

    They were drawn by label, so by another target nobody can tell them.
    """
    mark = model.record.fingerprint
    known = isinstance(mark, dict) and isinstance(mark.get("sha256"), str)
    if not known:
        return UNKNOWN, None
    if mark["sha256"] != sha256:
        return NEW, None
    same = target.name == model.target.name
    split = _split(summary_of(model).get("split")) if same else None
    return (LEARNT, None) if split is None else (HELD_OUT, split)


def _split(told: Any) -> Split | None:
    """Return how the rows were split that a model learnt from, if it says so."""
    if not isinstance(told, dict):
        return None
    seed, share, positive = told.get("seed"), told.get("share"), told.get("positive")
    if type(seed) is not int or seed < 0 or not isinstance(share, float) or not 0 < share < 1:
        return None
    return Split(seed, share, positive if isinstance(positive, str) else None)


def summary_of(model: Model) -> dict[str, Any]:
    """Return what the model file tells of its training; a caller's own may be anything."""
    summary = model.record.summary
    return summary if isinstance(summary, dict) else {}


class _Sample:
    """Every row's logit and answer, and a sample of rows that any cut into blocks leaves alike.

    Each row draws a number; those with the least stay.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._rng = np.random.default_rng(0)
        self._Z: list[Floats] = []
        self._positive: list[Bools] = []
        self._kept: list[tuple[Floats, NDArray[np.int64], pa.Table, Inputs]] = []
        self._waiting = 0

    def add(self, part: _Part) -> None:
        """Take in the next rows."""
        m = len(part.Z)
        self._Z.append(part.Z)
        self._positive.append(part.positive)
        at = self.rows + np.arange(m)
        self._kept.append((self._rng.random(m), at, part.rows, part.inputs))
        self.rows, self._waiting = self.rows + m, self._waiting + m
        if self._waiting > 2 * SAMPLE:
            self._prune()

    def answers(self) -> tuple[Floats, Bools]:
        """Return the logits and answers of all rows."""
        return np.concatenate(self._Z), np.concatenate(self._positive)

    def drawn(self) -> tuple["pa.Table", Inputs, NDArray[np.int64]]:
        """Return the sample: its rows, their inputs, and where they stand among all."""
        self._prune()
        _, at, rows, inputs = self._kept[0]
        return rows, inputs, at

    def _prune(self) -> None:
        draws, at = (np.concatenate([each[i] for each in self._kept]) for i in (0, 1))
        rows = pa.concat_tables([each[2] for each in self._kept])
        inputs = joined([each[3] for each in self._kept])
        kept = np.sort(np.argsort(draws, kind="stable")[:SAMPLE])
        taken = rows.take(of_numpy(kept)).combine_chunks()
        self._kept = [(draws[kept], at[kept], taken, inputs[kept])]
        self._waiting = len(kept)
