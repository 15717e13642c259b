"""From a link to the session it was taken from, to the bit."""

import time
from typing import Any

from trilayer.lab import limits
from trilayer.lab.faults import RefusalError
from trilayer.lab.lab import Lab
from trilayer.lab.run import Run, Slice
from trilayer.lab.samples import Edits, Samples, edited, toy_origin
from trilayer.lab.settings import FIRST, Field, Settings, changed, defaults, fields, knobs_of
from trilayer.lab.view import look_at

VERSION = 1

_SECONDS = 10.0
"""For how long a link's iterations may take."""


def restore(lab: Lab, link: Any) -> None:
    """Set all that the link says, and train to where it was taken.

    Raises
    ------
    RefusalError
        If it is no link of this version, or says something impossible; nothing changes.
    """
    if not isinstance(link, dict) or link.get("v") != VERSION:
        raise RefusalError("no_link", reason="version")
    if link.get("source", "toy") != "toy":
        raise RefusalError("no_link", reason="table")
    settings = _settings(link)
    samples = _samples(link, settings)
    changes = _changes(link, settings)
    k = Field(0, 0, 1e9, whole=True).checked("k", link.get("k", 0))
    first = changed(settings, changes[0][1]) if changes else settings
    run = Run(samples, first)
    try:
        _follow(run, first, changes[1:], k)
    except BaseException:
        run.close()
        raise
    lab.restored(settings, samples, look_at(samples, settings), run)


def _settings(link: dict[str, Any]) -> Settings:
    common = fields()
    solver = common["solver"].checked("solver", link.get("solver", FIRST))
    names = common.keys() | knobs_of(solver).keys()
    return changed(defaults(solver), {n: value for n, value in link.items() if n in names})


def _samples(link: dict[str, Any], settings: Settings) -> Samples:
    added, removed = link.get("added", []), link.get("removed", [])
    origin = toy_origin(settings)
    number, label = Field(0.0, -1e9, 1e9), Field(0, 0, 1, whole=True)
    place = Field(0, 0, len(origin.Y) - 1, whole=True)
    if not isinstance(added, list) or not isinstance(removed, list):
        raise RefusalError("bad_value", name="added", value=None, expected="list")
    if len(added) > limits.POINTS:
        raise RefusalError("too_many_points", limit=limits.POINTS)
    if not all(isinstance(point, list) and len(point) == 3 for point in added):
        raise RefusalError("bad_value", name="added", value=None, expected="list")
    points = tuple(
        (
            (number.checked("added", x), number.checked("added", y)),
            int(label.checked("added", said)),
        )
        for x, y, said in added
    )
    gone = frozenset(int(place.checked("removed", index)) for index in removed)
    return edited(origin, Edits(points, gone))


def _changes(link: dict[str, Any], settings: Settings) -> list[tuple[int, dict[str, Any]]]:
    listed = link.get("changes", [])
    whole = Field(0, 0, 1e9, whole=True)
    if not isinstance(listed, list) or not all(
        isinstance(change, list) and len(change) == 2 for change in listed
    ):
        raise RefusalError("bad_value", name="changes", value=None, expected="list")
    found = []
    for k, knobs in listed:
        changed(settings, knobs)  # refuses what is none
        found.append((int(whole.checked("changes", k)), dict(knobs)))
    if found and found != sorted(found, key=lambda change: change[0]):
        raise RefusalError("bad_value", name="changes", value=None, expected="list")
    return found


def _follow(
    run: Run, settings: Settings, changes: list[tuple[int, dict[str, Any]]], last: int
) -> None:
    """Train to each change, make it, and on to the last iteration, or as far as time goes."""
    until = time.perf_counter() + _SECONDS
    for k, knobs in [*changes, (last, {})]:
        if (left := until - time.perf_counter()) <= 0:
            return
        run.advance(Slice(left, min(k, last)))
        if k < last and knobs:
            settings = changed(settings, knobs)
            run.retune(settings)
