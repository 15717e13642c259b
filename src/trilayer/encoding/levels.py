"""Texts as levels: their codes in a chunk, their counts over a stream."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.optional import require
from trilayer.tables.convert import CATEGORY, convert, in_one_piece, without_empty
from trilayer.tables.values import TEXT, Values, missing, nothing, of_numpy, of_texts, to_numpy
from trilayer.tables.words import same_truth

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

Codes = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64] | None

# Past this many different texts, or bytes of them, new ones are counted together.
MOST_TEXTS = 1 << 16
MOST_BYTES = 1 << 26


def encode(values: Values, words: Sequence[str] = ()) -> tuple[Values, Codes]:
    """Split text into its different values, in order of appearance, and codes into them.

    Empty text and `words` are missing, code -1; blanks around a text do not count. ``3.0`` is
    ``3``: a column of whole numbers is written so once values are missing, and means the same
    level.
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    encoded = values.cast(TEXT).dictionary_encode()
    return _merged(encoded.dictionary, _codes(encoded.indices), words)


def looked_up(values: Values, name: str, words: Sequence[str] = ()) -> tuple[Values, Codes]:
    """Split a column of texts as `encode` does; a column that is split already stays so.

    Then the texts may come in any order, and some of them may not occur: which is of no
    matter to who only looks them up. Only they are converted, not every row's.

    Parameters
    ----------
    values : pyarrow.Array or pyarrow.ChunkedArray
    name : str
        The column's, for messages.
    words : sequence of str
        What is missing beside empty text.
    """
    values = in_one_piece(values)
    if not pa.types.is_dictionary(values.type) or len(values.dictionary) > len(values):
        return encode(convert(values, CATEGORY, name), words)
    return _merged(convert(values.dictionary, CATEGORY, name), _codes(values.indices), words)


def _merged(texts: Values, codes: Codes, words: Sequence[str]) -> tuple[Values, Codes]:
    """Give texts that mean the same level one code, and those that mean none -1."""
    trimmed = without_empty(pc.utf8_trim_whitespace(texts))
    if words:
        trimmed = pc.if_else(pc.is_in(trimmed, value_set=of_texts(words)), nothing(TEXT), trimmed)
    plain = pc.replace_substring_regex(trimmed, r"^([+-]?\d+)\.0+$", r"\1")
    if not plain.null_count and plain.equals(texts):
        return texts, codes
    merged = plain.dictionary_encode()
    # The last entry is what code -1 picks.
    table = np.append(_codes(merged.indices), -1)
    return merged.dictionary, table[codes]


def positions(texts: Values, among: Values) -> Codes:
    """Find texts among others: the position of each, -1 where it is absent."""
    return _codes(pc.index_in(texts, value_set=among))


def places_of(texts: Values, levels: Sequence[str]) -> Codes:
    """Find texts among the levels of a column: the place of each, -1 where it is none of them.

    A level of an older model file may have blanks around it. What is no level, but a truth
    value, is the level that means the same: True, true, 1 and yes are one answer.
    """
    found = positions(texts, of_texts(levels))
    if not levels or (found >= 0).all():
        return found
    trimmed = pc.utf8_trim_whitespace(of_texts(levels))
    found = np.where(found < 0, positions(texts, trimmed), found)
    unknown = np.flatnonzero(found < 0)
    meant = same_truth(texts.take(of_numpy(unknown)), levels) if unknown.size else {}
    if meant:
        places = {level: place for place, level in enumerate(levels)}
        for index in unknown.tolist():
            found[index] = places.get(meant.get(texts[index].as_py(), ""), -1)
    return found


def _codes(indices: Values) -> Codes:
    codes: Codes = to_numpy(indices.cast(pa.int64()))
    return np.where(missing(indices), -1, codes) if indices.null_count else codes


class Levels:
    """Exact counts of the different texts of a stream, with a bound on how many are kept.

    Rows may count for more or less than one.

    Texts are kept in the order of their first appearance, whatever the chunks, until
    the bound is reached; those that come later are only counted together.
    """

    def __init__(self) -> None:
        self.texts: Values = of_texts([])
        self.counts: npt.NDArray[Any] = np.zeros(0, dtype=np.int64)
        self.uncounted = 0
        self.full = False
        self._bytes = 0

    def add(self, texts: Values, codes: Codes, weights: Weights = None) -> Codes:
        """Count the values of a chunk, as `encode` returns them, each for its weight.

        Returns
        -------
        array, (m,)
            The place of each value among the texts; -1 where its text is not kept, -2 where
            it is missing.
        """
        there = codes >= 0
        rows = np.bincount(codes[there], minlength=len(texts))
        counts = rows
        if weights is not None:
            counts = np.bincount(codes[there], weights[there], minlength=len(texts))
            self.counts = self.counts.astype(np.float64)
        known = np.array(positions(texts, self.texts))
        old = known >= 0
        self.counts[known[old]] += counts[old]
        fresh = np.flatnonzero(~old)
        kept = fresh[: self._room(texts, fresh)]
        self.full |= kept.size < fresh.size
        self.texts = pa.concat_arrays([self.texts, texts.take(of_numpy(kept))])
        self.counts = np.append(self.counts, counts[kept])
        self.uncounted += int(rows[fresh[kept.size :]].sum())
        known[kept] = np.arange(len(self.texts) - kept.size, len(self.texts))
        return np.append(known, -2)[np.where(there, codes, -1)]

    def _room(self, texts: Values, fresh: Codes) -> int:
        """How many of the texts that are new may still be kept."""
        if self.full or not fresh.size:
            return 0
        sizes = to_numpy(pc.binary_length(texts).cast(pa.int64()))[fresh]
        size = self._bytes + np.cumsum(sizes)
        fits = (size <= MOST_BYTES) & (len(self.texts) + np.arange(fresh.size) < MOST_TEXTS)
        count = int(fits.size if fits.all() else np.argmin(fits))
        self._bytes = int(size[count - 1]) if count else self._bytes
        return count

    def frequent(self, most: int, at_least: int) -> tuple[list[str], list[int], Codes]:
        """Return the texts that occur often enough, most frequent first; how often; their places.

        Where rows have weights, the whole times that those amount to.
        """
        often = np.flatnonzero(self.counts >= at_least)
        texts = self.texts.take(of_numpy(often)).to_pylist()
        named = zip((-self.counts[often]).tolist(), texts, often.tolist(), strict=True)
        ranked = sorted(named)[:most]
        places = np.array([place for *_, place in ranked], dtype=np.int64)
        return [text for _, text, _ in ranked], [int(-count) for count, *_ in ranked], places
