"""What each ingredient is worth: the model with one thing changed, beside itself."""

import pandas as pd

from trial.evidence import Evidence, variant
from trial.layout import lines, marked
from trial.sets import half

_MOVED = 0.002
"""Log-loss: what counts as better or worse on one data set."""


def ablations(evidence: Evidence) -> str:
    """Return that section of the report; empty if there were none."""
    prefix = variant(evidence.label, "")
    names = [n for n in evidence.variants["model"].unique() if n.startswith(prefix)]
    if not names:
        return ""
    table = [_ablation(evidence, name, name.removeprefix(prefix)) for name in names]
    head = [
        "", "sets", "log-loss", "on chosen", "on confirming", "better", "worse", "AUC", "ECE",
        "fit time",
    ]  # fmt: skip
    return (
        f"## Ablations\n\nEach line is {evidence.label} with one thing changed, less "
        f"{evidence.label} itself: mean differences over the data sets, so a positive log-loss "
        "means that the change hurts. Better and worse: sets whose log-loss moved by more than "
        f"{_MOVED:g}. Fit time: ratio of the sums.\n\n"
        + lines(head, table)
        + "\n\n"
        + _ablated_sets(evidence, names)
    )


def _paired(evidence: Evidence, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the mean scores of a variant and of the model, on the folds that both have run."""
    scores = ["logloss", "auc", "ece", "fit_s"]
    rows = evidence.variants
    changed = rows[rows["model"] == name].set_index(["dataset", "fold"])[scores]
    base = rows[rows["model"] == evidence.label].set_index(["dataset", "fold"])[scores]
    both = changed.index.intersection(base.index)
    return tuple(part.loc[both].groupby("dataset").mean() for part in (changed, base))


def _ablation(evidence: Evidence, name: str, words: str) -> list[str]:
    changed, base = _paired(evidence, name)
    gap = changed - base
    losses = gap["logloss"]
    where = pd.Series({dataset: half(dataset) for dataset in gap.index})

    def mean(values: "pd.Series[float]") -> str:
        return f"{values.mean():+.4f}" if len(values) else "–"

    return [
        words,
        str(len(gap)),
        mean(losses),
        mean(losses[where == "chosen"]),
        mean(losses[where == "confirm"]),
        str(int((losses < -_MOVED).sum())),
        str(int((losses > _MOVED).sum())),
        mean(gap["auc"]),
        mean(gap["ece"]),
        f"{changed['fit_s'].sum() / base['fit_s'].sum():.2f}" if len(gap) else "–",
    ]


def _ablated_sets(evidence: Evidence, names: list[str]) -> str:
    prefix = variant(evidence.label, "")
    own = evidence.variants.groupby(["dataset", "model"])["logloss"].mean().unstack("model")
    shown = own.reindex(evidence.info.index)[[evidence.label, *names]]
    shown.columns = [name.removeprefix(prefix) for name in shown.columns]
    return "Log-loss:\n\n" + marked(shown, "min", 4)
