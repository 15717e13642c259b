"""Which rows of a table are held out to judge by: decided once, in the order of the rows."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trilayer.errors import InputError
from trilayer.optional import require
from trilayer.tables.targets import is_written

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

_NEARLY = 1e-9  # what products of shares and counts may be off


@dataclass
class _Stratum:
    """The rows of one label, or of all but one.

    Of each group of 1 / share that follow each other, one is held out.
    """

    seed: tuple[int, int]
    share: float
    count: int = 0
    held: int = 0
    draws: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    labels: set[Any] = field(default_factory=set)

    def next(self, count: int) -> NDArray[np.bool_]:
        """Say which of the next rows are held out."""
        i = np.arange(self.count, self.count + count)
        self.count += count
        if not self.share or not count:
            return np.zeros(count, dtype=bool)
        group = np.floor(i * self.share + _NEARLY).astype(np.int64)
        first, behind = (np.ceil(g / self.share - _NEARLY) for g in (group, group + 1))
        place = np.floor(self._drawn(int(group[-1]) + 1)[group] * (behind - first))
        found = np.asarray(i - first == place)
        self.held += int(found.sum())
        return found

    def _drawn(self, groups: int) -> NDArray[np.float64]:
        if groups > len(self.draws):  # twice as many, so that blocks of any size cost the same
            self.draws = np.random.default_rng(self.seed).random(2 * groups)
        return self.draws


class Split:
    """Rows to learn from and rows held out, each label its share, by the order of the rows alone.

    So a table read whole, as a stream, from one file or from forty, is split alike.

    Parameters
    ----------
    seed : int
    share : float
        Of the rows to hold out, 0 or more and below 1.
    positive : str, optional
        The label, as a person writes it, that stands against all others.
    """

    def __init__(self, seed: int, share: float, positive: str | None = None) -> None:
        self.seed, self.share, self._positive = seed, share, positive
        self._strata: dict[Any, _Stratum] = {}
        self._bits = bytearray()
        self._rest = np.zeros(0, dtype=bool)

    def see(self, labels: "pa.Array", counts: NDArray[np.bool_]) -> None:
        """Decide about the next rows of the table.

        Parameters
        ----------
        labels : pyarrow.Array
            Theirs.
        counts : array of bool
            Which of them count: they have a label, and weigh something. No other is held out.
        """
        held = np.zeros(len(counts), dtype=bool)
        rows = np.flatnonzero(counts)
        found = labels.filter(pa.array(counts)).dictionary_encode()
        codes = found.indices.to_numpy(zero_copy_only=False)
        for key, labels in self._keys(found.dictionary.to_pylist()).items():
            seed = (self.seed, len(self._strata))
            stratum = self._strata.setdefault(key, _Stratum(seed, self.share))
            stratum.labels.update(labels)
            here = rows[np.isin(codes, list(labels.values()))]
            held[here[stratum.next(len(here))]] = True
        waiting = np.concatenate([self._rest, held])
        whole = len(waiting) - len(waiting) % 8
        self._bits += np.packbits(waiting[:whole]).tobytes()
        self._rest = waiting[whole:]

    def _keys(self, labels: list[Any]) -> dict[Any, dict[Any, int]]:
        """Say which labels are of which stratum, and what their codes are."""
        strata: dict[Any, dict[Any, int]] = {}
        for code, label in enumerate(labels):
            key = label if self._positive is None else is_written(label, self._positive)
            strata.setdefault(key, {})[label] = code
        return strata

    def check(self) -> None:
        """Refuse a table one of whose labels has too few rows to be split.

        Raises
        ------
        InputError
            If a label is not on both sides, where any rows are held out.
        """
        if not self.share:
            return
        for stratum in self._strata.values():
            if 0 < stratum.held < stratum.count:
                continue
            count = f"{stratum.count:,} row" + "s" * (stratum.count != 1)
            several, label = len(stratum.labels) > 1, next(iter(stratum.labels))
            shown = (
                f"labels other than {self._positive!r} have" if several else f"label {label!r} has"
            )
            raise InputError(
                f"the {shown} {count}, too few to hold out {self.share:g} of them and "
                "learn from the others: give more rows of it, or another table with --valid"
            )

    def is_held(self, first: int, count: int) -> NDArray[np.bool_]:
        """Say which of `count` rows from `first` on are held out; they have been seen."""
        bits = np.frombuffer(bytes(self._bits[first // 8 : -(-(first + count) // 8)]), np.uint8)
        seen = np.concatenate([np.unpackbits(bits).astype(bool), self._rest])
        return seen[first % 8 :][:count] if len(bits) else self._rest[first % 8 :][:count]

    def is_learnt(self, first: int, count: int) -> NDArray[np.bool_]:
        """Say which rows are learnt from."""
        return ~self.is_held(first, count)
