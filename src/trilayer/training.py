"""The one loop that consumes Steps: when to stop, what to keep, what to say."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from trilayer.errors import DivergenceError
from trilayer.params import FloatArray
from trilayer.solvers import State, Step


class Validation(NamedTuple):
    """How held-out samples judge a parameter vector.

    Attributes
    ----------
    metric : str
        ``"log_loss"`` or ``"auc"``.
    score : callable
        ``score(theta)`` → float.
    """

    metric: str
    score: Callable[[FloatArray], float]

    def is_better(self, score: float, than: float) -> bool:
        """Whether a score beats another: less log-loss, or more AUC."""
        return score > than if self.metric == "auc" else score < than

    @property
    def worst(self) -> float:
        """What any score beats."""
        return -np.inf if self.metric == "auc" else np.inf


@dataclass(frozen=True)
class Limits:
    """When to stop.

    Attributes
    ----------
    max_iter : int
        Iterations of the solver at the most.
    tol : float
        Solvers that use all samples have converged when no gradient component is larger;
        those that use batches when the mean objective of `patience` epochs in a row was
        no more than this below the best. 0 switches both off.
    patience : int
        See `tol` and `early_stopping`.
    max_seconds : float or None
        Wall-clock budget.
    early_stopping : bool
        Stop when the validation score has not improved for `patience` iterations.
    watches : str
        ``"gradient"`` or ``"objective"``: which of the two `tol` is about.
    """

    max_iter: int
    tol: float
    patience: int
    max_seconds: float | None = None
    early_stopping: bool = False
    watches: str = "gradient"


class Progress(NamedTuple):
    """What a watcher is told after each iteration."""

    k: int
    max_iter: int
    J: float
    gradient_norm: float
    validation: float | None
    seconds: float
    theta: FloatArray


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    theta : array
        The parameters to keep.
    k : int
        Iterations done.
    best_k : int
        The iteration that `theta` is from.
    reason : str
        ``converged``, ``precision``, ``max_iter``, ``early_stopping``, ``max_seconds``,
        ``callback``, ``interrupted`` or ``diverged``.
    gradient_norm : float
        At the last iteration.
    evaluations : int
        Passes over all samples.
    loss_curve : list of float
        The objective after each iteration, without the start's.
    validation_curve : list of float
        Likewise the score.
    state : mapping
        The solver's, after the last iteration.
    """

    theta: FloatArray
    k: int
    best_k: int
    reason: str
    gradient_norm: float
    evaluations: int
    loss_curve: list[float]
    validation_curve: list[float]
    state: State


Watcher = Callable[[Progress], Any]
"""Called after each iteration; a true answer stops the run."""


def train(
    steps: Iterator[Step],
    limits: Limits,
    validation: Validation | None = None,
    watch: Watcher | None = None,
) -> Outcome:
    """Run a solver until something says stop.

    Parameters
    ----------
    steps : iterator of Step
        From a solver; closed before this returns.
    limits : Limits
    validation : Validation, optional
        Scored after every iteration, for the curve and for early stopping.
    watch : callable, optional

    Returns
    -------
    Outcome
        With early stopping, of the best validation score; after Ctrl-C or divergence, of
        the best objective so far (or of the best score, where there is one); otherwise of
        the last iteration.

    Raises
    ------
    DivergenceError
        If the numbers ceased to be finite before any iteration improved on the start.
    """
    run = _Run(limits, validation, watch)
    reason = "precision"  # why a solver ends by itself
    try:
        # Overflow is not hidden: what is not finite is found below, and explained.
        with np.errstate(over="ignore", invalid="ignore"):
            for step in steps:
                if stop := run.take(step):
                    reason = stop
                    break
    except KeyboardInterrupt:
        if run.last is None:
            raise
        reason = "interrupted"
    return run.outcome(reason)


