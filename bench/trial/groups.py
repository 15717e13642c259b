"""The model and its peers by size of table, one to one, and beside the simple ones."""

import pandas as pd

from trial.claims import ALLOWED, SIMPLE, behind_simple
from trial.compare import beside_each, set_count, standings
from trial.evidence import Evidence
from trial.layout import lines

SIZES = {"≤ 400": 400, "≤ 2,500": 2_500, "≤ 10,000": 10_000, "more": float("inf")}
"""Classes of data sets by rows, each beyond the one before."""


def by_size(info: pd.DataFrame) -> dict[str, list[str]]:
    """Return the data sets of each class of size; classes without one are left out."""
    found, least = {}, 0.0
    for name, most in SIZES.items():
        there = info.index[(info["n_rows"] > least) & (info["n_rows"] <= most)]
        if len(there):
            found[name] = list(there)
        least = most
    return found


def mean_skills(evidence: Evidence) -> str:
    """Return a section: mean skill of each class of size, of who has run nearly all of it."""
    columns, counts = {}, []
    for name, sets in by_size(evidence.info).items():
        models = evidence.usual_on(sets)
        table = evidence.beside(models).reindex(sets)
        columns[name] = standings(table, models)[["rank logloss", "rank auc", "skill"]]
        counts.append(f"{name}: {set_count(table, models)} of {len(sets)}")
    names = {name for found in columns.values() for name in found.index}
    order = [evidence.label, *sorted(names - {evidence.label})]
    rows = [
        [f"**{name}**" if name == evidence.label else str(name),
         *(_cell(found, name) for found in columns.values())]
        for name in order
    ]  # fmt: skip
    return (
        "## Mean skill by size of table\n\nSkill is 1 less log-loss over that of the class prior; "
        "in brackets the mean ranks of log-loss and AUC. Of each class, those models that have run "
        f"nearly all of it, on the sets that all of them have ({'; '.join(counts)}).\n\n"
        + lines(["", *columns], rows)
    )


def _cell(found: pd.DataFrame, name: str) -> str:
    if name not in found.index:
        return "–"
    row = found.loc[name]
    return f"{row['skill']:.4f} ({row['rank logloss']:.2f}, {row['rank auc']:.2f})"


def one_to_one(evidence: Evidence) -> str:
    """Return a section: the model beside each peer, on whatever both have run."""
    found = beside_each(evidence.results, evidence.label)
    if found.empty:
        return ""
    rows = [
        [
            str(name), f"{row['sets']:.0f}", f"{row['fits']:.0f}",
            f"{row['ahead logloss']:.0f}", f"{row['skill']:.4f}", f"{row['its skill']:.4f}",
            f"{row['skill'] - row['its skill']:+.4f}"
            + (f" ± {row['error']:.4f}" if row["sets"] > 1 else ""),
            f"{row['ahead auc']:.0f}", f"{row['auc']:.4f}", f"{row['its auc']:.4f}",
            f"{row['its fit_s']:.2f}",
        ]
        for name, row in found.iterrows()
    ]  # fmt: skip
    head = [
        "", "sets", "fits", "ahead in log-loss", "skill", "its skill", "difference",
        "ahead in AUC", "AUC", "its AUC", "its seconds",
    ]  # fmt: skip
    return (
        f"## {evidence.label} beside each peer\n\nOn the folds that both have run, so the lines "
        "are of different tables. Differences of mean skill are with their standard error over "
        "sets; seconds, the median over sets, are of whichever machine.\n\n" + lines(head, rows)
    )


def beside_simple(evidence: Evidence) -> str:
    """Return a section: where the better of the simple models is ahead."""
    behind, who = behind_simple(evidence)
    worst = behind[behind > 0].sort_values(ascending=False)
    rows = [
        [str(name), f"{gap:+.4f}", str(who[name]), "**yes**" if gap > ALLOWED else "no"]
        for name, gap in worst.items()
    ]
    head = ["data set", "log-loss behind", "the better", f"by more than {ALLOWED:g}"]
    return (
        f"## Behind {', '.join(SIMPLE)}\n\nOf {len(behind)} sets, those where the best of them has "
        f"a lower log-loss than {evidence.label}.\n\n" + (lines(head, rows) if rows else "None.")
    )
