"""A fitted encoder without scikit-learn: what was learnt, and how it makes inputs of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.encoding.columns import Column, ColumnSummary, distinct, layout_of, summary
from trilayer.encoding.drift import Drift, Seen, drift_of
from trilayer.encoding.inputs import Inputs, Layout
from trilayer.encoding.parameters import Parameters
from trilayer.encoding.state import Learnt, pack, unpack
from trilayer.encoding.stores import Arrays
from trilayer.errors import InputError
from trilayer.lazy import cached_property

if TYPE_CHECKING:
    from trilayer.tables.readings import Reading


@dataclass(frozen=True)
class FittedEncoder:
    """What a `TableEncoder` has learnt, and all that can be done with it.

    A model file that is read for predicting holds this one; `TableEncoder` is a skin over it.

    Attributes
    ----------
    learnt : Learnt
        What was learnt of a table.
    parameters : Parameters
        Those of the encoder that learnt it.
    """

    learnt: Learnt
    parameters: Parameters

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns used, and what was learnt of them."""
        return self.learnt.columns

    @property
    def dropped(self) -> tuple[tuple[str, str], ...]:
        """The columns left out, and why."""
        return self.learnt.dropped

    @property
    def kinds(self) -> dict[str, str]:
        """The columns used, and their kinds."""
        return {column.name: column.kind for column in self.columns}

    @cached_property
    def readings(self) -> "dict[str, Reading]":
        """The columns used, and how each is read: as `trilayer.tables.scan_table` wants it."""
        from trilayer.tables.readings import Reading

        missing = self.parameters.missing
        return {each.name: Reading(each.kind, each.form, missing) for each in self.columns}

    @cached_property
    def layout(self) -> Layout:
        """Which inputs are positions in bins, and which are levels."""
        return layout_of(self.columns)

    def inputs(
        self, table: Any, *, named: bool = True, folds: npt.NDArray[np.int64] | None = None
    ) -> Inputs:
        """Make every row of a table a network's inputs: a few bytes for each value.

        Parameters
        ----------
        table : pyarrow.Table or pyarrow.RecordBatch
            Its columns are found by name, so their order does not matter, nor what else
            there is.
        named : bool
            Whether the columns are called so, or counted.
        folds : array, (m,), optional
            Of rows learnt from with their answers, the folds they had then; -1 for others.

        Raises
        ------
        TableError
            If a column is missing, or a value is of another kind than before.
        InputError
            If a number is infinite, or a counted table has another number of columns.
        """
        return self.inputs_seen(table, named=named, folds=folds)[0]

    def inputs_seen(
        self, table: Any, *, named: bool = True, folds: npt.NDArray[np.int64] | None = None
    ) -> tuple[Inputs, Seen]:
        """Make rows inputs as `inputs` does, and tell what was met in them.

        `drift` holds what was met in all rows against what was learnt.
        """
        from trilayer.encoding.filling import filled
        from trilayer.encoding.intake import positions_of

        learnt = self.learnt
        wanted = [column.name for column in learnt.columns]
        places = positions_of(table, wanted, learnt.names, named=named, by_name=learnt.named)
        values = [table.column(place) for place in places]
        readings = list(self.readings.values())
        seen = Seen.nothing(len(learnt.columns), len(table))
        inputs = filled(
            values, learnt.columns, readings, self.layout, learnt.clip, self.parameters.dtype,
            seen, folds,
        )  # fmt: skip
        return inputs, seen

    def drift(self, seen: Seen) -> list[Drift]:
        """Say how rows differ from those learnt from, column by column."""
        return drift_of(self.columns, self.learnt.n_rows, seen)

    def input_names(self, names: Sequence[str] | None = None) -> list[str]:
        """Name the inputs, as ``column``, ``column from 1 to 2`` or ``column=level``.

        Parameters
        ----------
        names : sequence of str, optional
            What the table's columns are called; by default as they were when it learnt.

        Raises
        ------
        InputError
            If they are not as many, or others than those learnt from.
        """
        learnt = self.learnt
        given = learnt.names if names is None else tuple(names)
        if len(given) != len(learnt.names):
            raise InputError(
                "input_features should have length equal to number of features "
                f"({len(learnt.names)}), got {len(given)}"
            )
        if learnt.named and given != learnt.names:
            raise InputError("input_features is not equal to feature_names_in_")
        called = dict(zip(learnt.names, given, strict=True))
        return distinct(name for c in learnt.columns for name in c.input_names(called[c.name]))

    def describe(self) -> list[ColumnSummary]:
        """Tell what became of each column, in the order of the table."""
        told = {column.name: summary(column) for column in self.columns}
        for name, reason in self.dropped:
            told[name] = ColumnSummary(name, "left out", note=reason)
        return [told[name] for name in self.learnt.names]

    def to_state(self) -> tuple[Arrays, dict[str, Any]]:
        """Return what was learnt as numeric arrays, and a JSON-able description of them."""
        return pack(self.learnt, self.parameters)

    @classmethod
    def from_state(
        cls, arrays: Mapping[str, npt.NDArray[Any]], spec: Mapping[str, Any]
    ) -> "FittedEncoder":
        """Make a fitted encoder of what `to_state` returned.

        Raises
        ------
        ModelFileError
            If anything in it is not what it should be.
        """
        return cls(*unpack(arrays, spec))
