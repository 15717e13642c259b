"""The trainings of ``trilayer train``: how they are asked for, shown, and spoken of."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from trilayer.cli.output import counted, say
from trilayer.cli.progress import progress_bar
from trilayer.cli.settings import Settings
from trilayer.errors import DivergenceError, InputError
from trilayer.estimators.classifier import TriLayerClassifier
from trilayer.fit.samples import drawn_seed
from trilayer.select.dataset import Dataset
from trilayer.select.recipe import Wish, select_on
from trilayer.select.relevance import by_name
from trilayer.select.search import Candidate
from trilayer.select.spread import spread_of
from trilayer.solvers.registry import AUTO

if TYPE_CHECKING:
    from trilayer.checkpoint import Checkpoint

_ADVICE = {
    "max_iter": "stopped at --max-iter {most} before it had converged: raise it",
    "max_seconds": "stopped at --max-seconds after {n}, before it had converged",
    "diverged": "left the finite numbers after {n}, and the best parameters before "
    "that are kept: lower --learning-rate",
    "interrupted": "interrupted after {n}, and the best parameters so far, those of "
    "iteration {best}, are kept",
}


@dataclass(frozen=True)
class Trained:
    """A network, and what its weight decay was chosen from.

    Attributes
    ----------
    network : TriLayerClassifier
    candidates : tuple of Candidate
        Empty where nothing was chosen.
    relevance : dict of str to float, or None
        How much each column matters beside the one that does most, where that was learnt.
    """

    network: TriLayerClassifier
    candidates: tuple[Candidate, ...] = ()
    relevance: dict[str, float] | None = None


def wish_of(settings: Settings, hidden: int | None) -> Wish:
    """Return what the options say of how to train; all else is the recipe's."""
    # A learning rate is for steps on batches: lbfgs finds its own.
    batches = settings.solver == AUTO and settings.learning_rate is not None
    return Wish(
        solver="adam" if batches else settings.solver,
        learning_rate=settings.learning_rate,
        max_iter=settings.max_iter,
        max_seconds=settings.max_seconds,
        units=None if hidden is None else [hidden],
        l2s=None if settings.l2 is None else [settings.l2],
        n_starts=1 if hidden == 0 else settings.starts,
        n_threads=settings.threads,
        random_state=drawn_seed(settings.seed),
    )


def fit(
    settings: Settings,
    hidden: int | None,
    rows: Dataset,
    label: str,
    checkpoint: "Checkpoint | None",
) -> Trained:
    """Train a network: what the options do not say is the recipe's to choose.

    The label is also the checkpoint's stage. What should be known of a run that did not end
    well goes to standard error.
    """
    stage = checkpoint and checkpoint.stage(label)
    wish, source = wish_of(settings, hidden), rows.source
    with progress_bar(label, wish.spec(source.m).max_iter) as told:
        try:
            selected = select_on(
                source, rows.target.classes, wish, on_step=told.step, on_choice=told.choice,
                checkpoint=stage,
            )  # fmt: skip
        except DivergenceError as error:
            knob = ": use a smaller --learning-rate" * (settings.learning_rate is not None)
            raise InputError(f"training left the finite numbers{knob or f': {error}'}") from error
    network = TriLayerClassifier(**selected.spec.settings)
    network.adopt(selected.trained, rows.target.classes)
    if (spread := spread_of(source, wish, selected)) is not None:
        network.spread_ = spread.arrays()
    advice = _ADVICE.get(network.stop_reason_)
    # A recipe's iterations are as many as it takes.
    if advice and (network.stop_reason_ != "max_iter" or settings.max_iter is not None):
        iterations = counted(network.n_iter_, "iteration")
        facts = {"n": iterations, "best": network.best_iter_, "most": network.max_iter}
        say(f"{label}: {advice.format(**facts)}")
    names = (column.name for column in rows.encoder.columns_)
    relevance = by_name(selected.heights, source.layout.columns, names)
    return Trained(network, tuple(selected.candidates), relevance)
