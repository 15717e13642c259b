"""`partial_fit`: one iteration more, on the samples at hand."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from trilayer.errors import InputError
from trilayer.estimators.preparing import (
    all_classes,
    check_settings,
    dtypes_of,
    samples_of,
    seed_of,
)
from trilayer.fit.run import Stepped, start_params, step_on
from trilayer.params import Params, pack, unpack
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
    params_: Params
    _stepped: Stepped
    spec: Any
    validation_curve_: list[float]

    @available_if(_can_go_on)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
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
        check_settings(self)
        if self.class_weight == "balanced":
            raise InputError("class_weight='balanced' needs all samples: give partial_fit a dict")
        first = not hasattr(self, "params_")
        known = all_classes(self, classes)
        dtypes = dtypes_of(self) if first else self.params_.dtype
        rows, labels = validate_data(self, X, y, dtype=dtypes, reset=first)
        samples = samples_of(self, rows, labels, sample_weight, known)
        if not np.any(samples.s > 0):
            raise InputError("all sample weights are zero: there is nothing to learn")
        if first or not hasattr(self, "_stepped"):  # a loaded model has parameters alone
            seed = seed_of(self)
            if first:
                start = start_params(self.spec(), rows.shape[1], seed, rows.dtype)
            else:
                start = self.params_
            self._stepped = Stepped(seed, start.n2, pack(start).astype(np.float64), None)
            self.loss_curve_, self.validation_curve_ = [], []
        step, self.solver_, self.engine_ = step_on(self.spec(), samples, self._stepped)
        self._stepped = self._stepped._replace(theta=step.theta, state=step.state)
        self.classes_ = known
        self.params_ = unpack(step.theta, rows.shape[1], self._stepped.n2).astype(rows.dtype)
        self.n_iter_ = self.best_iter_ = step.k
        self.n_evaluations_, self.stop_reason_ = step.evaluations, "max_iter"
        self.loss_curve_.append(step.J)
        return self
