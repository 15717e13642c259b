"""What one session holds: settings, samples, the plane looked at, and the run."""

import time

import numpy as np

from trilayer.lab.comparing import Comparison
from trilayer.lab.faults import RefusalError
from trilayer.lab.run import Run, Slice
from trilayer.lab.samples import Edits, Origin, Samples, edited, toy_origin
from trilayer.lab.settings import Settings, changed, defaults, effect
from trilayer.lab.tables import Table
from trilayer.lab.view import View, look_at

_PACED = 0.5

SLICE = 0.008
"""Seconds of training between two looks at the commands."""


class Pace:
    """Iterations a second, by the clock on the wall, over about the last half second."""

    def __init__(self) -> None:
        self.rate = 0.0
        self.start(0)

    def start(self, k: int) -> None:
        """Begin at an iteration."""
        self._k, self._when = k, time.perf_counter()

    def note(self, k: int) -> None:
        """Take in where the run is now."""
        now = time.perf_counter()
        if now - self._when >= _PACED:
            self.rate = (k - self._k) / (now - self._when)
            self._k, self._when = k, now


class Lab:
    """One session's state. It belongs to one thread.

    Parameters
    ----------
    table : Table, optional
        What the command line gave; learnt from at once, if it is planned.

    Attributes
    ----------
    settings : dict
    samples : Samples
    view : View
    run : Run
    running, looking : bool, int or None
    target : int or None
        The iteration at which to pause, if a number of them was asked for.
    stopped : str or None
        Why the last run ended.
    fresh_data, fresh_frame, fresh_state : bool
        What the page has not been shown yet.
    """

    def __init__(self, table: Table | None = None) -> None:
        self.settings: Settings = defaults()
        self.table = table
        self.origin: Origin = toy_origin(self.settings)
        self.comparison: Comparison | None = None
        self.running = False
        self.looking: int | None = None
        self.target: int | None = None
        self.stopped: str | None = None
        self.played_from: tuple[int, float, float] = (0, np.inf, 0.0)
        self.pace = Pace()
        self.fresh_data = self.fresh_frame = self.fresh_state = True
        self.samples: Samples = edited(self.origin, Edits())
        self.view: View = look_at(self.samples, self.settings)
        self.run = Run(self.samples, self.settings)
        if table is not None and table.plan is not None:
            self.use_table(table)

    def close(self) -> None:
        """End what runs."""
        self.running = False
        self.run.close()
        if self.comparison is not None:
            self.comparison.close()

    # ---- changes -----------------------------------------------------------------------

    def change(self, settings: Settings) -> None:
        """Take on other settings; nothing changes if they cannot be."""
        what = effect(self.settings, settings)
        if what.data:
            origin = self._origin_of(settings)
            self._take(origin, edited(origin, Edits()), settings)
        elif what.restart:
            self._restart(settings)
        elif what.knobs:
            self.run.retune(settings)
        self.settings = settings
        if what.view and not what.data:
            self._look()

    def _origin_of(self, settings: Settings) -> Origin:
        if settings["source"] == "toy":
            return toy_origin(settings)
        if self.table is None:
            raise RefusalError("no_table")
        return self.table.origin(settings)

    def use(self, samples: Samples) -> None:
        """Learn from other samples, from the start."""
        self._take(samples.origin, samples, self.settings)

    def use_table(self, table: Table) -> None:
        """Learn from a table; nothing changes if it cannot be."""
        settings = changed(self.settings, {"source": "table"})
        origin = table.origin(settings)
        self._take(origin, edited(origin, Edits()), settings)
        self.table, self.settings = table, settings

    def restored(self, settings: Settings, samples: Samples, view: View, run: Run) -> None:
        """Take on all of another session's state."""
        self._replace_run(run)
        self.running = False
        self.settings, self.samples, self.view = settings, samples, view
        self.origin = samples.origin
        self.fresh_data = True

    def _take(self, origin: Origin, samples: Samples, settings: Settings) -> None:
        view = look_at(samples, settings)
        self._replace_run(Run(samples, settings))
        self.origin, self.samples, self.view = origin, samples, view
        self.fresh_data = True

    def _look(self) -> None:
        self.view = look_at(self.samples, self.settings)
        self.fresh_data = self.fresh_frame = True

    def _restart(self, settings: Settings) -> None:
        self._replace_run(Run(self.samples, settings))

    def rewind(self) -> None:
        """Go back to iteration 0 and the same initial weights."""
        self._restart(self.settings)

    def _replace_run(self, run: Run) -> None:
        self.run.close()
        self.run = run
        self.looking = self.target = self.stopped = None
        self.played_from = run.step.k, np.inf, run.seconds
        self.fresh_frame = True

    # ---- running -----------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether there is work to do without a command."""
        return self.running or self.comparison is not None

    def play(self, iterations: int | None) -> None:
        """Train on: that many iterations, or until something says stop."""
        self.target = None if iterations is None else self.run.step.k + iterations
        self.running, self.looking, self.stopped = True, None, None
        self.played_from = self.run.step.k, self.run.step.J, self.run.seconds
        self.pace.start(self.run.step.k)

    def pause(self, reason: str = "pause") -> None:
        """Stop training."""
        if self.running:
            self.running, self.stopped = False, reason
            self.fresh_frame = self.fresh_state = True

    def work(self) -> None:
        """Train for a slice of time."""
        if not self.running:
            return
        if reason := self._expired() or self.run.advance(self._slice()):
            counted = self.target is not None and self.run.step.k >= self.target
            self.pause("count" if reason == "iteration" and counted else reason)
        self.pace.note(self.run.step.k)
        self.fresh_frame = True

    def _slice(self) -> Slice:
        """Return how long to train, and where to stop: at no rule that play began beyond."""
        k, J, _ = self.played_from
        iteration, loss = self.settings["stop_iteration"], self.settings["stop_loss"]
        ends = [self.target, iteration if iteration is not None and iteration > k else None]
        last = min((end for end in ends if end is not None), default=None)
        return Slice(SLICE, last, loss if loss is not None and loss < J else None)

    def _expired(self) -> str:
        limit, began = self.settings["stop_seconds"], self.played_from[2]
        return "seconds" if limit is not None and began < limit <= self.run.seconds else ""

    # ---- what the page is shown ----------------------------------------------------------

    @property
    def k(self) -> int:
        """The iteration that is looked at."""
        return self.run.step.k if self.looking is None else self.looking
