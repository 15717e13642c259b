"""`TriLayerTableClassifier`: from a table to probabilities, with nothing to set."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
)

from trilayer.encoding import TableEncoder
from trilayer.encoding.inputs import Inputs, joined
from trilayer.engines import select
from trilayer.estimators.callbacks import CallbackSupportMixin, FitReport, with_callbacks
from trilayer.estimators.checks import plain_labels
from trilayer.estimators.cv import TriLayerClassifierCV
from trilayer.estimators.encoded import answers_of, encoded
from trilayer.estimators.explaining import additive, as_frame, by_columns, mean_inputs
from trilayer.estimators.folds import splits_of
from trilayer.estimators.preparing import all_or_nothing
from trilayer.fit.loop import Keeping, Watcher
from trilayer.fit.samples import drawn_seed
from trilayer.fit.spread import LEVEL
from trilayer.params import FloatArray
from trilayer.select.relevance import by_name
from trilayer.select.search import Candidate
from trilayer.select.weights import relative

_ROWS = 65_536
"""Rows encoded at a time when predicting: the inputs are many times as large as the table."""


class TriLayerTableClassifier(CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """A `TableEncoder` and a `TriLayerClassifierCV` behind it, for data frames.

    Takes pandas, polars and Arrow tables, and 2-D arrays, as they are: numbers, categories,
    truth values, dates, missing values. The encoding is learnt from the rows that `fit` is
    given, without their answers but for the odds of categories' levels (beyond 2,000 rows, where
    levels that share an input differ in them); weight decay is chosen by held-out log-loss.

    Parameters
    ----------
    categorical, drop : sequence of str
        As for `TableEncoder`.
    max_bins : int, optional
        As for `TableEncoder`; by default more of them the fewer numbers there are.
    l2s : sequence of float, optional
    relevance, n_starts : int, optional
    hidden_units : int or sequence of int, optional
    cv : int, splitter or iterable, optional
    class_weight : dict, "balanced" or None
        As for `TriLayerClassifierCV`.
    n_threads : int, optional
    random_state : int, RandomState or None
    number, date, missing : sequence of str
    decimal, thousands : str, optional
    dayfirst : bool, optional
        How the table is written, where its columns do not show it: as for `TableEncoder`.
    verbose : bool or int
        As for `TriLayerClassifierCV`.

    Attributes
    ----------
    encoder_ : TableEncoder
    selection_ : TriLayerClassifierCV
        Its `best_estimator_` is the network that is kept.
    l2_ : float
        The weight decay that was chosen.
    relevance_ : dict of str to float, or None
        How much each column matters beside the one that does most.
    candidates_ : list of Candidate
        What it was chosen from, and what that cost.
    classes_, n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Examples
    --------
    >>> import pandas as pd
    >>> from trilayer import TriLayerTableClassifier
    >>> table = pd.DataFrame({"age": [31, 54, 22, None] * 15, "town": ["a", "b", "a", "b"] * 15})
    >>> clf = TriLayerTableClassifier(random_state=0).fit(table, [0, 1, 0, 1] * 15)
    >>> clf.predict(table[:2]).tolist()
    [0, 1]
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 - scikit-learn's own form
        "categorical": ["array-like", str],
        "drop": ["array-like", str],
        "max_bins": [Interval(Integral, 0, None, closed="left"), None],
        "l2s": ["array-like", None],
        "relevance": [Interval(Integral, 0, None, closed="left"), None],
        "n_starts": [Interval(Integral, 1, None, closed="left"), None],
        "hidden_units": [Interval(Integral, 0, None, closed="left"), "array-like", None],
        "cv": ["cv_object"],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
        "number": ["array-like", str],
        "date": ["array-like", str],
        "missing": ["array-like", str],
        "decimal": [str, None],
        "thousands": [str, None],
        "dayfirst": ["boolean", None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        categorical: Sequence[str] = (),
        drop: Sequence[str] = (),
        max_bins: int | None = None,
        l2s: Sequence[float] | None = None,
        relevance: int | None = None,
        n_starts: int | None = None,
        hidden_units: int | Sequence[int] | None = None,
        cv: Any = None,
        class_weight: Mapping[Any, float] | str | None = None,
        n_threads: int | None = None,
        random_state: Any = None,
        number: Sequence[str] = (),
        date: Sequence[str] = (),
        missing: Sequence[str] = (),
        decimal: str | None = None,
        thousands: str | None = None,
        dayfirst: bool | None = None,
        verbose: bool | int = False,
    ) -> None:
        self.categorical = categorical
        self.drop = drop
        self.max_bins = max_bins
        self.l2s = l2s
        self.relevance = relevance
        self.n_starts = n_starts
        self.hidden_units = hidden_units
        self.cv = cv
        self.class_weight = class_weight
        self.n_threads = n_threads
        self.random_state = random_state
        self.number = number
        self.date = date
        self.missing = missing
        self.decimal = decimal
        self.thousands = thousands
        self.dayfirst = dayfirst
        self.verbose = verbose

    @all_or_nothing  # outside: callbacks are torn down before
    @with_callbacks
    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        on_step: Watcher | None = None,
        on_choice: Callable[[int, int], Any] | None = None,
        checkpoint: Keeping | None = None,
        groups: ArrayLike | None = None,
    ) -> "TriLayerTableClassifier":
        """Learn the encoding and the network.

        Parameters
        ----------
        X : table
            A pandas, polars (lazy too) or pyarrow table, a RecordBatchReader, a relation of
            DuckDB, or a 2-D array.
        y : array-like, (m,)
            Two labels of any type.
        sample_weight, on_step, on_choice, checkpoint, groups : optional
            As for `TriLayerClassifierCV.fit`. The encoding counts rows by their weights too.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the table or a parameter cannot be used; the message says why.
        """
        from trilayer.tables.frames import at_hand

        self._validate_params()
        X = at_hand(X)
        labels, weights = column_or_1d(plain_labels(y), warn=True), None
        if sample_weight is not None:
            weights = relative(
                _check_sample_weight(
                    sample_weight, labels, dtype=np.float64, ensure_non_negative=True
                )
            )
        seed = 0 if groups is None else drawn_seed(self.random_state)
        present = np.arange(len(labels)) if weights is None else np.flatnonzero(weights)
        found = splits_of(self.cv, groups, X, labels, present, seed)
        if len(present) < len(labels) and weights is not None:  # weight 0 is absence
            check_consistent_length(X, labels)
            X, labels, weights = _safe_indexing(X, present), labels[present], weights[present]
        encoder, inputs = encoded(
            X, self.max_bins, weights,
            answers_of(labels, None if groups is None else np.asarray(groups)[present]),
            categorical=self.categorical, drop=self.drop, number=self.number, date=self.date,
            missing=self.missing, decimal=self.decimal, thousands=self.thousands,
            dayfirst=self.dayfirst,
        )  # fmt: skip
        report = FitReport(self, X, y, {"sample_weight": sample_weight})
        selection = TriLayerClassifierCV(
            l2s=self.l2s,
            hidden_units=self.hidden_units,
            relevance=self.relevance,
            n_starts=self.n_starts,
            cv=found,
            class_weight=self.class_weight,
            n_threads=self.n_threads,
            random_state=self.random_state,
            verbose=self.verbose,
        ).fit(
            inputs,
            labels,
            weights,
            report.steps(on_step),
            report.choices(on_choice),
            checkpoint,
        )
        self.adopt(encoder, selection)
        report.end()
        return self

    def adopt(
        self, encoder: TableEncoder, selection: TriLayerClassifierCV
    ) -> "TriLayerTableClassifier":
        """Be an encoder, and what was chosen for its inputs."""
        self.encoder_, self.selection_ = encoder, selection
        self.classes_, self.n_features_in_ = selection.classes_, encoder.n_features_in_
        self.__dict__.pop("feature_names_in_", None)
        if hasattr(encoder, "feature_names_in_"):
            self.feature_names_in_ = encoder.feature_names_in_
        return self

    @property
    def l2_(self) -> float:
        """The weight decay that was chosen."""
        return self.selection_.l2_

    @property
    def relevance_(self) -> dict[str, float] | None:
        """How much each column that is used matters beside the one that does most, by its name.

        It is told by the lengths of the weights, and decides the columns' weight decay (see
        `trilayer.select.relevance`). None where it was not learnt.
        """
        names = (column.name for column in self.encoder_.columns_)
        return by_name(self.selection_.heights_, self.encoder_.layout_.columns, names)

    @property
    def feature_importances_(self) -> FloatArray:
        """Relevance of the table's columns, in its order, adding up to 1; 0 of those left out.

        Only where it was learnt.
        """
        found = self.relevance_ if hasattr(self, "selection_") else None
        if found is None:
            raise AttributeError(
                "feature_importances_ are there where relevance was learnt: relevance=1 asks for "
                "it, and without that it is learnt beyond 2,000 rows, where held-out rows agree"
            )
        names = self.encoder_.fitted_.learnt.names
        relevance = np.array([found.get(name, 0.0) for name in names])
        return np.asarray(relevance / relevance.sum())

    @property
    def coef_(self) -> FloatArray:
        """Weights are of the encoder's inputs, not of the table's columns: `selection_.coef_`."""
        raise AttributeError(
            "a table's columns are several inputs each: with hidden_units=0 their weights are "
            "selection_.coef_ and selection_.intercept_, and encoder_.get_feature_names_out() "
            "names them"
        )

    @property
    def candidates_(self) -> list[Candidate]:
        """What it was chosen from, and what that cost."""
        return self.selection_.candidates_

    def decision_function(self, X: Any) -> FloatArray:
        """Return the logits Z2 (E10), (m,)."""
        network = self._network()
        return np.concatenate([network.decision_function(part) for part in self._parts(X)])

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the probabilities of both classes, m × 2."""
        network = self._network()
        return np.concatenate([network.predict_proba(part) for part in self._parts(X)])

    def predict_log_proba(self, X: Any) -> FloatArray:
        """Return the logarithms of `predict_proba`, m × 2."""
        network = self._network()
        return np.concatenate([network.predict_log_proba(part) for part in self._parts(X)])

    def predict_spread(self, X: Any, level: float = LEVEL) -> FloatArray:
        """Return between what the true probability of `classes_[1]` lies, as often as `level` says.

        The fewer and the more unlike the rows that were learnt from, the wider: see
        `TriLayerClassifier.predict_spread`, and docs/benchmarks.md for how often it is so.

        Parameters
        ----------
        X : table
            As for `predict_proba`.
        level : float

        Returns
        -------
        array, m × 2
            Lower and upper bounds; the probability is between them.

        Raises
        ------
        InputError
            If more than 2,000 rows were learnt from, or not with the defaults: without
            `n_starts` and `relevance`, with a hidden layer.
        """
        network = self._network()
        return np.concatenate([network.predict_spread(part, level) for part in self._parts(X)])

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likelier label of each row, (m,)."""
        positive = self.decision_function(X) > 0
        return np.asarray(self.classes_[positive.astype(np.intp)])

    def explain(self, X: Any, background: Any = None) -> Any:
        """Return what each column does to the logit of each row, as a frame.

        Integrated gradients on the straight line from a baseline to the row's inputs, in closed
        form (`trilayer.derivation.attribution`), summed over each column's inputs.

        Parameters
        ----------
        X : table
            As for `predict`.
        background : table, optional
            Rows whose mean inputs are the baseline; by default X itself. One row is a baseline
            by itself.

        Returns
        -------
        frame, m × (1 + columns used)
            Of pandas or polars if X is, else of Arrow. First ``(baseline)``, the baseline's
            logit, then a column for each that is used. The sum of a row (`math.fsum`) is its
            `decision_function` to the bit.
        """
        params = self._network().params_
        parts = list(self._parts(X))
        rows = parts if background is None else list(self._parts(background))
        x0 = mean_inputs(joined(rows))
        start = float(select("reference").logits(params.astype(np.float64), Inputs.of(x0))[0, 0])
        found = np.concatenate([by_columns(params, part, x0) for part in parts])
        names = [column.name for column in self.encoder_.columns_]
        return as_frame(X, additive(found, start, self.decision_function(X)), names)

    def _network(self) -> Any:
        check_is_fitted(self)
        return self.selection_.best_estimator_

    def _parts(self, X: Any) -> Iterator[Inputs]:
        from trilayer.tables import has_names, is_table, to_arrow

        if not is_table(X):
            rows = np.asarray(X)
        elif has_names(X):
            rows = to_arrow(X)
        else:
            yield self.encoder_.inputs(X)
            return
        for first in range(0, max(len(rows), 1), _ROWS):
            yield self.encoder_.inputs(rows[first : first + _ROWS])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "selection_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags
