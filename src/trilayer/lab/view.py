"""The plane that is looked at: two inputs, the others held."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.lab.samples import Floats, Samples
from trilayer.lab.settings import Settings

GRID, COARSE = 100, 40
"""Nodes along each side: of the boundary, and of a hidden unit's map."""

_MARGIN = 0.08

Single = NDArray[np.float32]
Domain = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class View:
    """A rectangle of the plane of two inputs.

    Attributes
    ----------
    axis_x, axis_y : int
        Inputs; axis_y is -1 where there is one input only, and the plane repeats a line.
    held : array, (n1,)
        Where the other inputs are.
    domain : tuple of float
        x0, x1, y0, y1.
    fine, coarse : array, n1 × GRID², n1 × COARSE²
        The nodes, row by row from y0, as samples.
    """

    axis_x: int
    axis_y: int
    held: Floats
    domain: Domain
    fine: Single
    coarse: Single

    def point(self, x: float, y: float) -> Floats:
        """Return the sample at a point of the plane, (n1,)."""
        sample = self.held.copy()
        if self.axis_y >= 0:
            sample[self.axis_y] = y
        sample[self.axis_x] = x
        return sample

    def coordinates(self, samples: Samples) -> tuple[Floats, Floats]:
        """Return where the samples are in the plane."""
        return samples.X[self.axis_x], _heights(samples, self.axis_y)

    def axes(self, samples: Samples) -> dict[str, Any]:
        """Describe both axes to the page: input, name, and how it was standardised."""
        origin = samples.origin

        def axis(index: int) -> dict[str, Any] | None:
            if index < 0:
                return None
            scale = origin.scales[index]
            raw = None if scale is None else {"mean": scale[0], "scale": scale[1]}
            return {"input": index, "name": origin.inputs[index], "raw": raw}

        return {"x": axis(self.axis_x), "y": axis(self.axis_y)}


def look_at(samples: Samples, settings: Settings) -> View:
    """Choose the plane of the settings, wide enough for all samples."""
    n1 = len(samples.X)
    axis_x = min(settings["axis_x"], n1 - 1)
    axis_y = min(settings["axis_y"], n1 - 1) if n1 > 1 else -1
    held = _held(samples, settings["hold"])
    xs, ys = samples.X[axis_x], _heights(samples, axis_y)
    x, y = _range(xs), _range(ys)
    if samples.origin.encoder is None and n1 == 2:  # a plane that is one: the same scale both ways
        low, high = min(x[0], y[0]), max(x[1], y[1])
        x = y = (low, high)
    fine, coarse = (_nodes(axis_x, axis_y, held, (*x, *y), count) for count in (GRID, COARSE))
    return View(axis_x, axis_y, held, (*x, *y), fine, coarse)


def _range(values: Floats) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * (high - low) or 1.0
    return low - margin, high + margin


def _heights(samples: Samples, axis_y: int) -> Floats:
    return samples.X[axis_y] if axis_y >= 0 else samples.Y - 0.5


def _nodes(axis_x: int, axis_y: int, held: Floats, domain: Domain, count: int) -> Single:
    x0, x1, y0, y1 = domain
    nodes = np.tile(held[:, None], (1, count * count))
    ys, xs = np.meshgrid(np.linspace(y0, y1, count), np.linspace(x0, x1, count), indexing="ij")
    if axis_y >= 0:
        nodes[axis_y] = ys.ravel()
    nodes[axis_x] = xs.ravel()
    return nodes.astype(np.float32)


def _held(samples: Samples, how: str) -> Floats:
    """Where each input rests: over the training samples, category by category."""
    X = samples.X[:, ~samples.held_out]
    if how == "mean":
        return np.asarray(np.mean(X, axis=1))
    if how == "median":
        return np.asarray(np.median(X, axis=1))
    held = np.empty(len(X))
    for group in samples.origin.groups:
        rows, counts = np.unique(X[group], axis=1, return_counts=True)
        held[group] = rows[:, np.argmax(counts)]
    return held
