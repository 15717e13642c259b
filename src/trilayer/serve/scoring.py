"""A model as the endpoints use it: columns of JSON values in, predictions out."""

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.errors import InputError
from trilayer.metrics.scores import probabilities
from trilayer.optional import require
from trilayer.serve.columns import column_of
from trilayer.serve.refusals import UNPROCESSABLE, RefusedError
from trilayer.tables.header import listing
from trilayer.tables.readings import Reading

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "serve")

Floats = npt.NDArray[np.floating[Any]]
Label = bool | int | float | str


@dataclass(frozen=True)
class Served:
    """A model that is served.

    Attributes
    ----------
    name : str
        What it is called in addresses.
    version : str
        Of trilayer.
    readings : mapping of str to Reading
        The columns that are needed, in their order, and how each is read.
    ignored : collection of str
        More columns that a row may have: those that training left out, and the target.
    negative, positive : label
    threshold : float
        The probability from which on a row is said to be positive.
    logits : callable
        From a record batch of the columns needed to the logits of the positive label.
    """

    name: str
    version: str
    readings: Mapping[str, Reading]
    ignored: Collection[str]
    negative: Label
    positive: Label
    threshold: float
    logits: Callable[["pa.RecordBatch"], Floats]


@dataclass(frozen=True)
class Predictions:
    """Of each row its logit, probability and label, as `trilayer predict` has them."""

    logit: list[float]
    probability: list[float]
    label: list[Label]

    def part(self, rows: slice) -> "Predictions":
        """Return those of some rows."""
        return Predictions(self.logit[rows], self.probability[rows], self.label[rows])


Columns = Mapping[str, Sequence[Any]]
"""Rows by column, as JSON has their values; all that the model needs, and perhaps more."""


@dataclass(frozen=True)
class Asked:
    """A request that was read.

    Attributes
    ----------
    columns : Columns
    rows : int
    written : callable
        Makes what is predicted the answer, as JSON has it.
    """

    columns: Columns
    rows: int
    written: Callable[[Predictions], Any]


def predictions(served: Served, columns: Columns) -> Predictions:
    """Predict rows; `refuse_names` has nothing against their columns.

    Raises
    ------
    InputError
        If a value is none for its column.
    """
    if not len(columns[next(iter(served.readings))]):
        return Predictions([], [], [])
    arrays = [column_of(columns[name], name) for name in served.readings]
    Z = served.logits(pa.RecordBatch.from_arrays(arrays, names=list(served.readings)))
    p = probabilities(Z)
    pair = (served.negative, served.positive)
    labels = [pair[which] for which in (p >= served.threshold).astype(int).tolist()]
    return Predictions(Z.tolist(), p.tolist(), labels)


def warm(served: Served) -> None:
    """Predict a row of which nothing is known: what is loaded at first use is loaded then."""
    with suppress(InputError):  # a model without an encoder takes no gaps
        predictions(served, {name: [None] for name in served.readings})


def refuse_names(served: Served, given: Collection[str], where: str = "") -> None:
    """Refuse columns that are unknown, or lacking.

    Parameters
    ----------
    served : Served
    given : collection of str
    where : str
        How the sentence begins.
    """
    wanted = served.readings
    unknown = [name for name in given if name not in wanted and name not in served.ignored]
    lacking = [name for name in wanted if name not in given]
    if unknown:
        close = difflib.get_close_matches(unknown[0], lacking or wanted, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {listing(list(wanted))}"
        raise RefusedError(
            UNPROCESSABLE, f"{where}the model has no column {unknown[0][:80]!r} ({hint})"
        )
    if lacking:
        noun = "column" if len(lacking) == 1 else "columns"
        raise RefusedError(
            UNPROCESSABLE,
            f"{where}there is no {noun} {listing(lacking)}: send null where a value is not known",
        )
