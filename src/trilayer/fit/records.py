"""What a training run is told, tells, remembers and leaves: plain records."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

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
    """What a watcher is told after each iteration.

    Attributes
    ----------
    k, max_iter : int
        The iteration, and the last that there may be.
    J : float
        The objective.
    gradient_norm : float
    validation : float or None
        The score of the held-out samples, if there are any.
    seconds : float
        Spent so far.
    theta : array
        Packed parameters; they cannot be written to.
    start, starts : int
        Which of several starts, counted from 1, and of how many.
    """

    k: int
    max_iter: int
    J: float
    gradient_norm: float
    validation: float | None
    seconds: float
    theta: FloatArray
    start: int = 1
    starts: int = 1


REASONS = (
    "converged", "precision", "max_iter", "early_stopping", "max_seconds", "callback",
    "interrupted", "diverged",
)  # fmt: skip
"""Why a run ends."""


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
        One of `REASONS`.
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
    seconds : float
        Spent, in all sessions of the run.
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
    seconds: float


@dataclass(frozen=True, eq=False)
class Memory:
    """A run after an iteration, and all it needs to go on from there, to the bit.

    Attributes
    ----------
    last : Step
        Of that iteration; its state is the solver's.
    start_k, start_J : int, float
        The iteration that the run began at, and the objective there.
    lowest : Step
        The lowest objective so far, or the stride that passed there.
    lowest_J : float
        That objective.
    lowest_at : int
        Where in the stride's trail it is.
    best : Step or None
        The best validation score so far, if there is validation.
    best_score : float
    since_lowest, since_best : int
        Iterations without progress.
    loss_curve, validation_curve : list of float
        Lists that the run goes on appending to: only the first `n_curve` numbers belong
        to this memory.
    seconds : float
        Spent so far, in all sessions.
    """

    last: Step
    start_k: int
    start_J: float
    lowest: Step
    lowest_J: float
    lowest_at: int
    best: Step | None
    best_score: float
    since_lowest: int
    since_best: int
    loss_curve: list[float]
    validation_curve: list[float]
    seconds: float

    @property
    def n_curve(self) -> int:
        """Iterations in the curves: the start (k = 0) is in none."""
        return self.last.k - max(self.start_k - 1, 0)

    def lowest_step(self) -> Step:
        """Return the Step of the lowest objective; within a stride, it is done again."""
        step = self.lowest
        if step.within is None or step.trail is None or self.lowest_at == len(step.trail) - 1:
            return step
        return step.within(self.lowest_at)

    def settled(self) -> "Memory":
        """Return a memory of its own: curves of this length, the lowest point at hand."""
        return replace(
            self,
            lowest=self.lowest_step(),
            lowest_at=0,
            loss_curve=self.loss_curve[: self.n_curve],
            validation_curve=self.validation_curve[: self.n_curve],
        )


Watcher = Callable[[Progress], Any]
"""Called after each iteration; a true answer stops the run."""
