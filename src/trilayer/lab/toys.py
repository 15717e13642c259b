"""Eight toy sets: two inputs, two classes, one knob for the noise."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from trilayer.params import FloatArray

Draw = Callable[[np.random.Generator, int, float], tuple[FloatArray, FloatArray]]


class Toy(NamedTuple):
    """How a set is drawn, and the noise it looks best with.

    Attributes
    ----------
    draw : callable
        ``draw(rng, m, noise)`` gives X, 2 × m, and Y, (m,), of 0 and 1.
    noise : float
        By default; 0 is none, 1 is a lot.
    """

    draw: Draw
    noise: float


def _labels(m: int) -> FloatArray:
    """Half of each class, 0 first."""
    return (np.arange(m) >= m - m // 2).astype(np.float64)


def _scattered(rng: np.random.Generator, m: int) -> FloatArray:
    return rng.uniform(-1.0, 1.0, (2, m))


def _jitter(rng: np.random.Generator, X: FloatArray, noise: float, scale: float) -> FloatArray:
    return X + noise * scale * rng.normal(size=X.shape)


def _flower(rng: np.random.Generator, m: int, noise: float) -> tuple[FloatArray, FloatArray]:
    """Petals r = 4 sin 4t, each class on its half of the turn."""
    Y = _labels(m)
    along = np.concatenate([np.linspace(0.0, 1.0, int(n)) for n in (m - Y.sum(), Y.sum())])
    t = 3.12 * (along + Y) + noise * rng.normal(size=m)
    r = 4.0 * np.sin(4.0 * t) + noise * rng.normal(size=m)
    return np.stack([r * np.sin(t), r * np.cos(t)]), Y


def _moons(rng: np.random.Generator, m: int, noise: float) -> tuple[FloatArray, FloatArray]:
    """Two half circles, one reaching into the other."""
    Y = _labels(m)
    t = np.pi * rng.uniform(size=m)
    X = np.stack([np.cos(t) - 0.5, np.sin(t) - 0.25])
    return _jitter(rng, np.where(Y == 1, -X, X), noise, 0.5), Y


def _circles(rng: np.random.Generator, m: int, noise: float) -> tuple[FloatArray, FloatArray]:
    """Draw a ring around a disc."""
    Y = _labels(m)
    r = np.where(Y == 1, 0.5 * np.sqrt(rng.uniform(size=m)), rng.uniform(0.75, 1.0, m))
    t = 2 * np.pi * rng.uniform(size=m)
    return _jitter(rng, r * np.stack([np.cos(t), np.sin(t)]), noise, 0.4), Y


def _xor(rng: np.random.Generator, m: int, noise: float) -> tuple[FloatArray, FloatArray]:
    """Four squares, opposite ones of one class, with a gap between them."""
    X = _scattered(rng, m)
    Y = (X[0] * X[1] < 0).astype(np.float64)
    return _jitter(rng, X + 0.1 * np.sign(X), noise, 0.5), Y


def _spirals(rng: np.random.Generator, m: int, noise: float) -> tuple[FloatArray, FloatArray]:
    """Two arms of one and a half turns."""
    Y = _labels(m)
    s = np.sqrt(rng.uniform(size=m))
    t = 3 * np.pi * s + np.pi * Y
    return _jitter(rng, s * np.stack([np.cos(t), np.sin(t)]), noise, 0.15), Y


def _blobs(rng: np.random.Generator, m: int, noise: float) -> tuple[FloatArray, FloatArray]:
    """Two clouds."""
    Y = _labels(m)
    centre = np.where(Y == 1, 0.5, -0.5)
    return np.stack([centre, centre]) + (0.1 + noise) * rng.normal(size=(2, m)), Y


def _checkerboard(rng: np.random.Generator, m: int, noise: float) -> tuple[FloatArray, FloatArray]:
    """Four by four squares."""
    X = _scattered(rng, m)
    column, row = np.floor(2 * (X + 1))
    return _jitter(rng, X, noise, 0.3), (column + row) % 2


def _line(rng: np.random.Generator, m: int, noise: float) -> tuple[FloatArray, FloatArray]:
    """Two sides of a slanting line: no hidden layer is needed."""
    X = _scattered(rng, m)
    return _jitter(rng, X, noise, 0.5), (X[0] + 0.5 * X[1] > 0.1).astype(np.float64)


TOYS: dict[str, Toy] = {
    "flower": Toy(_flower, 0.2),
    "moons": Toy(_moons, 0.2),
    "circles": Toy(_circles, 0.1),
    "xor": Toy(_xor, 0.1),
    "spirals": Toy(_spirals, 0.1),
    "blobs": Toy(_blobs, 0.1),
    "checkerboard": Toy(_checkerboard, 0.0),
    "line": Toy(_line, 0.1),
}
"""By name, in the order in which they are offered."""


def draw(name: str, m: int, noise: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Draw m samples of a toy set.

    Returns
    -------
    X : array, 2 × m
    Y : array, (m,)
        0 and 1; the samples are in no order.
    """
    rng = np.random.default_rng(seed)
    X, Y = TOYS[name].draw(rng, m, noise)
    order = rng.permutation(m)
    return np.ascontiguousarray(X[:, order]), Y[order]
