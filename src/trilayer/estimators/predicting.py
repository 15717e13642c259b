"""What a trained network says of rows: logits, probabilities, labels, hidden activations."""

from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from trilayer.derivation import core
from trilayer.encoding.inputs import Inputs
from trilayer.engines import select
from trilayer.errors import InputError
from trilayer.estimators.checks import checked_inputs, settled, with_layout
from trilayer.fit.run import threads
from trilayer.fit.samples import columns
from trilayer.fit.spread import LEVEL, WHERE, Spread, bounds, checked_level
from trilayer.params import FloatArray, Params
from trilayer.sources import BLOCK


class PredictsMixin:
    """Predictions of an estimator that has an `engine`, `params_` and `classes_`."""

    engine: str
    params_: Params
    classes_: NDArray[Any]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "params_")

    @property
    def coef_(self) -> FloatArray:
        """The weights of the unit of E33, 1 × n1; only where there is no hidden layer."""
        weights: FloatArray = _unit(self).W2.T
        return weights

    @property
    def intercept_(self) -> FloatArray:
        """Its bias, (1,)."""
        bias: FloatArray = _unit(self).b2[0]
        return bias

    def decision_function(self, X: ArrayLike | Inputs) -> FloatArray:
        """Return the logits Z2 (E10): positive where `classes_[1]` is the likelier.

        Parameters
        ----------
        X : array-like or sparse matrix, m × n1, or Inputs

        Returns
        -------
        array, (m,)
        """
        rows = self._rows(X)
        Z2 = select(self.engine).logits(self.params_, columns(rows), self._threads_for(rows))
        return np.ravel(Z2)

    def predict_proba(self, X: ArrayLike | Inputs) -> FloatArray:
        """Return the probabilities of both classes, m × 2: 1 - A2 and A2 (E11)."""
        rows = self._rows(X)
        threads = self._threads_for(rows)
        return select(self.engine).probabilities(self.params_, columns(rows), threads)

    def predict_log_proba(self, X: ArrayLike | Inputs) -> FloatArray:
        """Return the logarithms of `predict_proba`, m × 2, finite for finite logits."""
        Z2 = self.decision_function(X)[None]
        return -np.concatenate([core.softplus(Z2), core.softplus(-Z2)]).T

    def predict_spread(self, X: ArrayLike | Inputs, level: float = LEVEL) -> FloatArray:
        """Return between what the true probability of `classes_[1]` lies, as often as `level` says.

        The interval of each sample is `predict_proba`'s spread over what the rows that were learnt
        from leave open (`trilayer.fit.spread`): of 100 samples, it holds the true probability of
        about 100 · level. It says nothing of a world that has changed since.

        Parameters
        ----------
        X : array-like or sparse matrix, m × n1, or Inputs
        level : float

        Returns
        -------
        array, m × 2
            Lower and upper bounds; the probability is between them.

        Raises
        ------
        InputError
            If the network has no spread: it is that of a `TriLayerClassifierCV` or a
            `TriLayerTableClassifier` of at most 2,000 rows, fitted with its defaults.
        """
        checked_level(level)
        rows = self._rows(X)
        known: dict[str, Any] | None = vars(self).get("spread_")
        if known is None:
            raise InputError(f"this network has no spread: {WHERE}")
        inputs = rows if isinstance(rows, Inputs) else Inputs.of_rows(rows)
        return bounds(Spread(**known), self.params_, inputs, self.decision_function(rows), level)

    def predict(self, X: ArrayLike | Inputs) -> NDArray[Any]:
        """Return the likelier label of each sample, (m,)."""
        positive = self.decision_function(X) > 0
        return np.asarray(self.classes_[positive.astype(np.intp)])

    def _threads_for(self, rows: Inputs | FloatArray) -> int:
        return threads(self) if len(rows) > BLOCK else 1

    def _rows(self, X: Any) -> Inputs | FloatArray:
        if isinstance(X, np.ndarray) and self._needs_no_check(X):
            rows: FloatArray = X
            return rows
        check_is_fitted(self, "params_")
        if isinstance(X, Inputs):
            return checked_inputs(self, X, self.params_.dtype, reset=False)
        layout = getattr(X, "layout", None)
        dtype = self.params_.dtype
        rows = validate_data(self, settled(X), dtype=dtype, reset=False, accept_sparse="csr")
        return with_layout(rows, layout)

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


def _unit(estimator: PredictsMixin) -> Params:
    params: Params | None = vars(estimator).get("params_")
    if params is None or params.n2:
        has = "is not fitted" if params is None else f"has {params.n2} hidden units"
        raise AttributeError(
            f"coef_ and intercept_ are those of hidden_units=0; this network {has}"
        )
    return params
