"""scikit-learn's callbacks (1.9 and newer), fed from the training loop."""

from collections.abc import Callable, Mapping
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn below 1.9 has no callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing to support."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method as it is."""
        return method


__all__ = ["CallbackSupportMixin", "FitReport", "with_callbacks"]


class FitReport:
    """Tells an estimator's callbacks of a fit and of each of its iterations.

    Parameters
    ----------
    estimator : estimator
        That runs the fit; without callbacks, or below scikit-learn 1.9, nothing happens.
    X, y : array
        What `fit` was given.
    metadata : mapping
        What else it was given.
    max_iter : int
    """

    def __init__(
        self, estimator: Any, X: Any, y: Any, metadata: Mapping[str, Any], max_iter: int
    ) -> None:
        self._estimator = estimator
        self._given = {"X": X, "y": y, "metadata": dict(metadata)}
        self.is_wanted = bool(getattr(estimator, "_skl_callbacks", None))
        self._left = max_iter
        self._iteration: Any = None
        if self.is_wanted:
            self._fit = estimator._init_callback_context(max_subtasks=max_iter)
            self._fit.call_on_fit_task_begin(estimator=estimator, **self._given)
            self._begin()

    def iteration(self, fitted: Mapping[str, Any]) -> bool:
        """End an iteration and begin the next; return whether a callback said stop.

        Parameters
        ----------
        fitted : mapping
            The attributes that make the estimator usable as it stands.
        """
        if self._iteration is None:
            return False
        ended, self._iteration = self._iteration, None
        stop = ended.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes=fitted, **self._given
        )
        if not stop:
            self._begin()
        return bool(stop)

    def end(self) -> None:
        """End the fit, and the iteration that was begun and never came."""
        if not self.is_wanted:
            return
        if self._iteration is not None:
            self._iteration.call_on_fit_task_end(estimator=self._estimator)
        self._fit.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes={}, **self._given
        )

    def _begin(self) -> None:
        if self._left:
            self._left -= 1
            self._iteration = self._fit.subcontext(task_name="iteration")
            self._iteration.call_on_fit_task_begin(estimator=self._estimator, **self._given)
