"""Each peer in a process of its own, all of them taking turns."""

import gc
import multiprocessing
import os
import resource
import statistics
import sys
import time
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from contest.registry import PEERS, Peer
from contest.works import Work, disagreement, generate, read

CONTEXT = multiprocessing.get_context("spawn")
TUNING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""What changes OpenBLAS's kernels or blocking; each alone can slow it, so neither stays."""


@dataclass
class Score:
    """What one peer did on one work; times in seconds a unit of the work.

    Attributes
    ----------
    times, cpu : list of float
        Wall-clock and processor time of each round.
    first : float
        From nothing to the first result: import, compilation, one whole run.
    peak, data_and_libraries : float
        MB resident at the most in the first run, and before it.
    error : float
        Disagreement with the oracle, the worse one of the first and the last run.
    failed : str
        Why there is no time.
    """

    times: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    first: float = 0.0
    peak: float = 0.0
    data_and_libraries: float = 0.0
    error: float = 0.0
    failed: str = ""

    @property
    def median(self) -> float:
        """Median time a unit."""
        return statistics.median(self.times)


def peak_memory() -> float:
    """Return what this process has had resident at the most, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def set_threads(n: int) -> None:
    """Keep this process and its children to n processors, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:n])
    for name in TUNING:
        os.environ.pop(name, None)
    for name in ("OMP", "MKL", "NUMBA"):
        os.environ[f"{name}_NUM_THREADS"] = str(n)
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=true"
    os.environ["JAX_PLATFORMS"] = "cpu"


def _worker(link: Connection, peer: Peer, work: Work, folder: Path, threads: int) -> None:
    try:
        _serve(link, peer, work, folder, threads)
    except Exception as problem:  # noqa: BLE001 - a peer that fails is a line of the table
        link.send(f"{type(problem).__name__}: {problem}".splitlines()[0])


def _serve(link: Connection, peer: Peer, work: Work, folder: Path, threads: int) -> None:
    """Answer the parent: one run at each request, the summary at the last."""
    began = time.perf_counter()
    make = peer.load()
    imported = time.perf_counter() - began
    problem = read(work, folder, threads)
    before = peak_memory()
    began = time.perf_counter()
    run = make(problem)
    result = run()
    first = imported + time.perf_counter() - began
    peak = peak_memory()
    expected = np.load(folder / f"oracle-{work.steps}.npy")
    error = disagreement(problem, result, expected)
    result = None
    link.send(first)
    while link.recv():
        result = None
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        result = run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        link.send((wall / work.steps, cpu / work.steps))
    error = max(error, disagreement(problem, result, expected))
    link.send((peak, before, error))


class Runner:
    """The parent's end of one peer's process."""

    def __init__(self, peer: Peer, work: Work, folder: Path, threads: int) -> None:
        os.environ["OPENBLAS_NUM_THREADS"] = str(peer.blas_threads or threads)
        self.steps = work.fewer.steps if peer.slow else work.steps
        work = replace(work, steps=self.steps)
        self.score = Score()
        self.link, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=_worker, args=(theirs, peer, work, folder, threads))
        self.process.start()
        theirs.close()
        self.score.first = self._answer() or 0.0

    def _answer(self) -> Any:
        try:
            answer = self.link.recv()
        except EOFError:
            answer = "its process died"
        if isinstance(answer, str):
            self.score.failed = answer
            return None
        return answer

    @property
    def is_done(self) -> bool:
        """Whether runs of 10 s have been repeated enough."""
        times = self.score.times
        return len(times) >= 3 and min(times) * self.steps > 10

    def run(self) -> None:
        """Have it run once."""
        self.link.send(True)
        if answer := self._answer():
            self.score.times.append(answer[0])
            self.score.cpu.append(answer[1])

    def close(self, tolerance: float) -> Score:
        """End it and judge its result."""
        score = self.score
        if not score.failed:
            self.link.send(False)
            if answer := self._answer():
                score.peak, score.data_and_libraries, score.error = answer
            if not score.failed and not score.error <= tolerance:
                score.failed = f"disagrees by {score.error:.1e}, {tolerance:.0e} is allowed"
        self.process.join()
        return score


def contest(
    work: Work, names: list[str], repeats: int, threads: int, folder: Path
) -> dict[str, Score]:
    """Measure one work: rounds in which every peer runs once, each beginning one peer later."""
    maker = CONTEXT.Process(target=generate, args=(work, folder))
    maker.start()
    maker.join()
    if maker.exitcode:
        raise SystemExit(f"{work.key}: its data could not be made")
    runners = {name: Runner(PEERS[name], work, folder, threads) for name in names}
    alive = [runner for runner in runners.values() if not runner.score.failed]
    for round_number in range(repeats if alive else 0):
        turn = round_number % len(alive)
        for runner in alive[turn:] + alive[:turn]:
            if not (runner.score.failed or runner.is_done):
                runner.run()
    return {name: runner.close(work.tolerance) for name, runner in runners.items()}
