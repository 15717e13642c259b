"""One training run, in slices of time, with every late iteration within reach."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from trilayer.derivation import core
from trilayer.engines import select
from trilayer.fit.loop import is_finite
from trilayer.lab.curve import Curve
from trilayer.lab.history import History, Mark, Options
from trilayer.lab.plans import engine_of, options_of, start_of
from trilayer.lab.samples import Floats, Samples
from trilayer.lab.settings import Settings
from trilayer.params import Params, pack, unpack
from trilayer.solvers import Step, solver
from trilayer.solvers.objective import Objective
from trilayer.sources.memory import MemorySource

_FIRST_STRIDE = 1
_LONGEST_STRIDE = 1 << 20
_POINTS_PER_FOLD = 20


class Slice(NamedTuple):
    """Where a slice of time may end.

    Attributes
    ----------
    seconds : float
    last : int or None
        The iteration at which to stop.
    loss : float or None
        The J at which to stop.
    """

    seconds: float
    last: int | None = None
    loss: float | None = None


class Run:
    """A run from the initial weights on.

    Parameters
    ----------
    samples : Samples
    settings : dict
        See `trilayer.lab.settings`.

    Attributes
    ----------
    step : Step
        The newest iteration.
    seconds : float
        Spent on training.
    changes : list of (int, dict)
        From which iteration on which options were in force.
    """

    def __init__(self, samples: Samples, settings: Settings) -> None:
        X, Y = samples.train
        self.start = start_of(settings, len(X))
        self.solver, self.l2 = settings["solver"], float(settings["l2"])
        engine = select(engine_of(self.solver))
        self._held = ExitStack()
        source = self._held.enter_context(MemorySource(X, Y, np.ones_like(Y)))
        self._held.enter_context(engine.running())
        self.objective = Objective(source, engine, self.start.n2, self.l2)
        self.held_out = samples.validation
        self._options: Options = options_of(settings)
        self._strided = self.solver == "gd"
        self._stride = _FIRST_STRIDE
        self._ended = False
        self.seconds = 0.0
        self._since: float | None = None
        self.curve = Curve()
        self._steps = self._fresh()
        with _quietly():
            self.step: Step = next(self._steps)
        self.history = History(Mark(self.step, self._options), self._resumed)
        self.changes: list[tuple[int, dict[str, Any]]] = [(0, dict(self._options))]
        self._add_to_curve()

    def close(self) -> None:
        """End the threads of the source, and what the engine holds."""
        self._held.close()

    def params(self, k: int | None = None) -> Params:
        """Return the parameters of an iteration, by default the newest."""
        step = self.step if k is None else self.history.at(k)
        return self.unpacked(step.theta)

    def unpacked(self, theta: Floats) -> Params:
        """Give packed parameters their shapes."""
        return unpack(theta, self.start.n1, self.start.n2)

    def following(self, k: int) -> Step | None:
        """Return the step after iteration k, without taking it; None if there is none."""
        if k < self.step.k:
            return self.history.at(k + 1)
        steps = self._resumed(self.step, self._options, k + 1)
        with _quietly():
            step = next(steps, None)
        return step if step is not None and is_finite(step) else None

    def retune(self, settings: Settings) -> None:
        """Go on with other knobs of the same solver."""
        new = options_of(settings)
        if new == self._options:
            return
        if self._strided and new["momentum"] != self._options["momentum"]:
            # Without momentum nothing kept the velocity up: it starts from rest.
            state = {**self.step.state, "velocity": np.zeros_like(self.step.theta)}
            self.step = _with_state(self.step, state)
        self._options = new
        self.history.turn(self.step, new)
        self._steps = self._resumed(self.step, new, self.step.k + 1)
        self._ended = False
        self.changes = [change for change in self.changes if change[0] < self.step.k]
        self.changes.append((self.step.k, dict(new)))

    def advance(self, part: Slice) -> str:
        """Train for a slice of time.

        Returns
        -------
        str
            Why there is nothing more to do: ``iteration``, ``loss``, ``precision``,
            ``diverged``; or the empty string.
        """
        self._since = time.perf_counter()
        try:
            with _quietly():
                return self._advance(part, self._since + part.seconds)
        finally:
            self.seconds, self._since = self._clock(), None

    def _clock(self) -> float:
        """Return the seconds of training so far, the slice that is under way included."""
        return self.seconds + (time.perf_counter() - self._since if self._since else 0.0)

    def _advance(self, part: Slice, until: float) -> str:
        reason = self._reason(part)
        while not reason:
            reason = self._stride_on(part, until)
            if not reason and time.perf_counter() >= until:
                return ""
        return reason

    def _reason(self, part: Slice) -> str:
        if part.last is not None and self.step.k >= part.last:
            return "iteration"
        if part.loss is not None and self.step.J <= part.loss:
            return "loss"
        return "precision" if self._ended else ""

    def _stride_on(self, part: Slice, until: float) -> str:
        """Take steps until the stride, or the time, is over."""
        k = self.step.k
        # Never far beyond what the curve shows so far, or its beginning would be a straight line.
        stride = min(self._stride, max(1, k // _POINTS_PER_FOLD))
        last = k + stride if part.last is None else min(k + stride, part.last)
        began = time.perf_counter()
        steps = self._resumed(self.step, self._options, last) if self._strided else self._steps
        for step in steps:
            if not is_finite(step):
                return "diverged"
            self._take(step)
            if part.loss is not None and step.trail is not None and np.any(step.trail <= part.loss):
                self.go_back(step.k - len(step.trail) + 1 + int(np.argmax(step.trail <= part.loss)))
                return "loss"
            now = time.perf_counter()
            if reason := self._reason(part):
                return reason
            if step.k >= last or now >= until:
                if stride == self._stride:
                    self._adapt(now - began, part.seconds)
                return ""
        self._ended = True
        return "precision"

    def _adapt(self, took: float, seconds: float) -> None:
        """Choose the next stride so that it fills the slice: the first ones are short."""
        faster = 2.0 if took <= 0 else min(2.0, seconds / took)
        self._stride = int(min(max(1, self._stride * faster), _LONGEST_STRIDE))

    def _take(self, step: Step) -> None:
        self.step = step
        self.history.note(Mark(step, self._options))
        self._add_to_curve()

    def go_back(self, k: int) -> None:
        """Make iteration k of the history the newest again."""
        self.step = self.history.cut(k)
        self.curve.cut(k)
        self._add_to_curve()
        self.changes = [change for change in self.changes if change[0] <= k]
        if not self._strided:
            self._steps = self._resumed(self.step, self._options, k + 1)
        self._ended = False

    def _add_to_curve(self) -> None:
        if self.curve.wants(self.step.k):
            self.curve.add(self.step.k, self.step.J, self.held_out_loss(), self._clock())

    def held_out_loss(self) -> float:
        """Mean loss (E13) of the held-out samples at the newest parameters; NaN without any."""
        if self.held_out is None:
            return float("nan")
        X, Y = self.held_out
        return mean_loss(logits(self.params(), X), Y)

    def _fresh(self) -> Iterator[Step]:
        run = solver(self.solver).run
        return run(self.objective, pack(self.start), **self._options)

    def _resumed(self, step: Step, options: Options, k: int) -> Iterator[Step]:
        given: Mapping[str, Any] = options
        if self._strided:
            given = {**options, "stride": max(1, k - step.k), "max_iter": k}
        return solver(self.solver).run(self.objective, step.theta, state=step.state, **given)


def logits(params: Params, X: Floats) -> Floats:
    """Return Z2 in float64, 1 × m, by the engine."""
    return np.asarray(select("auto").logits(params, X))


def mean_loss(Z2: Floats, Y: Floats) -> float:
    """E13 of some samples."""
    return float(core.losses(Z2, Y).mean())


def _with_state(step: Step, state: Mapping[str, Any]) -> Step:
    return Step(step.k, step.theta, step.J, step.gradient_norm, step.evaluations, state)


def _quietly() -> Any:
    """Let overflow happen: what is not finite is looked at where it is taken."""
    return np.errstate(over="ignore", invalid="ignore")
