"""What the columns of a table are, however large it is.

Text says it only in the end: a column holds numbers if all of its values do. So one pass
looks at all that is text, and the answer is the same however the rows are cut, and whether
they come from files or with a data frame.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.convert import EMPTY, decoded, kind_of, shown
from trilayer.tables.files import TableFile
from trilayer.tables.parquet import parquet_categories, parquet_types
from trilayer.tables.places import NOWHERE, Places, Span
from trilayer.tables.readings import CATEGORY, NUMBER, Hints, Reading
from trilayer.tables.scanning import Block, scan_placed
from trilayer.tables.texts import INPUT, PLAIN, TextColumn
from trilayer.tables.values import TEXT, YES, Values, of_texts
from trilayer.tables.words import MISSING_WORDS, without_missing_words
from trilayer.warned import warn

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

Blocks = Callable[[list[str]], Iterator[Block]]
"""Streams these columns, from the first row on, as often as it is asked to."""


@dataclass(frozen=True)
class Survey:
    """What a table is, as a look at all of it found.

    Attributes
    ----------
    readings : dict of str to Reading
        How the columns must be read that are stored as text; those that are stored as
        what they are do not occur.
    counts : tuple of int
        The rows of each file.
    """

    readings: dict[str, Reading]
    counts: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(self.counts)


def survey_table(
    files: Sequence[TableFile],
    names: Sequence[str],
    *,
    as_text: Collection[str] = (),
    plain: Collection[str] = (),
    hints: Hints | None = None,
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
    plain : collection of str
        Of these, those that become no inputs, as the target: their numbers are written plainly,
        and what Parquet has as text is text. Words that stand for nothing are missing there
        too, if they leave two labels.
    hints : Hints, optional
        What a person says of how the table is written.

    Raises
    ------
    TableError
        If a column holds numbers or dates but for a few slips, something else in each file,
        or dates of which only a person can say what they mean.
    """
    hints = hints or Hints()
    texts, known, plainly = set(names), None, PLAIN
    if files[0].header is None:
        named = set.intersection(*(parquet_categories(file) for file in files)) & set(names)
        as_text = {*as_text, *(named - set(plain))}
        texts, known = _stored_texts(files, names, hints)
        plainly = ()
    columns = {
        name: TextColumn(name, plainly if name in plain else INPUT, hints)
        for name in names
        if name in texts and name not in as_text
    }
    chosen = {name: Reading(CATEGORY, missing=hints.missing) for name in names if name in as_text}
    if known is not None and not columns:
        return Survey(chosen, known)

    def again(some: list[str]) -> Iterator[Block]:
        return scan_placed(files, {}, keep=some)

    counted, at = [0] * len(files), -1
    for block in again(list(columns) or list(names)):
        at = _file_of(block.places.spans[0], files, at)
        counted[at] += len(block.rows)
        _look(columns, block)
    _refuse_slips(columns, again)
    found = {name: column.reading() for name, column in columns.items()}
    words = [name for name in found if name in plain and found[name].kind == CATEGORY]
    for name, texts_ in _texts_of({name: columns[name] for name in words}, again).items():
        if len(texts_) > 1:
            found[name] = replace(found[name], missing=(*MISSING_WORDS, *hints.missing))
    return Survey(chosen | found, tuple(counted) if known is None else known)


def _stored_texts(
    files: Sequence[TableFile], names: Sequence[str], hints: Hints
) -> tuple[set[str], tuple[int, ...]]:
    """Return the columns of Parquet files that must be looked through, and the files' rows."""
    types = [parquet_types(file) for file in files]
    kinds = {name: _agreed(files, [each[name] for each, _ in types], name) for name in names}
    texts = {n for n in kinds if any(_is_plain_text(each[n]) for each, _ in types)}
    texts |= {n for n, kind in kinds.items() if n in hints.date and kind == NUMBER}
    return texts, tuple(count for _, count in types)


def survey_frame(
    table: "pa.Table",
    *,
    as_text: Collection[str] = (),
    hints: Hints | None = None,
    places: Places = NOWHERE,
    warns: bool = True,
) -> dict[str, Reading]:
    """Look through a table in memory: how the columns must be read that came as text.

    What a data frame calls a category is one. Columns that hold numbers or dates but for a few
    slips, or dates that may mean two, are categories too, for somebody may have meant them so;
    with `warns`, a warning says what `survey_table` would refuse them with.
    """
    hints = hints or Hints()
    columns = {
        name: TextColumn(name, INPUT, hints)
        for name in table.column_names
        if name not in as_text and _is_looked_at(table[name].type, name in hints.date)
    }

    def again(some: list[str]) -> Iterator[Block]:
        whole = [table[name].combine_chunks() for name in some]
        yield Block(pa.RecordBatch.from_arrays(whole, names=some), places)

    for block in again(list(columns)):
        _look(columns, block)
    found = {}
    for name, column in columns.items():
        try:
            _refuse_slips({name: column}, again)
            found[name] = column.reading()
        except TableError as error:
            if warns:
                warn(f"{error}. Meanwhile it is taken as a category.", UserWarning)
            found[name] = Reading(CATEGORY, missing=hints.missing)
    return found


def _look(columns: Mapping[str, TextColumn], block: Block) -> None:
    for name, column in columns.items():
        column.add(_text(block.rows[name]))


def _text(values: Values) -> Values:
    return decoded(values).cast(TEXT)


def _is_looked_at(data_type: "pa.DataType", is_date: bool) -> bool:
    return _is_plain_text(data_type) or (is_date and kind_of(data_type) == NUMBER)


def _file_of(span: Span, files: Sequence[TableFile], last: int) -> int:
    """Say which file rows are from, after those of the last one; a file may be there twice."""
    if span.first_row > 1:
        return last
    return next(i for i in range(last + 1, len(files)) if files[i].name == span.file)


def _texts_of(columns: Mapping[str, TextColumn], again: Blocks) -> dict[str, Values]:
    """Return the different texts of columns, from another pass where they were not all kept."""
    texts = {name: column.texts for name, column in columns.items() if column.complete}
    begun = [name for name in columns if name not in texts]
    if begun:
        texts |= dict.fromkeys(begun, of_texts([]))
        for block in again(begun):
            for name in begun:
                texts[name] = columns[name].with_new(texts[name], _text(block.rows[name]))
    return texts


def _refuse_slips(columns: Mapping[str, TextColumn], again: Blocks) -> None:
    """Refuse what holds numbers or dates but for a few values, at the first of them."""
    judged = {name: column for name, column in columns.items() if column.ways and not column.left}
    texts = _texts_of(judged, again)
    found = {name: judged[name].misfits(distinct) for name, distinct in texts.items()}
    slips = {name: each for name, each in found.items() if each is not None}
    if not slips:
        return
    for block in again(list(slips)):
        for name, (kind, misfits) in slips.items():
            _refuse_misfit(_text(block.rows[name]), kind, misfits, name, block.places)


def _refuse_misfit(values: Values, kind: str, misfits: Values, name: str, places: Places) -> None:
    """Raise TableError at the first of the values that is a misfit, if there is one."""
    at = pc.index(pc.is_in(without_missing_words(values), value_set=misfits), YES).as_py()
    if at < 0:
        return
    source, row = places.of(at)
    word = shown(values[at].as_py().strip())
    raise TableError(
        f"{source}column {name!r} holds {kind}s, but {word} in row {row:,} is none: correct it "
        f"(write it as the others are), leave it empty, say --missing {word} if it stands for "
        f"nothing, or --categorical {name!r} if the column holds words"
    )


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
