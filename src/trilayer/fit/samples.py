"""From what a scikit-learn user gives to what the derivation takes."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from trilayer.derivation import core
from trilayer.encoding.inputs import Inputs
from trilayer.errors import InputError
from trilayer.fit.loop import Validation
from trilayer.metrics.ranking import auc
from trilayer.params import FloatArray, unpack
from trilayer.solvers.objective import Objective
from trilayer.sources import Source
from trilayer.sources.memory import MemorySource
from trilayer.sources.weights import class_factors

Labels = NDArray[Any]


class Samples(NamedTuple):
    """Inputs of m rows, or X m × n1; targets Y (m,) of 0 and 1, weights s (m,)."""

    X: Inputs | FloatArray
    Y: FloatArray
    s: FloatArray

    def at(self, rows: Any) -> "Samples":
        """Return some of them."""
        return Samples(self.X[rows], self.Y[rows], self.s[rows])


def columns(X: Inputs | FloatArray) -> Inputs | FloatArray:
    """Return rows as the derivation has them, samples as columns: inputs are that already."""
    return X if isinstance(X, Inputs) else X.T


def in_memory(samples: Samples, n_threads: int | None) -> MemorySource:
    """Return the source over samples; as a context manager it ends its threads."""
    return MemorySource(columns(samples.X), samples.Y[None], samples.s[None], n_threads)


def drawn_seed(random_state: Any) -> int:
    """Draw the seed of a fit from what scikit-learn calls a random state."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def two_classes(y: Labels) -> Labels:
    """Return the two labels in y, sorted.

    Raises
    ------
    InputError
        If there are not two, in scikit-learn's words where it has them.
    """
    if y.ndim != 1 or y.dtype.kind not in "iub":  # whole numbers are labels, nothing to look for
        check_classification_targets(y)
    classes: Labels = np.unique(y)
    if len(classes) > 2:
        raise InputError(
            "Only binary classification is supported. The type of the target is "
            f"{type_of_target(y)}: {len(classes)} classes, {_some(classes)}."
        )
    if len(classes) < 2:
        raise InputError(
            f"the target holds one class only, {_some(classes)}: two classes are needed to tell "
            "apart"
        )
    return classes


def targets(y: Labels, classes: Labels, dtype: Any, name: str = "y") -> FloatArray:
    """Return 0 for the first class and 1 for the second (E3).

    Raises
    ------
    InputError
        If another label occurs.
    """
    second = y == classes[1]
    known = second | (y == classes[0])
    if not np.all(known):
        raise InputError(
            f"{name} holds {_some(np.unique(y[~known]))}, which is not among the classes "
            f"{_some(classes)}"
        )
    return np.asarray(second, dtype=dtype)


def _some(labels: Labels) -> str:
    shown = ", ".join(repr(label) for label in labels[:5].tolist())
    return shown + (", …" if len(labels) > 5 else "")


def without_weightless(samples: Samples, classes: Labels) -> Samples:
    """Drop the samples that weigh nothing: weight 0 is absence.

    Raises
    ------
    InputError
        If a class is left without samples.
    """
    counts = samples.s > 0
    for index, label in enumerate(classes.tolist()):
        if not np.any(counts & (samples.Y == index)):
            raise InputError(
                f"class {label!r} has no sample with a positive weight: two classes are needed"
            )
    return samples if np.all(counts) else samples.at(counts)


def reweighted(samples: Samples, class_weight: Any, classes: Labels) -> Samples:
    """Multiply class weights (None, "balanced", or factor by label) into the sample weights.

    Raises
    ------
    InputError
        If `class_weight` names another label or holds an impossible factor.
    """
    if class_weight is None:
        return samples
    positive = float(np.sum(samples.s * samples.Y, dtype=np.float64))
    total = float(np.sum(samples.s, dtype=np.float64))
    factors = class_factors(class_weight, classes, (total - positive, positive))
    s = samples.s * np.where(samples.Y == 1, factors[1], factors[0])
    return samples._replace(s=s.astype(samples.s.dtype))


def hold_out(samples: Samples, fraction: float, seed: int) -> tuple[Samples, Samples]:
    """Set a stratified share aside for validation.

    Raises
    ------
    InputError
        If the share would miss a class.
    """
    rows = np.arange(len(samples.Y))
    try:
        kept, held = train_test_split(
            rows, test_size=fraction, stratify=samples.Y, random_state=seed
        )
    except ValueError as error:
        raise InputError(
            f"early_stopping cannot hold out validation_fraction={fraction:g} of "
            f"{len(rows)} samples with both classes on both sides: give X_val and y_val, or "
            f"set early_stopping=False ({error})"
        ) from error
    kept.sort()
    held.sort()
    return samples.at(kept), samples.at(held)


def validation(
    objective: Objective, held_out: Samples | Source, metric: str, n_threads: int
) -> Validation:
    """Build the score of held-out samples: mean log-loss (E13), or AUC.

    Raises
    ------
    InputError
        If AUC is asked of samples of one class, or of a source.
    """
    if isinstance(held_out, Samples):
        return _validation_on(objective, held_out, metric, n_threads)
    if metric == "auc":
        raise InputError(
            "early_stopping='auc' needs held-out samples in memory: give X_val and y_val, or "
            "watch 'log_loss'"
        )
    elsewhere = replace(objective, source=held_out, l2=0.0)
    return Validation(metric, lambda theta: elsewhere(theta)[0])


def _validation_on(
    objective: Objective, samples: Samples, metric: str, n_threads: int
) -> Validation:
    n1, n2, dtype = objective.source.n1, objective.n2, objective.dtype
    if metric == "auc" and len(np.unique(samples.Y[samples.s > 0])) < 2:
        raise InputError("y_val holds one class only: its AUC is not defined")

    def score(theta: FloatArray) -> float:
        params = unpack(theta.astype(dtype, copy=False), n1, n2)
        Z2 = objective.engine.logits(params, columns(samples.X), n_threads).astype(np.float64)
        if metric == "auc":
            # Diverged parameters rank nothing; the objective will say so.
            area = auc(np.nan_to_num(Z2[0]), samples.Y == 1, samples.s)
            return 0.5 if area is None else area
        j = core.losses(Z2, samples.Y[None].astype(np.float64))
        return float(np.sum(samples.s * j) / np.sum(samples.s, dtype=np.float64))

    return Validation(metric, score)
