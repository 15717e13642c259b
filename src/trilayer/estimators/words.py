"""What an estimator says: warnings at a user's own line and, where `verbose`, how a fit goes."""

import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any

from trilayer.fit.records import Outcome, Progress, Watcher
from trilayer.select.search import Candidate

_OURS = ("trilayer.", "sklearn.callback")
"""Modules whose lines are not a user's: ours, and what scikit-learn wraps a fit in."""


def warn(message: str, category: type[Warning]) -> None:
    """Warn of the line that called into trilayer, however deep this is."""
    level, frame = 1, sys._getframe()
    within: FrameType | None = frame
    while within is not None and within.f_globals.get("__name__", "").startswith(_OURS):
        level, within = level + 1, within.f_back
    warnings.warn(message, category, stacklevel=level)


def say(verbose: bool | int, line: str) -> None:
    """Write a line to standard error, where that is asked for."""
    if verbose:
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - verbose asks for it


def spoken(verbose: bool | int, on_step: Watcher | None) -> Watcher | None:
    """Return who watches a training: whoever is given and, where `verbose`, a person.

    Parameters
    ----------
    verbose : bool or int
        Every so many iterations are told; True: each.
    on_step : callable, optional
    """
    if not verbose:
        return on_step

    def watch(progress: Progress) -> Any:
        if progress.k % verbose == 0:
            say(verbose, _line(progress))
        return on_step(progress) if on_step is not None else None

    return watch


def spoken_choice(
    verbose: bool | int, on_choice: Callable[[int, int], Any] | None
) -> Callable[[int, int], Any] | None:
    """Return who is told of each candidate, as `spoken` does of each iteration."""
    if not verbose:
        return on_choice

    def watch(tried: int, most: int) -> Any:
        say(verbose, f"candidate {tried} of at most {most} tried")
        return on_choice(tried, most) if on_choice is not None else None

    return watch


def ending(outcome: Outcome) -> str:
    """Say how a training ended."""
    words = f"ended after {outcome.k} iterations: {outcome.reason}"
    return f"{words}, loss {outcome.loss_curve[-1]:.6g}" if outcome.loss_curve else words


def choice(hidden_units: int, l2: float, candidates: list[Candidate]) -> str:
    """Say what was chosen, and from how much."""
    words = f"took l2={l2:g} with {hidden_units} hidden units"
    if not candidates:
        return f"{words}: there was no choice"
    best = min(candidate.log_loss for candidate in candidates)
    return f"{words} of {len(candidates)} candidates: held-out log-loss {best:.6g}"


def _line(progress: Progress) -> str:
    start = f"start {progress.start} of {progress.starts}, " if progress.starts > 1 else ""
    words = f"{start}iteration {progress.k}: loss {progress.J:.6g}"
    if progress.validation is None:
        return words
    return f"{words}, validation {progress.validation:.6g}"
