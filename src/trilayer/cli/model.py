"""A model as the commands use it: rows of a table in, logits of the positive label out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from trilayer.cli.paths import existing
from trilayer.encoding.inputs import Inputs
from trilayer.engines import select
from trilayer.errors import InputError
from trilayer.lazy import cached_property
from trilayer.modelfile import ModelRecord, read
from trilayer.params import Params
from trilayer.tables import NUMBER, Block, convert, refuse_infinite, rows_for, scan_placed
from trilayer.tables.files import TableFile
from trilayer.tables.targets import Answers, Target

if TYPE_CHECKING:
    from trilayer.encoding import TableEncoder

Floats = npt.NDArray[np.floating[Any]]
Sources = list[Path] | list[TableFile] | BinaryIO

TOO_LARGE = "the inputs are too large for this model"


@dataclass(frozen=True)
class Encoding:
    """From columns of a table to the network's inputs: an encoder, or numbers as they are."""

    encoder: "TableEncoder | None"
    names: tuple[str, ...] = ()

    @property
    def kinds(self) -> dict[str, str]:
        """The columns that are needed, and what each must be."""
        return dict.fromkeys(self.names, NUMBER) if self.encoder is None else self.encoder.kinds_

    @property
    def input_names(self) -> list[str]:
        """What the network's inputs are called."""
        if self.encoder is None:
            return list(self.names)
        return [str(name) for name in self.encoder.get_feature_names_out()]

    @property
    def width(self) -> int:
        """How many inputs there are."""
        if self.encoder is None:
            return len(self.names)
        return sum(column.width for column in self.encoder.columns_)

    def rows(self, block: Block) -> Inputs:
        """Make a block that `scan_placed` gave the network's inputs."""
        if self.encoder is not None:
            names = [name for name, kind in self.kinds.items() if kind == NUMBER]
            refuse_infinite(block.rows, names, block.places)
            return self.encoder.inputs(block.rows)
        numbers = [convert(block.rows[name], NUMBER, name) for name in self.names]
        columns = [column.to_numpy(zero_copy_only=False) for column in numbers]
        X = np.stack(columns, axis=1)
        wrong = np.argwhere(~np.isfinite(X))
        if len(wrong):
            row, column = wrong[0].tolist()
            source, number = block.places.of(row)
            raise InputError(
                f"{source}row {number:,}, column {self.names[column]!r}: this model needs a "
                "number there, for it was saved without an encoder that fills gaps"
            )
        return Inputs.of(X.T)


@dataclass(frozen=True)
class Model:
    """A model file, read."""

    name: str
    record: ModelRecord
    encoding: Encoding

    @cached_property
    def target(self) -> Target:
        """The labels; the column's name is empty if the file does not say it."""
        summary = self.record.summary
        name = summary.get("target") if isinstance(summary, dict) else None
        return Target(name or "", self.record.classes, self.record.positive)

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


def load_model(name: str) -> Model:
    """Read a model file for use on tables.

    Raises
    ------
    InputError
        If it is not there, cannot be trusted, or does not say which columns it takes.
    """
    record = read(existing(name))
    if record.encoder is None and record.feature_names is None:
        raise InputError(
            f"{name}: this model was saved without the names of its columns, so no table fits "
            "it: use it from Python, or train it on a table"
        )
    return Model(name, record, Encoding(record.encoder, record.feature_names or ()))


def positive_logits(params: Params, X: Inputs, target: Target) -> Floats:
    """Z2 of every row, or -Z2 where the network's y = 0 is the positive label; in float64."""
    Z2: Floats = select("auto").logits(params, X.astype(params.dtype))[0].astype(np.float64)
    return Z2 if target.positive_is_second else -Z2


@dataclass(frozen=True)
class Answered:
    """Encoded rows with answers, what names each, and how many more had no answer."""

    X: Inputs
    positive: Answers
    unanswered: int
    where: Callable[[int], tuple[str, int]]


def answered(encoding: Encoding, target: Target, source: Sources) -> Iterator[Answered]:
    """Stream the rows of a table that have an answer, encoded.

    Raises
    ------
    InputError
        If the table does not fit; the sentence says where.
    """
    if target.name in encoding.kinds:
        raise InputError(f"column {target.name!r} is an input of the model, so not its target")
    kinds = {**encoding.kinds, target.name: target.kind}
    for block in scan_placed(source, kinds, batch_rows=rows_for(encoding.width)):
        yield _answered(encoding, target, block)


def _answered(encoding: Encoding, target: Target, block: Block) -> Answered:
    known, positive = target.answers(block.rows[target.name], block.places)
    X = encoding.rows(block)
    kept = np.flatnonzero(known)
    unanswered = len(known) - len(kept)
    return Answered(
        X[known], positive[known], unanswered, lambda row: block.places.of(int(kept[row]))
    )
