"""`TriLayerClassifier`: scikit-learn outside (rows), the derivation inside (columns)."""

import warnings
from collections.abc import Mapping, Sequence
from math import isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from trilayer.derivation import core
from trilayer.encoding.layout import Layout
from trilayer.engines import ENGINES, select
from trilayer.errors import InputError
from trilayer.estimators.callbacks import CallbackSupportMixin, FitReport, with_callbacks
from trilayer.fit.ensemble import run_starts
from trilayer.fit.loop import Keeping, Progress, Watcher
from trilayer.fit.run import Stepped, in_memory, run, start_params, step_on, threads
from trilayer.fit.samples import (
    Samples,
    hold_out,
    reweighted,
    targets,
    two_classes,
    without_weightless,
)
from trilayer.params import FloatArray, Params, average, pack, unpack
from trilayer.solvers import SCHEDULES, SOLVERS
from trilayer.sources import BLOCK, LabelledSource, Source


def _can_go_on(estimator: "TriLayerClassifier") -> bool:
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit is not available with solver='lbfgs': use sgd or adam")
    return True


def _check_val_source(source: Source, held_out: Source, *, given_too: bool) -> None:
    if given_too:
        raise InputError("X_val and val_source are two ways to say one thing: give one of them")
    if (held_out.n1, held_out.dtype) != (source.n1, source.dtype):
        raise InputError(
            f"val_source holds {held_out.n1} inputs in {held_out.dtype}, the source {source.n1} "
            f"in {source.dtype}"
        )


