"""A model as it is used on tables: rows of a table in, logits of the positive label out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.encoding.drift import Drift, Seen
from trilayer.encoding.inputs import Inputs
from trilayer.engines import select
from trilayer.errors import InputError, TriLayerError
from trilayer.lazy import cached_property
from trilayer.modelfile.preparation import Step, prepared
from trilayer.modelfile.record import ModelRecord
from trilayer.params import Params
from trilayer.sources.ahead import made_ahead
from trilayer.sources.walking import available_threads
from trilayer.tables import NUMBER, Block, Raw, convert, refuse_infinite, rows_for, scan_raw
from trilayer.tables.files import TableFile
from trilayer.tables.readings import Reading
from trilayer.tables.targets import Answers, Target
from trilayer.tables.values import missing, to_numpy

if TYPE_CHECKING:
    from trilayer.encoding.fitted import FittedEncoder

Floats = npt.NDArray[np.floating[Any]]

TOO_LARGE = "the inputs are too large for this model"


@dataclass(frozen=True)
class Encoding:
    """From columns of a table to the network's inputs: an encoder, or numbers as they are."""

    encoder: "FittedEncoder | None"
    names: tuple[str, ...] = ()
    preparation: tuple[Step, ...] = ()

    @property
    def kinds(self) -> dict[str, str]:
        """The columns that are needed, and what each must be."""
        return {name: each.kind for name, each in self.readings.items()}

    @property
    def readings(self) -> dict[str, Reading]:
        """The columns that are needed, and how each is read."""
        if self.encoder is None:
            return dict.fromkeys(self.names, Reading(NUMBER))
        return self.encoder.readings

    @property
    def missing(self) -> tuple[str, ...]:
        """Words that stand for nothing, beside those that always do."""
        return () if self.encoder is None else self.encoder.parameters.missing

    @property
    def input_names(self) -> list[str]:
        """What the network's inputs are called."""
        if self.encoder is None:
            return list(self.names)
        return self.encoder.input_names()

    @property
    def width(self) -> int:
        """How many inputs there are."""
        return len(self.names) if self.encoder is None else self.encoder.layout.n1

    @property
    def batch_rows(self) -> int:
        """How many rows to read at a time."""
        if self.encoder is None:
            return rows_for(len(self.names))
        layout = self.encoder.layout
        return rows_for(len(layout.plain) + len(layout.runs))

    def inputs(self, block: Block) -> Inputs:
        """Make a block of a scan the network's inputs.

        Raises
        ------
        InputError
            If a value cannot be one; the sentence says where.
        """
        return self.inputs_seen(block)[0]

    def inputs_seen(self, block: Block) -> tuple[Inputs, Seen]:
        """Make a block inputs, and tell what was met in it."""
        if self.encoder is None:
            return Inputs.of(self._numbers(block).T), Seen.nothing(0, len(block.rows))
        try:
            return self.encoder.inputs_seen(block.rows)
        except TriLayerError:
            # The encoder does not know which file it is, nor where in it the block begins.
            names = [name for name, kind in self.kinds.items() if kind == NUMBER]
            refuse_infinite(block.rows, names, block.places)
            raise

    def nothing_seen(self) -> Seen:
        """Return what is met in no rows; add that of blocks to it, and hand it to `drift`."""
        return Seen.nothing(0 if self.encoder is None else len(self.encoder.columns))

    def drift(self, seen: Seen) -> list[Drift]:
        """Say how rows differ from those that were learnt from; nothing without an encoder."""
        return [] if self.encoder is None else self.encoder.drift(seen)

    def _numbers(self, block: Block) -> Floats:
        numbers = [convert(block.rows[name], NUMBER, name) for name in self.names]
        columns = [np.where(missing(each), np.nan, to_numpy(each)) for each in numbers]
        X = prepared(self.preparation, np.stack(columns, axis=1))
        wrong = np.argwhere(~np.isfinite(X))
        if len(wrong):
            row, column = wrong[0].tolist()
            source, number = block.places.of(row)
            raise InputError(
                f"{source}row {number:,}, column {self.names[column]!r}: this model needs a "
                "number there, for it was saved without an encoder that fills gaps"
            )
        return X


