"""Every iteration within reach, though most went by unseen.

Descent on all samples goes in strides of thousands of iterations. A solver's step, given
back as its state, goes on to the bit; so a few marked steps are enough to come to any
iteration again, exactly.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from trilayer.lab.limits import RING
from trilayer.solvers import Step

Options = Mapping[str, Any]


class Mark(NamedTuple):
    """A step, and the options with which the run went on from it."""

    step: Step
    options: Options


Resume = Callable[[Step, Options, int], Iterator[Step]]
"""``resume(step, options, k)``: go on from a step, to iteration k at the most in one stride."""


class History:
    """The marks of a run.

    Parameters
    ----------
    start : Mark
    resume : callable
        See `Resume`.
    """

    def __init__(self, start: Mark, resume: Resume) -> None:
        self._marks = [start]
        self._resume = resume

    @property
    def oldest(self) -> int:
        """First iteration that can be asked for."""
        return max(0, self._marks[-1].step.k - RING + 1)

    def note(self, mark: Mark) -> None:
        """Remember a step, and forget those that nothing within reach needs."""
        self._marks.append(mark)
        while len(self._marks) > 1 and self._marks[1].step.k <= self.oldest:
            del self._marks[0]

    def turn(self, step: Step, options: Options) -> None:
        """Put another step, or other options, in the place of the newest mark."""
        self._marks[-1] = Mark(step, options)

    def cut(self, k: int) -> Step:
        """Make iteration k the newest again, and forget what came after it; return its step."""
        mark = Mark(self.at(k), self._before(k).options)
        self._marks = [*(each for each in self._marks if each.step.k < k), mark]
        return mark.step

    def at(self, k: int) -> Step:
        """Return the step of iteration k, with the bits it had when it went by."""
        mark = self._before(k)
        if mark.step.k == k:
            return mark.step
        steps = self._resume(mark.step, mark.options, k)
        return next(step for step in steps if step.k >= k)

    def _before(self, k: int) -> Mark:
        return next(mark for mark in reversed(self._marks) if mark.step.k <= k)
