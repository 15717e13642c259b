"""A table, cut into rows to learn from and rows to be judged on, and the runs over it."""

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from trilayer.cli.model import Encoding, Floats, answered
from trilayer.cli.output import counted, say
from trilayer.cli.progress import progress_bar
from trilayer.cli.settings import Columns, Settings
from trilayer.encoding import TableEncoder
from trilayer.errors import DivergenceError, InputError
from trilayer.estimators.classifier import TriLayerClassifier
from trilayer.estimators.cv import TriLayerClassifierCV
from trilayer.estimators.table_classifier import encoded
from trilayer.fit.run import solver_name
from trilayer.optional import require
from trilayer.select.presets import recipe
from trilayer.select.relevance import by_name
from trilayer.select.search import Candidate
from trilayer.solvers import solver
from trilayer.tables import (
    CATEGORY,
    NUMBER,
    column_names,
    convert,
    find_tables,
    kind_of,
    numbers_from_text,
    read_placed,
    refuse_infinite,
    require_columns,
)
from trilayer.tables.targets import Answers, Labels, Target, learn_target, missing

if TYPE_CHECKING:
    import pyarrow as pa

    from trilayer.checkpoint import Checkpoint
    from trilayer.cli.streaming import Streamed
    from trilayer.fit.loop import Watcher
else:
    pa = require("pyarrow", "cli")

VALIDATED = 0.1  # the share of the rows learnt from that early stopping watches
# With fewer rows of the rarer label in that share, stopping early is stopping at random: on
# the small sets (sonar, heart, haberman, breast cancer) weight decay alone did better.
_FEWEST_VALIDATED = 20
# L-BFGS and gradient descent rest on plateaus before they go on; 10 iterations were too few.
_PATIENCE = {"sums": 30, "batches": 10}
_MAX_ITER = 500


@dataclass(frozen=True)
class Known:
    """The rows of a table that have an answer.

    Attributes
    ----------
    table : pyarrow.Table
        The columns that may become inputs.
    target : Target
    labels : array, (m,)
    unanswered : int
        How many rows had no answer and are left out.
    """

    table: "pa.Table"
    target: Target
    labels: Labels
    unanswered: int

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return len(self.labels) + self.unanswered


def read_known(paths: Sequence[Path], columns: Columns) -> Known:
    """Read what a network is to learn from.

    Raises
    ------
    InputError
        If the table, a column named, or the target is not usable.
    """
    left_out = {*columns.id, *columns.drop}
    first = find_tables(paths)[0]
    names = column_names(first)
    require_columns([columns.target, *left_out, *columns.categorical], names, first.name)
    if columns.target in left_out:
        raise InputError(f"column {columns.target!r} is the target: it cannot be left out as well")
    wanted = [name for name in names if name not in left_out]
    if wanted == [columns.target]:
        raise InputError(f"{first.name}: there is no column beside the target to learn from")
    as_text = set(columns.categorical) & set(wanted) - {columns.target}
    table, places = read_placed(paths, columns=wanted, as_text=as_text)
    table = numbers_from_text(table, as_text={*as_text, columns.target}, places=places)
    # Now, while the rows stand as in the files, and a message can name them.
    numbers = [field.name for field in table.schema if kind_of(field.type) == NUMBER]
    refuse_infinite(table, set(numbers) - {columns.target}, places)
    values = table[columns.target]
    if kind_of(values.type) == CATEGORY:
        values = convert(values, CATEGORY, columns.target)
    absent = missing(values)
    if absent.all():
        raise InputError(f"target column {columns.target!r} is empty in every row")
    kept = pa.array(~absent)
    target, labels = learn_target(values.filter(kept), columns.target, columns.positive)
    inputs = table.drop_columns([columns.target]).filter(kept)
    return Known(inputs, target, labels, int(absent.sum()))


@dataclass(frozen=True)
class Cut:
    """Encoded rows to learn from (X, labels), and rows held out to judge by."""

    encoder: TableEncoder
    X: Floats
    labels: Labels
    held_X: Floats
    held_positive: Answers
    unanswered: int

    @property
    def learnt(self) -> int:
        """How many rows are learnt from."""
        return len(self.labels)

    @property
    def n1(self) -> int:
        """How many inputs there are."""
        return int(self.X.shape[1])

    @property
    def stops_early(self) -> bool:
        """Whether there are rows enough for a validation share that says something."""
        rarer = np.unique(self.labels, return_counts=True)[1].min()
        return enough_to_watch(rarer * VALIDATED)

    def rate(self, positive: Any) -> float:
        """Return the share of positives among the rows learnt from."""
        return float(np.mean(self.labels == positive))

    def teach(
        self,
        network: TriLayerClassifier,
        on_step: "Watcher | None",
        checkpoint: "Checkpoint | None",
    ) -> None:
        """Train a network."""
        network.fit(self.X, self.labels, on_step=on_step, checkpoint=checkpoint)


