"""What ``trilayer train`` does, step by step."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from trilayer.cli import exits
from trilayer.cli.checkpoints import opened, tell_done
from trilayer.cli.command import command_of
from trilayer.cli.fitting import Trained, fit
from trilayer.cli.job import Job
from trilayer.cli.learning import opened as rows_of
from trilayer.cli.model import positive_logits
from trilayer.cli.output import counted, say, show_json
from trilayer.cli.settings import Settings
from trilayer.cli.told import show_results
from trilayer.errors import InputError
from trilayer.metrics.scores import gain_of, losses, prior_logit, scores, verdict
from trilayer.modelfile import save
from trilayer.select.dataset import Dataset, held_share
from trilayer.select.leaks import leaks
from trilayer.tables.targets import Target

if TYPE_CHECKING:
    from trilayer.checkpoint import Checkpoint
    from trilayer.estimators.classifier import TriLayerClassifier


def run(job: Job, *, as_json: bool) -> int:
    """Read, train, judge, save, tell; return the exit code."""
    checkpoints: list[Checkpoint | None] = []
    with rows_of(job, lambda: checkpoints.append(opened(job))) as rows:
        return learn_and_judge(job, rows, checkpoints[0], partial(_show, job, as_json=as_json))


def learn_and_judge(
    job: Job,
    rows: Dataset,
    checkpoint: "Checkpoint | None",
    show: Callable[[dict[str, Any], "TriLayerClassifier"], None],
) -> int:
    """Train, judge, save, tell; return the exit code.

    Parameters
    ----------
    job : Job
    rows : Dataset
    checkpoint : Checkpoint or None
    show : callable
        Prints what ``--json`` prints, of the network.
    """
    tell_done(checkpoint)
    began = time.monotonic()
    trained = fit(job.settings, job.settings.hidden, rows, "network", checkpoint)
    network = trained.network
    seconds = time.monotonic() - began
    if checkpoint is not None:
        # With those before a fault, as far as they are written down.
        seconds = max(seconds, checkpoint.stage("network").seconds)
    unit, stopped = _unit(job.settings, rows, network, checkpoint)
    with _no_interruption() as interrupted:
        result = _result(job, rows, trained, unit) | {"seconds": round(seconds, 3)}
        _save(job, rows, network, result)
        _tell(trained, seconds, job.output)
        for leak in result["leaks"]:
            say(
                f"warning: column {leak['column']!r} alone ranks the held-out rows with AUC "
                f"{leak['auc']:.4f}: if it is known only after the answer is, leave it out with "
                "--drop"
            )
        show(result, network)
        if job.report is not None:
            _report(job, job.report)
    return exits.INTERRUPTED if stopped or interrupted else exits.OK


def _unit(
    settings: Settings,
    rows: Dataset,
    network: "TriLayerClassifier",
    checkpoint: "Checkpoint | None",
) -> "tuple[TriLayerClassifier | None, bool]":
    """Train the unit without a hidden layer (E33), where there is need and time for it.

    Returns
    -------
    unit : TriLayerClassifier or None
    interrupted : bool
        Whether Ctrl-C stopped its training, or the network's.
    """
    if network.stop_reason_ == "interrupted":
        return None, True
    if not network.params_.n2:
        return None, False
    try:
        unit = fit(settings, 0, rows, "unit, no hidden layer", checkpoint).network
    except KeyboardInterrupt:  # before its first iteration
        return None, True
    if unit.stop_reason_ == "interrupted":
        return None, True
    return unit, False


@contextmanager
def _no_interruption() -> Iterator[list[int]]:
    """Put Ctrl-C off until what is trained is saved; yield the signals that came meanwhile."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)


def _result(
    job: Job,
    rows: Dataset,
    trained: Trained,
    unit: "TriLayerClassifier | None",
) -> dict[str, Any]:
    """Return what ``--json`` prints and the model file keeps."""
    target, network = rows.target, trained.network
    return {
        "model": str(job.output),
        "target": target.name,
        "positive": target.positive,
        "negative": target.negative,
        "against_rest": target.one,
        "positive_rate": rows.positive_rate,
        "threshold": job.threshold,
        "rows": {
            "learnt": rows.source.m,
            "held_out": len(rows.held_positive),
            "without_answer": rows.unanswered,
        },
        "inputs": network.n_features_in_,
        "columns": len(rows.encoder.columns_),
        "command": command_of(job),
        "split": _split(job, rows),
        "left_out": [{"column": name, "reason": why} for name, why in rows.encoder.dropped_],
        "read_as": [
            {"column": each.name, "kind": each.kind, "note": each.note}
            for each in rows.encoder.describe()
            if each.inputs and each.note
        ],
        "hidden": network.params_.n2,
        "starts": network.n_starts,
        "l2": network.l2,
        "tried": [
            {
                "hidden": each.hidden_units,
                "l2": each.l2,
                "log_loss": each.log_loss,
                "damped": each.damped,
            }
            for each in trained.candidates
        ],
        "relevance": trained.relevance,
        "leaks": [each._asdict() for each in leaks(rows)],
        "solver": network.solver_,
        "engine": network.engine_,
        "iterations": network.n_iter_,
        "best_iteration": network.best_iter_,
        "stop_reason": network.stop_reason_,
        **_judgement(job, target, rows, network, unit),
    }


