"""One column, made what a model reads: numbers, text, yes or no, dates.

The same rules serve a column that was parsed from a file, one that came with a
data frame, and one that arrives as bare text on standard input, so that a model
sees the same value whichever way it came.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.dates import dates_of, instants_of, without_no_day
from trilayer.tables.numerals import numbers_of
from trilayer.tables.readings import (
    BOOLEAN,
    CATEGORY,
    DATE,
    KINDS,
    NUMBER,
    Reading,
    as_reading,
    in_words,
)
from trilayer.tables.values import (
    TEXT,
    YES,
    Values,
    as_python,
    nothing,
    number,
    of_numpy,
    of_texts,
    whole,
)
from trilayer.tables.words import MISSING_WORDS, truths, without_missing_words

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

__all__ = ["BOOLEAN", "CATEGORY", "DATE", "KINDS", "MISSING_WORDS", "NUMBER", "convert", "kind_of"]

EMPTY, UNKNOWN = "empty", "unknown"

_NO_TEXT, _NO_NUMBER = nothing(TEXT), nothing(pa.float64())
_ZERO, _ONE, _NO_LENGTH = number(0.0), number(1.0), whole(0)
_TRUE, _FALSE = of_texts(["true"]), of_texts(["false"])
_TYPES = {
    NUMBER: pa.float64(),
    CATEGORY: TEXT,
    BOOLEAN: pa.bool_(),
    DATE: pa.timestamp("us"),
}
_EXPECTED = {NUMBER: "a number", BOOLEAN: "true or false", DATE: "a date such as 2024-12-31"}
_DAY = number(86_400_000_000.0)  # microseconds


def kind_of(data_type: pa.DataType) -> str:
    """Say what a column of this Arrow type is: one of `KINDS`, ``empty`` or ``unknown``."""
    is_ = pa.types
    if is_.is_dictionary(data_type):
        return CATEGORY if kind_of(data_type.value_type) != UNKNOWN else UNKNOWN
    tests = (
        (EMPTY, (is_.is_null,)),
        (BOOLEAN, (is_.is_boolean,)),
        (NUMBER, (is_.is_integer, is_.is_floating, is_.is_decimal, is_.is_duration)),
        (DATE, (is_.is_date, is_.is_timestamp, is_.is_time)),
        (CATEGORY, (is_.is_string, is_.is_large_string, is_.is_string_view)),
    )
    return next((kind for kind, any_of in tests if any(t(data_type) for t in any_of)), UNKNOWN)


def convert(
    values: Values, kind: str | Reading, name: str, *, source: str = "", first_row: int = 1
) -> Values:
    """Make a column the kind a model expects.

    Parameters
    ----------
    values : pyarrow.Array or pyarrow.ChunkedArray
        The column.
    kind : {"number", "category", "boolean", "date"} or Reading
        Wanted: float64, text, booleans, or timestamps in microseconds (UTC). A reading also
        says how text is written.
    name : str
        The column's name, for the message.
    source : str
        Where the column comes from, as the message shall begin.
    first_row : int
        The number of the first row, for the message.

    Raises
    ------
    TableError
        Naming the column, the first value that does not fit, and its row.
    """
    values, reading = decoded(values), as_reading(kind)
    have = kind_of(values.type)
    if have == UNKNOWN:
        raise TableError(f"{source}column {name!r} {unusable(values.type)}: leave it out")
    if values.null_count == len(values):
        return pa.nulls(len(values), _TYPES[reading.kind])
    if reading.kind == CATEGORY:
        return _as_text(values, reading.missing)
    values = in_one_piece(values)
    made, misfits = _parsed(values, reading) if have == CATEGORY else _cast(values, reading)
    at = pc.index(misfits, YES).as_py()
    if at >= 0:
        how, value = in_words(reading.kind, reading.form), shown(as_python(values[at]))
        raise TableError(
            f"{source}column {name!r}, row {first_row + at:,}: {value} is not "
            f"{_EXPECTED[reading.kind]}{f', {how}' if how else ''}; correct it or leave it empty"
        )
    return made


def without_views(table: "pa.Table") -> "pa.Table":
    """Make views of text or bytes, which few functions take, plain text and bytes."""
    fields = [field.with_type(_plain(field.type)) for field in table.schema]
    return table.cast(pa.schema(fields, table.schema.metadata))


def _plain(data_type: pa.DataType) -> pa.DataType:
    is_ = pa.types
    if is_.is_string_view(data_type):
        return TEXT
    if is_.is_binary_view(data_type):
        return pa.large_binary()
    if is_.is_list(data_type):
        return pa.list_(_plain(data_type.value_type))
    if is_.is_large_list(data_type):
        return pa.large_list(_plain(data_type.value_type))
    if is_.is_struct(data_type):
        return pa.struct([field.with_type(_plain(field.type)) for field in data_type])
    return data_type


def decoded(values: Values) -> Values:
    """Replace a dictionary-encoded column by its values, and views of text by text."""
    if pa.types.is_string_view(values.type):
        return values.cast(TEXT)
    if not pa.types.is_dictionary(values.type):
        return values
    if isinstance(values, pa.ChunkedArray):
        chunks = [decoded(chunk) for chunk in values.chunks]
        return pa.concat_arrays(chunks) if chunks else decoded(values.combine_chunks())
    inner = values.type.value_type
    entries = values.dictionary.cast(TEXT if kind_of(inner) == CATEGORY else inner)
    return entries.take(values.indices)


def in_one_piece(values: Values) -> Values:
    """Join the chunks of a column; one whose dictionaries differ is decoded."""
    if not isinstance(values, pa.ChunkedArray):
        return values
    chunks = values.chunks
    if pa.types.is_dictionary(values.type) and chunks:
        first = chunks[0].dictionary
        if not all(chunk.dictionary.equals(first) for chunk in chunks):
            return decoded(values)
        codes = pa.concat_arrays([chunk.indices for chunk in chunks])
        return pa.DictionaryArray.from_arrays(codes, first)
    return values.combine_chunks()


def shown(value: object) -> str:
    """Quote a value for a message, cut to a readable length."""
    text = str(value)
    return repr(text if len(text) <= 40 else text[:37] + "...")


def unusable(data_type: pa.DataType) -> str:
    """Say in words that values of this type are of no use to a model."""
    return f"holds values of a kind that is not used here ({data_type})"


def without_empty(values: Values) -> Values:
    """Turn empty text into missing values."""
    empty = pc.equal(pc.binary_length(values), _NO_LENGTH)
    if not pc.any(empty).as_py():
        return values
    return pc.if_else(empty, nothing(values.type), values)


def _as_text(values: Values, missing: Sequence[str]) -> Values:
    """Text as a CSV file would show it: 3.0 is ``3``, NaN and empty text are missing."""
    if pa.types.is_duration(values.type):
        values = _as_numbers(values)
    if pa.types.is_floating(values.type):
        values = pc.add(values.cast(pa.float64()), _ZERO)  # -0.0 and 0.0 are one level
        values = pc.if_else(pc.is_nan(values), _NO_NUMBER, values)
    texts = without_empty(values.cast(TEXT))
    if not missing:
        return texts
    words = pc.is_in(pc.utf8_trim_whitespace(texts), value_set=of_texts(missing))
    return pc.if_else(words, _NO_TEXT, texts)


def _cast(values: Values, reading: Reading) -> tuple[Values, Values]:
    """Numbers, booleans and dates as one another, where that loses no meaning.

    Returns
    -------
    made, misfits : arrays
        The values, and which of them do not fit.
    """
    have, there = kind_of(values.type), pc.is_valid(values)
    if have != DATE and reading.kind == DATE and reading.form:
        numbers = _without(_as_numbers(values), reading.missing)
        made = instants_of(numbers, reading.form)
        known = pc.and_(pc.is_valid(numbers), pc.invert(pc.is_nan(pc.fill_null(numbers, _ZERO))))
        return made, pc.and_(known, pc.is_null(made))
    if (have == DATE) != (reading.kind == DATE):
        return pa.nulls(len(values), _TYPES[reading.kind]), there
    if reading.kind == DATE:
        return _instants(values)
    numbers = _without(_as_numbers(values), reading.missing)
    if reading.kind == NUMBER:
        return numbers, _none(values)
    numbers = pc.if_else(pc.is_nan(numbers), _NO_NUMBER, numbers)
    yes = pc.equal(numbers, _ONE)
    return yes, pc.and_(pc.is_valid(yes), pc.invert(pc.or_(yes, pc.equal(numbers, _ZERO))))


def _instants(values: Values) -> tuple[Values, Values]:
    """Dates and times as instants, and the first that is too far for microseconds, if any is."""
    try:
        return _to_timestamp(values), _none(values)
    except pa.ArrowInvalid:
        low, high = 0, len(values)  # the first `low` values fit, and the first `high` do not
    while high - low > 1:
        middle = (low + high) // 2
        try:
            _to_timestamp(values.slice(0, middle))
            low = middle
        except pa.ArrowInvalid:
            high = middle
    return pa.nulls(len(values), _TYPES[DATE]), of_numpy(np.arange(len(values)) == low)


def _none(values: Values) -> Values:
    return of_numpy(np.zeros(len(values), dtype=bool))


def _as_numbers(values: Values) -> Values:
    if pa.types.is_duration(values.type):
        ticks = values.cast(pa.duration("us"), safe=False).cast(pa.int64())
        return pc.divide(ticks.cast(pa.float64(), safe=False), _DAY)
    return values.cast(pa.float64(), safe=False)


def _without(numbers: Values, missing: Sequence[str]) -> Values:
    """Turn numbers that are words for nothing, such as -9999, into missing values."""
    words = numbers_of(of_texts(missing)).drop_null() if missing else ()
    if not len(words):
        return numbers
    return pc.if_else(pc.is_in(numbers, value_set=words), _NO_NUMBER, numbers)


def _to_timestamp(values: Values) -> Values:
    """Instants in microseconds; a zone means UTC, a bare time of day is on the first day."""
    if pa.types.is_time(values.type):
        values = values.cast(pa.time64("us"), safe=False).cast(pa.int64())
    elif pa.types.is_timestamp(values.type):
        # Nanoseconds are cut off; what is too far for microseconds is refused.
        exact = values.type.unit != "ns"
        values = values.cast(pa.timestamp("us", values.type.tz), safe=exact).cast(pa.int64())
    return values.cast(pa.timestamp("us"))


def _parsed(values: Values, reading: Reading) -> tuple[Values, Values]:
    """Read text as numbers, booleans or dates, and say which of it resists."""
    text = without_missing_words(values, reading.missing)
    if reading.kind == BOOLEAN:
        made = truths(text)
    elif reading.kind == DATE:
        text = without_no_day(text)
        made = dates_of(text, reading.form)
    else:
        made = _numbers(text, reading.form)
    misfits = pc.and_(pc.is_valid(text), pc.is_null(made))
    return _without(made, reading.missing) if reading.kind == NUMBER else made, misfits


def _numbers(text: Values, form: str) -> Values:
    made = numbers_of(text, form)
    if made.null_count > text.null_count:  # the words for 1 and 0 that data frames have
        lower = pc.utf8_lower(text)
        for word, value in ((_TRUE, _ONE), (_FALSE, _ZERO)):
            made = pc.if_else(pc.is_in(lower, value_set=word), value, made)
    return made
