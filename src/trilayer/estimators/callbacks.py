"""scikit-learn's callbacks (1.9 and newer), fed from the training loop."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from trilayer.fit.records import Progress, Watcher

try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback import with_callbacks as _with_callbacks
except ImportError:  # scikit-learn below 1.9 has no callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing to support."""

    def _with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        return method


__all__ = ["CallbackSupportMixin", "FitReport", "with_callbacks"]

_Method = TypeVar("_Method", bound=Callable[..., Any])


def with_callbacks(method: _Method) -> _Method:
    """Put scikit-learn's callbacks around a fit, where it has them; typed, which its own is not."""
    return cast("_Method", _with_callbacks(method))


class FitReport:
    """Tells an estimator's callbacks of a fit, and of each of its iterations and choices.

    Parameters
    ----------
    estimator : estimator
        That runs the fit; without callbacks, or below scikit-learn 1.9, nothing happens.
    X, y : array
        What `fit` was given.
    metadata : mapping
        What else it was given.
    most : int or None
        Tasks that there may be; None: nobody knows.
    """

    def __init__(
        self, estimator: Any, X: Any, y: Any, metadata: Mapping[str, Any], most: int | None = None
    ) -> None:
        self._estimator = estimator
        self._given = {"X": X, "y": y, "metadata": dict(metadata)}
        self.is_wanted = bool(getattr(estimator, "_skl_callbacks", None))
        self._left, self._stop = most, False
        self._task: Any = None
        if self.is_wanted:
            self._fit = estimator._init_callback_context(max_subtasks=most)
            self._fit.call_on_fit_task_begin(estimator=estimator, **self._given)
            self._begin("iteration" if most else "candidate")

    def ended(self, name: str, fitted: Mapping[str, Any] | None = None) -> bool:
        """End a task of that name and begin the next; return whether a callback has said stop.

        Parameters
        ----------
        name : str
            ``"iteration"`` or ``"candidate"``.
        fitted : mapping, optional
            The attributes that make the estimator usable as it stands.
        """
        if not self.is_wanted or self._stop:
            return self._stop
        if self._task is not None and self._task.task_name != name:
            self._drop()
        if self._task is None:
            self._begin(name)
        if self._task is not None:
            ended, self._task = self._task, None
            self._stop = bool(
                ended.call_on_fit_task_end(
                    estimator=self._estimator, reconstruction_attributes=fitted, **self._given
                )
            )
        if not self._stop:
            self._begin(name)
        return self._stop

    def steps(
        self,
        on_step: Watcher | None,
        fitted: Callable[[Progress], Mapping[str, Any]] | None = None,
    ) -> Watcher | None:
        """Return who watches a training: callbacks too, where there are any.

        Parameters
        ----------
        on_step : callable, optional
        fitted : callable, optional
            The attributes that make the estimator usable as it stands after an iteration.
        """
        if not self.is_wanted:
            return on_step

        def watch(progress: Progress) -> bool:
            stop = bool(on_step and on_step(progress))
            return self.ended("iteration", fitted and fitted(progress)) or stop

        return watch

    def choices(
        self, on_choice: Callable[[int, int], Any] | None
    ) -> Callable[[int, int], Any] | None:
        """Return who is told of each candidate: callbacks too, where there are any."""
        if not self.is_wanted:
            return on_choice

        def watch(tried: int, most: int) -> None:
            if on_choice is not None:
                on_choice(tried, most)
            self.ended("candidate")

        return watch

    def end(self) -> None:
        """End the fit, and the task that was begun and never came."""
        if not self.is_wanted:
            return
        self._drop()
        self._fit.call_on_fit_task_end(
            estimator=self._estimator, reconstruction_attributes={}, **self._given
        )

    def _drop(self) -> None:
        if self._task is not None:
            self._task.call_on_fit_task_end(estimator=self._estimator)
            self._task = None

    def _begin(self, name: str) -> None:
        if self._left == 0:
            return
        if self._left is not None:
            self._left -= 1
        self._task = self._fit.subcontext(task_name=name)
        self._task.call_on_fit_task_begin(estimator=self._estimator, **self._given)
