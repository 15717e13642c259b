"""What ``trilayer train`` does, step by step."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from trilayer.cli import exits
from trilayer.cli.learning import Cut, Known, cut, fingerprint, fit, read_known
from trilayer.cli.model import positive_logits
from trilayer.cli.output import counted, say, show_json
from trilayer.cli.scores import losses, prior_logit, scores, verdict
from trilayer.cli.settings import Columns, Settings
from trilayer.cli.targets import Target
from trilayer.cli.told import show_results, tell_cut, tell_table
from trilayer.errors import InputError
from trilayer.modelfile import save

if TYPE_CHECKING:
    from trilayer.estimator import TriLayerClassifier


@dataclass(frozen=True)
class Job:
    """What is asked of ``trilayer train``."""

    data: list[Path]
    valid: list[Path]
    columns: Columns
    settings: Settings
    threshold: float
    output: Path
    force: bool


def run(job: Job, *, as_json: bool) -> int:
    """Read, train, judge, save, tell; return the exit code."""
    known = read_known(job.data, job.columns)
    rows = cut(known, job.columns, job.settings, job.valid)
    # Only now: what cannot be used is refused in one sentence, and nothing else.
    tell_table(known, job)
    tell_cut(rows)
    began = time.monotonic()
    network = fit(job.settings, job.settings.hidden, rows, "network")
    seconds = time.monotonic() - began
    unit, stopped = _unit(job.settings, rows, network)
    with _no_interruption() as interrupted:
        result = _result(job, known, rows, network, unit) | {"seconds": round(seconds, 3)}
        _save(job, known, rows, network, result)
        _tell(network, seconds, job.output)
        _show(job, result, as_json=as_json)
    return exits.INTERRUPTED if stopped or interrupted else exits.OK


def _unit(
    settings: Settings, rows: Cut, network: "TriLayerClassifier"
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
    if not settings.hidden:
        return None, False
    try:
        unit = fit(settings, 0, rows, "unit, no hidden layer")
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
    known: Known,
    rows: Cut,
    network: "TriLayerClassifier",
    unit: "TriLayerClassifier | None",
) -> dict[str, Any]:
    """Return what ``--json`` prints and the model file keeps."""
    target = known.target
    return {
        "model": str(job.output),
        "target": target.name,
        "positive": target.positive,
        "negative": target.negative,
        "positive_rate": _rate(rows, target),
        "threshold": job.threshold,
        "rows": {
            "learnt": len(rows.labels),
            "held_out": len(rows.held_positive),
            "without_answer": known.unanswered + rows.unanswered,
        },
        "inputs": network.n_features_in_,
        "columns": len(rows.encoder.columns_),
        "left_out": [{"column": name, "reason": why} for name, why in rows.encoder.dropped_],
        "hidden": job.settings.hidden,
        "solver": network.solver_,
        "engine": network.engine_,
        "iterations": network.n_iter_,
        "best_iteration": network.best_iter_,
        "stop_reason": network.stop_reason_,
        **_judgement(job, target, rows, network, unit),
    }


def _judgement(
    job: Job,
    target: Target,
    rows: Cut,
    network: "TriLayerClassifier",
    unit: "TriLayerClassifier | None",
) -> dict[str, Any]:
    """Score the network and the baselines on the held-out rows."""
    held = rows.held_positive

    def judged(Z: Any) -> dict[str, Any]:
        return scores(Z, held, job.threshold).as_json()

    prior = np.full(len(held), prior_logit(_rate(rows, target)))
    baselines = {"prior": judged(prior), "unit": None}
    Z = positive_logits(network.params_, rows.held_X, target)
    earns, sentence = None, "There is no hidden layer to judge (--hidden 0)."
    if unit is not None:
        Z_unit = positive_logits(unit.params_, rows.held_X, target)
        baselines["unit"] = judged(Z_unit)
        earns, sentence = verdict(losses(Z, held), losses(Z_unit, held))
    elif job.settings.hidden:
        sentence = "The unit without a hidden layer was not trained, so there is no comparison."
    return {
        "network": judged(Z),
        "baselines": baselines,
        "hidden_layer_earns_its_place": earns,
        "verdict": sentence,
    }


def _rate(rows: Cut, target: Target) -> float:
    """Return the share of positives among the rows learnt from."""
    return float(np.mean(rows.labels == target.positive))


def _save(
    job: Job, known: Known, rows: Cut, network: "TriLayerClassifier", result: dict[str, Any]
) -> None:
    kept = {name: value for name, value in result.items() if name not in {"model", "seconds"}}
    save(
        Pipeline([("encoder", rows.encoder), ("network", network)]),
        job.output,
        positive=known.target.positive,
        threshold=job.threshold,
        summary=kept,
        fingerprint=fingerprint(job.data, len(known.labels) + known.unanswered),
        force=job.force,
    )


def _show(job: Job, result: dict[str, Any], *, as_json: bool) -> None:
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


def _tell(network: "TriLayerClassifier", seconds: float, output: Path) -> None:
    iterations = counted(network.n_iter_, "iteration")
    why = f": {_STOPPED[network.stop_reason_]}" if network.stop_reason_ in _STOPPED else ""
    say(f"trained {iterations} of {network.solver_} in {seconds:.1f} s{why}")
    say(f"wrote {output}")
