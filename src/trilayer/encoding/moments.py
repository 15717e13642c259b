"""Mean, spread and range of a stream of numbers, the same however it is cut."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BLOCK = 65_536


class Moments:
    """Count, mean, squared deviations and range of numbers that come in pieces.

    The numbers are summed in blocks of a fixed size, and the blocks are merged in
    order by Chan's formula: the same numbers in other pieces give the same bits.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = 0.0
        self.low, self.high = np.inf, -np.inf
        self._deviations = 0.0
        self._held: list[Floats] = []
        self._waiting = 0

    def add(self, values: Floats) -> None:
        """Take in the next numbers, all of them finite."""
        if not values.size:
            return
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        self._held.append(values)
        self._waiting += values.size
        if self._waiting < BLOCK:
            return
        waiting = np.concatenate(self._held)
        whole = waiting.size - waiting.size % BLOCK
        for start in range(0, whole, BLOCK):
            self._merge(waiting[start : start + BLOCK])
        # A copy, so that the rest does not keep the whole chunk alive.
        self._held, self._waiting = [waiting[whole:].copy()], waiting.size - whole

    def finish(self) -> None:
        """Take in what is still waiting for its block to fill."""
        if self._waiting:
            self._merge(np.concatenate(self._held))
        self._held, self._waiting = [], 0

    @property
    def scale(self) -> float:
        """The standard deviation; the range, should the squares have underflowed."""
        deviation = float(np.sqrt(self._deviations / self.count)) if self.count else 0.0
        return deviation if deviation > 0.0 else self.high - self.low

    @property
    def varies(self) -> bool:
        """Whether two of the numbers differ."""
        return self.low < self.high

    def _merge(self, block: Floats) -> None:
        mean = float(block.mean())
        deviations = float(np.square(block - mean).sum())
        count = self.count + block.size
        step = mean - self.mean
        self.mean += step * (block.size / count)
        self._deviations += deviations + step * step * (self.count * block.size / count)
        self.count = count
