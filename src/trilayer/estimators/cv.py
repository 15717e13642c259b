"""`TriLayerClassifierCV`: weight decay and hidden units chosen by held-out log-loss."""

import time
import warnings
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import check_cv, train_test_split
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from trilayer.encoding.layout import Layout
from trilayer.errors import InputError
from trilayer.estimators.classifier import TriLayerClassifier
from trilayer.fit.loop import Keeping, Watcher
from trilayer.fit.run import solver_name, threads
from trilayer.fit.samples import two_classes
from trilayer.params import FloatArray, Params
from trilayer.select.presets import (
    GO_ON,
    L2S,
    MIDDLE,
    ROUND,
    ROUNDS,
    SMALL,
    Split,
    pace,
    recipe,
    splits,
)
from trilayer.select.relevance import learnt, lowered, raised
from trilayer.select.search import Choice


class _Data(NamedTuple):
    """Rows X, labels, weights (or None), and the layout of X's columns (or None)."""

    X: FloatArray
    y: NDArray[Any]
    s: FloatArray | None
    layout: Layout | None

    def at(self, rows: NDArray[np.int64]) -> "_Data":
        """Return some of the rows."""
        s = None if self.s is None else self.s[rows]
        return _Data(self.X[rows], self.y[rows], s, self.layout)

    def raised(self, heights: FloatArray) -> "_Data":
        """Return the rows multiplied by heights."""
        X, layout = raised(self.X, self.layout, heights)
        return self._replace(X=X, layout=layout)