class TriLayerClassifier(
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    ClassifierMixin,
    BaseEstimator,
):
    """Three-layer network for two classes: inputs, one sigmoid hidden layer, one output.

    Minimises the mean cross-entropy (E13) plus weight decay by exact back-propagation
    (E20 to E32). The same data, seed and settings give the same bits on any number of
    threads.

    Parameters
    ----------
    hidden_units : int, optional
        n2. 0 leaves the hidden layer out: the unit of E33, logistic regression. By
        default 16, or as many as `init` has.
    solver : {"auto", "gd", "sgd", "adam", "lbfgs"}
        ``"gd"`` is E35 on all samples (with l2=0, nothing else); ``"lbfgs"`` a quasi-Newton
        method on all samples; ``"sgd"`` and ``"adam"`` step on batches. ``"auto"`` takes
        lbfgs up to 100,000 samples, and adam beyond or where an option that only batches
        have is chosen.
    learning_rate : float, optional
        η of gd (0.5), sgd (0.1) and adam (0.005).
    momentum : float, optional
        Of gd (0, Polyak's) and sgd (0.9, Nesterov's).
    schedule : {"constant", "inverse-scaling", "cosine"}, optional
        How η falls over the updates of sgd and adam; by default it does not. The cosine is
        0 from `max_iter` epochs on, also for `partial_fit`.
    batch_size : int, optional
        Samples a step of sgd and adam (256).
    l2 : float
        Weight decay (l2 / 2) (‖W1‖² + ‖W2‖²), added to the SUM of the samples' costs.
    max_iter : int
        Iterations: updates of gd and lbfgs, epochs of sgd and adam.
    tol : float
        gd and lbfgs have converged when no component of the gradient is larger; sgd and
        adam when the mean cost fell by no more for `n_iter_no_change` epochs. 0: never.
    n_iter_no_change : int
        See `tol` and `early_stopping`.
    max_seconds : float, optional
        Stop after this time; the result then depends on the machine.
    shuffle : bool
        Whether sgd and adam walk the samples in a new order each epoch.
    early_stopping : bool or {"log_loss", "auc"}
        Watch that score (True: log_loss) on held-out samples, stop when it has not
        improved for `n_iter_no_change` iterations, and keep the best parameters. The
        samples are X_val and y_val, or a stratified share of the training data.
    validation_fraction : float
        That share.
    class_weight : dict, "balanced" or None
        Factors on the sample weights.
    n_starts : int
        How many random starts are trained side by side. The mean of their logits is what
        one network with n_starts · n2 hidden units says, and that network is what is kept.
        A start that is given (`init`, `warm_start`) is the only one.
    init : Params or list of them, optional
        Where to start, or where each of the n_starts does; by default at random (Glorot and
        Bengio, 2010).
    warm_start : bool
        Start from the last fit's parameters.
    engine : {"auto", "fused", "reference"}
        Who computes the sums.
    dtype : {"float32", "float64"}, optional
        By default that of X (float64 for what is neither).
    n_threads : int, optional
        By default one for each processor at hand. The result does not depend on it.
    random_state : int, RandomState or None
        Decides the start, the order of batches and the held-out share.

    Attributes
    ----------
    params_ : Params
        W1, b1, W2, b2.
    classes_ : array, (2,)
        Sorted labels; the second one is the positive class, y = 1.
    n_iter_ : int
        Iterations done.
    loss_curve_ : list of float
        Objective after each iteration.
    validation_curve_ : list of float
        Score of the held-out samples after each iteration; empty without any.
    best_iter_ : int
        The iteration that `params_` is from.
    stop_reason_ : str
        converged, precision (no lower value can be represented), max_iter,
        early_stopping, max_seconds, callback, interrupted or diverged.
    solver_, engine_ : str
        What "auto" took.
    n_evaluations_ : int
        Passes over the samples.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from trilayer import TriLayerClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = TriLayerClassifier(random_state=0).fit(StandardScaler().fit_transform(X), y)
    >>> clf.params_.W1.shape
    (30, 16)
    """

    __metadata_request__fit = {"on_step": UNUSED, "checkpoint": UNUSED}  # noqa: RUF012 - scikit-learn's own form

    _parameter_constraints: dict[str, Any] = {  # noqa: RUF012 - scikit-learn's own form
        "hidden_units": [Interval(Integral, 0, None, closed="left"), None],
        "solver": [StrOptions({"auto", *SOLVERS})],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), None],
        "momentum": [Interval(Real, 0, 1, closed="left"), None],
        "schedule": [StrOptions(set(SCHEDULES)), None],
        "n_starts": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), None],
        "l2": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "max_seconds": [Interval(Real, 0, None, closed="neither"), None],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean", StrOptions({"log_loss", "auc"})],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "init": [Params, list, None],
        "warm_start": ["boolean"],
        "engine": [StrOptions(set(ENGINES))],
        "dtype": "no_validation",
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        hidden_units: int | None = None,
        *,
        solver: str = "auto",
        learning_rate: float | None = None,
        momentum: float | None = None,
        schedule: str | None = None,
        batch_size: int | None = None,
        l2: float = 1.0,
        max_iter: int = 500,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        max_seconds: float | None = None,
        shuffle: bool = True,
        early_stopping: bool | str = False,
        validation_fraction: float = 0.1,
        class_weight: Mapping[Any, float] | str | None = None,
        n_starts: int = 1,
        init: Params | list[Params] | None = None,
        warm_start: bool = False,
        engine: str = "auto",
        dtype: Any = None,
        n_threads: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.solver = solver
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.schedule = schedule
        self.batch_size = batch_size
        self.l2 = l2
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.max_seconds = max_seconds
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.class_weight = class_weight
        self.n_starts = n_starts
        self.init = init
        self.warm_start = warm_start
        self.engine = engine
        self.dtype = dtype
        self.n_threads = n_threads
        self.random_state = random_state

    # ---- learning --------------------------------------------------------------------

    @with_callbacks
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        on_step: Watcher | None = None,
        checkpoint: Keeping | None = None,
        layout: Layout | None = None,
    ) -> "TriLayerClassifier":
        """Train the network.

        Parameters
        ----------
        X : array-like, m × n1
            Samples as rows.
        y : array-like, (m,)
            Two labels of any type.
        sample_weight : array-like, (m,), optional
            Weight 2 is the sample twice, weight 0 its absence.
        X_val, y_val : array-like, optional
            Held-out samples for `validation_curve_` and for early stopping.
        on_step : callable, optional
            Called after each iteration with a `trilayer.fit.loop.Progress`; a true
            answer stops the run.
        checkpoint : Checkpoint, optional
            Where the run is written down while it lasts, and goes on from after a fault.
        layout : Layout, optional
            Which columns of X are positions in bins and levels of categories, as
            `TableEncoder.layout_` says: training is several times faster, and its numbers
            are other ones in the last digits.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the data or a parameter cannot be used; the message says why.
        DivergenceError
            If the cost became infinite before any iteration improved on the start.
        """
        self._check_settings()
        rows, labels = validate_data(self, X, y, dtype=self._dtypes())
        classes = two_classes(labels)
        self._check_previous(classes)
        samples = self._samples(rows, labels, sample_weight, classes)
        samples = without_weightless(samples, classes)
        seed = self._seed(checkpoint)
        samples, held_out = self._held_out(samples, X_val, y_val, classes, seed)
        with in_memory(self, samples, layout) as source:
            given = (X, y, {"sample_weight": sample_weight})
            return self._learn(source, held_out, classes, seed, on_step, checkpoint, given)

    @with_callbacks
    def fit_source(
        self,
        source: LabelledSource,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        val_source: Source | None = None,
        on_step: Watcher | None = None,
        checkpoint: Keeping | None = None,
    ) -> "TriLayerClassifier":
        """Train the network on samples that need not be in memory.

        Parameters
        ----------
        source : LabelledSource
            Where the samples are, such as `trilayer.sources.arrow.open_source` gives. It
            has the dtype and the sample weights, and its own threads.
        X_val, y_val : array-like, optional
            Held-out samples for `validation_curve_` and for early stopping.
        val_source : Source, optional
            The same, where they need not be in memory either (log-loss only).
        on_step, checkpoint : optional
            As for `fit`.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter cannot be used; the message says why.
        DivergenceError
            As for `fit`.
        """
        self._check_settings()
        self._check_source_settings(source)
        classes = two_classes(np.asarray(source.classes_))
        self._check_previous(classes)
        held_out: Samples | Source | None = val_source
        if val_source is not None:
            _check_val_source(source, val_source, given_too=X_val is not None)
        self.__dict__.pop("feature_names_in_", None)
        self.n_features_in_ = source.n1
        if val_source is None:
            held_out = self._validation_samples(X_val, y_val, source.dtype, classes)
        if self.early_stopping and held_out is None:
            raise InputError(
                "early_stopping needs held-out samples, which fit_source does not take from the "
                "source: give X_val and y_val, or val_source"
            )
        given: tuple[Any, Any, dict[str, Any]] = (None, None, {})
        seed = self._seed(checkpoint)
        return self._learn(source, held_out, classes, seed, on_step, checkpoint, given)

    def _learn(
        self,
        source: Source,
        held_out: Samples | Source | None,
        classes: NDArray[Any],
        seed: int,
        on_step: Watcher | None,
        checkpoint: Keeping | None,
        given: tuple[Any, Any, dict[str, Any]],
    ) -> "TriLayerClassifier":
        """Run the solver over a source; what `fit` and `fit_source` have in common."""
        start = start_params(self, source.n1, seed, source.dtype)
        report = FitReport(self, *given, self.max_iter)

        def as_params(theta: FloatArray) -> Params:
            return unpack(theta, start.n1, start.n2).astype(source.dtype)

        def watch(progress: Progress) -> bool:
            stop = bool(on_step and on_step(progress))
            if not report.is_wanted:
                return stop
            fitted = {"classes_": classes, "params_": as_params(progress.theta)}
            return report.iteration(fitted) or stop

        watched = watch if on_step or report.is_wanted else None
        if self.n_starts > 1:
            fitted, params, members = run_starts(
                self, source, held_out, start, seed, watched, checkpoint
            )
        else:
            fitted = run(self, source, held_out, start, seed, watched, checkpoint)
            params = as_params(fitted.outcome.theta)
            members = [params]
        outcome, self.solver_, self.engine_, problem = fitted
        if problem:
            warnings.warn(problem, ConvergenceWarning, stacklevel=4)
        self.classes_, self.params_ = classes, params.astype(source.dtype)
        self.n_iter_, self.best_iter_ = outcome.k, outcome.best_k
        self.loss_curve_, self.validation_curve_ = outcome.loss_curve, outcome.validation_curve
        self.n_evaluations_, self.stop_reason_ = outcome.evaluations, outcome.reason
        self._stepped = Stepped(seed, params.n2, pack(self.params_).astype(np.float64), None)
        self._members = members
        report.end()
        return self

    @available_if(_can_go_on)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> "TriLayerClassifier":
        """Do one more iteration (an epoch; an update of gd) on these samples.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`; one class is enough here.
        classes : array-like, (2,), optional
            Both labels: required at the first call.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As for `fit`, and if `classes` is missing or not two labels.
        """
        self._check_settings()
        if self.class_weight == "balanced":
            raise InputError("class_weight='balanced' needs all samples: give partial_fit a dict")
        first = not hasattr(self, "params_")
        known = self._all_classes(classes)
        dtypes = self._dtypes() if first else self.params_.dtype
        rows, labels = validate_data(self, X, y, dtype=dtypes, reset=first)
        samples = self._samples(rows, labels, sample_weight, known)
        if not np.any(samples.s > 0):
            raise InputError("all sample weights are zero: there is nothing to learn")
        if first or not hasattr(self, "_stepped"):  # a loaded model has parameters alone
            seed = self._seed()
            start = start_params(self, rows.shape[1], seed, rows.dtype) if first else self.params_
            self._stepped = Stepped(seed, start.n2, pack(start).astype(np.float64), None)
            self.loss_curve_, self.validation_curve_ = [], []
        step, self.solver_, self.engine_ = step_on(self, samples, self._stepped)
        self._stepped = self._stepped._replace(theta=step.theta, state=step.state)
        self.classes_ = known
        self.params_ = unpack(step.theta, rows.shape[1], self._stepped.n2).astype(rows.dtype)
        self.n_iter_ = self.best_iter_ = step.k
        self.n_evaluations_, self.stop_reason_ = step.evaluations, "max_iter"
        self.loss_curve_.append(step.J)
        return self

    def replace_network(self, members: Sequence[Params]) -> "TriLayerClassifier":
        """Have other networks of the same inputs and answers in the place of what was trained.

        Parameters
        ----------
        members : sequence of Params
            `params_` becomes the network of their mean logit; `partial_fit` goes on from it as
            from a model that was loaded.

        Raises
        ------
        InputError
            If they have another number of inputs.
        """
        check_is_fitted(self, "params_")
        params = average(members)
        if params.n1 != self.params_.n1:
            raise InputError(f"the networks have {params.n1} inputs, not {self.params_.n1}")
        self._members, self.params_ = list(members), params.astype(self.params_.dtype)
        self.__dict__.pop("_stepped", None)
        return self

    def _check_settings(self) -> None:
        self._validate_params()
        if isinstance(self.hidden_units, bool):
            raise InputError(f"hidden_units must be a number, got {self.hidden_units!r}")

    def _check_previous(self, classes: NDArray[Any]) -> None:
        """Refuse to go on from a fit that told other classes apart."""
        previous = getattr(self, "classes_", None) if self.warm_start else None
        if previous is not None and not np.array_equal(previous, classes):
            raise InputError(
                f"warm_start has the classes {previous.tolist()}, y has {classes.tolist()}"
            )

    def _check_source_settings(self, source: LabelledSource) -> None:
        """Refuse what a source decides and these settings decide otherwise."""
        if self.class_weight is not None:
            raise InputError(
                "fit_source does not take class_weight: give it to whoever makes the source "
                "(open_source has class_weight)"
            )
        if self.dtype is not None and self._dtypes() != source.dtype:
            raise InputError(f"dtype={self.dtype!r}, but the source holds {source.dtype}")

    def _dtypes(self) -> Any:
        if self.dtype is None:
            return [np.float64, np.float32]
        for dtype in (np.float32, np.float64):
            if self.dtype == np.dtype(dtype):
                return np.dtype(dtype)
        raise InputError(f"dtype must be float32 or float64, got {self.dtype!r}")

    def _seed(self, checkpoint: Keeping | None = None) -> int:
        """Draw the seed; where chance would draw another, the checkpoint has the one drawn."""
        if checkpoint is not None and not hasattr(checkpoint, "begin"):
            raise InputError(
                "checkpoint must be a trilayer.Checkpoint, got "
                f"{type(checkpoint).__name__}: give Checkpoint(folder)"
            )
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        if checkpoint is None or isinstance(self.random_state, Integral):
            return seed
        return checkpoint.seed(seed)

    def _all_classes(self, classes: ArrayLike | None) -> NDArray[Any]:
        """Return the full list of classes in scikit-learn's way of asking for it."""
        known = getattr(self, "classes_", None)
        if known is None and classes is None:
            raise InputError("classes must be passed on the first call to partial_fit.")
        if known is None:
            return two_classes(np.asarray(classes))
        if classes is not None and not np.array_equal(np.unique(classes), known):
            raise InputError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                f"{known.tolist()}"
            )
        return np.asarray(known)

    def _samples(
        self, rows: FloatArray, labels: Any, sample_weight: Any, classes: NDArray[Any]
    ) -> Samples:
        if sample_weight is None:
            s = np.ones(len(rows), dtype=rows.dtype)
        else:
            s = _check_sample_weight(
                sample_weight, rows, dtype=rows.dtype, ensure_non_negative=True
            )
        samples = Samples(rows, targets(labels, classes, rows.dtype), s)
        return reweighted(samples, self.class_weight, classes)

    def _held_out(
        self, samples: Samples, X_val: Any, y_val: Any, classes: NDArray[Any], seed: int
    ) -> tuple[Samples, Samples | None]:
        given = self._validation_samples(X_val, y_val, samples.X.dtype, classes)
        if given is None and self.early_stopping:
            return hold_out(samples, self.validation_fraction, seed)
        return samples, given

    def _validation_samples(
        self, X_val: Any, y_val: Any, dtype: Any, classes: NDArray[Any]
    ) -> Samples | None:
        if (X_val is None) != (y_val is None):
            raise InputError("X_val and y_val come together: one of them is missing")
        if X_val is None:
            return None
        try:
            rows, labels = validate_data(self, X_val, y_val, dtype=dtype, reset=False)
        except ValueError as error:
            raise InputError(f"X_val, y_val: {error}") from error
        Y = targets(labels, classes, rows.dtype, "y_val")
        return Samples(rows, Y, np.ones_like(Y))

    # ---- predicting ------------------------------------------------------------------

    def decision_function(self, X: ArrayLike) -> FloatArray:
        """Return the logits Z2 (E10): positive where `classes_[1]` is the likelier.

        Parameters
        ----------
        X : array-like, m × n1

        Returns
        -------
        array, (m,)
        """
        rows = self._rows(X)
        Z2 = select(self.engine).logits(self.params_, rows.T, self._threads_for(rows))
        return np.ravel(Z2)

    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Return the probabilities of both classes, m × 2: 1 - A2 and A2 (E11)."""
        rows = self._rows(X)
        return select(self.engine).probabilities(self.params_, rows.T, self._threads_for(rows))

    def predict_log_proba(self, X: ArrayLike) -> FloatArray:
        """Return the logarithms of `predict_proba`, m × 2, finite for finite logits."""
        Z2 = self.decision_function(X)[None]
        return -np.concatenate([core.softplus(Z2), core.softplus(-Z2)]).T

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the likelier label of each sample, (m,)."""
        positive = self.decision_function(X) > 0
        return np.asarray(self.classes_[positive.astype(np.intp)])

    def transform(self, X: ArrayLike) -> FloatArray:
        """Return the hidden activations A1ᵀ (E8), m × n2; without a hidden layer, m × 0."""
        rows = self._rows(X)
        Z1 = core.hidden_preactivation(self.params_.W1, self.params_.b1, rows.T)
        return np.asarray(core.sigmoid(Z1)).T

    def _threads_for(self, rows: FloatArray) -> int:
        return threads(self) if len(rows) > BLOCK else 1

    def _rows(self, X: ArrayLike) -> FloatArray:
        if isinstance(X, np.ndarray) and self._needs_no_check(X):
            rows: FloatArray = X
            return rows
        check_is_fitted(self, "params_")
        return np.asarray(validate_data(self, X, dtype=self.params_.dtype, reset=False))

    def _needs_no_check(self, X: NDArray[Any]) -> bool:
        """Whether scikit-learn's checks would find nothing and change nothing.

        They are most of the price of predicting one row, so what they look at is looked at
        here first: type, dtype, shape, names, and (by a sum, as they do) finiteness.
        """
        params = vars(self).get("params_")
        if (
            params is None
            or type(X) is not np.ndarray
            or X.dtype != params.W1.dtype
            or X.ndim != 2
            or X.shape[0] == 0
            or X.shape[1] != params.W1.shape[0]
            or "feature_names_in_" in vars(self)
        ):
            return False
        with np.errstate(over="ignore", invalid="ignore"):
            return isfinite(np.add.reduce(X, axis=None))

    @property
    def _n_features_out(self) -> int:
        """How many columns `transform` gives, for scikit-learn's feature names."""
        return self.params_.n2

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
