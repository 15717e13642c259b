"""The one loop that consumes Steps: when to stop, what to keep, what to say."""

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from trilayer.errors import DivergenceError
from trilayer.fit.protocol import Keeper, Keeping
from trilayer.fit.records import Limits, Memory, Outcome, Progress, Validation, Watcher
from trilayer.params import FloatArray
from trilayer.solvers import Step

__all__ = [
    "Keeper",
    "Keeping",
    "Limits",
    "Memory",
    "Outcome",
    "Progress",
    "Validation",
    "Watcher",
    "is_finite",
    "read_only",
    "train",
]


def train(
    steps: Iterator[Step],
    limits: Limits,
    validation: Validation | None = None,
    watch: Watcher | None = None,
    keeper: Keeper | None = None,
    memory: Memory | None = None,
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
    keeper : Keeper, optional
        Shown the run after every iteration that does not end it.
    memory : Memory, optional
        Of the run that this one goes on; `steps` are then those that follow.

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
    run = _Run(limits, validation, watch, memory)
    reason = "precision"  # why a solver ends by itself
    try:
        # Overflow is not hidden: what is not finite is found below, and explained.
        with np.errstate(over="ignore", invalid="ignore"):
            for step in steps:
                if stop := run.take(step):
                    reason = stop
                    break
                if keeper is not None and run.memory is not None:
                    keeper.look(run.memory)
    except KeyboardInterrupt:
        if run.memory is None:
            raise
        reason = "interrupted"
    except Exception:  # workers lost, a disk that fails: what is done is not lost with them
        if keeper is not None and run.memory is not None:
            keeper.keep(run.memory)
        raise
    outcome = run.outcome(reason)
    return outcome if keeper is None else _kept(keeper, run.memory, outcome)


def _kept(keeper: Keeper, memory: Memory | None, outcome: Outcome) -> Outcome:
    """Write the end down; Ctrl-C meanwhile is an interruption, and loses nothing."""
    try:
        if outcome.reason != "interrupted":
            keeper.finish(outcome)
        elif memory is not None:
            keeper.keep(memory)
    except KeyboardInterrupt:
        return replace(outcome, reason="interrupted")
    return outcome


class _Run:
    """The loop; `memory` is replaced as a whole, so whoever interrupts finds it sound."""

    def __init__(
        self,
        limits: Limits,
        validation: Validation | None,
        watch: Watcher | None,
        memory: Memory | None,
    ) -> None:
        self.limits, self.validation, self.watch = limits, validation, watch
        self.memory = None if memory is None else memory.settled()
        self.began = time.monotonic() - (0.0 if memory is None else memory.seconds)

    def take(self, step: Step) -> str:
        """Note one step; return why to stop, or the empty string."""
        if not is_finite(step):
            return "diverged"
        is_start = self.memory is None and step.k == 0
        score = None if self.validation is None else self.validation.score(step.theta)
        memory = self._noted(step, score)
        if not is_start:
            memory.loss_curve.extend([step.J] if step.trail is None else step.trail.tolist())
            if score is not None:
                memory.validation_curve.append(score)
        self.memory = memory
        if not is_start and self.watch is not None:
            progress = Progress(
                step.k, self.limits.max_iter, step.J, step.gradient_norm, score, memory.seconds,
                read_only(step.theta),
            )  # fmt: skip
            if self.watch(progress):
                return "callback"
        return self._reason(memory)

    def _noted(self, step: Step, score: float | None) -> Memory:
        """Return the memory after a step, but for its place in the curves."""
        was = self.memory
        if was is None:
            worst = np.inf if self.validation is None else self.validation.worst
            was = Memory(step, step.k, step.J, step, np.inf, 0, None, worst, 0, 0, [], [], 0.0)
        tolerance = self.limits.tol if self.limits.watches == "objective" else 0.0
        lowest, lowest_J, lowest_at = was.lowest, was.lowest_J, was.lowest_at
        at = 0 if step.trail is None else int(np.argmin(step.trail))
        J = step.J if step.trail is None else float(step.trail[at])
        if J < lowest_J:
            lowest, lowest_J, lowest_at = step, J, at
        best, best_score, since_best = was.best, was.best_score, was.since_best
        if score is not None:
            since_best += 1
            if self._is_best(score, was):
                best, best_score, since_best = step, score, 0
        return Memory(
            step, was.start_k, was.start_J, lowest, lowest_J, lowest_at, best, best_score,
            0 if step.J < was.lowest_J - tolerance else was.since_lowest + 1, since_best,
            was.loss_curve, was.validation_curve, time.monotonic() - self.began,
        )  # fmt: skip

    def _is_best(self, score: float, was: Memory) -> bool:
        better = self.validation is not None and self.validation.is_better(score, was.best_score)
        return was.best is None or better

    def _reason(self, memory: Memory) -> str:
        limits, reason = self.limits, ""
        spent = time.monotonic() - self.began
        if self._converged(memory):
            reason = "converged"
        elif limits.early_stopping and memory.since_best >= limits.patience:
            reason = "early_stopping"
        elif memory.last.k >= limits.max_iter:
            reason = "max_iter"
        elif limits.max_seconds is not None and spent >= limits.max_seconds:
            reason = "max_seconds"
        return "diverged" if reason and self._has_risen(memory) else reason

    def _has_risen(self, memory: Memory) -> bool:
        """Whether a run ends above its start by more than a coin costs: log 2 a sample.

        Rest there is no convergence. With tol=0 a user wants iterations and nothing else.
        """
        return self.limits.tol > 0 and memory.last.J > memory.start_J + np.log(2)

    def _converged(self, memory: Memory) -> bool:
        if self.limits.watches == "objective":
            return self.limits.tol > 0 and memory.since_lowest >= self.limits.patience
        return memory.last.gradient_norm <= self.limits.tol

    def outcome(self, reason: str) -> Outcome:
        """Choose the step to keep."""
        memory = self.memory
        if reason == "diverged" and (memory is None or memory.lowest.k == memory.start_k):
            after = "at the start" if memory is None else f"after {memory.last.k} iterations"
            raise DivergenceError(
                f"the objective diverged {after} and never improved on its start: use a smaller "
                "learning_rate, or scale the inputs (StandardScaler)"
            )
        if memory is None:
            raise DivergenceError("the solver took no step")
        last, ended_badly = memory.last, reason in {"diverged", "interrupted"}
        kept = last
        if memory.best is not None and (self.limits.early_stopping or ended_badly):
            kept = memory.best
        elif ended_badly:
            kept = memory.lowest_step()
        return Outcome(
            kept.theta, last.k, kept.k, reason, last.gradient_norm, last.evaluations,
            memory.loss_curve[: memory.n_curve], memory.validation_curve[: memory.n_curve],
            last.state, memory.seconds,
        )  # fmt: skip


def is_finite(step: Step) -> bool:
    """Whether a step's objective and parameters are finite."""
    return bool(np.isfinite(step.J) and np.all(np.isfinite(step.theta)))


def read_only(array: FloatArray) -> FloatArray:
    """Return a view that cannot be written through: steps are not a watcher's to change."""
    view = array.view()
    view.flags.writeable = False
    return view
