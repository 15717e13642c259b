"""`partial_fit`: one iteration more, on the samples at hand."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.metaestimators import available_if

from trilayer.encoding.inputs import Inputs
from trilayer.errors import InputError
from trilayer.estimators.checks import checked_rows
from trilayer.estimators.preparing import (
    all_classes,
    all_or_nothing,
    check_settings,
    dtypes_of,
    samples_of,
    seed_of,
)
from trilayer.estimators.words import say
from trilayer.fit.run import Stepped, start_params, step_on
from trilayer.params import Params, unpack
from trilayer.solvers import SOLVERS


def _can_go_on(estimator: Any) -> bool:
    name = estimator.solver
    chosen = SOLVERS.get(name) if isinstance(name, str) else None
    if chosen is not None and not chosen.carries:
        raise AttributeError(f"partial_fit is not available with solver={name!r}: use sgd or adam")
    return True


class GoesOnMixin:
    """An estimator whose solver may be asked for one iteration at a time."""

    class_weight: Any
    verbose: bool | int
    params_: Params
    _stepped: dict[str, Any]  # a `Stepped`, as what any pickle or skops file may hold
    spec: Any
    loss_curve_: list[float]
    validation_curve_: list[float]
    classes_: NDArray[Any]
    n_features_in_: int

    @available_if(_can_go_on)
    @all_or_nothing
    def partial_fit(
        self,
        X: ArrayLike | Inputs,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Do one more iteration (an epoch; an update of gd) on these samples.

        A solver set meanwhile begins anew, from the network there is; other settings of its
        kind hold from the next iteration on.

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
            As for `fit`, and if `classes` is missing or not two labels, or a parameter (another
            number of hidden units, several starts, early stopping) cannot be heeded by one step.
        """
        check_settings(self)
        first = not hasattr(self, "params_")
        _check_going_on(self, None if first else self.params_)
        known = all_classes(self, classes)
        dtypes = dtypes_of(self) if first else self.params_.dtype
        rows, labels = checked_rows(self, X, y, dtypes, reset=first)
        samples = samples_of(self, rows, labels, sample_weight, known)
        if not np.any(samples.s > 0):
            raise InputError("all sample weights are zero: there is nothing to learn")
        before = getattr(self, "_stepped", None)  # a loaded model has parameters alone
        stepped = Stepped(seed_of(self)) if before is None else Stepped(**before)
        if before is None:
            curves: tuple[list[float], list[float]] = [], []
        else:
            curves = self.loss_curve_, self.validation_curve_
        spec = self.spec()
        if first:
            start = start_params(spec, self.n_features_in_, stepped.seed, rows.dtype)
        else:
            start = self.params_
        step, stepped, self.engine_ = step_on(spec, samples, stepped, start)
        # The network has all of float64's digits: another copy would say nothing more.
        kept = None if rows.dtype == np.float64 else step.theta
        self._stepped, self.solver_ = stepped._replace(theta=kept)._asdict(), stepped.solver
        self.classes_ = known
        self.params_ = unpack(step.theta, start.n1, start.n2).astype(rows.dtype)
        self.__dict__.pop("spread_", None)  # that of the network before
        self.n_iter_ = self.best_iter_ = stepped.done + step.k
        self.n_evaluations_, self.stop_reason_ = step.evaluations, "max_iter"
        self.loss_curve_, self.validation_curve_ = curves
        self.loss_curve_.append(step.J)
        say(self.verbose, f"iteration {self.n_iter_}: loss {step.J:.6g}")
        return self


def _check_going_on(estimator: Any, network: Params | None) -> None:
    """Refuse settings that one more iteration of the network there is cannot heed."""
    if estimator.class_weight == "balanced":
        raise InputError("class_weight='balanced' needs all samples: give partial_fit a dict")
    if estimator.early_stopping:
        raise InputError(
            "partial_fit takes one step and stops nothing early: set early_stopping=False, or "
            "use fit"
        )
    if network is None:
        if estimator.n_starts > 1:
            raise InputError(
                f"partial_fit trains one network, not n_starts={estimator.n_starts} of them: set "
                "n_starts=1, or use fit, and partial_fit then goes on with what it has folded"
            )
        return
    n2 = estimator.hidden_units
    if n2 is not None and network.n2 not in {n2, n2 * estimator.n_starts}:
        raise InputError(
            f"the network has {network.n2} hidden units, hidden_units={n2}: partial_fit goes on "
            "with the network there is; clone the estimator to begin another"
        )
    if estimator.dtype is not None and dtypes_of(estimator) != network.dtype:
        raise InputError(
            f"the network is in {network.dtype}, dtype={estimator.dtype!r}: partial_fit goes on "
            "with the network there is; clone the estimator to begin another"
        )
