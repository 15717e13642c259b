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
from trilayer.params import Params
from trilayer.select.presets import Split, pace
from trilayer.sources.memory import MemorySource

_UNLEARNT = 1e-3
"""Weights of a network that decay has made nothing of: no start for less decay."""


STEP, BEYOND = 10**0.5, 16
"""The factor between decays beyond the grid, and how many there may be at either end."""

WORTH = 1e-3
"""How much less loss a row, in nats, makes a decay beyond the grid the better one."""

FLAT = 1e-5
"""Share of the loss by which two decays differ that both have left nothing of a network."""


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
    damped : bool
        Whether the bins of numbers were scaled down (`trilayer.select.averaging`).
    """

    hidden_units: int
    l2: float
    log_loss: float
    seconds: float
    damped: bool = False


class _Fit(NamedTuple):
    """A fit on one split: loss and weight of the rows held out, and its network.

    There is no network where training diverged.
    """

    loss: float
    weight: float
    params: Params | None
    members: tuple[Params, ...] = ()


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
        Whether only neighbours of the best decay are tried, not all, and others beyond the
        grid where the best one stands at its edge, or nothing is learnt within it.
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
    """What was chosen, from what, and the networks that were trained with it on the splits."""

    hidden_units: int
    l2: float
    candidates: list[Candidate]
    members: tuple[Params, ...] = ()

    @property
    def loss(self) -> float:
        """The log-loss of what was chosen, a row, on rows that it had not seen."""
        chosen = (self.hidden_units, self.l2)
        return next(each.log_loss for each in self.candidates if each[:2] == chosen)


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
    networks: list[list[_Fit]] = []
    most = len(grid.units) * len(grid.decays)
    with ThreadPoolExecutor(grid.workers) as pool:
        for n2 in grid.units:
            done: dict[int, list[_Fit]] = {}

            def loss(at: int, n2: int = n2, done: dict[int, list[_Fit]] = done) -> float:
                l2 = decay_at(grid.decays, at)
                nearest = min(done, key=lambda other: abs(other - at), default=None)
                before = None if nearest is None else done[nearest]
                one = partial(_fit, grid, parts, classes, int(n2), l2, before)
                began = time.perf_counter()
                done[at] = _side_by_side(pool, one, len(parts), checkpoint)
                found = sum(fit.loss for fit in done[at]) / sum(fit.weight for fit in done[at])
                seconds = time.perf_counter() - began
                candidates.append(Candidate(int(n2), l2, found, seconds))
                networks.append(done[at])
                if tell is not None:
                    tell(len(candidates), max(most, len(candidates)))
                return found

            if grid.climbs:
                climb(loss, len(grid.decays))
            else:
                for at in range(len(grid.decays)):
                    loss(at)
    at = min(range(len(candidates)), key=lambda i: _price(grid, candidates[i]))
    best = candidates[at]
    if not np.isfinite(best.log_loss):
        raise DivergenceError(
            "every candidate left the finite numbers: scale the inputs (StandardScaler)"
        )
    members = tuple(member for fit in networks[at] for member in fit.members)
    return Choice(best.hidden_units, best.l2, candidates, members)


def _price(grid: Grid, candidate: Candidate) -> float:
    """Return a candidate's loss, and what it must be better by where it is beyond the grid."""
    beyond = not min(grid.decays) <= candidate.l2 <= max(grid.decays)
    return candidate.log_loss + WORTH * beyond


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
    total = float(held.s[0].astype(np.float64).sum())
    try:
        seed = drawn_seed(spec.random_state)
        with train.on_threads(workers) as rows:
            trained = fit_rows(spec, rows, seed, classes, checkpoint=stage)
    except DivergenceError:
        return _Fit(np.inf, total, None)
    found = losses_of(spec, trained.params, held, workers)
    return _Fit(found, total, trained.params, tuple(trained.members))


def losses_of(spec: Spec, params: Params, rows: MemorySource, n_threads: int) -> float:
    """Return the sum of a network's losses over rows, each times its weight."""
    Z = np.asarray(select(spec.engine).logits(params, rows.inputs, n_threads), dtype=np.float64)
    weights = rows.s[0].astype(np.float64)
    return float(weights @ core.losses(Z, rows.Y.astype(np.float64))[0])


def decay_at(decays: Sequence[float], at: int) -> float:
    """Return a decay of the grid, or one that goes on beyond its strong end, or its weak one."""
    inside = min(max(at, 0), len(decays) - 1)
    end = float(decays[inside])
    return end if inside == at else float(f"{end * STEP ** (inside - at):.2g}")


def climb(loss: Callable[[int], float], count: int) -> None:
    """Ask for neighbours of the least loss, from the middle on, until it is seen to be least.

    Weight decay's curve has one valley, so most of the grid need not be tried. Where decay
    has left nothing of any network the curve is flat, which is no valley: then the way is
    towards less decay. Beyond the grid it goes on while that is worth it.

    Parameters
    ----------
    loss : callable
        Of the place in the grid: 0 is the strongest decay, and `count` - 1 the weakest.
        Places before and behind are asked for too.
    count : int
    """
    known: dict[int, float] = {}

    def at(i: int) -> float:
        if i not in known:
            known[i] = loss(i) if -BEYOND <= i < count + BEYOND else np.inf
        return known[i]

    def inside(i: int) -> float:
        return at(i) if 0 <= i < count else np.inf

    here = count // 2
    while (best := min((here, here - 1, here + 1), key=inside)) != here:
        here = best
    weaker = here
    while weaker < count + BEYOND and abs(at(weaker) - at(here)) <= FLAT * at(here):
        weaker += 1
    if weaker > here + 1 and at(weaker) < at(here):
        here = weaker
    while (best := min((here, here - 1, here + 1), key=at)) != here:
        if not 0 <= best < count and not at(best) < at(here) - WORTH:
            break
        here = best
