"""The report, in markdown."""

import pandas as pd

from trial import protocol
from trial.ablations import ablations
from trial.claims import claims
from trial.compare import set_count, standings
from trial.evidence import Evidence
from trial.groups import beside_simple, mean_skills, one_to_one
from trial.layout import lines, marked
from trial.sets import half

_DIGITS = {
    "rank logloss": 2, "rank auc": 2, "rank brier": 2, "rank accuracy": 2, "mean logloss": 4,
    "skill": 4, "mean auc": 4, "wins logloss": 0, "wins auc": 0, "median fit_s": 2,
}  # fmt: skip


def markdown(evidence: Evidence, about: str) -> str:
    """Return the whole report; `about` says what was run, on which machine."""
    sections = [
        f"# {evidence.label} on {len(evidence.info)} real tables\n\n{about}\n\n{_rules()}",
        _demands(evidence),
        _ranks(evidence),
        mean_skills(evidence),
        one_to_one(evidence),
        beside_simple(evidence),
        _halves(evidence),
        *_per_set(evidence),
        _calibration(evidence),
        ablations(evidence),
        _sets(evidence),
        _failures(evidence),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _rules() -> str:
    return (
        f"Stratified folds with fixed seeds, {protocol.FOLDS} a set; {protocol.MID_FOLDS} of them "
        f"are run beyond {protocol.MID_ROWS:,} rows, {protocol.BIG_FOLDS} beyond "
        f"{protocol.BIG_ROWS:,}; at most {protocol.MAX_TRAIN:,} rows to learn from and "
        f"{protocol.MAX_TEST:,} to be judged on. Every model runs with its defaults, the same for "
        "all sets. The peers' scores are stored results of the same rows; means are over the folds "
        "that all models of a table have run. Ranks: 1 is best, ties share one."
    )


def _demands(evidence: Evidence) -> str:
    words = {True: "yes", False: "**no**", None: "–"}
    rows = [[each.demand, each.found, words[each.holds]] for each in claims(evidence)]
    return "## What must show\n\n" + lines(["demand", "found", "met"], rows)


def _ranks(evidence: Evidence) -> str:
    """Rank on all sets, and on those of each folder if there are several."""
    found = [_standings("Ranks", evidence, evidence.table, evidence.usual)]
    if len(evidence.folders) > 1:
        for name, sets in evidence.folders.items():
            models = evidence.usual_on(sets)
            table = evidence.beside(models).reindex(sets)
            found.append(_standings(f"Ranks in {name}", evidence, table, models))
    return "\n\n".join(found)


def _halves(evidence: Evidence) -> str:
    """Rank on the sets that defaults were chosen on, and on those that confirm them."""
    halves = {
        "chosen": "The sets that defaults were chosen on",
        "confirm": "The sets that are to confirm them",
    }
    found = []
    where = pd.Series({name: half(name) for name in evidence.table.index})
    for key, title in halves.items():
        part = evidence.table[where == key]
        if set_count(part, evidence.usual):
            found.append(_standings(title, evidence, part, evidence.usual))
    return "\n\n".join(found)


def _standings(title: str, evidence: Evidence, table: pd.DataFrame, models: list[str]) -> str:
    found = standings(table, models)
    rows = [
        [_name(str(model), evidence), *(f"{row[c]:.{d}f}" for c, d in _DIGITS.items())]
        for model, row in found.iterrows()
    ]
    head = ["", *(_words(name) for name in _DIGITS)]
    return f"## {title} ({set_count(table, models)} sets)\n\n" + lines(head, rows)


def _words(column: str) -> str:
    return column.replace("logloss", "log-loss").replace("auc", "AUC").replace("fit_s", "fit, s")


def _name(model: str, evidence: Evidence) -> str:
    return f"**{model}**" if model == evidence.label else model


def _per_set(evidence: Evidence) -> list[str]:
    order = list(standings(evidence.table, evidence.usual).index)
    columns = [evidence.label, *(name for name in order if name != evidence.label)]
    titles = {
        "logloss": ("Log-loss", "min"),
        "auc": ("ROC-AUC", "max"),
        "brier": ("Brier score", "min"),
    }
    found = [
        f"## {title} per data set\n\n{marked(evidence.table[score][columns], best, 4)}"
        for score, (title, best) in titles.items()
    ]
    seconds = evidence.table["fit_s"][columns]
    return [
        *found,
        "## Seconds of a fit per data set\n\nThe peers' as stored, one thread on a shared machine: "
        f"indicative only.\n\n{marked(seconds, 'min', 2)}",
    ]


def _calibration(evidence: Evidence) -> str:
    errors = evidence.calibration["ece"]
    means = errors.dropna(axis="index").mean().sort_values()
    stored = sorted({*evidence.usual, *evidence.rest} - set(errors.columns))
    words = (
        "## Expected calibration error\n\nThe mean distance between probability and frequency, in "
        "15 bins of equal size, on each fold's test rows. Of the peers no probabilities are "
        "stored: those shown were fitted again here, by the same protocol"
        + (f"; not measured: {', '.join(stored)}." if stored else ".")
    )
    shown = pd.concat([errors, means.to_frame("**mean** of the complete lines").T])[
        list(means.index)
    ]
    text = f"{words}\n\n{marked(shown, 'min', 4)}"
    if evidence.refitted.empty:
        return text
    seconds = evidence.calibration["fit_s"][list(means.index)]
    return (
        f"{text}\n\n{_agreement(evidence)}\n\n## Seconds of a fit, measured here\n\n"
        f"Threads each: {evidence.threads}.\n\n{marked(seconds, 'min', 2)}"
    )


def _agreement(evidence: Evidence) -> str:
    """Say how far the refitted peers' log-losses are from the stored ones."""
    key = ["dataset", "fold", "model"]
    both = evidence.refitted.merge(evidence.results, on=key, suffixes=("", "_stored"))
    gaps = (both["logloss"] - both["logloss_stored"]).abs().groupby(both["model"]).max()
    told = ", ".join(f"{name} {gap:.1e}" for name, gap in gaps.items())
    return f"Largest difference of a fold's log-loss from the stored result: {told}."


def _sets(evidence: Evidence) -> str:
    rows = [
        [
            str(name), f"{row['n_rows']:,.0f}", f"{row['n_features']:.0f}",
            f"{row['positive_rate']:.3f}", f"{row['n_train']:,.0f}", f"{row['folds']:.0f}",
            half(str(name)),
        ]
        for name, row in evidence.info.iterrows()
    ]  # fmt: skip
    head = ["data set", "rows", "columns", "positive", "rows learnt from", "folds", "half"]
    return "## Data sets\n\n" + lines(head, rows)


def _failures(evidence: Evidence) -> str:
    failed = evidence.failures
    if failed.empty:
        return ""
    told = [f"- {r.dataset}, fold {r.fold}, {r.model}: {r.error}" for r in failed.itertuples()]
    return "## Failures\n\n" + "\n".join(told)
