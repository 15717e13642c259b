"""The recipe: what is chosen, in which order, on which rows. One for any source.

Up to `presets.SMALL` rows weight decay is searched in folds, twice: with inputs as they are and
with their bins damped; the networks of the folds and of all rows are averaged by how both did
(`trilayer.select.averaging`). Up to `presets.MIDDLE` rows it is searched once, several starts are
trained and the columns' relevance is learnt by L-BFGS on all rows, where those held out do better
for it. Of more, a sample tells the
relevance, a larger one the decay, and the starts are trained on batches of at most
`presets.BATCHED` rows; where there are more still, L-BFGS goes on from there over all of them.
Samples are stratified and drawn by the numbers of rows, and come here from wherever they are: so
the same rows give the same network in memory, on disk and on a cluster, to the bit.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.errors import DivergenceError, InputError
from trilayer.fit.fitting import Trained, fit, fit_rows
from trilayer.fit.protocol import Keeping, stage_of
from trilayer.fit.records import Watcher
from trilayer.fit.run import solver_name, threads
from trilayer.fit.samples import drawn_seed
from trilayer.fit.spec import Spec
from trilayer.params import FloatArray, Params
from trilayer.select.averaging import STARTS, Way, averaged, damped_bins
from trilayer.select.presets import (
    BATCHED,
    CHOSEN_ON,
    GO_ON,
    L2S,
    MIDDLE,
    PASSES,
    ROUND,
    ROUNDS,
    SMALL,
    Split,
    at_most,
    pace,
    preset,
    splits,
)
from trilayer.select.relevance import CUT_SHORT, followed, grounded, learnt, raised
from trilayer.select.search import Candidate, Choice, Grid, losses_of, search
from trilayer.select.weights import beside
from trilayer.solvers import solver
from trilayer.sources import Source
from trilayer.sources.memory import MemorySource, is_in_memory


@dataclass(frozen=True)
class Wish:
    """What somebody says of how to train; all else is the recipe's.

    Attributes
    ----------
    base : Spec or None
        How to train, but for what is chosen; None: `presets.preset`.
    solver : str
        Where there is no base.
    learning_rate, max_iter, max_seconds : number or None
        Of every training, as `Spec` has them; None: the base's.
    units : sequence of int or None
    l2s : sequence of float or None
        What to choose from; one is taken without choosing.
    rounds : int or None
        How often relevance is learnt.
    n_starts : int or None
    splits : sequence of Split or None
        Rows to train on and rows to judge by, by their numbers in the source; None: the
        recipe's way.
    n_threads : int or None
    random_state : int
        Decides samples, splits, starts and the order of batches.
    """

    base: Spec | None = None
    solver: str = "auto"
    learning_rate: float | None = None
    max_iter: int | None = None
    max_seconds: float | None = None
    units: Sequence[int] | None = None
    l2s: Sequence[float] | None = None
    rounds: int | None = None
    n_starts: int | None = None
    splits: Sequence[Split] | None = None
    n_threads: int | None = None
    random_state: int = 0

    @property
    def asks_for_one(self) -> bool:
        """Whether one way to train is asked for, where few rows are given several otherwise."""
        return self.base is not None or self.n_starts is not None or bool(self.rounds)

    def spec(self, m: int) -> Spec:
        """Return how to train on so many rows, but for what is chosen."""
        spec = preset(m, self.solver) if self.base is None else self.base
        said = {
            "learning_rate": self.learning_rate, "max_iter": self.max_iter,
            "max_seconds": self.max_seconds, "n_starts": self.n_starts,
        }  # fmt: skip
        given: dict[str, Any] = {name: each for name, each in said.items() if each is not None}
        return replace(spec, n_threads=self.n_threads, random_state=self.random_state, **given)


@dataclass(frozen=True, eq=False)
class Selected:
    """What came of it.

    Attributes
    ----------
    spec : Spec
        How the network was trained, with what was chosen.
    trained : Trained
    candidates : list of Candidate
        What was tried; empty where there was no choice.
    heights : array, (n1,), or None
        How relevant the inputs' columns were found.
    seconds : float
        Spent on the network that is kept.
    """

    spec: Spec
    trained: Trained
    candidates: list[Candidate]
    heights: FloatArray | None
    seconds: float


@dataclass(frozen=True)
class _Recipe:
    """One run of the recipe."""

    wish: Wish
    classes: NDArray[Any]
    on_step: Watcher | None
    on_choice: Callable[[int, int], Any] | None
    checkpoint: Keeping | None

    def make(self, source: Source) -> Selected:
        """Choose, and train what was chosen on all rows."""
        seed = self.wish.random_state
        rows, numbers = at_most(source, BATCHED, seed)
        unit, rows = beside(rows)
        spec, heights = self.wish.spec(source.m), None
        if self._averages(spec, rows):
            grid = self._grid(spec, rows, numbers, judging=True)
            if grid.splits:
                return self._averaged(spec, rows, grid)
        batched = source.m > MIDDLE and self.wish.base is None and _steps_on_batches(spec, rows.m)
        if batched and self.wish.rounds != 0 and self._has_hidden(spec):
            some, drawn = at_most(rows, MIDDLE, seed)
            heights = self._scouted(some, numbers[drawn])
        scaled = _times(rows, heights)
        some, drawn = at_most(scaled, CHOSEN_ON, seed)
        grid = self._grid(spec, some, numbers[drawn])
        choice = search(some, self.classes, grid, self.on_choice, self.checkpoint)
        began = time.perf_counter()
        spec = replace(spec, hidden_units=choice.hidden_units, l2=choice.l2)
        if batched:
            trained = self._fit(spec, scaled, self.on_step, self.checkpoint)
        else:
            rounds = self._rounds(spec, rows, grid, choice, self.checkpoint)
            trained, heights = self._by_relevance(spec, rows, rounds, self.on_step, self.checkpoint)
        if source.m > rows.m:
            if heights is not None and not batched:  # of inputs as they are, again
                trained = replace(trained, members=tuple(raised(trained.members, heights)))
            everywhere = replace(spec, l2=spec.l2 * unit)  # the source's weights are as they were
            trained = self._everywhere(everywhere, trained, heights, source)
        elif batched and heights is not None:
            trained = grounded(trained, heights)
        return Selected(spec, trained, choice.candidates, heights, time.perf_counter() - began)

    def _averages(self, spec: Spec, rows: MemorySource) -> bool:
        """Whether several ways are averaged: of few rows, where nobody asks for one network."""
        return rows.m <= SMALL and not self.wish.asks_for_one and self._has_hidden(spec)

    def _averaged(self, spec: Spec, rows: MemorySource, grid: Grid) -> Selected:
        """Choose and train with inputs as they are, and with their bins damped."""
        damped = damped_bins(rows.layout)
        stages = [self.checkpoint, stage_of(self.checkpoint, "damped bins")]
        plans = list(zip([None] if damped is None else [None, damped], stages, strict=False))
        choices: list[Choice] = []
        for scale, stage in plans:
            tell = self._telling(sum(len(choice.candidates) for choice in choices))
            choices.append(search(_times(rows, scale), self.classes, grid, tell, stage))
            grid = replace(grid, units=[choices[0].hidden_units])
        began, ways = time.perf_counter(), []
        for (scale, stage), choice in zip(plans, choices, strict=True):
            here = replace(spec, hidden_units=choice.hidden_units, l2=choice.l2, n_starts=STARTS)
            trained = self._fit(here, _times(rows, scale), self.on_step, stage)
            ways.append(Way(scale, choice, trained))
            if trained.outcome.reason in CUT_SHORT:
                break
        best = min(ways, key=lambda way: way.choice.loss).choice
        trained = averaged(ways, rows.m)
        spec = replace(
            spec, hidden_units=best.hidden_units, l2=best.l2, n_starts=len(trained.members)
        )
        candidates = [
            each._replace(damped=bool(number))
            for number, choice in enumerate(choices)
            for each in choice.candidates
        ]
        return Selected(spec, trained, candidates, None, time.perf_counter() - began)

    def _telling(self, before: int) -> Callable[[int, int], Any] | None:
        """Return what tells of candidates where some have been tried already."""
        tell = self.on_choice
        if tell is None:
            return None
        return lambda done, most: tell(before + done, before + most)

    def _has_hidden(self, spec: Spec) -> bool:
        units = self.wish.units
        return bool(spec.hidden_units if units is None else max(units, default=1))

    def _scouted(self, some: MemorySource, numbers: NDArray[np.int64]) -> FloatArray | None:
        """Return heights learnt by lbfgs, with a decay of its own, on some of many rows."""
        spec = replace(
            preset(MIDDLE), n_starts=self.wish.spec(some.m).n_starts,
            n_threads=self.wish.n_threads, random_state=self.wish.random_state,
        )  # fmt: skip
        stage = stage_of(self.checkpoint, "relevance on some rows")
        grid = self._grid(spec, some, numbers)
        choice = search(some, self.classes, grid, None, stage)
        spec = replace(spec, hidden_units=choice.hidden_units, l2=choice.l2)
        rounds = self._rounds(spec, some, grid, choice, stage)
        trained, heights = self._by_relevance(spec, some, rounds, None, stage)
        if trained.outcome.reason == "interrupted":
            raise KeyboardInterrupt
        return heights

    def _grid(
        self, spec: Spec, some: MemorySource, numbers: NDArray[np.int64], *, judging: bool = False
    ) -> Grid:
        wish, m = self.wish, some.m
        own = preset(m).hidden_units if spec.hidden_units is None else spec.hidden_units
        units = np.atleast_1d(np.asarray(own if wish.units is None else wish.units))
        decays = np.atleast_1d(np.asarray(L2S if wish.l2s is None else wish.l2s))
        if not len(units) or not len(decays):
            raise InputError("l2s and hidden_units must hold something to choose from")
        choosing = judging or len(units) * len(decays) > 1
        few, settles = m <= SMALL, _settles(spec, m)
        return Grid(
            base=spec, units=units.tolist(), decays=sorted(decays.tolist(), reverse=True),
            climbs=wish.l2s is None, splits=self._splits(some, numbers) if choosing else [],
            # Judged by one start, few rows say more about the start than about the decay.
            starts=min(2, spec.n_starts) if few else 1,
            goes_on=0 if few or not settles else GO_ON, workers=threads(wish),
            seed=wish.random_state,
        )  # fmt: skip

    def _splits(self, some: MemorySource, numbers: NDArray[np.int64]) -> Sequence[Split]:
        """Return the splits of rows that have these numbers in the source."""
        if self.wish.splits is None:
            return splits(some, self.wish.random_state)
        there = [
            np.flatnonzero(np.isin(numbers, part)) for each in self.wish.splits for part in each
        ]
        return list(zip(there[::2], there[1::2], strict=True))

    def _rounds(
        self, spec: Spec, rows: MemorySource, grid: Grid, choice: Choice, stage: Keeping | None
    ) -> int:
        """Return how often relevance is learnt: not at all, where held-out rows speak against it.

        What chose the decay was trained on a split; it goes on there, with relevance.
        """
        if not _settles(spec, rows.m):
            return 0
        if self.wish.rounds is not None:
            return self.wish.rounds
        if rows.m <= SMALL:
            return 0
        if not choice.members or len(grid.splits) != 1 or not spec.hidden_units:
            return ROUNDS
        train, held = map(rows.part, grid.splits[0])
        alone = replace(spec, init=choice.members[0], warm_start=False, n_starts=1, max_iter=ROUND)
        stage = stage_of(stage, "relevance on a split")
        try:
            trained, _ = self._by_relevance(alone, train, ROUNDS, None, stage)
        except DivergenceError:
            return 0
        if trained.outcome.reason == "interrupted":
            raise KeyboardInterrupt
        losses = losses_of(spec, trained.params, held, threads(self.wish))
        return ROUNDS if losses < choice.loss * held.total_weight else 0

    def _by_relevance(
        self, spec: Spec, rows: MemorySource, rounds: int, on_step: Watcher | None,
        checkpoint: Keeping | None,
    ) -> tuple[Trained, FloatArray | None]:  # fmt: skip
        """Train on rows in memory, and learn relevance so often."""
        few, settles = rows.m <= SMALL, _settles(spec, rows.m)
        ours = self.wish.base is None and self.wish.max_iter is None and settles and not few
        times = pace(spec.l2, 0.8, 1.05) if ours else 1.0

        def one(scale: FloatArray | None, init: list[Params] | None, number: int) -> Trained:
            stage = stage_of(checkpoint, f"relevance {number}") if number else checkpoint
            here = replace(spec, max_iter=round(spec.max_iter * times))
            if init is not None:
                # One that was given stands for all starts.
                starts = init if len(init) > 1 else init[0]
                most = min(round(ROUND * times), here.max_iter)
                here = replace(here, init=starts, warm_start=False, max_iter=most)
            return self._fit(here, _times(rows, scale), on_step, stage)

        return learnt(one, rows.layout, rounds)

    def _everywhere(
        self, spec: Spec, trained: Trained, heights: FloatArray | None, source: Source
    ) -> Trained:
        """Go on over all rows by lbfgs, from networks of scaled inputs that a sample has made."""
        if trained.outcome.reason in CUT_SHORT:
            return trained if heights is None else grounded(trained, heights)
        members = list(trained.members)
        if heights is not None:
            source = source.scaled(heights)
        stage = stage_of(self.checkpoint, "all rows")
        starts = members if len(members) > 1 else members[0]
        everywhere = replace(
            spec, solver="lbfgs", init=starts, warm_start=False, max_iter=PASSES, tol=1e-5,
            learning_rate=None, schedule=None, batch_size=None, momentum=None,
        )  # fmt: skip
        following = self._fit(everywhere, source, self.on_step, stage)
        if heights is not None:
            following = grounded(following, heights)
        return followed(trained, following)

    def _fit(
        self, spec: Spec, source: Source, watch: Watcher | None, stage: Keeping | None
    ) -> Trained:
        seed = drawn_seed(self.wish.random_state)
        if is_in_memory(source):
            return fit_rows(spec, source, seed, self.classes, watch=watch, checkpoint=stage)
        if spec.class_weight is not None or spec.early_stopping:
            raise InputError("class weights and early stopping are for rows in memory")
        return fit(spec, source, seed, watch=watch, checkpoint=stage)


def _times(rows: MemorySource, scale: FloatArray | None) -> MemorySource:
    """Return rows, their inputs multiplied by a scale (n1,) if there is one."""
    return rows if scale is None else rows.scaled(scale)


def _steps_on_batches(spec: Spec, m: int) -> bool:
    return solver(solver_name(spec, m)).needs == "batches"


def _settles(spec: Spec, m: int) -> bool:
    """Whether the solver comes to rest: only then do lengths of weights tell of relevance."""
    return solver(solver_name(spec, m)).settles


def select_on(
    source: Source,
    classes: NDArray[Any],
    wish: Wish,
    *,
    on_step: Watcher | None = None,
    on_choice: Callable[[int, int], Any] | None = None,
    checkpoint: Keeping | None = None,
) -> Selected:
    """Choose how to train, and train, on the samples of any source.

    Parameters
    ----------
    source : Source
    classes : array, (2,)
        The labels that Y = 0 and Y = 1 are.
    wish : Wish
    on_step : callable, optional
        As for `TriLayerClassifier.fit`, of the last training.
    on_choice : callable, optional
        Told after each candidate how many are tried, and how many there are.
    checkpoint : Checkpoint, optional
        Each fit is a stage of it.

    Raises
    ------
    InputError
        If there is nothing to choose from.
    DivergenceError
        If every candidate left the finite numbers.
    """
    return _Recipe(wish, classes, on_step, on_choice, checkpoint).make(source)
