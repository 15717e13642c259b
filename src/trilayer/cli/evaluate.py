"""``trilayer evaluate``: the scores of a model on rows whose answers are known."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from trilayer.cli import exits
from trilayer.cli.settings import AS_IT_SAYS, Data, Flag, Text, Texts
from trilayer.errors import InputError

if TYPE_CHECKING:
    from trilayer.cli.model import Model


def evaluate(
    model: str,
    /,
    *data: Data,
    target: str | None = None,
    fail_under: Texts = (),
    fail_over: Texts = (),
    text: Annotated[Text, Parameter(name="*")] = AS_IT_SAYS,
    json: Flag = False,
) -> int:
    """Score a model on rows whose answers are known.

    Parameters
    ----------
    model
        Model file.
    data
        CSV, TSV or Parquet, plain or packed: files, a folder, or - for standard input.
    target
        Column with the answer; by default the one that the model was trained on.
    fail_under
        NAME=VALUE: exit with 1 if auc or accuracy is lower. Once for each.
    fail_over
        NAME=VALUE: exit with 1 if log_loss, brier or ece is higher. Once for each.
    json
        Print one JSON object instead of tables.
    """
    from trilayer.cli.model import load_model
    from trilayer.cli.output import say, show_json
    from trilayer.cli.paths import sources
    from trilayer.cli.told import tell_drift
    from trilayer.metrics.scores import HIGHER_IS_BETTER, LOWER_IS_BETTER

    floors = _bounds(fail_under, HIGHER_IS_BETTER, "--fail-under", "--fail-over")
    ceilings = _bounds(fail_over, LOWER_IS_BETTER, "--fail-over", "--fail-under")
    known = load_model(model)
    result = score_model(known, sources("evaluate", data, text), target)
    failed = [
        *(_verdict(result, name, bound, "under") for name, bound in floors.items()),
        *(_verdict(result, name, bound, "over") for name, bound in ceilings.items()),
    ]
    result["failed"] = [sentence for sentence in failed if sentence]
    tell_drift(each["differs"] for each in result["columns"])
    if json:
        show_json(result)
    else:
        _show(result)
    for sentence in result["failed"]:
        say(f"trilayer: {sentence}")
    return exits.FAILED if result["failed"] else exits.OK


def score_model(model: "Model", source: Any, column: str | None = None) -> dict[str, Any]:
    """Return what ``--json`` prints, but for what failed.

    Raises
    ------
    InputError
        If the table does not fit, or no row has an answer.
    """
    import numpy as np

    from trilayer.cli.model import TOO_LARGE, answered
    from trilayer.metrics.judgement import Judge
    from trilayer.metrics.scores import as_bins

    target = model.target_in(column)
    judge, unanswered, seen = Judge(model.record.threshold), 0, model.encoding.nothing_seen()
    with np.errstate(over="ignore"):
        for part in answered(model.encoding, target, source):
            judge.add(model.logits(part.X, part.where), part.positive)
            unanswered += part.unanswered
            seen += part.seen
        if not judge.rows:
            raise InputError(f"target column {target.name!r} is empty in every row")
        judged, prior, curve = judge.scores()
        line = judge.recalibration() if np.isfinite(judged.log_loss) else None
    if not np.isfinite(judged.log_loss):
        raise InputError(f"the log-loss is not finite: {TOO_LARGE}")
    return {
        "model": model.name,
        "target": target.name,
        "positive": target.positive,
        "negative": target.negative,
        "threshold": model.record.threshold,
        "without_answer": unanswered,
        **judged.as_json(),
        "prior_log_loss": prior,
        "calibration": None if line is None else line._asdict(),
        "reliability": as_bins(curve),
        "columns": [each.as_json() for each in model.encoding.drift(seen)],
    }


def _bounds(
    given: tuple[str, ...], names: tuple[str, ...], option: str, other: str
) -> dict[str, float]:
    """Read NAME=VALUE."""
    bounds = {}
    for text in given:
        name, equals, value = text.partition("=")
        if name not in names:
            raise InputError(
                f"{option} {text!r}: it takes {', '.join(names[:-1])} or {names[-1]} "
                f"({other} takes the other scores)"
            )
        try:
            bounds[name] = float(value)
        except ValueError:
            raise InputError(f"{option} {text!r}: write {name}=0.5, with a number") from None
        if not equals or bounds[name] != bounds[name]:
            raise InputError(f"{option} {text!r}: write {name}=0.5, with a number")
    return bounds


def _verdict(result: dict[str, Any], name: str, bound: float, side: str) -> str | None:
    """Say what failed, or nothing."""
    value = result[name]
    if value is None:
        return f"{name} is not defined, for all rows have the same label"
    missed = value < bound if side == "under" else value > bound
    return f"{name} is {value:.6g}, {side} {bound:g}" if missed else None


def _show(result: dict[str, Any]) -> None:
    from trilayer.cli.output import counted, say, score, show, table
    from trilayer.cli.told import confusion_table, reliability_table

    names = {
        "auc": "AUC",
        "log_loss": "log-loss",
        "prior_log_loss": "log-loss of the share of positives",
        "brier": "Brier score",
        "ece": "expected calibration error",
        "accuracy": "accuracy",
    }
    if result["without_answer"]:
        say(f"{counted(result['without_answer'], 'row')} without a target left out")
    rows = [[words, score(result[name])] for name, words in names.items()]
    line = result["calibration"] or {"slope": None, "intercept": None}
    rows += [[f"calibration {name}", score(value)] for name, value in line.items()]
    show(
        table(("score", "value"), rows, title=f"On {result['rows']:,} rows", numbers=True),
        confusion_table(result["confusion"], result),
        reliability_table(result["reliability"], result),
    )