def cut(known: Known, columns: Columns, settings: Settings, valid: list[Path]) -> Cut:
    """Hold rows out, and fit the encoder on the others only.

    Raises
    ------
    InputError
        If there are too few rows, or the held-out table does not fit.
    """
    rows = np.arange(len(known.labels))
    learnt, held = (rows, rows[:0]) if valid else _split(known, settings)
    encoder, X = encoded(known.table.take(learnt), None, categorical=columns.categorical)
    if not valid:
        held_X = encoder.transform(known.table.take(held))
        positive = known.labels[held] == known.target.positive
        return Cut(encoder, X, known.labels[learnt], held_X, positive, 0)
    parts = list(answered(Encoding(encoder), known.target, valid))
    held_X = np.concatenate([part.X for part in parts])
    positive = np.concatenate([part.positive for part in parts])
    if not len(positive):
        raise InputError(f"{valid[0]}: target column {known.target.name!r} is empty in every row")
    unanswered = sum(part.unanswered for part in parts)
    return Cut(encoder, X, known.labels[learnt], held_X, positive, unanswered)


def _split(known: Known, settings: Settings) -> list[npt.NDArray[np.int64]]:
    rows = np.arange(len(known.labels))
    try:
        parts = train_test_split(
            rows, test_size=settings.test_share, stratify=known.labels, random_state=settings.seed
        )
    except ValueError as error:
        raise InputError(
            f"{len(rows)} rows are too few to hold out {settings.test_share:g} of them with both "
            "labels on both sides: give more rows, or another table with --valid"
        ) from error
    return [np.sort(part) for part in parts]


_ADVICE = {
    "max_iter": "stopped at --max-iter {most} before it had converged: raise it",
    "max_seconds": "stopped at --max-seconds after {n}, before it had converged",
    "diverged": "left the finite numbers after {n}, and the best parameters before "
    "that are kept: lower --learning-rate",
    "interrupted": "interrupted after {n}, and the best parameters so far, those of "
    "iteration {best}, are kept",
}


def enough_to_watch(rarer: float) -> bool:
    """Whether so many rows of the rarer label tell when to stop."""
    return bool(rarer >= _FEWEST_VALIDATED)


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


def fit(
    settings: Settings,
    hidden: int | None,
    rows: "Cut | Streamed",
    label: str,
    checkpoint: "Checkpoint | None",
) -> Trained:
    """Train a network, its weight decay chosen unless somebody says how it is to be trained.

    The label is also the checkpoint's stage. What should be known of a run that did not end
    well goes to standard error.
    """
    stage = checkpoint and checkpoint.stage(label)
    with warnings.catch_warnings():
        # The advice is the same, but names Python's arguments instead of the options.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if isinstance(rows, Cut) and settings.is_choice_ours:
            trained = _chosen(settings, hidden, rows, label, stage)
            unfinished = {"max_iter"} if settings.max_iter is None else set()
        else:
            trained, unfinished = _as_told(settings, hidden, rows, label, stage), set()
    network = trained.network
    advice = _ADVICE.get(network.stop_reason_)
    if advice and network.stop_reason_ not in unfinished:
        iterations = counted(network.n_iter_, "iteration")
        facts = {"n": iterations, "best": network.best_iter_, "most": network.max_iter}
        say(f"{label}: {advice.format(**facts)}")
    return trained


def _chosen(
    settings: Settings, hidden: int | None, rows: Cut, label: str, stage: "Checkpoint | None"
) -> Trained:
    """Choose weight decay by held-out log-loss, and train with it on all rows."""
    limits = {"max_iter": settings.max_iter, "max_seconds": settings.max_seconds}
    given = {name: value for name, value in limits.items() if value is not None}
    base = recipe(rows.learnt).set_params(**given)
    choice = TriLayerClassifierCV(
        base if given else None,
        hidden_units=hidden,
        n_starts=1 if hidden == 0 else settings.starts,
        n_threads=settings.threads,
        random_state=settings.seed,
    )
    with progress_bar(label, base.max_iter) as told:
        try:
            layout = rows.encoder.layout_
            choice.fit(rows.X, rows.labels, None, told.step, told.choice, stage, layout)
        except DivergenceError as error:
            raise InputError(f"training left the finite numbers: {error}") from error
    names = (column.name for column in rows.encoder.columns_)
    relevance = by_name(choice.heights_, layout.columns, names)
    return Trained(choice.best_estimator_, tuple(choice.candidates_), relevance)


def _as_told(
    settings: Settings,
    hidden: int | None,
    rows: "Cut | Streamed",
    label: str,
    stage: "Checkpoint | None",
) -> Trained:
    """Train as the options say, stopping early where there are rows enough to tell when."""
    network = TriLayerClassifier(
        hidden,
        solver=settings.solver,
        learning_rate=settings.learning_rate,
        l2=1.0 if settings.l2 is None else settings.l2,
        max_iter=settings.max_iter or _MAX_ITER,
        max_seconds=settings.max_seconds,
        n_starts=settings.starts or 1,
        early_stopping=rows.stops_early,
        validation_fraction=VALIDATED,
        n_threads=settings.threads,
        random_state=settings.seed,
    )
    needs = solver(solver_name(network, rows.learnt)).needs
    network.set_params(n_iter_no_change=_PATIENCE[needs])
    with progress_bar(label, network.max_iter) as told:
        try:
            rows.teach(network, told.step, stage)
        except DivergenceError as error:
            raise InputError(
                f"training with {solver_name(network, rows.learnt)} left the finite numbers "
                "before it had improved on its start: use a smaller --learning-rate"
            ) from error
    return Trained(network)


def fingerprint(paths: Sequence[Path], rows: int) -> dict[str, Any]:
    """Describe the data: SHA-256 over the bytes of the files, in the order of reading."""
    digest = hashlib.sha256()
    files = [Path(file.name) for file in find_tables(paths)]
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return {"files": [path.name for path in files], "rows": rows, "sha256": digest.hexdigest()}
