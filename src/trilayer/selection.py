"""`TriLayerClassifierCV`: weight decay and hidden units chosen by held-out log-loss."""

import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import check_cv
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from trilayer import core
from trilayer.errors import DivergenceError, InputError
from trilayer.estimator import TriLayerClassifier
from trilayer.fitting import threads
from trilayer.inputs import targets, two_classes
from trilayer.params import FloatArray, Params
from trilayer.recipes import L2S, Split, recipe, splits
from trilayer.training import Keeping, Watcher


class Candidate(NamedTuple):
    """One setting, and how it did on rows that it had not seen.

    Attributes
    ----------
    hidden_units : int
    l2 : float
    log_loss : float
        Mean over the rows held out, by their weights; infinite where training diverged.
    seconds : float
        Spent on its fits.
    """

    hidden_units: int
    l2: float
    log_loss: float
    seconds: float


class TriLayerClassifierCV(ClassifierMixin, BaseEstimator):
    """`TriLayerClassifier` whose weight decay is chosen inside `fit`, and averaged over starts.

    Every candidate is trained on a part of the rows and judged by its log-loss on the rest:
    in five folds up to 2,000 rows, on a fifth of them beyond. The best is trained again on
    all rows, from several starts that are folded into one network. The same data, seed and
    settings give the same bits on any number of threads.

    Parameters
    ----------
    estimator : TriLayerClassifier, optional
        What is trained, but for l2, hidden_units, n_starts, n_threads and random_state. By
        default, up to 2,000 rows 16 hidden units with lbfgs, up to 20,000 rows 64, and beyond
        64 with adam and a falling learning rate (see `trilayer.recipes`).
    l2s : sequence of float, optional
        Weight decays to choose from, all of which are tried; one is taken without choosing.
        By default a grid from 60 to 0.1, of which neighbours are tried until the best one
        stands between worse ones.
    hidden_units : int or sequence of int, optional
        Numbers of hidden units to choose from; by default the estimator's own.
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
        n_starts: int | None = None,
        cv: Any = None,
        n_threads: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.l2s = l2s
        self.hidden_units = hidden_units
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
        choice = _Choice(self, base, rows, labels, s, seed)
        self.candidates_ = choice.made(on_choice, checkpoint)
        self.hidden_units_, self.l2_ = choice.best(self.candidates_)
        began = time.perf_counter()
        base.set_params(
            hidden_units=self.hidden_units_, l2=self.l2_, n_threads=self.n_threads,
            n_starts=base.n_starts if self.n_starts is None else self.n_starts, random_state=seed,
        )  # fmt: skip
        with warnings.catch_warnings():
            if self.estimator is None:  # a recipe's iterations are as many as it takes
                warnings.filterwarnings("ignore", ".* stopped at max_iter", ConvergenceWarning)
            self.best_estimator_ = base.fit(rows, labels, s, on_step=on_step, checkpoint=checkpoint)
        self.refit_seconds_ = time.perf_counter() - began
        if hasattr(self, "feature_names_in_"):
            self.best_estimator_.feature_names_in_ = self.feature_names_in_
        return self

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


class _Choice:
    """The candidates, the splits, and how each candidate did."""

    def __init__(
        self, settings: TriLayerClassifierCV, base: TriLayerClassifier, X: FloatArray,
        y: NDArray[Any], s: FloatArray | None, seed: int,
    ) -> None:  # fmt: skip
        self.base, self.X, self.y, self.s, self.seed = base, X, y, s, seed
        self.classes = settings.classes_
        self.workers = threads(settings)
        # Judged by one start, few rows say more about the start than about the decay.
        self.starts = min(2, base.n_starts if settings.n_starts is None else settings.n_starts)
        units: Any = settings.hidden_units
        own = recipe(len(X)).hidden_units if base.hidden_units is None else base.hidden_units
        self.units = np.atleast_1d(np.asarray(own if units is None else units)).tolist()
        self.decays = sorted(
            np.atleast_1d(L2S if settings.l2s is None else settings.l2s).tolist(), reverse=True
        )
        if not self.units or not self.decays:
            raise InputError("l2s and hidden_units must hold something to choose from")
        self.climbs = settings.l2s is None
        self.splits: list[Split] = []
        if len(self.units) * len(self.decays) > 1:
            self.splits = (
                splits(X, y, seed)
                if settings.cv is None
                else list(check_cv(settings.cv, y, classifier=True).split(X, y))
            )

    def made(
        self, tell: Callable[[int, int], Any] | None, checkpoint: Keeping | None
    ) -> list[Candidate]:
        """Try the candidates; the splits of each side by side."""
        if not self.splits:
            return []
        tried: list[Candidate] = []
        most = len(self.units) * len(self.decays)
        with warnings.catch_warnings(), ThreadPoolExecutor(self.workers) as pool:
            # Whether a candidate ran to its end does not matter: it is judged as it is.
            warnings.simplefilter("ignore", ConvergenceWarning)

            def loss(n2: int, l2: float) -> float:
                tried.append(self._candidate(pool, int(n2), float(l2), checkpoint))
                if tell is not None:
                    tell(len(tried), most)
                return tried[-1].log_loss

            for n2 in self.units:
                if self.climbs:
                    climb([partial(loss, n2, l2) for l2 in self.decays])
                else:
                    for l2 in self.decays:
                        loss(n2, l2)
        return tried

    def _candidate(
        self, pool: ThreadPoolExecutor, n2: int, l2: float, checkpoint: Keeping | None
    ) -> Candidate:
        began = time.perf_counter()
        tries = pool.map(lambda k: self._try(n2, l2, k, checkpoint), range(len(self.splits)))
        try:
            losses, weights = np.sum(list(tries), axis=0)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return Candidate(n2, l2, float(losses / weights), time.perf_counter() - began)

    def _try(self, n2: int, l2: float, k: int, checkpoint: Keeping | None) -> tuple[float, float]:
        """Train a candidate on a split; return its loss on the rest, and their weight."""
        train, held = self.splits[k]
        s = self.s
        weights = np.ones(len(held)) if s is None else s[held].astype(np.float64)
        stage = None
        if checkpoint is not None:
            stage = checkpoint.stage(f"{checkpoint.name}: {n2} units, l2={l2:g}, split {k + 1}")
        alone = len(self.splits) == 1
        clf = clone(self.base).set_params(
            hidden_units=n2, l2=l2, n_starts=1 if alone else self.starts,
            n_threads=self.workers if alone else 1, random_state=self.seed + k,
        )  # fmt: skip
        try:
            clf.fit(self.X[train], self.y[train], None if s is None else s[train], checkpoint=stage)
        except DivergenceError:
            return np.inf, float(weights.sum())
        Z = clf.decision_function(self.X[held])[None].astype(np.float64)
        Y = targets(self.y[held], self.classes, np.float64)[None]
        return float(weights @ core.losses(Z, Y)[0]), float(weights.sum())

    def best(self, candidates: list[Candidate]) -> tuple[int, float]:
        """Return hidden units and l2 of the least loss; the first of equals."""
        if not candidates:
            return int(self.units[0]), float(self.decays[len(self.decays) // 2])
        losses = [candidate.log_loss for candidate in candidates]
        if not np.isfinite(min(losses)):
            raise DivergenceError(
                "every candidate left the finite numbers: scale the inputs (StandardScaler)"
            )
        best = candidates[int(np.argmin(losses))]
        return best.hidden_units, best.l2


def climb(losses: Sequence[Callable[[], float]]) -> None:
    """Call neighbours of the least one, from the middle on, until it has been seen to be least.

    Weight decay's curve has one valley, so most of the grid need not be tried.
    """
    known: dict[int, float] = {}

    def at(i: int) -> float:
        if i not in known:
            known[i] = losses[i]() if 0 <= i < len(losses) else np.inf
        return known[i]

    here = len(losses) // 2
    while (best := min((here, here - 1, here + 1), key=at)) != here:
        here = best