class TriLayerClassifierCV(ClassifierMixin, BaseEstimator):
    """`TriLayerClassifier` whose weight decay is chosen inside `fit`, and averaged over starts.

    Every candidate is trained on a part of the rows and judged by its log-loss on the rest:
    in five folds up to 2,000 rows, on a fifth of them beyond. The best is trained again on
    all rows, from several starts that are folded into one network. Beyond 20,000 rows the
    columns' relevance is learnt before, on so many of them. The same data, seed and settings
    give the same bits on any number of threads.

    Parameters
    ----------
    estimator : TriLayerClassifier, optional
        What is trained, but for l2, hidden_units, n_starts, n_threads and random_state. By
        default, up to 2,000 rows 16 hidden units with lbfgs, up to 20,000 rows 64, and beyond
        64 with adam and a falling learning rate (see `trilayer.select.presets`).
    l2s : sequence of float, optional
        Weight decays to choose from, all of which are tried; one is taken without choosing.
        By default a grid from 60 to 0.1, of which neighbours are tried until the best one
        stands between worse ones.
    hidden_units : int or sequence of int, optional
        Numbers of hidden units to choose from; by default the estimator's own.
    relevance : int, optional
        How often each column's relevance is learnt from the weights of a training, which then
        goes on with a decay of its own for each column (`trilayer.select.relevance`): by default
        twice beyond 2,000 rows. Only lbfgs learns it; where there is no estimator, beyond 20,000
        rows too, on some of them. The columns are the layout's, or else each of X's by itself.
    n_starts : int, optional
        Random starts of the network that is kept; by default the estimator's own, which is 8
        up to 2,000 rows and 4 beyond where there is none.
    cv : int, splitter or iterable, optional
        How rows are held out, in scikit-learn's forms.
    n_threads : int, optional
        By default one for each processor at hand.
    random_state : int, RandomState or None

    Attributes
    ----------
    best_estimator_ : TriLayerClassifier
        Trained on all rows; n_starts · hidden_units units.
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
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
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
        n_threads: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.l2s = l2s
        self.hidden_units = hidden_units
        self.relevance = relevance
        self.n_starts = n_starts
        self.cv = cv
        self.n_threads = n_threads
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        on_step: Watcher | None = None,
        on_choice: Callable[[int, int], Any] | None = None,
        checkpoint: Keeping | None = None,
        layout: Layout | None = None,
    ) -> "TriLayerClassifierCV":
        """Choose, and train what was chosen on all rows.

        Parameters
        ----------
        X : array-like, m × n1
        y : array-like, (m,)
            Two labels of any type.
        sample_weight : array-like, (m,), optional
            In training and in judging.
        on_step : callable, optional
            As for `TriLayerClassifier.fit`, of the last training.
        on_choice : callable, optional
            Called after each candidate with how many are tried, and how many there are.
        checkpoint : Checkpoint, optional
            As for `TriLayerClassifier.fit`; each fit is a stage of its own.
        layout : Layout, optional
            As for `TriLayerClassifier.fit`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used; the message says why.
        """
        self._validate_params()
        rows, labels = validate_data(self, X, y, dtype=[np.float64, np.float32])
        self.classes_ = two_classes(labels)
        s = None
        if sample_weight is not None:
            s = _check_sample_weight(
                sample_weight, rows, dtype=rows.dtype, ensure_non_negative=True
            )
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        if checkpoint is not None and not isinstance(self.random_state, Integral):
            raise InputError(
                "a checkpoint needs random_state to be a number: what chance has drawn for the "
                "folds could not be drawn again"
            )
        base = recipe(len(rows)) if self.estimator is None else clone(self.estimator)
        base.set_params(n_threads=self.n_threads, random_state=seed)
        if self.n_starts is not None:
            base.set_params(n_starts=self.n_starts)
        data, found = _Data(rows, labels, s, layout), None
        if self.estimator is None and len(rows) > MIDDLE and self.relevance != 0:
            found = self._scouted(data, base, seed, checkpoint)
        if found is not None:
            data = data.raised(found)
        choice = self._choice(base, data, seed)
        self.hidden_units_, self.l2_ = choice.make(on_choice, checkpoint)
        self.candidates_ = choice.candidates
        began = time.perf_counter()
        base.set_params(hidden_units=self.hidden_units_, l2=self.l2_)
        self.heights_ = self._trained(base, data, on_step, checkpoint)
        if found is not None:
            base.replace_network([lowered(member, found) for member in base._members])
            self.heights_ = found
        self.best_estimator_ = base
        self.refit_seconds_ = time.perf_counter() - began
        if hasattr(self, "feature_names_in_"):
            self.best_estimator_.feature_names_in_ = self.feature_names_in_
        return self

    def _scouted(
        self, data: "_Data", base: TriLayerClassifier, seed: int, checkpoint: Keeping | None
    ) -> FloatArray | None:
        """Return heights learnt by lbfgs, with a decay of its own, on `MIDDLE` of many rows."""
        some, _ = train_test_split(
            np.arange(len(data.X)), train_size=MIDDLE, stratify=data.y, random_state=seed
        )
        seen = data.at(np.sort(some))
        scout = recipe(MIDDLE).set_params(
            n_starts=base.n_starts, n_threads=self.n_threads, random_state=seed
        )
        stage = checkpoint and checkpoint.stage(f"{checkpoint.name}: relevance on some rows")
        n2, l2 = self._choice(scout, seen, seed).make(None, stage)
        heights = self._trained(scout.set_params(hidden_units=n2, l2=l2), seen, None, stage)
        if scout.stop_reason_ == "interrupted":
            raise KeyboardInterrupt
        return heights

    def _choice(self, scout: TriLayerClassifier, data: "_Data", seed: int) -> Choice:
        m = len(data.X)
        own = recipe(m).hidden_units if scout.hidden_units is None else scout.hidden_units
        units = np.atleast_1d(np.asarray(own if self.hidden_units is None else self.hidden_units))
        decays = np.atleast_1d(L2S if self.l2s is None else np.asarray(self.l2s))
        if not len(units) or not len(decays):
            raise InputError("l2s and hidden_units must hold something to choose from")
        held_out: list[Split] = []
        if len(units) * len(decays) > 1:
            held_out = (
                splits(data.X, data.y, seed)
                if self.cv is None
                else list(check_cv(self.cv, data.y, classifier=True).split(data.X, data.y))
            )
        return Choice(
            base=scout, X=data.X, y=data.y, s=data.s, classes=self.classes_, layout=data.layout,
            seed=seed, units=units.tolist(), decays=sorted(decays.tolist(), reverse=True),
            climbs=self.l2s is None, splits=held_out, workers=threads(self),
            # Judged by one start, few rows say more about the start than about the decay.
            starts=1 if m > SMALL else min(2, scout.n_starts),
            goes_on=GO_ON if m > SMALL and solver_name(scout, m) == "lbfgs" else 0,
        )  # fmt: skip

    def _trained(
        self, clf: TriLayerClassifier, data: "_Data", on_step: Watcher | None,
        checkpoint: Keeping | None,
    ) -> FloatArray | None:  # fmt: skip
        """Train on all the data, learning relevance where that is for lbfgs; return heights."""
        few, newton = len(data.X) <= SMALL, solver_name(clf, len(data.X)) == "lbfgs"
        rounds = self.relevance
        if rounds is None or not newton:
            rounds = ROUNDS if newton and not few else 0

        def fit(X: FloatArray, layout: Layout | None, number: int) -> None:
            stage = checkpoint
            if checkpoint is not None and number:
                stage = checkpoint.stage(f"{checkpoint.name}: relevance {number}")
            clf.fit(X, data.y, data.s, on_step=on_step, checkpoint=stage, layout=layout)

        own, times = clf.max_iter, 1.0
        if self.estimator is None and newton and not few:
            times = pace(clf.l2, 0.8, 1.05)
        clf.set_params(max_iter=round(own * times))
        with warnings.catch_warnings():
            if self.estimator is None:  # a recipe's iterations are as many as it takes
                warnings.filterwarnings("ignore", ".* stopped at max_iter", ConvergenceWarning)
            heights = learnt(clf, fit, data.X, data.layout, rounds, round(ROUND * times))
        clf.set_params(max_iter=own)
        return heights

    @property
    def params_(self) -> Params:
        """W1, b1, W2, b2 of the network that is kept."""
        params: Params = self.best_estimator_.params_
        return params

    def decision_function(self, X: ArrayLike) -> FloatArray:
        """Return the logits Z2 (E10), (m,)."""
        check_is_fitted(self)
        out: FloatArray = self.best_estimator_.decision_function(X)
        return out

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Return the probabilities of both classes, m × 2."""
        check_is_fitted(self)
        out: FloatArray = self.best_estimator_.predict_proba(X)
        return out

    def predict_log_proba(self, X: ArrayLike) -> FloatArray:
        """Return the logarithms of `predict_proba`, m × 2."""
        check_is_fitted(self)
        out: FloatArray = self.best_estimator_.predict_log_proba(X)
        return out

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likelier label of each sample, (m,)."""
        check_is_fitted(self)
        labels: NDArray[Any] = self.best_estimator_.predict(X)
        return labels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags
