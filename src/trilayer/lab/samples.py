"""The samples a session learns from: where they come from, and what was done to them by hand."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.lab import limits, toys
from trilayer.lab.faults import RefusalError
from trilayer.lab.settings import Settings
from trilayer.params import FloatArray

Floats = FloatArray
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Origin:
    """Samples as they were drawn or read, before anybody clicked.

    Attributes
    ----------
    X : array, n1 × M
    Y : array, (M,)
    held_out : array of bool, (M,)
        Which are kept for validation.
    inputs : list of str
        Names, n1.
    classes : list
        The two labels; y = 1 is the second.
    groups : list of list of int
        Inputs that belong together: those of one category.
    notes : list of dict
        What should be known of the data, as codes.
    scales : list of (float, float) or None
        Mean and scale by which each input was standardised, where it was.
    encoder : TableEncoder or None
        What made the inputs of a table's columns.
    """

    X: Floats
    Y: Floats
    held_out: Flags
    inputs: list[str]
    classes: list[Any]
    groups: list[list[int]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    scales: list[tuple[float, float] | None] = field(default_factory=list)
    encoder: Any = None


@dataclass(frozen=True, eq=False)
class Edits:
    """Points added by hand, as (coordinates, label), and samples taken away, by index."""

    added: tuple[tuple[tuple[float, ...], int], ...] = ()
    removed: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class Samples:
    """What there is to learn from now.

    Attributes
    ----------
    origin : Origin
    edits : Edits
    X : array, n1 × M
        What is left of the origin's, then the added ones.
    Y : array, (M,)
    held_out, added : array of bool, (M,)
    """

    origin: Origin
    edits: Edits
    X: Floats
    Y: Floats
    held_out: Flags
    added: Flags

    @property
    def train(self) -> tuple[Floats, Floats]:
        """X, n1 × m, and Y, 1 × m, of the training samples."""
        return self._part(~self.held_out)

    @property
    def validation(self) -> tuple[Floats, Floats] | None:
        """X and Y of those held out, or None."""
        return self._part(self.held_out) if self.held_out.any() else None

    def _part(self, which: Flags) -> tuple[Floats, Floats]:
        return np.ascontiguousarray(self.X[:, which]), self.Y[None, which]


def toy_origin(settings: Settings) -> Origin:
    """Draw the toy set of the settings."""
    X, Y = toys.draw(settings["toy"], settings["points"], settings["noise"], settings["data_seed"])
    held_out = split(Y, settings["held_out"], settings["data_seed"])
    return Origin(X, Y, held_out, ["x1", "x2"], [0, 1], [[0], [1]], [], [None, None])


def split(Y: Floats, share: float, seed: int) -> Flags:
    """Hold a share of each class out, by chance.

    Raises
    ------
    RefusalError
        If a class would have no training sample.
    """
    rng = np.random.default_rng([seed, 1])
    held_out = np.zeros(len(Y), dtype=bool)
    for label in (0, 1):
        members = np.flatnonzero(label == Y)
        count = round(share * len(members))
        if len(members) and count >= len(members):
            raise RefusalError("too_few", rows=len(Y), held_out=share)
        held_out[rng.permutation(members)[:count]] = True
    return held_out


def edited(origin: Origin, edits: Edits) -> Samples:
    """Apply what was done by hand.

    Raises
    ------
    RefusalError
        If the training samples would be of one class.
    """
    kept = np.ones(len(origin.Y), dtype=bool)
    kept[list(edits.removed)] = False
    more = np.array([x for x, _ in edits.added]).reshape(-1, len(origin.X)).T
    labels = np.array([float(label) for _, label in edits.added])
    added = np.arange(kept.sum() + len(labels)) >= kept.sum()
    held_out = np.concatenate([origin.held_out[kept], np.zeros(len(labels), dtype=bool)])
    Y = np.concatenate([origin.Y[kept], labels])
    if len(np.unique(Y[~held_out])) < 2:
        raise RefusalError("one_class")
    X = np.concatenate([origin.X[:, kept], more], axis=1)
    return Samples(origin, edits, X, Y, held_out, added)


def with_point(samples: Samples, x: Floats, label: int) -> Samples:
    """Add a training sample.

    Raises
    ------
    RefusalError
        If there are too many.
    """
    if len(samples.edits.added) >= limits.POINTS:
        raise RefusalError("too_many_points", limit=limits.POINTS)
    point = (tuple(float(value) for value in x), label)
    return edited(samples.origin, replace(samples.edits, added=(*samples.edits.added, point)))


def without_point(samples: Samples, index: int) -> Samples:
    """Take a sample away, by its place in `samples.X`.

    Raises
    ------
    RefusalError
        If there is none, or a class would have no training sample left.
    """
    count = len(samples.Y)
    if not 0 <= index < count:
        raise RefusalError("no_index", index=index, count=count)
    edits = samples.edits
    if samples.added[index]:
        place = index - (count - len(edits.added))
        new = replace(edits, added=edits.added[:place] + edits.added[place + 1 :])
    else:
        there = [i for i in range(len(samples.origin.Y)) if i not in edits.removed]
        new = replace(edits, removed=edits.removed | {there[index]})
    return edited(samples.origin, new)
