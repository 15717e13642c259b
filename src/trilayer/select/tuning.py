"""Hidden units, weight decay and bins, searched for by Optuna: longer than the recipe does itself.

A trial trains by the recipe, with these three said, on parts of the rows that are learnt from, and
is judged by the log-loss of the other parts: the recipe's own (five folds up to `presets.SMALL`
rows, a fifth of the rows beyond). What is found has to do better there than the recipe left to
itself.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trilayer.errors import DivergenceError, InputError
from trilayer.fit.records import Progress
from trilayer.fit.spec import Spec
from trilayer.optional import require
from trilayer.select.presets import MOST_BINS, splits
from trilayer.select.recipe import Wish, select_on
from trilayer.select.search import losses_of
from trilayer.sources.memory import MemorySource

if TYPE_CHECKING:
    import optuna
else:
    optuna = require("optuna", "tune")

HIDDEN = (1, 128)
L2 = (1e-2, 300.0)
BINS = (0, 4, 8, 16, 28, 48)
"""What is searched; the first two by their logarithms."""

_UNPRUNED = 5  # trials before hopeless ones are given up half way


@dataclass(frozen=True)
class Setting:
    """What is tuned; None is left to the recipe.

    Attributes
    ----------
    hidden : int or None
        Hidden units of each start.
    l2 : float or None
    bins : int or None
        Of each number, at the most.
    """

    hidden: int | None = None
    l2: float | None = None
    bins: int | None = None

    def wish(self, base: Wish) -> Wish:
        """Return how to train with it; the bins are the rows'."""
        units = None if self.hidden is None else [self.hidden]
        return replace(base, units=units, l2s=None if self.l2 is None else [self.l2])


class Judged(NamedTuple):
    """The log-loss of the parts judged so far, and how the network of the last was trained."""

    log_loss: float
    spec: Spec


@dataclass(frozen=True)
class Tuner:
    """What trials are made of.

    Attributes
    ----------
    rows : callable
        Gives the rows to learn from by their bins.
    classes : array, (2,)
    wish : Wish
        What else is said of how to train.
    fixed : Setting
        What is said of the three, and so not searched.
    """

    rows: Callable[[int | None], MemorySource]
    classes: NDArray[Any]
    wish: Wish
    fixed: Setting

    def judged(self, setting: Setting, deadline: float = np.inf) -> Iterator["Judged"]:
        """Judge a setting: yield the mean log-loss of the parts judged so far, after each.

        Raises
        ------
        InputError
            If there are too few rows of a label to set some aside.
        TimeoutError
            If the deadline, by `time.monotonic`, comes before.
        """
        source, wish = self.rows(setting.bins), setting.wish(self.wish)
        parts = splits(source, wish.random_state)
        if not parts:
            raise InputError("there are too few rows of one label to tune by: use train")
        loss = weight = 0.0
        for train, judge in parts:
            more, counted, spec = self._fit(source.part(train), source.part(judge), wish, deadline)
            loss, weight = loss + more, weight + counted
            yield Judged(loss / weight, spec)

    def _fit(
        self, train: MemorySource, held: MemorySource, wish: Wish, deadline: float
    ) -> tuple[float, float, Spec]:
        """Train on a part; return the weighted sum of the other's log-losses, and its weight."""

        def late(_: Progress) -> bool:
            return time.monotonic() > deadline

        with train, held:
            selected = select_on(train, self.classes, wish, on_step=late)
            made = selected.trained
            if made.outcome.reason == "interrupted":
                raise KeyboardInterrupt
            if made.outcome.reason == "callback":
                raise TimeoutError
            losses = losses_of(selected.spec, made.params, held, held.n_threads)
            return losses, float(held.s.sum()), selected.spec

    def suggested(self, trial: "optuna.Trial") -> Setting:
        """Ask Optuna for what is not said."""
        fixed = self.fixed
        hidden, l2, bins = fixed.hidden, fixed.l2, fixed.bins
        if hidden is None:
            hidden = trial.suggest_int("hidden", *HIDDEN, log=True)
        if l2 is None:  # to three digits, as it is typed
            l2 = float(f"{trial.suggest_float('l2', *L2, log=True):.3g}")
        if bins is None:
            bins = trial.suggest_categorical("bins", BINS)
        return Setting(hidden, l2, bins)


