"""One column, made what a model reads: numbers, text, yes or no, dates.

The same rules serve a column that was parsed from a file, one that came with a
data frame, and one that arrives as bare text on standard input, so that a model
sees the same value whichever way it came.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.values import TEXT, YES, as_python, nothing, number, of_texts, whole

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

Values = Any  # a pyarrow.Array or pyarrow.ChunkedArray
Reading = Callable[[Values], Values]

NUMBER, CATEGORY, BOOLEAN, DATE = "number", "category", "boolean", "date"
KINDS = (NUMBER, CATEGORY, BOOLEAN, DATE)
EMPTY, UNKNOWN = "empty", "unknown"

# What stands for a missing value among numbers, dates and booleans. Among text only
# the empty field is missing: "NA" can be Namibia and "None" an answer.
MISSING_WORDS = (
    *("", "NA", "N/A", "#N/A", "<NA>", "n/a", "na", "NaN", "nan", "NAN", "-nan"),
    *("NULL", "null", "Null", "None", "none", "NONE", "?", ".", "-"),
)

_NO_TEXT, _NO_NUMBER = nothing(TEXT), nothing(pa.float64())
_ZERO, _ONE = number(0.0), number(1.0)
_WORDS, _NO_LENGTH = of_texts(MISSING_WORDS), whole(0)
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
    values: Values, kind: str, name: str, *, source: str = "", first_row: int = 1
) -> Values:
    """Make a column the kind a model expects.

    Parameters
    ----------
    values : pyarrow.Array or pyarrow.ChunkedArray
        The column.
    kind : {"number", "category", "boolean", "date"}
        Wanted: float64, text, booleans, or timestamps in microseconds (UTC).
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
    values = decoded(values)
    have = kind_of(values.type)
    if have == UNKNOWN:
        raise TableError(f"{source}column {name!r} {unusable(values.type)}: leave it out")
    if values.null_count == len(values):
        return pa.nulls(len(values), _TYPES[kind])
    if kind == CATEGORY:
        return _as_text(values)
    try:
        return _parsed(values, kind) if have == CATEGORY else _cast(values, kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        row, value = _first_misfit(values, kind)
        raise TableError(
            f"{source}column {name!r}, row {first_row + row:,}: {shown(value)} is not "
            f"{_EXPECTED[kind]}; correct it or leave it empty"
        ) from error


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


def without_missing_words(values: Values) -> Values:
    """Trim text, and turn the words that stand for nothing into missing values."""
    trimmed = pc.utf8_trim_whitespace(values.cast(TEXT))
    return pc.if_else(pc.is_in(trimmed, value_set=_WORDS), _NO_TEXT, trimmed)


def without_empty(values: Values) -> Values:
    """Turn empty text into missing values."""
    empty = pc.equal(pc.binary_length(values), _NO_LENGTH)
    if not pc.any(empty).as_py():
        return values
    return pc.if_else(empty, nothing(values.type), values)


def _as_text(values: Values) -> Values:
    """Text as a CSV file would show it: 3.0 is ``3``, NaN and empty text are missing."""
    if pa.types.is_duration(values.type):
        values = _cast(values, NUMBER)
    if pa.types.is_floating(values.type):
        values = pc.add(values.cast(pa.float64()), _ZERO)  # -0.0 and 0.0 are one level
        values = pc.if_else(pc.is_nan(values), _NO_NUMBER, values)
    return without_empty(values.cast(TEXT))


def _cast(values: Values, kind: str) -> Values:
    """Numbers, booleans and dates as one another, where that loses no meaning."""
    have = kind_of(values.type)
    if (have == DATE) != (kind == DATE):
        raise pa.ArrowInvalid("a date is no number, nor a number a date")
    if kind == DATE:
        return _to_timestamp(values)
    if pa.types.is_duration(values.type):
        ticks = values.cast(pa.duration("us"), safe=False).cast(pa.int64())
        return pc.divide(ticks.cast(pa.float64(), safe=False), _DAY)
    numbers = values.cast(pa.float64(), safe=False)
    return numbers if kind == NUMBER else _zero_or_one(numbers)


def _zero_or_one(numbers: Values) -> Values:
    numbers = pc.if_else(pc.is_nan(numbers), _NO_NUMBER, numbers)
    yes = pc.equal(numbers, _ONE)
    if pc.all(pc.or_(yes, pc.equal(numbers, _ZERO))).as_py() is False:
        raise pa.ArrowInvalid("neither 0 nor 1")
    return yes


def _to_timestamp(values: Values) -> Values:
    """Instants in microseconds; a zone means UTC, a bare time of day is on the first day."""
    if pa.types.is_time(values.type):
        values = values.cast(pa.time64("us"), safe=False).cast(pa.int64())
    elif pa.types.is_timestamp(values.type):
        # Nanoseconds are cut off; what is too far for microseconds is refused.
        exact = values.type.unit != "ns"
        values = values.cast(pa.timestamp("us", values.type.tz), safe=exact).cast(pa.int64())
    return values.cast(pa.timestamp("us"))


def _parsed(values: Values, kind: str) -> Values:
    """Read text as numbers, booleans or dates; ArrowInvalid if some value resists."""
    text = without_missing_words(values)
    refused: Exception
    for read in _readings(kind):
        try:
            return read(text)
        except pa.ArrowInvalid as error:
            refused = error
    raise refused


def _readings(kind: str) -> list[Reading]:
    """Return the ways to read text of a kind, the likeliest first."""
    if kind != DATE:
        return [lambda text: text.cast(_TYPES[kind])]
    plain = (pa.timestamp("us"), pa.date32(), pa.timestamp("ns"))
    zoned = (pa.timestamp("us", "UTC"), pa.timestamp("ns", "UTC"))
    return [*(_through(each) for each in (*plain, *zoned)), _time_of_day]


def _through(data_type: pa.DataType) -> Reading:
    return lambda text: _to_timestamp(text.cast(data_type))


def _time_of_day(text: Values) -> Values:
    day, space = of_texts(["1970-01-01", " "])
    return pc.binary_join_element_wise(day, text, space).cast(pa.timestamp("us"))


def _first_misfit(values: Values, kind: str) -> tuple[int, object]:
    """Find the first value that does not fit, by halving: its position and itself."""
    given, read = values, lambda part: _cast(part, kind)
    if kind_of(values.type) == CATEGORY:
        given = without_missing_words(values)
        first = given.drop_null().slice(0, 1)
        # The reading that fits the first value is the one the others are held against.
        ways = _readings(kind)
        read = next((way for way in ways if _fits(way, first)), ways[0])
    # What is missing fits, so the first `low` values do, and the first `high` do not.
    low, high = pc.index(pc.is_valid(given), YES).as_py(), len(given)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _fits(read, given.slice(0, middle)) else (low, middle)
    return high - 1, as_python(values[high - 1])


def _fits(read: Reading, values: Values) -> bool:
    try:
        read(values)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True
