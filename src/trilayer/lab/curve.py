"""The loss curve: many iterations, a few thousand points."""

import numpy as np

from trilayer.lab.samples import Floats

MOST = 4000


class Curve:
    """J, and the mean loss of the held-out samples, by iteration.

    When there are `MOST` points every other one is dropped, and from then on only as
    many are taken as the wider spacing asks for.
    """

    def __init__(self) -> None:
        self._points: list[tuple[float, float, float, float]] = []
        self._spacing = 1.0
        self._sent = 0
        self._reset = True

    def wants(self, k: int) -> bool:
        """Whether iteration k is far enough from the last one taken."""
        return not self._points or k - self._points[-1][0] >= self._spacing

    def add(self, k: int, J: float, held_out: float, seconds: float) -> None:
        """Take in an iteration, and the seconds of training until it."""
        self._points.append((k, J, held_out, seconds))
        if len(self._points) >= MOST:
            self._points = self._points[::2]
            self._spacing = max(1.0, 2 * k / MOST)
            self._reset = True

    def cut(self, k: int) -> None:
        """Forget all after iteration k."""
        self._points = [point for point in self._points if point[0] <= k]
        self._reset = True

    def fresh(self) -> tuple[bool, Floats]:
        """Return what was added since the last call, n × 4; or (True first) all of it."""
        reset, start = self._reset, 0 if self._reset else self._sent
        self._reset, self._sent = False, len(self._points)
        return reset, np.array(self._points[start:], dtype=np.float64).reshape(-1, 4)

    def thinned(self, most: int) -> Floats:
        """Return the whole curve in at most so many points, the newest among them, n × 4."""
        points = self._points[:: -max(1, -(-len(self._points) // most))][::-1]
        return np.array(points, dtype=np.float64).reshape(-1, 4)
