"""A scikit-learn transformer from tables to the inputs of a network."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from trilayer.encoding.columns import Column, ColumnSummary, layout_of
from trilayer.encoding.fitted import FittedEncoder
from trilayer.encoding.inputs import Inputs, Layout
from trilayer.encoding.parameters import checked
from trilayer.encoding.state import Learnt
from trilayer.encoding.stores import Arrays
from trilayer.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from trilayer.encoding.learning import TableLearner
    from trilayer.encoding.odds import Answers
    from trilayer.tables.readings import Reading

# Scaled numbers stay below this, smoothly: no outlier can dominate.
CLIP = 8.0


class Encoded(np.ndarray):
    """Rows of numbers that know their layout; what is computed from them does not.

    Attributes
    ----------
    layout : Layout or None
    """

    layout: Layout | None = None

    def __array_finalize__(self, of: object) -> None:
        self.layout = None


class TableEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Make the columns of a table inputs: numbers, categories, truth values and dates.

    Numbers are scaled robustly (median, spread of the middle half, far values drawn in
    smoothly), and beside that each becomes its position in bins: how far it has come in
    each, from 0 to 1 (the piecewise-linear encoding of Gorishniy et al., 2022). The edges
    are quantiles, for which no value counts for more than one bin. Missing numbers stand
    where the median does, and where values were missing an input says so.

    Categories have one input per level; rare and unseen levels share one, and where there
    are several an input says how frequent the level is. Where it is told the answers and these
    levels differ in them, an input holds a level's odds, shrunk; of rows that were learnt from,
    as the rows of the other folds have them (`trilayer.encoding.odds`). Dates become year, month,
    weekday, hour and elapsed days, which are numbers as above. Columns that cannot help
    (constant, empty, names of the rows) are left out, and said so.

    The quantiles are exact up to 65,536 rows, and beyond that while at most 4,096 values
    differ. Otherwise their ranks are off by less than 0.2% of the rows, up to a billion rows
    (`trilayer.encoding.quantiles`).

    Parameters
    ----------
    categorical : sequence of str
        Columns to be taken as categories though they hold numbers.
    drop : sequence of str
        Columns to leave out.
    max_bins : int
        The most bins of a number. A bin has at least 8 rows, so small tables have fewer;
        with 0 there are none.
    max_levels : int
        The most levels of a category that have an input each: the most frequent ones.
    min_count : int, optional
        How often a level must occur to have one. By default in 1% of the rows, and 10
        times is always enough.
    dtype : {"float64", "float32"}
        Of the inputs.
    number, date : sequence of str
        Columns that hold numbers though they look like codes (00123), and dates though they
        look like numbers: seconds, milliseconds or so since 1970, or 20241231.
    missing : sequence of str
        Words that stand for nothing in every column, beside those that always do.
    decimal, thousands : str, optional
        What separates the decimals of numbers in text, and groups the thousands, where the
        columns do not show it.
    dayfirst : bool, optional
        Whether 5/9/2020 is in September, where a column does not show it.

    Attributes
    ----------
    columns_ : tuple of Column
        The columns used, and what was learnt of them.
    dropped_ : list of (str, str)
        The columns left out, and why.
    fitted_ : FittedEncoder
        What was learnt, for use without scikit-learn.
    layout_ : Layout
        Which inputs are positions in bins, and which are levels: for ``fit``, to be faster.
    kinds_ : dict of str to str
        The columns used and their kinds.
    readings_ : dict of str to Reading
        The same, and how text is written, as `trilayer.tables.scan_table` wants them.
    n_rows_ : int
        The number of rows learnt from, each as often as its weight says.
    n_features_in_ : int
        The number of columns seen.
    feature_names_in_ : ndarray of str
        Their names, if they have any.
    """

    _learnt: Learnt
    _learning: "TableLearner"

    def __init__(
        self,
        *,
        categorical: Sequence[str] = (),
        drop: Sequence[str] = (),
        max_bins: int = 32,
        max_levels: int = 64,
        min_count: int | None = None,
        dtype: str = "float64",
        number: Sequence[str] = (),
        date: Sequence[str] = (),
        missing: Sequence[str] = (),
        decimal: str | None = None,
        thousands: str | None = None,
        dayfirst: bool | None = None,
    ) -> None:
        self.categorical = categorical
        self.drop = drop
        self.max_bins = max_bins
        self.max_levels = max_levels
        self.min_count = min_count
        self.dtype = dtype
        self.number = number
        self.date = date
        self.missing = missing
        self.decimal = decimal
        self.thousands = thousands
        self.dayfirst = dayfirst

    def fit(
        self,
        X: Any,
        y: object = None,  # noqa: ARG002
        sample_weight: npt.ArrayLike | None = None,
        *,
        answers: "Answers | None" = None,
    ) -> Self:
        """Learn the columns of a table.

        Parameters
        ----------
        X : table
            A pandas, polars or pyarrow table, or a 2-D array. Columns of text are looked through
            first: those that hold numbers, dates or truth values throughout are read as such.
        y : ignored
            The encoding does not look at the target.
        sample_weight : array-like, (m,), optional
            How many rows each counts for in quantiles and frequencies: 2 is the row twice, and
            0 its absence.
        answers : Answers, optional
            As `partial_fit` takes them: the encoding looks at the target only so.

        Raises
        ------
        TableError
            If X is no table, has no rows, or no column that can help.
        InputError
            If a number is infinite, or a parameter is unusable.

        Warns
        -----
        UserWarning
            If a column of text holds numbers or dates but for a few slips, or dates of which only
            a person can say what they mean: it is a category meanwhile.
        """
        for name in ("_learnt", "_learning", "n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
        from trilayer.encoding.intake import as_table, readings_of

        table, named = as_table(X, self)
        readings = readings_of(table, checked(self))
        return self._take(table, named, sample_weight, readings, answers).finish()

    def partial_fit(
        self,
        X: Any,
        y: object = None,  # noqa: ARG002
        sample_weight: npt.ArrayLike | None = None,
        *,
        readings: "Mapping[str, Reading] | None" = None,
        answers: "Answers | None" = None,
    ) -> Self:
        """Take in the next rows of a table too large to hold; `finish` follows the last.

        What is learnt is the same, to the bit, however the rows are cut.

        Parameters
        ----------
        X : table
        y : ignored
        readings : mapping of str to Reading, optional
            How columns of text are read, as a look through all rows found
            (`trilayer.tables.survey_frame`); said with the first rows. By default they hold
            categories: the first rows do not tell what the last ones are.
        answers : Answers, optional
            Of the rows (`trilayer.encoding.odds`), with all of them: where the levels of a
            category that share an input differ in them, its odds are an input.

        Raises
        ------
        TableError, InputError
            As `fit` does; also if the encoder comes from a file, which tells what was
            learnt, but not how to go on.
        """
        from trilayer.encoding.intake import as_table

        if hasattr(self, "_learnt") and not hasattr(self, "_learning"):
            raise InputError("an encoder that was loaded cannot learn on: fit it anew")
        return self._take(*as_table(X, self), sample_weight, readings or {}, answers)

    def _take(
        self,
        table: "pa.Table",
        named: bool,
        sample_weight: npt.ArrayLike | None,
        readings: "Mapping[str, Reading]",
        answers: "Answers | None",
    ) -> Self:
        from trilayer.encoding.intake import positions_of, present
        from trilayer.encoding.learning import TableLearner

        if answers is not None:
            check_consistent_length(table, answers.positive)
        if not hasattr(self, "_learning"):
            self._learning = TableLearner(table.column_names, named, checked(self), readings)
            self._set_names(table.column_names, named=named)
        names = self._learning.names
        places = positions_of(table, names, names, named=named, by_name=self._learning.named)
        self._learning.add(*present(table.select(places), sample_weight, answers))
        self.__dict__.pop("_learnt", None)
        return self

    def finish(self, *, swapped: bool = False, odds: bool = True) -> Self:
        """Settle what each column becomes, after the last `partial_fit`.

        Parameters
        ----------
        swapped : bool
            Whether the answers called positive are those of the first class after all.
        odds : bool
            Whether the odds of levels may be inputs, where the answers were told.

        Raises
        ------
        TableError
            If there were no rows, or no column that can help.
        """
        if hasattr(self, "_learning"):
            learning = self._learning
            if swapped:
                learning.swap_answers()
            columns, dropped = learning.settle(checked(self), odds=odds)
            names = tuple(learning.names)
            self._learnt = Learnt(names, learning.named, learning.n_rows, CLIP, columns, dropped)
        check_is_fitted(self)
        return self

    def transform(self, X: Any) -> "Encoded":
        """Make every row of a table a row of numbers; see `inputs`.

        Returns
        -------
        ndarray (m, n1)
            Finite, C-contiguous, with a `layout`, by which `TriLayerClassifier` is quicker.
        """
        inputs = self.inputs(X)
        rows = inputs.dense().T.view(Encoded)
        rows.layout = inputs.layout
        return rows

    def inputs(self, X: Any, *, folds: "npt.NDArray[np.int64] | None" = None) -> Inputs:
        """Make every row of a table a network's inputs: a few bytes for each value.

        Parameters
        ----------
        X : table
            Its columns are found by name, so their order does not matter, nor what else
            there is.
        folds : array, (m,), optional
            Of the rows that were learnt from with their answers, the folds they had then; -1 for
            others.

        Raises
        ------
        TableError
            If a column is missing, or a value is of another kind than before.
        InputError
            If a number is infinite, or an array has another number of columns.
        """
        from trilayer.encoding.intake import as_table

        fitted = self.fitted_
        table, named = as_table(X, self)
        return fitted.inputs(table, named=named, folds=folds)

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> Any:
        """Name the inputs, as ``column``, ``column from 1 to 2`` or ``column=level``."""
        return np.array(self.fitted_.input_names(input_features), dtype=object)

    def describe(self) -> list[ColumnSummary]:
        """Tell what became of each column, in the order of the table."""
        return self.fitted_.describe()

    def to_state(self) -> tuple[Arrays, dict[str, Any]]:
        """Return what was learnt as numeric arrays, and a JSON-able description of them."""
        return self.fitted_.to_state()

    @classmethod
    def from_state(
        cls, arrays: Mapping[str, npt.NDArray[Any]], spec: Mapping[str, Any]
    ) -> "TableEncoder":
        """Make a fitted encoder of what `to_state` returned.

        Raises
        ------
        ModelFileError
            If anything in it is not what it should be.
        """
        return cls.from_fitted(FittedEncoder.from_state(arrays, spec))

    @classmethod
    def from_fitted(cls, fitted: FittedEncoder) -> "TableEncoder":
        """Make a transformer of what was learnt elsewhere, or comes from a file."""
        encoder = cls(**vars(fitted.parameters))
        encoder._learnt = fitted.learnt
        encoder._set_names(fitted.learnt.names, named=fitted.learnt.named)
        return encoder

    @property
    def fitted_(self) -> FittedEncoder:
        """What was learnt, and all that can be done with it: it needs no scikit-learn."""
        check_is_fitted(self)
        return FittedEncoder(self._learnt, checked(self))

    @property
    def columns_(self) -> tuple[Column, ...]:
        """The columns used, and what was learnt of them."""
        return self._learnt.columns

    @property
    def layout_(self) -> Layout:
        """Which inputs are positions in bins, and which are levels."""
        return layout_of(self._learnt.columns)

    @property
    def dropped_(self) -> list[tuple[str, str]]:
        """The columns left out, and why."""
        return list(self._learnt.dropped)

    @property
    def kinds_(self) -> dict[str, str]:
        """The columns used, and their kinds."""
        return {column.name: column.kind for column in self._learnt.columns}

    @property
    def readings_(self) -> "dict[str, Reading]":
        """The columns used, and how each is read."""
        return self.fitted_.readings

    @property
    def n_rows_(self) -> int:
        """The number of rows learnt from."""
        return self._learnt.n_rows

    def _set_names(self, names: Sequence[str], *, named: bool) -> None:
        self.n_features_in_ = len(names)
        if named:
            self.feature_names_in_ = np.array(names, dtype=object)

    def __getstate__(self) -> Any:
        """Leave what only `partial_fit` needs out of a finished encoder's pickle."""
        state = super().__getstate__()
        return {k: v for k, v in state.items() if k != "_learning" or "_learnt" not in state}

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_learnt")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags
