"""`TriLayerClassifierCV`: weight decay and hidden units chosen by held-out log-loss."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from trilayer.encoding.inputs import Inputs
from trilayer.errors import InputError
from trilayer.estimators.callbacks import CallbackSupportMixin, FitReport, with_callbacks
from trilayer.estimators.checks import checked_rows
from trilayer.estimators.classifier import TriLayerClassifier
from trilayer.estimators.folds import splits_of
from trilayer.estimators.preparing import all_or_nothing, weighted
from trilayer.estimators.words import choice, ending, say, spoken, spoken_choice
from trilayer.fit.protocol import Keeping
from trilayer.fit.records import Watcher
from trilayer.fit.samples import (
    drawn_seed,
    in_memory,
    reweighted,
    two_classes,
    without_weightless,
)
from trilayer.fit.spread import LEVEL, Spread
from trilayer.params import FloatArray, Params
from trilayer.select.presets import Split
from trilayer.select.recipe import Selected, Wish, select_on
from trilayer.select.spread import spread_of
from trilayer.select.weights import relative
from trilayer.warned import warn


class TriLayerClassifierCV(CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """`TriLayerClassifier` whose weight decay is chosen inside `fit`, and averaged over starts.

    Every candidate is trained on a part of the rows and judged by its log-loss on the rest:
    in five folds up to 2,000 rows, on a fifth of them beyond. The best is trained again on
    all rows, from several starts that are folded into one network. Up to 2,000 rows the
    networks of the folds are averaged with these, and where inputs are positions in bins all is
    done twice, once with bins damped; each way counts by its log-loss on rows not seen
    (`trilayer.select.averaging`), unless `estimator`, `n_starts` or `relevance` is given.
    Beyond 20,000 rows the columns' relevance is learnt before, on so many of them. The same
    data, seed and settings give the same bits on any number of threads.

    Parameters
    ----------
    estimator : TriLayerClassifier, optional
        What is trained, but for l2, hidden_units, n_starts, n_threads, random_state and
        verbose. By default, up to 2,000 rows 16 hidden units with lbfgs, up to 20,000 rows 64,
        and beyond 64 with adam and a falling learning rate (see `trilayer.select.presets`).
    l2s : sequence of float, optional
        Weight decays to choose from, all of which are tried; one is taken without choosing.
        By default a grid from 60 to 0.1, of which neighbours are tried until the best one
        stands between worse ones.
    hidden_units : int or sequence of int, optional
        Numbers of hidden units to choose from; by default the estimator's own.
    relevance : int, optional
        How often each column's relevance is learnt from the weights of a training, which then
        goes on with a decay of its own for each column (`trilayer.select.relevance`): by default
        twice beyond 2,000 rows, unless rows held out speak against it. Only lbfgs learns it; where
        there is no estimator, beyond 20,000 rows too, on some of them. The columns are the
        layout's, or else each of X's by itself.
    n_starts : int, optional
        Random starts of the network that is kept; by default the estimator's own. Where there is
        none, 4, which up to 2,000 rows are averaged with the networks of the folds.
    cv : int, splitter or iterable, optional
        How rows are held out, in scikit-learn's forms.
    class_weight : dict, "balanced" or None
        Factors on the sample weights, in training and in judging.
    n_threads : int, optional
        By default one for each processor at hand.
    random_state : int, RandomState or None
    verbose : bool or int
        Write a line to standard error after each candidate, and after each iteration of the
        last training, or after every so many of them.

    Attributes
    ----------
    best_estimator_ : TriLayerClassifier
        n_starts · hidden_units units; `n_starts` counts all networks that it is made of.
    l2_, hidden_units_ : float, int
        What was chosen.
    heights_ : array, (n1,), or None
        How relevant the inputs' columns were found: the decay of an input's weights is
        l2_ / heights_². None where relevance was not learnt.
    candidates_ : list of Candidate
        All that were tried: the curve, and its cost. Empty where there was no choice, or no
        fold could hold both classes.
    refit_seconds_ : float
    classes_, n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from trilayer import TriLayerClassifierCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = TriLayerClassifierCV(n_starts=2, random_state=0)
    >>> clf.fit(StandardScaler().fit_transform(X), y).params_.W1.shape
    (30, 32)
    """

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 - scikit-learn's own form
        "estimator": [TriLayerClassifier, None],
        "l2s": ["array-like", None],
        "hidden_units": [Interval(Integral, 0, None, closed="left"), "array-like", None],
        "relevance": [Interval(Integral, 0, None, closed="left"), None],
        "n_starts": [Interval(Integral, 1, None, closed="left"), None],
        "cv": ["cv_object"],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator: TriLayerClassifier | None = None,
        *,
        l2s: Sequence[float] | None = None,
        hidden_units: int | Sequence[int] | None = None,
        relevance: int | None = None,
        n_starts: int | None = None,
        cv: Any = None,
        class_weight: Mapping[Any, float] | str | None = None,
        n_threads: int | None = None,
        random_state: Any = None,
        verbose: bool | int = False,
    ) -> None:
        self.estimator = estimator
        self.l2s = l2s
        self.hidden_units = hidden_units
        self.relevance = relevance
        self.n_starts = n_starts
        self.cv = cv
        self.class_weight = class_weight
        self.n_threads = n_threads
        self.random_state = random_state
        self.verbose = verbose

    @all_or_nothing  # outside: callbacks are torn down before
    @with_callbacks
    def fit(
        self,
        X: ArrayLike | Inputs,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        on_step: Watcher | None = None,
        on_choice: Callable[[int, int], Any] | None = None,
        checkpoint: Keeping | None = None,
        groups: ArrayLike | None = None,
    ) -> "TriLayerClassifierCV":
        """Choose, and train what was chosen on all rows.

        Parameters
        ----------
        X : array-like or sparse matrix, m × n1, or Inputs
            As for `TriLayerClassifier.fit`.
        y : array-like, (m,)
            Two labels of any type.
        sample_weight : array-like, (m,), optional
            In training and in judging, beside one another: a factor on all of them changes
            nothing. Weight 2 beside 1 is the sample twice, weight 0 its absence.
        on_step : callable, optional
            As for `TriLayerClassifier.fit`, of the last training.
        on_choice : callable, optional
            Called after each candidate with how many are tried, and how many there are.
        checkpoint : Checkpoint, optional
            As for `TriLayerClassifier.fit`; each fit is a stage of its own.
        groups : array-like, (m,), optional
            Of the samples: those of a group are not on both sides of a split.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used; the message says why.
        """
        self._validate_params()
        rows, labels = checked_rows(self, X, y, [np.float64, np.float32])
        classes = two_classes(labels)
        samples = weighted(rows, labels, sample_weight, classes, np.float64)
        samples = reweighted(samples, self.class_weight, classes)
        if checkpoint is not None and not isinstance(self.random_state, Integral):
            raise InputError(
                "a checkpoint needs random_state to be a number: what chance has drawn for the "
                "folds could not be drawn again"
            )
        present, seed = np.flatnonzero(samples.s > 0), drawn_seed(self.random_state)
        samples = without_weightless(samples, classes)
        samples = samples._replace(s=relative(samples.s).astype(rows.dtype))
        found = splits_of(self.cv, groups, X, labels, present, seed)
        report = FitReport(self, X, y, {"sample_weight": sample_weight})
        wish = self._wish(found, seed)
        with in_memory(samples, self.n_threads) as source:
            selected = select_on(
                source,
                classes,
                wish,
                on_step=report.steps(spoken(self.verbose, on_step)),
                on_choice=report.choices(spoken_choice(self.verbose, on_choice)),
                checkpoint=checkpoint,
            )
            spread = spread_of(source, wish, selected)
        self.classes_ = classes
        self.adopt(selected, spread)
        say(self.verbose, choice(self.hidden_units_, self.l2_, self.candidates_))
        say(self.verbose, ending(selected.trained.outcome))
        report.end()
        return self

    def _wish(self, found: list[Split] | None, seed: int) -> Wish:
        return Wish(
            base=None if self.estimator is None else self.estimator.spec(),
            units=None if self.hidden_units is None else np.atleast_1d(self.hidden_units).tolist(),
            l2s=None if self.l2s is None else np.atleast_1d(self.l2s).tolist(),
            rounds=self.relevance, n_starts=self.n_starts, splits=found, n_threads=self.n_threads,
            random_state=seed,
        )  # fmt: skip

    def adopt(self, selected: Selected, spread: Spread | None = None) -> "TriLayerClassifierCV":
        """Be what was selected, for `classes_`, and know the spread of its probabilities."""
        spec = selected.spec
        self.hidden_units_, self.l2_ = int(spec.hidden_units or 0), spec.l2
        self.candidates_, self.heights_ = selected.candidates, selected.heights
        self.refit_seconds_ = selected.seconds
        best = TriLayerClassifier(**spec.settings)
        self.best_estimator_ = best.adopt(selected.trained, self.classes_)
        if spread is not None:
            best.spread_ = spread.arrays()
        if hasattr(self, "feature_names_in_"):
            self.best_estimator_.feature_names_in_ = self.feature_names_in_
        problem = selected.trained.problem
        # A recipe's iterations are as many as it takes.
        if problem and not (self.estimator is None and " stopped at max_iter" in problem):
            warn(problem, ConvergenceWarning)
        return self

    @property
    def params_(self) -> Params:
        """W1, b1, W2, b2 of the network that is kept."""
        params: Params = self.best_estimator_.params_
        return params

    @property
    def coef_(self) -> FloatArray:
        """The weights of the unit of E33, 1 × n1; only where there is no hidden layer."""
        weights: FloatArray = _kept(self).coef_
        return weights

    @property
    def intercept_(self) -> FloatArray:
        """Its bias, (1,)."""
        bias: FloatArray = _kept(self).intercept_
        return bias

    @property
    def feature_importances_(self) -> FloatArray:
        """The columns' relevance, (n1,), adding up to 1; only where it was learnt (`heights_`)."""
        heights: FloatArray | None = vars(self).get("heights_")
        if heights is None:
            raise AttributeError(
                "feature_importances_ are there where relevance was learnt: relevance=1 asks for "
                "it, and without that it is learnt beyond 2,000 rows, where held-out rows agree"
            )
        return np.asarray(heights / heights.sum())

    def decision_function(self, X: ArrayLike | Inputs) -> FloatArray:
        """Return the logits Z2 (E10), (m,)."""
        check_is_fitted(self)
        out: FloatArray = self.best_estimator_.decision_function(X)
        return out

    def predict_proba(self, X: ArrayLike | Inputs) -> FloatArray:
        """Return the probabilities of both classes, m × 2."""
        check_is_fitted(self)
        out: FloatArray = self.best_estimator_.predict_proba(X)
        return out

    def predict_log_proba(self, X: ArrayLike | Inputs) -> FloatArray:
        """Return the logarithms of `predict_proba`, m × 2."""
        check_is_fitted(self)
        out: FloatArray = self.best_estimator_.predict_log_proba(X)
        return out

    def predict_spread(self, X: ArrayLike | Inputs, level: float = LEVEL) -> FloatArray:
        """Return between what the true probability of `classes_[1]` lies, m × 2.

        As `TriLayerClassifier.predict_spread`, with its errors.
        """
        check_is_fitted(self)
        out: FloatArray = self.best_estimator_.predict_spread(X, level)
        return out

    def predict(self, X: ArrayLike | Inputs) -> NDArray[Any]:
        """Return the likelier label of each sample, (m,)."""
        check_is_fitted(self)
        labels: NDArray[Any] = self.best_estimator_.predict(X)
        return labels

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "best_estimator_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.sparse = True
        return tags


def _kept(clf: TriLayerClassifierCV) -> TriLayerClassifier:
    best: TriLayerClassifier | None = vars(clf).get("best_estimator_")
    if best is None:
        raise AttributeError("coef_ and intercept_ are there after fit")
    return best
