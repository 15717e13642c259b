"""What ``trilayer tune`` does, step by step."""

import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from trilayer.cli.checkpoints import about
from trilayer.cli.fitting import fit, wish_of
from trilayer.cli.job import Job
from trilayer.cli.learning import judged_by, look_at, tell
from trilayer.cli.model import positive_logits
from trilayer.cli.output import counted, say, show, show_json
from trilayer.cli.progress import budget_bar
from trilayer.cli.settings import Columns, Settings, Text
from trilayer.cli.told import show_results
from trilayer.cli.training import learn_and_judge
from trilayer.errors import InputError
from trilayer.metrics.scores import CLEAR, gain_of, losses, scores
from trilayer.select.dataset import Dataset, dataset, read_table
from trilayer.select.tuning import Found, Setting, Tuner, begun, search, tried
from trilayer.sources.opening import in_memory, is_large

if TYPE_CHECKING:
    from trilayer.estimators.classifier import TriLayerClassifier


@dataclass(frozen=True)
class Budget:
    """How long the search may last, and where its trials are kept.

    Attributes
    ----------
    seconds : float
    trials : int or None
    storage : Path or None
    """

    seconds: float
    trials: int | None
    storage: Path | None


def run(job: Job, budget: Budget, *, as_json: bool) -> int:
    """Search, train with the best, judge it beside the defaults; return the exit code."""
    began = time.monotonic()
    with _tables(job) as rows_of:
        found = _searched(job, budget, rows_of)
        seconds = time.monotonic() - began
        setting = found.setting
        chosen = replace(job.settings, hidden=setting.hidden, l2=setting.l2, bins=setting.bins)
        tuned = replace(job, settings=chosen)
        beside = rows_of(job.settings.bins)
        plain = None  # where nothing is better than the defaults, they are not trained twice
        if chosen != job.settings:
            plain = fit(job.settings, job.settings.hidden, beside, "defaults", None).network

        def shown(result: dict[str, Any], network: "TriLayerClassifier") -> None:
            rows = rows_of(setting.bins)
            told = _told(
                tuned, found, (rows, network), (beside, network if plain is None else plain)
            )
            _show(result | {"tuning": told | {"seconds": round(seconds, 3)}}, as_json=as_json)

        return learn_and_judge(tuned, rows_of(setting.bins), None, shown)


@contextmanager
def _tables(job: Job) -> Iterator[Callable[[int | None], Dataset]]:
    """Hold the rows in memory, by their bins: the same rows, encoded once for each.

    Raises
    ------
    InputError
        If there is not the memory for them, or the table is of no use.
    """
    if is_large(job.files):
        raise InputError(
            f"{job.files[0].name}: tune holds the rows in memory, and these are too many: tune on "
            "a part of them, and give what it finds to train"
        )
    table = look_at(job.files, job.columns).kept()
    share = 0.0 if job.valid else job.settings.test_share
    told: list[int | None] = []
    with ExitStack() as stack:

        @cache
        def rows_of(bins: int | None) -> Dataset:
            read = read_table(
                table, positive=job.columns.positive, seed=job.settings.seed, share=share,
                max_bins=bins,
            )  # fmt: skip
            if not told:
                tell(job, read)
            told.append(bins)
            source = stack.enter_context(in_memory(read, job.settings.threads))
            return judged_by(job, dataset(read, source))

        yield rows_of


def _searched(job: Job, budget: Budget, rows_of: Callable[[int | None], Dataset]) -> Found:
    settings = job.settings
    study = _study(job, budget)
    first = rows_of(settings.bins)
    tuner = Tuner(
        lambda bins: rows_of(bins).source,  # type: ignore[arg-type, return-value]
        first.target.classes,
        wish_of(settings, settings.hidden),
        Setting(settings.hidden, settings.l2, settings.bins),
    )
    done = tried(study)
    if done:
        say(f"{budget.storage}: goes on after {counted(done, 'trial')}")

    def told(number: int, setting: Setting, loss: float) -> None:
        say(f"trial {number}: log-loss {loss:.4f} with {_words(setting)}")

    with budget_bar("tuning", budget.seconds) as bar:
        found = search(
            tuner, study, seconds=budget.seconds, trials=budget.trials, told=told,
            on_trial=lambda count: bar(counted(count, "trial")),
        )  # fmt: skip
    if found.log_loss < found.defaults:
        best = f"the best of {counted(found.trials, 'trial')} has {_words(found.setting)}"
    else:
        best = f"none of {counted(found.trials, 'trial')} did better than the defaults"
    say(
        f"{best}: log-loss on rows set aside {found.log_loss:.4f}, the defaults' "
        f"{found.defaults:.4f}"
    )
    return found