class _Run:
    """The loop's memory."""

    def __init__(
        self, limits: Limits, validation: Validation | None, watch: Watcher | None
    ) -> None:
        self.limits, self.validation, self.watch = limits, validation, watch
        self.loss_curve: list[float] = []
        self.validation_curve: list[float] = []
        self.began = time.monotonic()
        self.last: Step | None = None
        self.lowest: Step | None = None  # or the stride that passed there, at its iteration
        self.lowest_J, self.lowest_at = np.inf, 0
        self.best: Step | None = None
        self.best_score = validation.worst if validation else np.inf
        self.since_best = self.since_lowest = 0
        self.start: Step | None = None

    def take(self, step: Step) -> str:
        """Note one step; return why to stop, or the empty string."""
        if not is_finite(step):
            return "diverged"
        self.last = step
        self._note_objective(step)
        score = self._note_score(step)
        if self.start is None:
            self.start = step
            if step.k == 0:
                return self._reason(step)
        self.loss_curve.extend([step.J] if step.trail is None else step.trail.tolist())
        if score is not None:
            self.validation_curve.append(score)
        seconds = time.monotonic() - self.began
        progress = Progress(
            step.k, self.limits.max_iter, step.J, step.gradient_norm, score, seconds,
            read_only(step.theta),
        )  # fmt: skip
        if self.watch is not None and self.watch(progress):
            return "callback"
        return self._reason(step)

    def _note_objective(self, step: Step) -> None:
        tolerance = self.limits.tol if self.limits.watches == "objective" else 0.0
        if self.lowest is None or step.J < self.lowest_J - tolerance:
            self.since_lowest = 0
        else:
            self.since_lowest += 1
        seen = np.array([step.J]) if step.trail is None else step.trail
        i = int(np.argmin(seen))
        if self.lowest is None or seen[i] < self.lowest_J:
            self.lowest, self.lowest_J, self.lowest_at = step, float(seen[i]), i

    def _note_score(self, step: Step) -> float | None:
        if self.validation is None:
            return None
        score = self.validation.score(step.theta)
        if self.best is None or self.validation.is_better(score, self.best_score):
            self.best, self.best_score, self.since_best = step, score, 0
        else:
            self.since_best += 1
        return score

    def _reason(self, step: Step) -> str:
        limits, reason = self.limits, ""
        spent = time.monotonic() - self.began
        if self._converged(step):
            reason = "converged"
        elif limits.early_stopping and self.since_best >= limits.patience:
            reason = "early_stopping"
        elif step.k >= limits.max_iter:
            reason = "max_iter"
        elif limits.max_seconds is not None and spent >= limits.max_seconds:
            reason = "max_seconds"
        return "diverged" if reason and self._has_risen(step) else reason

    def _has_risen(self, step: Step) -> bool:
        """Whether a run ends above its start by more than a coin costs: log 2 a sample.

        Rest there is no convergence. With tol=0 a user wants iterations and nothing else.
        """
        start = self.start or step
        return self.limits.tol > 0 and step.J > start.J + np.log(2)

    def _converged(self, step: Step) -> bool:
        if self.limits.watches == "objective":
            return self.limits.tol > 0 and self.since_lowest >= self.limits.patience
        return step.gradient_norm <= self.limits.tol

    def outcome(self, reason: str) -> Outcome:
        """Choose the step to keep."""
        if reason == "diverged" and self.lowest is self.start:
            after = f"after {self.last.k} iterations" if self.last else "at the start"
            raise DivergenceError(
                f"the objective diverged {after} and never improved on its start: use a smaller "
                "learning_rate, or scale the inputs (StandardScaler)"
            )
        last, lowest = self.last, self.lowest
        if last is None or lowest is None:
            raise DivergenceError("the solver took no step")
        kept = last
        if self.best is not None and (
            self.limits.early_stopping or reason in {"diverged", "interrupted"}
        ):
            kept = self.best
        elif reason in {"diverged", "interrupted"}:
            kept = lowest if lowest.within is None else lowest.within(self.lowest_at)
        return Outcome(
            kept.theta, last.k, kept.k, reason, last.gradient_norm, last.evaluations,
            self.loss_curve, self.validation_curve, last.state,
        )  # fmt: skip


def is_finite(step: Step) -> bool:
    """Whether a step's objective and parameters are finite."""
    return bool(np.isfinite(step.J) and np.all(np.isfinite(step.theta)))


def read_only(array: FloatArray) -> FloatArray:
    """Return a view that cannot be written through: steps are not a watcher's to change."""
    view = array.view()
    view.flags.writeable = False
    return view
