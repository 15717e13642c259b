"""What must show, held against what was measured."""

from dataclasses import dataclass

import pandas as pd

from trial.compare import beside_each, set_count, standings
from trial.evidence import Evidence

TARGETS = {"adult": 0.293, "higgs_small": 0.560, "eeg_eye_state": 0.12, "phoneme": 0.240}
"""The log-loss to reach."""

TO_BEAT = "catboost"
SIMPLE = ("logreg", "mlp_relu", "mlp_sigmoid")
"""Logistic regression, and MLPClassifier with either activation."""
ALLOWED = 0.003
"""Log-loss: how far behind the better of them is not behind."""
SMALL_ROWS, SMALL_SECONDS = 2_000, 5.0


@dataclass(frozen=True)
class Claim:
    """A demand, what was found, and whether it is met (None: not measured)."""

    demand: str
    found: str
    holds: bool | None


def claims(evidence: Evidence) -> list[Claim]:
    """Return every demand of the trial."""
    return [
        *_ranks(evidence),
        *_beside_the_rest(evidence),
        _calibration(evidence),
        _never_worse(evidence),
        *(_target(evidence, name, bound) for name, bound in TARGETS.items()),
        *_seconds(evidence),
    ]


def _ranks(evidence: Evidence) -> list[Claim]:
    """First by log-loss, no worse than CatBoost by AUC: on all sets and on those of each folder."""
    groups = {"all": list(evidence.info.index)}
    if len(evidence.folders) > 1:
        groups |= evidence.folders
    return [claim for name, sets in groups.items() for claim in _ranks_on(evidence, name, sets)]


def _ranks_on(evidence: Evidence, name: str, sets: list[str]) -> list[Claim]:
    models = evidence.usual_on(sets)
    table = evidence.beside(models).reindex(sets)
    found = standings(table, models)
    losses, areas = found["rank logloss"], found["rank auc"]
    own = losses[evidence.label]
    rest = losses.drop(evidence.label)
    return [
        Claim(
            f"log-loss: first in mean rank over {set_count(table, models)} sets ({name})",
            f"{own:.2f}, the next is {rest.idxmin()} at {rest.min():.2f}" if len(rest) else "alone",
            bool(own < rest.min()) if len(rest) else None,
        ),
        _areas(areas, evidence.label, name),
    ]


def _areas(areas: "pd.Series[float]", label: str, name: str) -> Claim:
    demand = f"AUC: mean rank no worse than {TO_BEAT}'s ({name})"
    if TO_BEAT not in areas.index:
        return Claim(demand, f"no results of {TO_BEAT}", None)
    own, theirs = areas[label], areas[TO_BEAT]
    return Claim(demand, f"{own:.2f} beside {theirs:.2f}", bool(own <= theirs))


def _beside_the_rest(evidence: Evidence) -> list[Claim]:
    """Ahead in mean skill of whoever has run fewer sets, on those."""
    found = beside_each(evidence.results, evidence.label)
    return [
        Claim(
            f"log-loss: mean skill above that of {name} on the {row['sets']:.0f} sets that both "
            "have run",
            f"{row['skill']:.4f} beside {row['its skill']:.4f}",
            bool(row["skill"] > row["its skill"]),
        )
        for name, row in found.reindex(evidence.rest).dropna(how="all").iterrows()
    ]


def _calibration(evidence: Evidence) -> Claim:
    demand = "calibration error: the lowest mean of all measured here"
    errors = evidence.calibration["ece"].dropna(axis="index").mean()
    rest = errors.drop(evidence.label)
    if rest.empty or errors.isna().any():
        return Claim(demand, "no peer was fitted again on these sets (--refit)", None)
    own = errors[evidence.label]
    return Claim(
        demand,
        f"{own:.4f}, the next is {rest.idxmin()} at {rest.min():.4f} (of {len(rest)} peers)",
        bool(own < rest.min()),
    )


def _never_worse(evidence: Evidence) -> Claim:
    behind, _ = behind_simple(evidence)
    demand = f"log-loss: on no set behind the best of {', '.join(SIMPLE)} by more than {ALLOWED:g}"
    if behind.empty:
        return Claim(demand, "none of them was run", None)
    worst = behind[behind > ALLOWED].sort_values(ascending=False)
    found = ", ".join(f"{name} {gap:+.4f}" for name, gap in worst.items())
    return Claim(
        demand, found or f"at the most {behind.max():+.4f} ({behind.idxmax()})", worst.empty
    )


def behind_simple(evidence: Evidence) -> tuple["pd.Series[float]", "pd.Series[str]"]:
    """Return how far the model is behind the best of `SIMPLE` on each set, and which that is."""
    losses = evidence.beside([evidence.label, *SIMPLE])["logloss"]
    simple = losses.drop(columns=evidence.label).dropna(how="all")
    return losses.loc[simple.index, evidence.label] - simple.min(axis=1), simple.idxmin(axis=1)


def _target(evidence: Evidence, name: str, bound: float) -> Claim:
    demand = f"log-loss: {name} at the most {bound:.3f}"
    losses = evidence.beside([evidence.label, TO_BEAT])["logloss"]
    if name not in losses.index:
        return Claim(demand, "not run", None)
    beside = f" ({TO_BEAT} {losses.loc[name, TO_BEAT]:.4f})" if TO_BEAT in losses else ""
    own = losses.loc[name, evidence.label]
    return Claim(demand, f"{own:.4f}{beside}", bool(own <= bound))


def _seconds(evidence: Evidence) -> list[Claim]:
    seconds = evidence.calibration["fit_s"]
    own = seconds[evidence.label].dropna()
    rows = evidence.info["n_rows"].loc[own.index]
    small = own[rows <= SMALL_ROWS]
    slow = small[small >= SMALL_SECONDS]
    demands = f"fit time: under {SMALL_SECONDS:g} s up to {SMALL_ROWS:,} rows"
    told = ", ".join(f"{name} {value:.2f} s" for name, value in slow.items())
    first = Claim(
        demands,
        told or (f"at the most {small.max():.2f} s" if len(small) else "none run"),
        slow.empty if len(small) else None,
    )
    demand = f"fit time: at the most {TO_BEAT}'s on larger sets, both measured here"
    large = seconds[rows.reindex(seconds.index) > SMALL_ROWS]
    if TO_BEAT not in seconds or large[TO_BEAT].dropna().empty:
        return [first, Claim(demand, f"{TO_BEAT} was not fitted again (--refit {TO_BEAT})", None)]
    large = large.dropna(subset=[TO_BEAT])
    ratio = large[evidence.label] / large[TO_BEAT]
    over = ratio[ratio > 1]
    told = ", ".join(f"{name} {value:.2f} of it" for name, value in over.items())
    found = told or f"at the most {ratio.max():.2f} of it ({ratio.idxmax()})"
    return [first, Claim(demand, found, over.empty)]