@dataclass(frozen=True)
class Model:
    """A model file, read."""

    name: str
    record: ModelRecord
    encoding: Encoding

    @cached_property
    def target(self) -> Target:
        """The labels; the column's name is empty if the file does not say it."""
        # A caller's own summary may hold anything.
        summary = self.record.summary if isinstance(self.record.summary, dict) else {}
        name, one = summary.get("target"), summary.get("against_rest")
        name = name if isinstance(name, str) else ""
        plain = Target(name, self.record.classes, self.record.positive)
        if not isinstance(one, int | str) or isinstance(one, bool):
            return plain
        target = Target.against_rest(name, one)
        same = target.classes.tolist() == plain.classes.tolist()
        return target if same and target.positive == plain.positive else plain

    def target_in(self, column: str | None = None) -> Target:
        """Return the target of a table to judge by: a column that is named, or training's.

        Raises
        ------
        InputError
            If nobody names it.
        """
        target = replace(self.target, name=column or self.target.name)
        if not target.name:
            raise InputError(f"{self.name} does not name its target column: name it with --target")
        return target

    def logits(self, X: Inputs, where: Callable[[int], tuple[str, int]]) -> Floats:
        """Return the logits of the positive label.

        Raises
        ------
        InputError
            If one is not finite; `where` names its row.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            Z = positive_logits(self.record.params, X, self.target)
        wrong = np.flatnonzero(~np.isfinite(Z))
        if len(wrong):
            source, row = where(int(wrong[0]))
            raise InputError(f"{source}row {row:,}: the logit is not finite: {TOO_LARGE}")
        return Z


def usable(name: str, record: ModelRecord) -> Model:
    """Return a model for use on tables.

    Parameters
    ----------
    name : str
        What it is called in messages: the file's name.
    record : ModelRecord

    Raises
    ------
    InputError
        If it does not say which columns it takes.
    """
    if record.encoder is None and record.feature_names is None:
        raise InputError(
            f"{name}: this model was saved without the names of its columns, so no table fits "
            "it: use it from Python, or train it on a table"
        )
    return Model(
        name, record, Encoding(record.encoder, record.feature_names or (), record.preparation)
    )


def positive_logits(params: Params, X: Inputs, target: Target) -> Floats:
    """Z2 of every row, or -Z2 where the network's y = 0 is the positive label; in float64."""
    Z2: Floats = select("auto").logits(params, X.astype(params.dtype))[0].astype(np.float64)
    return Z2 if target.positive_is_second else -Z2


@dataclass(frozen=True)
class Answered:
    """Encoded rows with answers, what names each, and how many more had no answer.

    `seen` is what was met in all of them, with an answer or without.
    """

    X: Inputs
    positive: Answers
    unanswered: int
    where: Callable[[int], tuple[str, int]]
    seen: Seen


def answered(encoding: Encoding, target: Target, files: list[TableFile]) -> Iterator[Answered]:
    """Stream the rows of a table that have an answer, encoded.

    Raises
    ------
    InputError
        If the table does not fit; the sentence says where.
    """
    if target.name in encoding.kinds:
        raise InputError(f"column {target.name!r} is an input of the model, so not its target")
    kinds = {**encoding.readings, target.name: target.reading(encoding.missing)}
    raw = scan_raw(files, kinds, batch_rows=encoding.batch_rows, coded=encoding.kinds)
    yield from made_ahead(partial(_answered, encoding, target), raw, available_threads())


def _answered(encoding: Encoding, target: Target, raw: Raw) -> Answered:
    block = raw.block()
    known, positive = target.answers(block.rows[target.name], block.places)
    X, seen = encoding.inputs_seen(block)
    kept = np.flatnonzero(known)
    unanswered = len(known) - len(kept)
    return Answered(
        X[known], positive[known], unanswered, lambda row: block.places.of(int(kept[row])), seen
    )