def _study(job: Job, budget: Budget) -> "optuna.Study":
    """Open the file of trials, and refuse one of other rows or other options."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = None
    try:
        if budget.storage is not None:
            storage = JournalStorage(JournalFileBackend(str(budget.storage)))
        study = begun(storage, job.settings.seed)
    except (ValueError, KeyError, TypeError, AssertionError, AttributeError) as error:
        raise InputError(
            f"{budget.storage}: this is no file of trials: name another --storage"
        ) from error
    now = {name: _plain(value) for name, value in about(job).items()}
    then = study.user_attrs.get("about", now)
    for name in sorted(now.keys() | then.keys()):
        if then.get(name) != now.get(name):
            raise InputError(
                f"{budget.storage}: these trials are of another search: {name} was "
                f"{then.get(name)} and is {now.get(name)}: name another --storage"
            )
    study.set_user_attr("about", now)
    return study


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _words(setting: Setting) -> str:
    said = {name: each for name, each in vars(setting).items() if each is not None}
    return ", ".join(f"{name} {each:g}" for name, each in said.items()) or "the defaults"


def _told(
    job: Job,
    found: Found,
    tuned: "tuple[Dataset, TriLayerClassifier]",
    plain: "tuple[Dataset, TriLayerClassifier]",
) -> dict[str, Any]:
    """Return what ``--json`` tells of the tuning, in the end on rows that it never saw."""
    (rows, network), (beside, other) = tuned, plain
    Z = positive_logits(network.params_, rows.held, rows.target)
    Z_other = positive_logits(other.params_, beside.held, beside.target)
    positive = rows.held_positive
    gain, error = gain_of(losses(Z, positive), losses(Z_other, positive))
    return {
        "trials": found.trials,
        "setting": vars(found.setting),
        "set_aside": {"log_loss": found.log_loss, "defaults": found.defaults},
        "defaults": scores(Z_other, positive, job.threshold).as_json(),
        "gained": gain,
        "standard_error": error,
        "command": command(job),
    }


def _show(result: dict[str, Any], *, as_json: bool) -> None:
    told = result["tuning"]
    say(f"the same model: {told['command']}")
    if as_json:
        show_json(result)
        return
    show_results(result)
    show(_verdict(result["network"]["log_loss"], told))


def _verdict(log_loss: float, told: dict[str, Any]) -> str:
    """Say what tuning gained, where it has not looked."""
    gain, error, before = told["gained"], told["standard_error"], told["defaults"]["log_loss"]
    error = float("inf") if error is None else error  # of a single row
    beside = f"log-loss {log_loss:.4f} beside {before:.4f} of the defaults, on rows it never saw"
    if gain > CLEAR * error:
        return f"Tuning gained {gain:.4f}: {beside}."
    if gain < -CLEAR * error:
        return f"Tuning lost {-gain:.4f}: {beside}; train without it."
    return f"Tuning made no clear difference: {beside}."


def command(job: Job) -> str:
    """Write the command by which train makes a job's model."""
    words = ["trilayer", "train", *map(str, job.data), *_options(job.columns, Columns(""))]
    words += [word for path in job.valid for word in ("--valid", str(path))]
    if job.threshold != 0.5:
        words += ["--threshold", repr(job.threshold)]
    words += [*_options(job.settings, Settings()), *_options(job.text, Text())]
    return shlex.join([*words, "--output", str(job.output)])


def _options(group: Any, defaults: Any) -> Iterator[str]:
    """Write the options of a group that are not as they are by default."""
    for each in fields(group):
        value, name = getattr(group, each.name), each.name.replace("_", "-")
        if value == getattr(defaults, each.name):
            continue
        if isinstance(value, bool):
            yield f"--{name}" if value else f"--no-{name}"
        else:
            for one in value if isinstance(value, tuple) else (value,):
                yield f"--{name}={one}"
