"""What a network is trained with, chosen by how it does on rows that it has not seen."""

import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from trilayer.derivation import core
from trilayer.encoding.layout import Layout
from trilayer.errors import DivergenceError
from trilayer.estimators.classifier import TriLayerClassifier
from trilayer.fit.loop import Keeping
from trilayer.fit.samples import targets
from trilayer.params import FloatArray, Params
from trilayer.select.presets import Split, pace

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


@dataclass
class Choice:
    """The data, what there is to choose from, and how rows are held out.

    Attributes
    ----------
    base : TriLayerClassifier
        What is trained, but for what is chosen.
    X, y, s : array
        Rows, labels and, unless None, weights.
    classes : array, (2,)
    layout : Layout or None
        Of X's columns.
    seed : int
    units, decays : list
        Hidden units and weight decays to choose from.
    climbs : bool
        Whether only neighbours of the best decay are tried, not all.
    splits : list of Split
        Empty: nothing is tried.
    starts : int
        Random starts of each fit.
    goes_on : int
        Iterations of a fit that starts where that of the nearest decay ended; 0: none does.
    workers : int
        Threads.
    candidates : list of Candidate
        What has been tried.
    """

    base: TriLayerClassifier
    X: FloatArray
    y: NDArray[Any]
    s: FloatArray | None
    classes: NDArray[Any]
    layout: Layout | None
    seed: int
    units: list[int]
    decays: list[float]
    climbs: bool
    splits: list[Split]
    starts: int
    goes_on: int
    workers: int
    candidates: list[Candidate] = field(default_factory=list)

    def make(
        self, tell: Callable[[int, int], Any] | None, checkpoint: Keeping | None
    ) -> tuple[int, float]:
        """Return hidden units and decay of the least loss, the first of equals.

        Without splits, the middle of what there is.

        Raises
        ------
        DivergenceError
            If every candidate left the finite numbers.
        """
        if not self.splits:
            return int(self.units[0]), float(self.decays[len(self.decays) // 2])
        most = len(self.units) * len(self.decays)
        with warnings.catch_warnings(), ThreadPoolExecutor(self.workers) as pool:
            # Whether a candidate ran to its end does not matter: it is judged as it is.
            warnings.simplefilter("ignore", ConvergenceWarning)
            for n2 in self.units:
                done: dict[int, list[_Fit]] = {}

                def loss(at: int, n2: int = n2, done: dict[int, list[_Fit]] = done) -> float:
                    nearest = min(done, key=lambda other: abs(other - at), default=None)
                    before = None if nearest is None else done[nearest]
                    done[at] = self._candidate(pool, n2, float(self.decays[at]), before, checkpoint)
                    if tell is not None:
                        tell(len(self.candidates), most)
                    return self.candidates[-1].log_loss

                losses = [partial(loss, at) for at in range(len(self.decays))]
                if self.climbs:
                    climb(losses)
                else:
                    for call in losses:
                        call()
        best = min(self.candidates, key=lambda candidate: candidate.log_loss)
        if not np.isfinite(best.log_loss):
            raise DivergenceError(
                "every candidate left the finite numbers: scale the inputs (StandardScaler)"
            )
        return best.hidden_units, best.l2

    def _candidate(
        self, pool: ThreadPoolExecutor, n2: int, l2: float, before: list[_Fit] | None,
        checkpoint: Keeping | None,
    ) -> list[_Fit]:  # fmt: skip
        """Train a candidate on every split, side by side."""
        began = time.perf_counter()

        def one(k: int) -> _Fit:
            stage = None
            if checkpoint is not None:
                what = f"{n2} units, l2={l2:g}, split {k + 1}"
                stage = checkpoint.stage(f"{checkpoint.name}: {what}")
            return self._fit(n2, l2, k, None if before is None else before[k].params, stage)

        tries = pool.map(one, range(len(self.splits)))
        try:
            fits = list(tries)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        loss = float(sum(fit.loss for fit in fits) / sum(fit.weight for fit in fits))
        self.candidates.append(Candidate(n2, l2, loss, time.perf_counter() - began))
        return fits

    def _fit(self, n2: int, l2: float, k: int, start: Params | None, stage: Keeping | None) -> _Fit:
        """Train a candidate on one split, and judge it on the rest."""
        train, held = self.splits[k]
        s = self.s
        weights = np.ones(len(held)) if s is None else s[held].astype(np.float64)
        clf = clone(self.base).set_params(
            hidden_units=n2, l2=l2, n_starts=self.starts, random_state=self.seed + k,
            n_threads=self.workers if len(self.splits) == 1 else 1,
        )  # fmt: skip
        if self.goes_on and start is not None and np.abs(start.W1).max(initial=0) > _UNLEARNT:
            clf.set_params(init=start, max_iter=round(self.goes_on * pace(l2, 1.4, 2.0)))
        total = float(weights.sum())
        try:
            clf.fit(
                self.X[train], self.y[train], None if s is None else s[train], checkpoint=stage,
                layout=self.layout,
            )  # fmt: skip
        except DivergenceError:
            return _Fit(np.inf, total, None)
        Z = clf.decision_function(self.X[held])[None].astype(np.float64)
        Y = targets(self.y[held], self.classes, np.float64)[None]
        return _Fit(float(weights @ core.losses(Z, Y)[0]), total, clf.params_)


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
