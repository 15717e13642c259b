"""Several starts of one network, trained side by side and folded into one."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Lock
from typing import Any, NamedTuple

import numpy as np

from trilayer.fit.loop import Keeping, Outcome, Progress, Watcher
from trilayer.fit.protocol import Keeper, Task
from trilayer.fit.run import Fitted, given_starts, run, start_params, threads
from trilayer.fit.samples import Samples
from trilayer.fit.spec import Spec
from trilayer.params import FloatArray, Params, average, pack, unpack
from trilayer.sources import Source
from trilayer.sources.memory import is_in_memory

_WORST = ("interrupted", "callback", "diverged", "max_seconds", "max_iter", "early_stopping")
"""Reasons to stop: the first one that any start has is the reason of all of them."""


def run_starts(
    settings: Spec,
    source: Source,
    held_out: Samples | Source | None,
    start: Params,
    seed: int,
    watch: Watcher | None,
    checkpoint: Keeping | None,
) -> tuple[Fitted, Params, list[Params]]:
    """Train from `n_starts` random starts, or given ones; the network of their mean logit.

    In memory the starts share X and run on `n_threads` threads, one start a thread, in the
    same order of batches; elsewhere one after the other. What comes out does not depend on it.

    Returns
    -------
    fitted : Fitted
        Curves are means over the starts, one that has ended staying where it ended.
    params : Params
        n_starts · n2 hidden units (see `trilayer.params.average`).
    members : list of Params
        The networks that `params` is made of.
    """
    count = len(given_starts(settings)[0]) or settings.n_starts
    seeds = np.random.SeedSequence(seed).generate_state(count).tolist()
    starts = [start_params(settings, source.n1, s, source.dtype, k) for k, s in enumerate(seeds)]
    stop, together = Event(), _one_at_a_time(watch)
    accepted: Future[None] = Future()

    def one(k: int) -> Fitted:
        def look(progress: Progress) -> bool:
            told = progress._replace(start=k + 1, starts=count)
            return stop.is_set() or (together is not None and together(told))

        stage = None if checkpoint is None else _Stage(checkpoint, accepted, k)
        try:
            return run(
                settings, shared, held_out, starts[k], seed, look, stage, sees_all=bool(watch)
            )
        finally:
            if k == 0:
                accepted.cancel()  # should it have failed before it was asked about

    with _shared(source) as shared:
        fits = _in_parallel(one, len(starts), _workers(settings, source), stop)
    members = [unpack(fit.outcome.theta, start.n1, start.n2) for fit in fits]
    params = average(members)
    outcome = _together([fit.outcome for fit in fits], pack(params), interrupted=stop.is_set())
    problem = next((fit.problem for fit in fits if fit.problem), None)
    return Fitted(outcome, fits[0].solver, fits[0].engine, problem), params, members


class _Stage(NamedTuple):
    """One start's stage of a checkpoint; the first one's is the checkpoint's own.

    What was begun with other settings or data is refused by the first start, so the others
    begin, and write, only when that one was accepted.
    """

    checkpoint: Keeping
    accepted: Future[None]
    k: int

    def begin(self, task: Task) -> Keeper:
        """Begin the stage, or find where it stands."""
        if self.k:
            self.accepted.result()
            name = f"{self.checkpoint.name}, start {self.k + 1}"
            return self.checkpoint.stage(name).begin(task)
        try:
            keeper = self.checkpoint.begin(task)
        except BaseException as error:
            self.accepted.set_exception(error)
            raise
        self.accepted.set_result(None)
        return keeper


def _workers(settings: Spec, source: Source) -> int:
    return threads(settings) if source.in_memory else 1


@contextmanager
def _shared(source: Source) -> Iterator[Source]:
    """Hold the source for all starts: in memory, each walks it on a thread of its own."""
    if not is_in_memory(source):
        yield source
        return
    with source.on_threads(1) as alone:
        yield alone


def _one_at_a_time(watch: Watcher | None) -> Watcher | None:
    if watch is None:
        return None
    turn = Lock()

    def look(progress: Progress) -> Any:
        with turn:
            return watch(progress)

    return look


def _in_parallel(one: Any, count: int, workers: int, stop: Event) -> list[Fitted]:
    """Run every start; Ctrl-C and errors stop all of them, and what they have is kept."""
    with ThreadPoolExecutor(min(workers, count)) as pool:
        fits: list[Future[Fitted]] = [pool.submit(one, k) for k in range(count)]
        try:
            for fit in fits:
                fit.result()
        except KeyboardInterrupt:
            stop.set()
        except BaseException:
            stop.set()
            for fit in fits:
                fit.cancel()
            raise
    return [fit.result() for fit in fits]


def _together(outcomes: Sequence[Outcome], theta: FloatArray, *, interrupted: bool) -> Outcome:
    reasons = {outcome.reason for outcome in outcomes}
    reason = next((name for name in _WORST if name in reasons), outcomes[0].reason)
    return replace(
        outcomes[0],
        theta=theta,
        k=max(outcome.k for outcome in outcomes),
        best_k=max(outcome.best_k for outcome in outcomes),
        reason="interrupted" if interrupted else reason,
        gradient_norm=max(outcome.gradient_norm for outcome in outcomes),
        evaluations=sum(outcome.evaluations for outcome in outcomes),
        loss_curve=_mean_curve([outcome.loss_curve for outcome in outcomes]),
        validation_curve=_mean_curve([outcome.validation_curve for outcome in outcomes]),
    )


def _mean_curve(curves: Sequence[list[float]]) -> list[float]:
    longest = max(map(len, curves))
    if not min(map(len, curves)):
        return []
    padded = [curve + curve[-1:] * (longest - len(curve)) for curve in curves]
    return [float(mean) for mean in np.mean(padded, axis=0)]
