"""What the guard found, for a terminal and for the list in docs/benchmarks.md."""

import pandas as pd

from trial.guarding import GROUPS, NEEDED, Verdict, mean_and_error
from trial.layout import lines


def told(verdict: Verdict) -> str:
    """Return the finding for a person at a terminal."""
    rows = [
        [
            str(each.group), str(each.left_out), f"{each.gain:+.5f}", f"{each.error:.5f}",
            f"{each.gain_left_out:+.5f}", "yes" if each.holds else "no",
        ]
        for each in verdict.choices
    ]  # fmt: skip
    head = [
        "group left out", "its tables", "gain of the others", "standard error", "gain of its own",
        "holds",
    ]  # fmt: skip
    gains = verdict.gains.sort_values()
    parts = [
        f"{len(gains)} tables, mean skill {verdict.skills['before'].mean():.5f} before, "
        f"{verdict.skills['after'].mean():.5f} after; better on {int((gains > 0).sum())}, worse "
        f"on {int((gains < 0).sum())}.",
        lines(head, rows),
        f"Worst: {_named(gains.head(3))}. Best: {_named(gains.tail(3)[::-1])}.",
        _sentence(verdict),
    ]
    if verdict.apart:
        parts.insert(1, f"Left out, for only one file has them: {'; '.join(verdict.apart)}.")
    return "\n\n".join(parts)


def _named(gains: "pd.Series[float]") -> str:
    return ", ".join(f"{name} {gain:+.4f}" for name, gain in gains.items())


def _sentence(verdict: Verdict) -> str:
    word = "Accepted" if verdict.accepted else "Refused"
    demand = (
        "the mean skill of the other groups does not fall"
        if verdict.simplifies
        else "the mean skill of the other groups rises by more than its standard error"
    )
    return (
        f"{word}: {demand} in {verdict.held} of {GROUPS} choices of a group to leave out "
        f"({NEEDED} are needed)."
    )


def markdown_line(verdict: Verdict, change: str) -> str:
    """Return the change's line in the list of docs/benchmarks.md."""
    gains = verdict.gains
    gain, error = mean_and_error(gains)
    cells = [
        change.replace("|", "\\|") or "?", str(len(gains)),
        f"{verdict.skills['before'].mean():.4f}",
        f"{verdict.skills['after'].mean():.4f}", f"{gain:+.4f} ± {error:.4f}",
        str(int((gains > 0).sum())), str(int((gains < 0).sum())),
        f"{gains.min():+.3f} ({gains.idxmin()})", f"{verdict.held} of {GROUPS}",
        ("accepted" if verdict.accepted else "refused")
        + (" as simpler" if verdict.simplifies else ""),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"