def _split(job: Job, rows: Dataset) -> dict[str, Any] | None:
    """Say which rows of the table were held out, so that they can be found again."""
    if job.valid:
        return None
    share = held_share(job.settings.test_share, rows.table_rows)
    return {"seed": job.settings.seed, "share": share, "positive": job.columns.positive}


def _judgement(
    job: Job,
    target: Target,
    rows: Dataset,
    network: "TriLayerClassifier",
    unit: "TriLayerClassifier | None",
) -> dict[str, Any]:
    """Score the network and the baselines on the held-out rows."""
    held = rows.held_positive

    def judged(Z: Any) -> dict[str, Any]:
        return scores(Z, held, job.threshold).as_json()

    prior = np.full(len(held), prior_logit(rows.positive_rate))
    baselines = {"prior": judged(prior), "unit": None}
    Z = positive_logits(network.params_, rows.held, target)
    earns, gain, sentence = None, None, "There is no hidden layer to judge (--hidden 0)."
    if unit is not None:
        Z_unit = positive_logits(unit.params_, rows.held, target)
        baselines["unit"] = judged(Z_unit)
        both = losses(Z, held), losses(Z_unit, held)
        gain = gain_of(*both)._asdict()
        earns, sentence = verdict(*both)
    elif network.params_.n2:
        sentence = "The unit without a hidden layer was not trained, so there is no comparison."
    return {
        "network": judged(Z),
        "baselines": baselines,
        "hidden_layer_earns_its_place": earns,
        "gain": gain,
        "verdict": sentence,
    }


def _save(
    job: Job,
    rows: Dataset,
    network: "TriLayerClassifier",
    result: dict[str, Any],
) -> None:
    kept = {name: value for name, value in result.items() if name not in {"model", "seconds"}}
    save(
        Pipeline([("encoder", rows.encoder), ("network", network)]),
        job.output,
        positive=rows.target.positive,
        threshold=job.threshold,
        summary=kept,
        fingerprint=_fingerprint(job, rows),
        force=job.force,
    )


def _report(job: Job, place: Path) -> None:
    """Write the report on the model that was saved, judged by the rows held out."""
    from trilayer.cli.model import load_model
    from trilayer.cli.report import written

    # Those of --valid, where they are another table.
    written(load_model(str(job.output)), job.valid_files or job.files, place, force=job.force)
    say(f"wrote {place}")


def _fingerprint(job: Job, rows: Dataset) -> dict[str, Any]:
    """Describe the data: SHA-256 over the bytes of the files, in the order of reading."""
    names = [Path(file.name).name for file in job.files]
    return {"files": names, "rows": rows.table_rows, "sha256": rows.sha256}


def _show(
    job: Job, result: dict[str, Any], _: "TriLayerClassifier | None" = None, *, as_json: bool
) -> None:
    try:
        if as_json:
            show_json(result)
        else:
            show_results(result)
    except InputError as error:
        raise InputError(f"{error}; the model is written all the same: {job.output}") from error


_STOPPED = {
    "converged": "converged",
    "precision": "as far down as the numbers can show",
    "early_stopping": "the validation loss no longer fell",
}


def _ranked(relevance: Mapping[str, float], shown: int = 8) -> str:
    """List columns, the most relevant first; of many, the first few and the last."""
    falling = sorted(relevance.items(), key=lambda each: -each[1])
    told = [f"{name} {share:.2f}" for name, share in falling]
    return ", ".join(told if len(told) <= shown + 1 else [*told[:shown], "…", told[-1]])


def _tell(trained: Trained, seconds: float, output: Path) -> None:
    network = trained.network
    if len({each.l2 for each in trained.candidates}) > 1:
        least = min(each.log_loss for each in trained.candidates)
        say(
            f"chose l2={network.l2:g} of {len(trained.candidates)} tried: log-loss {least:.4f} on "
            "rows set aside for that"
        )
    if trained.relevance:
        say(f"columns by relevance: {_ranked(trained.relevance)}")
    iterations = counted(network.n_iter_, "iteration")
    starts = f" from {network.n_starts} starts" if network.n_starts > 1 else ""
    why = f": {_STOPPED[network.stop_reason_]}" if network.stop_reason_ in _STOPPED else ""
    say(f"trained {iterations} of {network.solver_}{starts} in {seconds:.1f} s{why}")
    say(f"wrote {output}")
