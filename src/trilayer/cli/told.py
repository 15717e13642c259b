"""What commands say about tables and results."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from trilayer.cli.output import counted, listed, say, score, show, table

if TYPE_CHECKING:
    from trilayer.encoding import ColumnSummary, TableEncoder
    from trilayer.tables.targets import Target

_COLUMNS = {
    "auc": "AUC",
    "log_loss": "log-loss",
    "brier": "Brier",
    "ece": "ECE",
    "accuracy": "accuracy",
}
_MOST = 12  # columns that are told of, each on a line
_PLURALS = {"number": "numbers", "category": "categories", "boolean": "yes or no", "date": "dates"}


def tell_target(target: "Target", chosen: str, share: float, unanswered: int) -> None:
    """Say what is to be predicted, how often it occurs, and how often it is not known."""
    say(f"target {target.name}: positive is {target.positive!r}{chosen}, {share:.1%} of the rows")
    if unanswered:
        say(f"{counted(unanswered, 'row')} without a target left out")


def tell_columns(encoder: "TableEncoder") -> None:
    """Say what became of the columns."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for column in encoder.describe():
        kind = _PLURALS.get(column.kind, f"left out ({column.note})")
        by_kind[kind].append(described(column))
    # What is used first.
    for kind in sorted(by_kind, key=lambda kind: kind.startswith("left out")):
        say(f"  {kind}: {listed(by_kind[kind])}")


def described(column: "ColumnSummary") -> str:
    """Name a column, and say what became of it."""
    facts = []
    if column.inputs and column.bins:
        facts.append(counted(column.bins, "bin"))
    if column.inputs and column.levels:
        facts.append(counted(column.levels, "level"))
    if column.inputs and column.pooled:
        facts.append(f"{column.pooled:,} rare")
    if column.odds:
        facts.append(f"the odds of {column.odds:,}")
    if column.inputs and column.missing:
        facts.append(f"{column.missing:,} missing")
    if column.inputs and column.note:
        facts.append(column.note)
    return f"{column.name} ({', '.join(facts)})" if facts else column.name


def tell_drift(said: Iterable[str | None]) -> None:
    """Say which columns differ from training: of those that do not, nothing is said."""
    sentences = [each for each in said if each]
    if not sentences:
        return
    say("columns that differ from training, which may explain bad predictions:")
    for sentence in sentences[:_MOST]:
        say(f"  {sentence}")
    if len(sentences) > _MOST:
        say(f"  and {len(sentences) - _MOST:,} more")


def show_results(result: dict[str, Any]) -> None:
    """Print the scores beside the baselines', the confusion matrix and the verdict."""
    baselines = result["baselines"]
    models = {
        f"network, {result['hidden']} hidden": result["network"],
        "unit, no hidden layer": baselines["unit"],
        "class prior": baselines["prior"],
    }
    rows = [
        [name, *(score(judged[key]) for key in _COLUMNS)]
        for name, judged in models.items()
        if judged is not None
    ]
    title = f"On {result['rows']['held_out']:,} held-out rows"
    show(
        table(("", *_COLUMNS.values()), rows, title=title, numbers=True),
        confusion_table(result["network"]["confusion"], result),
        result["verdict"],
    )


def confusion_table(confusion: dict[str, int], about: dict[str, Any]) -> Any:
    """Lay out a confusion matrix; `about` names the labels and the threshold."""
    negative, positive = str(about["negative"]), str(about["positive"])
    rows = [
        [negative, f"{confusion['true_negative']:,}", f"{confusion['false_positive']:,}"],
        [positive, f"{confusion['false_negative']:,}", f"{confusion['true_positive']:,}"],
    ]
    title = f"Said to be {positive} from a probability of {about['threshold']:g} on"
    columns = ("truly", f"said {negative}", f"said {positive}")
    return table(columns, rows, title=title, numbers=True)


def reliability_table(bins: list[dict[str, float]], about: dict[str, Any]) -> Any:
    """Lay out a reliability curve; `about` names the positive label."""
    rows = [
        [score(each["probability"]), score(each["frequency"]), f"{each['rows']:,}"] for each in bins
    ]
    title = f"How often it is {about['positive']}, beside how often it was said to be"
    columns = ("probability", "frequency", "rows")
    return table(columns, rows, title=title, numbers=True)
