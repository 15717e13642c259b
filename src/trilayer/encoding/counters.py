"""Whether a column counts the rows: whole numbers, each once, with few gaps."""

import numpy as np
import numpy.typing as npt

_FEWEST = 20  # values: fewer may lie close together by chance
_GAPS = 2.0  # numbers of the range for each that occurs; rows that are held out leave gaps
_CHUNK = 1 << 16  # numbers whose presence is kept together, a byte each
_MOST_CHUNKS = 1024  # 64 MB: beyond 67 million numbers nobody looks

EXACT = 2.0**53
"""From here on a float64 does not tell whole numbers apart."""


class Counter:
    """Sees a stream of numbers, and gives up at the first that is none of a counter.

    What is kept is a byte for each number of the range, up to a bound.
    """

    def __init__(self) -> None:
        self._seen: dict[int, npt.NDArray[np.bool_]] | None = {}
        self._count = 0

    def add(self, values: npt.NDArray[np.floating]) -> None:
        """Look at the next values, none of them missing."""
        if self._seen is None or not len(values):
            return
        plain = np.abs(values).max() < EXACT and bool(np.all(values == np.floor(values)))
        if not plain or not self._note(np.sort(values.astype(np.int64))):
            self._seen = None

    def _note(self, ascending: npt.NDArray[np.int64]) -> bool:
        """Note numbers; say whether all are new, and not too far from each other."""
        assert self._seen is not None  # noqa: S101  (asked by the caller)
        if np.any(ascending[1:] == ascending[:-1]):
            return False
        self._count += len(ascending)
        chunks, starts = np.unique(ascending // _CHUNK, return_index=True)
        if len({*chunks.tolist(), *self._seen}) > _MOST_CHUNKS:
            return False
        for chunk, part in zip(chunks.tolist(), np.split(ascending, starts[1:]), strict=True):
            bits = self._seen.setdefault(chunk, np.zeros(_CHUNK, dtype=bool))
            if bits[part - chunk * _CHUNK].any():
                return False
            bits[part - chunk * _CHUNK] = True
        return True

    @property
    def counts(self) -> bool:
        """Whether all that was seen is a counter, in whatever order."""
        if self._seen is None or self._count < _FEWEST:
            return False
        first, last = min(self._seen), max(self._seen)
        low = first * _CHUNK + int(np.argmax(self._seen[first]))
        high = last * _CHUNK + _CHUNK - 1 - int(np.argmax(self._seen[last][::-1]))
        return high - low + 1 <= _GAPS * self._count
