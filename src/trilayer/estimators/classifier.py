"""`TriLayerClassifier`: scikit-learn outside (rows), the derivation inside (columns)."""

from collections.abc import Mapping
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

from trilayer.derivation import core
from trilayer.encoding.inputs import Inputs
from trilayer.estimators.callbacks import CallbackSupportMixin, FitReport, with_callbacks
from trilayer.estimators.checks import checked_rows
from trilayer.estimators.predicting import PredictsMixin
from trilayer.estimators.preparing import (
    CONSTRAINTS,
    all_or_nothing,
    check_previous,
    check_settings,
    check_source_settings,
    dtypes_of,
    samples_of,
    seed_of,
)
from trilayer.estimators.stepping import GoesOnMixin
from trilayer.estimators.watched import held_out_of, held_out_source
from trilayer.estimators.words import ending, say, spoken
from trilayer.fit.advice import flatness
from trilayer.fit.fitting import Trained, fit
from trilayer.fit.loop import Keeping, Progress, Watcher
from trilayer.fit.run import Stepped, start_params
from trilayer.fit.samples import Samples, in_memory, two_classes
from trilayer.fit.spec import Spec
from trilayer.params import FloatArray, Params, unpack
from trilayer.sources import LabelledSource, Source
from trilayer.warned import warn


class TriLayerClassifier(
    PredictsMixin,
    GoesOnMixin,
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
    solver : {"auto", "gd", "sgd", "adam", "lbfgs"} or one that is registered
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
        One that is given by `init` is the only one.
    init : Params or list of them, optional
        Where to start, or where each of the n_starts does; by default at random (Glorot and
        Bengio, 2010).
    warm_start : bool
        Start from the last fit's parameters: of several starts, each from its own.
    engine : {"auto", "fused", "reference"}
        Who computes the sums.
    dtype : {"float32", "float64"}, optional
        By default that of X (float64 for what is neither).
    n_threads : int, optional
        By default one for each processor at hand. The result does not depend on it.
    random_state : int, RandomState or None
        Decides the start, the order of batches and the held-out share.
    verbose : bool or int
        Write a line to standard error after each iteration, or after every so many of them.

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

    _parameter_constraints: dict[str, Any] = CONSTRAINTS

    params_: Params
    validation_curve_: list[float]

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
        verbose: bool | int = False,
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
        self.verbose = verbose

    # ---- learning --------------------------------------------------------------------

    @all_or_nothing  # outside: callbacks are torn down before
    @with_callbacks
    def fit(
        self,
        X: ArrayLike | Inputs,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
        on_step: Watcher | None = None,
        checkpoint: Keeping | None = None,
        groups: ArrayLike | None = None,
    ) -> "TriLayerClassifier":
        """Train the network.

        Parameters
        ----------
        X : array-like or sparse matrix, m × n1, or Inputs
            Samples as rows. A sparse matrix of SciPy's, in any form, is never made dense: time
            and memory go with the numbers in it. What `TableEncoder.transform` returns, or
            `TableEncoder.inputs`, is looked up instead of multiplied, and several times faster.
        y : array-like, (m,)
            Two labels of any type.
        sample_weight : array-like, (m,), optional
            Weight 2 is the sample twice, weight 0 its absence.
        X_val, y_val : array-like, optional
            Held-out samples for `validation_curve_` and for early stopping; X_val as X.
        on_step : callable, optional
            Called after each iteration with a `trilayer.fit.loop.Progress`; a true
            answer stops the run.
        checkpoint : Checkpoint, optional
            Where the run is written down while it lasts, and goes on from after a fault.
        groups : array-like, (m,), optional
            Of the samples: those of a group are not on both sides of what `early_stopping`
            holds out.

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
        check_settings(self)
        rows, labels = checked_rows(self, X, y, dtypes_of(self))
        classes = two_classes(labels)
        check_previous(self, classes)
        samples = samples_of(self, rows, labels, sample_weight, classes)
        seed = seed_of(self, checkpoint)
        samples, held_out = held_out_of(self, samples, (X_val, y_val, groups), classes, seed)
        with in_memory(samples, self.n_threads) as source:
            given = (X, y, {"sample_weight": sample_weight})
            return self._learn(source, held_out, classes, seed, on_step, checkpoint, given)

    @all_or_nothing  # outside: callbacks are torn down before
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
        check_settings(self)
        check_source_settings(self, source)
        classes = two_classes(np.asarray(source.classes_))
        check_previous(self, classes)
        self.__dict__.pop("feature_names_in_", None)
        self.n_features_in_ = source.n1
        held_out = held_out_source(self, source, (X_val, y_val, val_source), classes)
        seed = seed_of(self, checkpoint)
        return self._learn(source, held_out, classes, seed, on_step, checkpoint, (None, None, {}))

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
        report, spec = FitReport(self, *given, self.max_iter * self.n_starts), self.spec()
        start = start_params(spec, source.n1, seed, source.dtype)

        def fitted(progress: Progress) -> dict[str, Any]:
            params = unpack(progress.theta, start.n1, start.n2).astype(source.dtype)
            return {"classes_": classes, "params_": params}

        watch = report.steps(spoken(self.verbose, on_step), fitted)
        trained = fit(spec, source, seed, held_out=held_out, watch=watch, checkpoint=checkpoint)
        self.adopt(trained, classes, seed)
        say(self.verbose, ending(trained.outcome))
        if trained.problem:
            warn(trained.problem, ConvergenceWarning)
        if flat := flatness(trained.params, trained.outcome, source, self.l2):
            warn(flat, UserWarning)
        report.end()
        return self

    def spec(self) -> Spec:
        """Return the parameters as a plain record, with the network of before for a warm start."""
        said = self.get_params(deep=False)
        said.pop("verbose")  # it changes what a person is told, and nothing of a fit
        return Spec(**said, previous=getattr(self, "params_", None))

    def adopt(
        self, trained: Trained, classes: NDArray[Any], seed: int | None = None
    ) -> "TriLayerClassifier":
        """Be what was trained.

        Parameters
        ----------
        trained : Trained
        classes : array, (2,)
        seed : int, optional
            For `partial_fit` to go on with; without one it begins anew from the network.
        """
        outcome = trained.outcome
        self.classes_, self.params_ = np.asarray(classes), trained.params
        self.n_features_in_ = trained.params.n1
        self.solver_, self.engine_ = trained.solver, trained.engine
        self.n_iter_, self.best_iter_ = outcome.k, outcome.best_k
        self.loss_curve_, self.validation_curve_ = outcome.loss_curve, outcome.validation_curve
        self.n_evaluations_, self.stop_reason_ = outcome.evaluations, outcome.reason
        for name in ("_stepped", "spread_"):  # of the network before
            self.__dict__.pop(name, None)
        if seed is not None:
            self._stepped = Stepped(seed)._asdict()
        return self

    # Here and not where other predictions are: scikit-learn wraps what the class itself defines.
    def transform(self, X: ArrayLike | Inputs) -> FloatArray:
        """Return the hidden activations A1ᵀ (E8), m × n2; without a hidden layer, m × 0."""
        rows = self._rows(X)
        X = rows.matrix() if isinstance(rows, Inputs) else rows.T
        Z1 = core.hidden_preactivation(self.params_.W1, self.params_.b1, X)
        return np.asarray(core.sigmoid(Z1)).T

    @property
    def _n_features_out(self) -> int:
        """How many columns `transform` gives, for scikit-learn's feature names."""
        return self.params_.n2

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
