"""What a network is trained with, chosen by how it does on rows that it has not seen."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer.derivation import core
from trilayer.engines import select
from trilayer.errors import DivergenceError
from trilayer.fit.fitting import fit_rows
from trilayer.fit.protocol import Keeping, stage_of
from trilayer.fit.samples import drawn_seed
from trilayer.fit.spec import Spec
from trilayer.params import FloatArray, Params
from trilayer.select.presets import Split, pace
from trilayer.sources.memory import MemorySource

_UNLEARNT = 1e-3
"""Weights of a network that decay has made nothing of: no start for less decay."""


class Candidate(NamedTuple):
    """One setting, and how it did on rows that it had not seen.

    Attributes
    ----------
    hidden_units : int
    l2 : float
    log_loss : float
        Mean over the rows held out, by their weights; infinite where training diverged.
    seconds : float
        Spent on its fits.
    """

    hidden_units: int
    l2: float
    log_loss: float
    seconds: float


class _Fit(NamedTuple):
    """A fit on one split: loss and weight of the rows held out, and its network.

    There is no network where training diverged.
    """

    loss: float
    weight: float
    params: Params | None


class _Part(NamedTuple):
    """One split: rows to train on, and rows to judge by."""

    train: MemorySource
    held: MemorySource


@dataclass(frozen=True)
class Grid:
    """What there is to choose from, and how candidates are trained and judged.

    Attributes
    ----------
    base : Spec
        How to train, but for what is chosen.
    units, decays : sequence
        Hidden units and weight decays to choose from.
    climbs : bool
        Whether only neighbours of the best decay are tried, not all.
    splits : sequence of Split
        Empty: nothing is tried.
    starts : int
        Random starts of each fit.
    goes_on : int
        Iterations of a fit that starts where that of the nearest decay ended; 0: none does.
    workers : int
        Threads.
    seed : int
    """

    base: Spec
    units: Sequence[int]
    decays: Sequence[float]
    climbs: bool
    splits: Sequence[Split]
    starts: int
    goes_on: int
    workers: int
    seed: int


class Choice(NamedTuple):
    """What was chosen, and from what."""

    hidden_units: int
    l2: float
    candidates: list[Candidate]


def search(
    rows: MemorySource,
    classes: NDArray[Any],
    grid: Grid,
    tell: Callable[[int, int], Any] | None = None,
    checkpoint: Keeping | None = None,
) -> Choice:
    """Choose hidden units and decay of the least loss, the first of equals.

    Without splits, the middle of what there is.

    Parameters
    ----------
    rows : MemorySource
    classes : array, (2,)
        The labels that Y = 0 and Y = 1 are.
    grid : Grid
    tell : callable, optional
        Told after each candidate how many are tried, and how many there are.
    checkpoint : Checkpoint, optional
        Each fit is a stage of it.

    Raises
    ------
    DivergenceError
        If every candidate left the finite numbers.
    """
    if not grid.splits:
        return Choice(int(grid.units[0]), float(grid.decays[len(grid.decays) // 2]), [])
    parts = [_Part(rows.part(train), rows.part(held)) for train, held in grid.splits]
    candidates: list[Candidate] = []
    most = len(grid.units) * len(grid.decays)
    with ThreadPoolExecutor(grid.workers) as pool:
        for n2 in grid.units:
            done: dict[int, list[_Fit]] = {}

            def loss(at: int, n2: int = n2, done: dict[int, list[_Fit]] = done) -> float:
                nearest = min(done, key=lambda other: abs(other - at), default=None)
                before = None if nearest is None else done[nearest]
                one = partial(_fit, grid, parts, classes, int(n2), float(grid.decays[at]), before)
                began = time.perf_counter()
                done[at] = _side_by_side(pool, one, len(parts), checkpoint)
                found = sum(fit.loss for fit in done[at]) / sum(fit.weight for fit in done[at])
                seconds = time.perf_counter() - began
                candidates.append(Candidate(int(n2), float(grid.decays[at]), found, seconds))
                if tell is not None:
                    tell(len(candidates), most)
                return found

            losses = [partial(loss, at) for at in range(len(grid.decays))]
            if grid.climbs:
                climb(losses)
            else:
                for call in losses:
                    call()
    best = min(candidates, key=lambda candidate: candidate.log_loss)
    if not np.isfinite(best.log_loss):
        raise DivergenceError(
            "every candidate left the finite numbers: scale the inputs (StandardScaler)"
        )
    return Choice(best.hidden_units, best.l2, candidates)


def _side_by_side(
    pool: ThreadPoolExecutor, one: Callable[..., _Fit], count: int, checkpoint: Keeping | None
) -> list[_Fit]:
    """Train a candidate on every split."""
    tries = pool.map(partial(one, checkpoint), range(count))
    try:
        return list(tries)
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _fit(
    grid: Grid, parts: Sequence[_Part], classes: NDArray[Any], n2: int, l2: float,
    before: list[_Fit] | None, checkpoint: Keeping | None, k: int,
) -> _Fit:  # fmt: skip
    """Train a candidate on one split, and judge it on the rest."""
    train, held = parts[k]
    workers = grid.workers if len(parts) == 1 else 1
    spec = replace(
        grid.base, hidden_units=n2, l2=l2, n_starts=grid.starts, random_state=grid.seed + k,
        n_threads=workers,
    )  # fmt: skip
    start = None if before is None else before[k].params
    if grid.goes_on and start is not None and np.abs(start.W1).max(initial=0) > _UNLEARNT:
        spec = replace(spec, init=start, max_iter=round(grid.goes_on * pace(l2, 1.4, 2.0)))
    stage = stage_of(checkpoint, f"{n2} units, l2={l2:g}, split {k + 1}")
    weights = held.s[0].astype(np.float64)
    total = float(weights.sum())
    try:
        seed = drawn_seed(spec.random_state)
        with train.on_threads(workers) as rows:
            trained = fit_rows(spec, rows, seed, classes, checkpoint=stage)
    except DivergenceError:
        return _Fit(np.inf, total, None)
    Z = logits(spec, trained.params, held, workers)
    Y = held.Y.astype(np.float64)
    return _Fit(float(weights @ core.losses(Z, Y)[0]), total, trained.params)


def logits(spec: Spec, params: Params, rows: MemorySource, n_threads: int) -> FloatArray:
    """Return Z2 of rows in float64, 1 × m."""
    found = select(spec.engine).logits(params, rows.inputs, n_threads)
    return np.asarray(found, dtype=np.float64)


def climb(losses: Sequence[Callable[[], float]]) -> None:
    """Call neighbours of the least one, from the middle on, until it has been seen to be least.

    Weight decay's curve has one valley, so most of the grid need not be tried.
    """
    known: dict[int, float] = {}

    def at(i: int) -> float:
        if i not in known:
            known[i] = losses[i]() if 0 <= i < len(losses) else np.inf
        return known[i]

    here = len(losses) // 2
    while (best := min((here, here - 1, here + 1), key=at)) != here:
        here = best
