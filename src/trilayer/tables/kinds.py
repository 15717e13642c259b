"""What the columns of a table are that is too large to be read whole.

Text says it only in the end: a column holds numbers if all of its values do. So one pass
looks at all that is text, and the answer is the same however the rows are cut.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.convert import (
    BOOLEAN,
    CATEGORY,
    DATE,
    EMPTY,
    NUMBER,
    Values,
    convert,
    kind_of,
    without_missing_words,
)
from trilayer.tables.files import TableFile
from trilayer.tables.numerals import numeric_misfits, refuse_misfit
from trilayer.tables.parquet import parquet_types
from trilayer.tables.places import Span
from trilayer.tables.scanning import scan_placed
from trilayer.tables.values import TEXT

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

# The different texts of a column that are looked at, to tell slips among numbers from levels.
_MOST_TEXTS = 1 << 16


@dataclass(frozen=True)
class Survey:
    """What a table is, as a look at all of it found.

    Attributes
    ----------
    kinds : dict of str to str
        What the columns must be read as that are stored as text; those that are stored as
        what they are do not occur.
    counts : tuple of int
        The rows of each file.
    """

    kinds: dict[str, str]
    counts: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(self.counts)


def survey_table(
    files: Sequence[TableFile], names: Sequence[str], *, as_text: Collection[str] = ()
) -> Survey:
    """Look through a table, however large.

    Parameters
    ----------
    files : sequence of TableFile
        As `find_tables` gives them.
    names : sequence of str
        The columns to look at.
    as_text : collection of str
        Of these, categories whatever they look like.

    Raises
    ------
    TableError
        If a column holds numbers but for a few slips, or something else in each file.
    """
    if files[0].header is not None:
        ways = {name: () if name in as_text else (NUMBER, BOOLEAN, DATE) for name in names}
        return _look_through(files, ways, None)
    types = [parquet_types(file) for file in files]
    kinds = {name: _agreed(files, [each[name] for each, _ in types], name) for name in names}
    counts = tuple(count for _, count in types)
    texts = {
        name: () if name in as_text else (NUMBER,)
        for name, kind in kinds.items()
        if kind == CATEGORY and any(_is_plain_text(each[name]) for each, _ in types)
    }
    chosen = {name: CATEGORY for name in as_text if name in kinds}
    if not any(texts.values()):
        return Survey(chosen, counts)
    found = _look_through(files, {name: ways for name, ways in texts.items() if ways}, counts)
    numbers = {name: kind for name, kind in found.kinds.items() if kind == NUMBER}
    return Survey(chosen | numbers, counts)


class TextColumn:
    """What a stream of one column's text may be read as.

    Parameters
    ----------
    ways : sequence of str
        The kinds to try, the likeliest first.
    strict : bool
        Whether a number must be written plainly, as in a text column of Parquet.

    Attributes
    ----------
    left : list of str
        The kinds that all values so far can be read as.
    texts : pyarrow.Array
        The different values, in the order of their appearance, once they are no numbers.
    complete : bool
        Whether `texts` has those of all rows.
    """

    def __init__(self, ways: Sequence[str], *, strict: bool) -> None:
        self.left = list(ways)
        self.texts: Values = pa.array([], TEXT)
        self.complete = True
        self._strict = strict
        self._judged = bool(ways)

    def add(self, values: Values) -> None:
        """Look at the next rows."""
        if not self._judged or values.null_count == len(values):
            return
        self.left = [kind for kind in self.left if self._fits(values, kind)]
        if NUMBER in self.left:
            self.complete = False
        elif len(self.texts) < _MOST_TEXTS:
            self.texts = with_new(self.texts, values)

    @property
    def kind(self) -> str:
        """What the column is, from all that was seen."""
        return self.left[0] if self.left else CATEGORY

    def _fits(self, values: Values, kind: str) -> bool:
        if self._strict:
            texts = _present(values)
            misfits = numeric_misfits(texts)
            return misfits is not None and not len(misfits)
        if kind == NUMBER:
            with suppress(pa.ArrowInvalid):  # else with missing words, or blanks around values
                values.cast(pa.float64())
                return True
        try:
            convert(values, kind, "")
        except TableError:
            return False
        return True


def with_new(texts: Values, values: Values) -> Values:
    """Add the texts that were not there yet, as they come, up to a bound."""
    joined = pa.concat_arrays([texts, _present(values)])
    return joined.unique()[:_MOST_TEXTS]


def _present(values: Values) -> Values:
    unique = values.unique()
    return without_missing_words(unique).unique().drop_null()


def _look_through(
    files: Sequence[TableFile],
    ways: Mapping[str, Sequence[str]],
    counts: tuple[int, ...] | None,
) -> Survey:
    """Find what the text columns are, and count the rows where nobody has."""
    strict = files[0].header is None
    columns = {name: TextColumn(each, strict=strict) for name, each in ways.items()}
    counted, at = [0] * len(files), -1
    for block in scan_placed(files, {}, keep=list(columns)):
        at = _file_of(block.places.spans[0], files, at)
        counted[at] += len(block.rows)
        for name, column in columns.items():
            column.add(block.rows[name])
    kinds = {name: column.kind for name, column in columns.items()}
    judged = [name for name, kind in kinds.items() if kind == CATEGORY and ways[name]]
    _refuse_slips(files, {name: columns[name] for name in judged})
    return Survey(kinds, tuple(counted) if counts is None else counts)


def _file_of(span: Span, files: Sequence[TableFile], last: int) -> int:
    """Say which file rows are from, after those of the last one; a file may be there twice."""
    if span.first_row > 1:
        return last
    return next(i for i in range(last + 1, len(files)) if files[i].name == span.file)


def _refuse_slips(files: Sequence[TableFile], columns: Mapping[str, TextColumn]) -> None:
    """Refuse what holds numbers but for a few values, at the first of them."""
    texts = {name: column.texts for name, column in columns.items() if column.complete}
    begun = [name for name in columns if name not in texts]
    if begun:
        texts |= dict.fromkeys(begun, pa.array([], TEXT))
        for block in scan_placed(files, {}, keep=begun):
            for name in begun:
                texts[name] = with_new(texts[name], block.rows[name])
    found = {name: numeric_misfits(distinct) for name, distinct in texts.items()}
    slips = {name: misfits for name, misfits in found.items() if misfits is not None and misfits}
    if not slips:
        return
    for block in scan_placed(files, {}, keep=list(slips)):
        for name, misfits in slips.items():
            refuse_misfit(block.rows[name], misfits, name, block.places)


def _agreed(files: Sequence[TableFile], types: Sequence["pa.DataType"], name: str) -> str:
    """Return the kind that a column has in all files, but for those where it is empty."""
    kinds = [kind_of(each) for each in types]
    kind, index = next(((k, i) for i, k in enumerate(kinds) if k != EMPTY), (EMPTY, 0))
    for file, other in zip(files, kinds, strict=True):
        if other not in {kind, EMPTY}:
            raise TableError(
                f"{file.name}: column {name!r} holds values of another kind ({other}) "
                f"than in {files[index].name} ({kind}): make them alike"
            )
    return kind


def _is_plain_text(data_type: "pa.DataType") -> bool:
    return kind_of(data_type) == CATEGORY and not pa.types.is_dictionary(data_type)
