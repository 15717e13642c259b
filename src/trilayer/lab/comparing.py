"""Several solver settings from one start, side by side."""

from collections.abc import Sequence
from typing import Any

from trilayer.lab.frames import Array, Message
from trilayer.lab.run import Run, Slice
from trilayer.lab.samples import Samples
from trilayer.lab.settings import Settings

_SLICE = 0.004
_POINTS = 600


class Comparison:
    """Runs that take turns, a slice of time each, until all are done.

    Parameters
    ----------
    samples : Samples
    plans : sequence of dict
        Settings that differ in solver, knobs and l2 alone.
    iterations : int or None
        At the most, in each run.
    seconds : float
        Of training, in each run.
    """

    def __init__(
        self,
        samples: Samples,
        plans: Sequence[Settings],
        iterations: int | None,
        seconds: float,
    ) -> None:
        self.runs = [Run(samples, plan) for plan in plans]
        self.plans = plans
        self.states = ["running"] * len(plans)
        self._last, self._seconds = iterations, seconds

    @property
    def done(self) -> bool:
        """Whether no run has anything more to do."""
        return "running" not in self.states

    def work(self) -> None:
        """Give every run that is not done its turn."""
        for place, run in enumerate(self.runs):
            if self.states[place] == "running":
                reason = run.advance(Slice(_SLICE, self._last))
                if reason or run.seconds >= self._seconds:
                    self.states[place] = "diverged" if reason == "diverged" else "done"

    def close(self) -> None:
        """End the runs."""
        for run in self.runs:
            run.close()

    def message(self) -> Message:
        """Build `compare`."""
        header: dict[str, Any] = {"type": "compare", "done": self.done, "runs": []}
        arrays: dict[str, Array] = {}
        for place, (run, plan, state) in enumerate(
            zip(self.runs, self.plans, self.states, strict=True)
        ):
            knobs = {**run.changes[-1][1]}
            for inner in ("seed", "max_iter"):
                knobs.pop(inner, None)
            header["runs"].append(
                {
                    "solver": run.solver, **knobs, "l2": plan["l2"], "k": run.step.k,
                    "J": run.step.J, "seconds": run.seconds, "state": state,
                }
            )  # fmt: skip
            k, J, _, seconds = run.curve.thinned(_POINTS).T
            arrays |= {f"k_{place}": k, f"J_{place}": J, f"s_{place}": seconds}
        return Message(header, arrays)
