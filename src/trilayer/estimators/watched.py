"""Samples that a training watches and does not learn from: given ones, or a share of all."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_consistent_length, column_or_1d

from trilayer.errors import InputError
from trilayer.estimators.checks import checked_rows
from trilayer.estimators.folds import share_of_groups
from trilayer.fit.samples import Samples, hold_out, targets, without_weightless
from trilayer.sources import LabelledSource, Source


def held_out_of(
    estimator: Any,
    samples: Samples,
    watched: tuple[Any, Any, Any],
    classes: NDArray[Any],
    seed: int,
) -> tuple[Samples, Samples | None]:
    """Return the samples to learn from, and those to watch: given ones, or a share of the first.

    Parameters
    ----------
    estimator : TriLayerClassifier
    samples : Samples
        Those that weigh nothing are left out.
    watched : tuple
        X_val and y_val; or groups, which are not torn apart.
    classes : array, (2,)
    seed : int
    """
    X_val, y_val, groups = watched
    given = validation_samples(estimator, X_val, y_val, samples.X.dtype, classes)
    holds_out = given is None and estimator.early_stopping
    if groups is not None:
        groups = _checked_groups(groups, samples, holds_out=holds_out)
    samples = without_weightless(samples, classes)
    if holds_out and groups is not None:
        fraction = estimator.validation_fraction
        learnt, held = share_of_groups(samples.Y, groups, fraction, seed)
        return samples.at(learnt), samples.at(held)
    if holds_out:
        return hold_out(samples, estimator.validation_fraction, seed)
    return samples, given


def _checked_groups(groups: Any, samples: Samples, *, holds_out: bool) -> NDArray[Any]:
    """Return the groups of samples that weigh something."""
    if not holds_out:
        raise InputError(
            "groups say which samples early_stopping holds out together: set early_stopping=True "
            "without X_val, or leave them out; TriLayerClassifierCV takes them for its folds"
        )
    groups = column_or_1d(groups)
    check_consistent_length(samples.Y, groups)
    return np.asarray(groups[samples.s > 0])


def held_out_source(
    estimator: Any,
    source: LabelledSource,
    watched: tuple[Any, Any, Source | None],
    classes: NDArray[Any],
) -> Samples | Source | None:
    """Return what to watch beside a source: another one, or X_val and y_val, or nothing."""
    X_val, y_val, val_source = watched
    if val_source is not None:
        check_val_source(source, val_source, given_too=X_val is not None)
        return val_source
    held_out = validation_samples(estimator, X_val, y_val, source.dtype, classes)
    if estimator.early_stopping and held_out is None:
        raise InputError(
            "early_stopping needs held-out samples, which fit_source does not take from the "
            "source: give X_val and y_val, or val_source"
        )
    return held_out


def validation_samples(
    estimator: Any, X_val: Any, y_val: Any, dtype: Any, classes: NDArray[Any]
) -> Samples | None:
    """Return the held-out samples that were given, if any were."""
    if (X_val is None) != (y_val is None):
        raise InputError("X_val and y_val come together: one of them is missing")
    if X_val is None:
        return None
    try:
        rows, labels = checked_rows(estimator, X_val, y_val, dtype, reset=False)
    except ValueError as error:
        raise InputError(f"X_val, y_val: {error}") from error
    Y = targets(labels, classes, rows.dtype, "y_val")
    return Samples(rows, Y, np.ones_like(Y))


def check_val_source(source: Source, held_out: Source, *, given_too: bool) -> None:
    """Refuse a held-out source that is not as the other, or not the only one."""
    if given_too:
        raise InputError("X_val and val_source are two ways to say one thing: give one of them")
    if (held_out.n1, held_out.dtype) != (source.n1, source.dtype):
        raise InputError(
            f"val_source holds {held_out.n1} inputs in {held_out.dtype}, the source {source.n1} "
            f"in {source.dtype}"
        )
