"""What `TriLayerClassifier` is given, checked and put into the form that fitting takes."""

from collections.abc import Callable
from functools import wraps
from numbers import Integral, Real
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight

from trilayer.encoding.inputs import Inputs
from trilayer.engines import ENGINES
from trilayer.errors import InputError
from trilayer.fit.protocol import Keeping
from trilayer.fit.samples import (
    Samples,
    drawn_seed,
    reweighted,
    targets,
    two_classes,
)
from trilayer.params import FloatArray, Params
from trilayer.solvers import SCHEDULES, check_name
from trilayer.sources import LabelledSource

CONSTRAINTS: dict[str, Any] = {
    "hidden_units": [Interval(Integral, 0, None, closed="left"), None],
    "solver": [str],  # which ones there are is asked at the time of a fit
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
    "verbose": ["verbose"],
}
"""What each parameter may be, in scikit-learn's own form."""


_Method = TypeVar("_Method", bound=Callable[..., Any])


def all_or_nothing(fit: _Method) -> _Method:
    """Let an estimator be as it was before where its fit is refused or interrupted."""

    @wraps(fit)
    def whole(self: Any, *given: Any, **named: Any) -> Any:
        before = dict(vars(self))
        try:
            return fit(self, *given, **named)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    return cast("_Method", whole)


def check_settings(estimator: Any) -> None:
    """Refuse parameters that cannot be, in scikit-learn's words where it has them."""
    estimator._validate_params()
    check_name(estimator.solver)
    if isinstance(estimator.hidden_units, bool):
        raise InputError(f"hidden_units must be a number, got {estimator.hidden_units!r}")


def check_previous(estimator: Any, classes: NDArray[Any]) -> None:
    """Refuse to go on from a fit that told other classes apart."""
    previous = getattr(estimator, "classes_", None) if estimator.warm_start else None
    if previous is not None and not np.array_equal(previous, classes):
        raise InputError(
            f"warm_start has the classes {previous.tolist()}, y has {classes.tolist()}"
        )


def check_source_settings(estimator: Any, source: LabelledSource) -> None:
    """Refuse what a source decides and these settings decide otherwise."""
    if estimator.class_weight is not None:
        raise InputError(
            "fit_source does not take class_weight: give it to whoever makes the source "
            "(open_source has class_weight)"
        )
    if estimator.dtype is not None and dtypes_of(estimator) != source.dtype:
        raise InputError(f"dtype={estimator.dtype!r}, but the source holds {source.dtype}")


def dtypes_of(estimator: Any) -> Any:
    """Return the dtypes that rows may have, the first one for what has neither."""
    if estimator.dtype is None:
        return [np.float64, np.float32]
    for dtype in (np.float32, np.float64):
        if estimator.dtype == np.dtype(dtype):
            return np.dtype(dtype)
    raise InputError(f"dtype must be float32 or float64, got {estimator.dtype!r}")


def seed_of(estimator: Any, checkpoint: Keeping | None = None) -> int:
    """Draw the seed; where chance would draw another, the checkpoint has the one drawn."""
    if checkpoint is not None and not hasattr(checkpoint, "begin"):
        raise InputError(
            "checkpoint must be a trilayer.Checkpoint, got "
            f"{type(checkpoint).__name__}: give Checkpoint(folder)"
        )
    drawn = drawn_seed(estimator.random_state)
    if checkpoint is None or isinstance(estimator.random_state, Integral):
        return drawn
    return checkpoint.seed(drawn)


def all_classes(estimator: Any, classes: ArrayLike | None) -> NDArray[Any]:
    """Return the full list of classes in scikit-learn's way of asking for it."""
    known = getattr(estimator, "classes_", None)
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


def samples_of(
    estimator: Any,
    rows: Inputs | FloatArray,
    labels: Any,
    sample_weight: Any,
    classes: NDArray[Any],
) -> Samples:
    """Return rows with targets and weights, class weights among them."""
    samples = weighted(rows, labels, sample_weight, classes, rows.dtype)
    return reweighted(samples, estimator.class_weight, classes)


def weighted(
    rows: Inputs | FloatArray, labels: Any, sample_weight: Any, classes: NDArray[Any], dtype: Any
) -> Samples:
    """Return rows with targets and the weights that were given in a dtype, ones by default."""
    s = np.ones(len(rows), dtype=dtype)
    if sample_weight is not None:
        s = _check_sample_weight(sample_weight, labels, dtype=dtype, ensure_non_negative=True)
    return Samples(rows, targets(labels, classes, rows.dtype), s)