@dataclass(frozen=True)
class Found:
    """What a search has found.

    Attributes
    ----------
    setting : Setting
        The best one; what was fixed, and no more, where no trial did better than that.
    log_loss, defaults : float
        Of it, and of the recipe left to itself, on the rows set aside.
    trials : int
        How many there were, with those of earlier calls.
    """

    setting: Setting
    log_loss: float
    defaults: float
    trials: int


def search(
    tuner: Tuner,
    study: "optuna.Study",
    *,
    seconds: float,
    trials: int | None,
    told: Callable[[int, Setting, float], object],
    on_trial: Callable[[int], object],
) -> Found:
    """Try settings until time or trials are over, or Ctrl-C comes.

    Parameters
    ----------
    tuner : Tuner
    study : optuna.Study
        Holds the trials; `begun` gives one.
    seconds : float
        Also bounds the trial that is under way then, which is given up.
    trials : int or None
        How many more, at the most.
    told : callable
        Told of each setting that is the best so far: its number, what it is, its log-loss.
    on_trial : callable
        Told how many there were, after each.

    Raises
    ------
    InputError
        If there are too few rows.
    """
    began = time.monotonic()
    defaults = _defaults(tuner, study)
    deadline = began + seconds

    def objective(trial: "optuna.Trial") -> float:
        setting, loss = tuner.suggested(trial), np.inf
        trial.set_user_attr("setting", vars(setting))
        try:
            for part, (loss, _) in enumerate(tuner.judged(setting, deadline)):
                trial.report(loss, part)
                if trial.should_prune():
                    raise optuna.TrialPruned
        except (DivergenceError, TimeoutError) as error:
            raise optuna.TrialPruned from error
        return loss

    def tell(study: "optuna.Study", trial: "optuna.trial.FrozenTrial") -> None:
        if trial.state is optuna.trial.TrialState.COMPLETE and study.best_trial == trial:
            assert trial.value is not None  # noqa: S101 - for it is complete
            told(trial.number + 1, Setting(**trial.user_attrs["setting"]), trial.value)
        on_trial(trial.number + 1)
        if time.monotonic() > deadline:
            study.stop()

    try:
        left = max(deadline - time.monotonic(), 0.0)
        study.optimize(objective, n_trials=trials, timeout=left, callbacks=[tell])
    except KeyboardInterrupt:  # with what there is
        pass
    return _found(tuner, study, defaults)


def _defaults(tuner: Tuner, study: "optuna.Study") -> float:
    """Return the log-loss of the recipe left to itself: from an earlier call, if there was one.

    The first trial then is what the recipe has chosen.
    """
    known = study.user_attrs.get("defaults")
    if isinstance(known, float):
        return known
    *_, (defaults, spec) = tuner.judged(tuner.fixed)
    study.set_user_attr("defaults", defaults)
    chosen = {
        "hidden": int(np.clip(spec.hidden_units or 0, *HIDDEN)),
        "l2": float(np.clip(spec.l2, *L2)),
        "bins": MOST_BINS,
    }
    free = {name: each for name, each in chosen.items() if getattr(tuner.fixed, name) is None}
    study.enqueue_trial(free)
    return defaults


def _found(tuner: Tuner, study: "optuna.Study", defaults: float) -> Found:
    complete = study.get_trials(states=[optuna.trial.TrialState.COMPLETE])
    count = tried(study)
    if complete and (best := study.best_trial).value is not None and best.value < defaults:
        return Found(Setting(**best.user_attrs["setting"]), best.value, defaults, count)
    return Found(tuner.fixed, defaults, defaults, count)


def begun(storage: "optuna.storages.BaseStorage | None", seed: int) -> "optuna.Study":
    """Begin a search, or take up the one that the storage holds."""
    study = optuna.create_study(
        study_name="trilayer tune",
        storage=storage,
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_UNPRUNED),
    )
    # With what was tried, so that going on does not draw the same again.
    drawn = int(np.random.default_rng([seed, tried(study)]).integers(2**31))
    study.sampler = optuna.samplers.TPESampler(seed=drawn)
    return study


def tried(study: "optuna.Study") -> int:
    """Return how many trials were begun."""
    return sum(each.state is not optuna.trial.TrialState.WAITING for each in study.trials)
