"""What databases say differently: names, texts, numbers, tables of values, dates."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_MICROSECONDS = "86400000000"  # of a day


def _doubled(quote: str) -> Callable[[str], str]:
    return lambda name: quote + name.replace(quote, 2 * quote) + quote


def _escaped(quote: str, unprintable: Callable[[str], str]) -> Callable[[str], str]:
    """Return how to quote where a backslash escapes."""

    def quoted(text: str) -> str:
        signs = (
            f"\\{c}" if c in {quote, "\\"} else c if c.isprintable() else unprintable(c)
            for c in text
        )
        return quote + "".join(signs) + quote

    return quoted


def _joined(character: str) -> Callable[[str], str]:
    """Return how to write a text where nothing escapes: a function makes what is not printable."""

    def written(text: str) -> str:
        runs = re.split(r"([^\x20-\x7e\xa1-\U0010ffff])", text)
        pieces = [
            f"{character}({ord(run)})" if i % 2 else "'" + run.replace("'", "''") + "'"
            for i, run in enumerate(runs)
            if run
        ]
        return "(" + "||".join(pieces) + ")" if len(pieces) > 1 else "".join(pieces) or "''"

    return written


def _values(name: str, columns: Sequence[str], types: Sequence[str], rows: list[list[str]]) -> str:
    """Write a table of values; that the first row has its types is enough for all."""
    first = [f"CAST({each} AS {kind})" for each, kind in zip(rows[0], types, strict=True)]
    inner = ",\n".join(f"({','.join(row)})" for row in [first, *rows[1:]])
    return f"{name} ({', '.join(columns)}) AS (VALUES\n{inner})"


def _structs(name: str, columns: Sequence[str], types: Sequence[str], rows: list[list[str]]) -> str:
    fields = ", ".join(f"{each} {kind}" for each, kind in zip(columns, types, strict=True))
    first, *rest = [f"({','.join(row)})" for row in rows]
    inner = ",\n".join([f"STRUCT<{fields}>{first}", *rest])
    return f"{name} AS (SELECT * FROM UNNEST([\n{inner}]))"  # noqa: S608


def _clickhouse_values(
    name: str, columns: Sequence[str], types: Sequence[str], rows: list[list[str]]
) -> str:
    fields = ", ".join(f"{each} {kind}" for each, kind in zip(columns, types, strict=True))
    inner = ",\n".join(f"({','.join(row)})" for row in rows)
    return f"{name} AS (SELECT * FROM VALUES('{fields}',\n{inner}))"  # noqa: S608


def number(value: float) -> str:
    """Write a float64: with an exponent, for it would be a decimal number without."""
    text = repr(float(value))
    text = text if "e" in text else f"{text}e0"
    return f"({text})" if value < 0 else text


@dataclass(frozen=True)
class Dialect:
    """How one database writes what a model computes; ``{x}`` stands for what it is of.

    Attributes
    ----------
    identifier, text : function of str to str
        A name, and a text, written so that nothing in it means anything.
    holds_nul : bool
        Whether a text may have a NUL in it.
    double, whole, string : str
        Types.
    number, truth_text : str
        A column as a number, NULL where it is none; and as a text.
    wrong_number : str
        When a column's value is no number at all.
    trimmed : str
        ``{x}`` without the signs of ``{blanks}`` around it.
    without_zeros : str
        ``3`` for the text ``3.00``.
    microseconds, year, month : str
        Of an instant, whole numbers: the first since 1970.
    materialized : str
        Makes a step be computed once.
    values : function
        A table of values, from its name, columns, types and rows.
    """

    identifier: Callable[[str], str]
    text: Callable[[str], str]
    number: str
    trimmed: str
    without_zeros: str
    microseconds: str
    year: str
    month: str
    double: str = "DOUBLE PRECISION"
    whole: str = "INTEGER"
    string: str = "TEXT"
    wrong_number: str = ""
    holds_nul: bool = True
    materialized: str = "MATERIALIZED "
    values: Callable[[str, Sequence[str], Sequence[str], list[list[str]]], str] = field(
        default=_values
    )


_SQLITE_WHOLE = (
    "CASE WHEN substr({x}, -1) = '0' AND rtrim({x}, '0') LIKE '%.' AND "
    "ltrim(substr({x}, 1, 1), '+-') || substr(rtrim({x}, '0'), 2) GLOB '[0-9]*.' AND "
    "ltrim(substr({x}, 1, 1), '+-') || substr(rtrim(rtrim({x}, '0'), '.'), 2) "
    "NOT GLOB '*[^0-9]*' THEN rtrim(rtrim({x}, '0'), '.') ELSE {x} END"
)
_SQLITE_MICROSECONDS = (
    "(CAST(strftime('%s', {x}) AS INTEGER) * 1000000 + CAST(round(1000000 * "
    "(CAST(strftime('%f', {x}) AS REAL) - CAST(strftime('%S', {x}) AS REAL))) AS INTEGER))"
)

DIALECTS = {
    "duckdb": Dialect(
        identifier=_doubled('"'),
        text=_joined("chr"),
        number="NULLIF(CAST({x} AS DOUBLE), 'NaN'::DOUBLE)",
        trimmed="trim({x}, {blanks})",
        without_zeros=r"regexp_replace({x}, '^([+-]?[0-9]+)\.0+$', '\1')",
        microseconds="epoch_us(CAST({x} AS TIMESTAMP))",
        year="year(CAST({x} AS TIMESTAMP))",
        month="month(CAST({x} AS TIMESTAMP))",
        double="DOUBLE",
    ),
    "sqlite": Dialect(
        identifier=_doubled('"'),
        text=_joined("char"),
        number="CASE typeof({x}) WHEN 'text' THEN NULL ELSE CAST({x} AS REAL) END",
        wrong_number="typeof({x}) IN ('text', 'blob') AND trim({x}) <> ''",
        trimmed="trim({x}, {blanks})",
        without_zeros=_SQLITE_WHOLE,
        microseconds=_SQLITE_MICROSECONDS,
        year="CAST(strftime('%Y', {x}) AS INTEGER)",
        month="CAST(strftime('%m', {x}) AS INTEGER)",
        double="REAL",
    ),
    "postgres": Dialect(
        identifier=_doubled('"'),
        text=_joined("chr"),
        number="NULLIF(CAST({x} AS DOUBLE PRECISION), 'NaN'::DOUBLE PRECISION)",
        trimmed="btrim({x}, {blanks})",
        without_zeros=r"regexp_replace({x}, '^([+-]?[0-9]+)\.0+$', '\1')",
        microseconds="CAST(extract(epoch FROM CAST({x} AS TIMESTAMP)) * 1000000 AS BIGINT)",
        year="extract(year FROM CAST({x} AS TIMESTAMP))",
        month="extract(month FROM CAST({x} AS TIMESTAMP))",
        holds_nul=False,
    ),
    "bigquery": Dialect(
        identifier=_escaped("`", lambda c: f"\\U{ord(c):08x}"),
        text=_escaped("'", lambda c: f"\\U{ord(c):08x}"),
        number="IF(IS_NAN(CAST({x} AS FLOAT64)), NULL, CAST({x} AS FLOAT64))",
        trimmed="TRIM({x}, {blanks})",
        without_zeros=r"REGEXP_REPLACE({x}, '^([+-]?[0-9]+)\\.0+$', '\\1')",
        microseconds="UNIX_MICROS(TIMESTAMP({x}))",
        year="EXTRACT(YEAR FROM TIMESTAMP({x}))",
        month="EXTRACT(MONTH FROM TIMESTAMP({x}))",
        double="FLOAT64",
        whole="INT64",
        string="STRING",
        materialized="",
        values=_structs,
    ),
    "clickhouse": Dialect(
        identifier=_escaped("`", lambda c: "".join(f"\\x{b:02x}" for b in c.encode())),
        text=_escaped("'", lambda c: "".join(f"\\x{b:02x}" for b in c.encode())),
        number="if(isNaN(toFloat64({x})), NULL, toFloat64({x}))",
        trimmed="trim(BOTH {blanks} FROM {x})",
        without_zeros=r"replaceRegexpOne({x}, '^([+-]?[0-9]+)\\.0+$', '\\1')",
        microseconds="toUnixTimestamp64Micro(toDateTime64({x}, 6, 'UTC'))",
        year="toYear(toDateTime64({x}, 6, 'UTC'))",
        month="toMonth(toDateTime64({x}, 6, 'UTC'))",
        double="Nullable(Float64)",
        whole="Nullable(Int32)",
        string="Nullable(String)",
        materialized="",
        values=_clickhouse_values,
    ),
}
"""By name."""


def part_of_date(name: str, dialect: Dialect, x: str) -> str:
    """Write a number that a date is made into (`trilayer.export.description.PartSpec`)."""
    if name in {"year", "month"}:
        return getattr(dialect, name).replace("{x}", x)  # type: ignore[no-any-return]
    ticks = dialect.microseconds.replace("{x}", x)
    of_day = f"(({ticks} % {_MICROSECONDS} + {_MICROSECONDS}) % {_MICROSECONDS})"
    if name == "hour":
        return f"{of_day} / 3600000000e0"
    if name == "days":
        return f"{ticks} / {_MICROSECONDS}e0"
    return f"((({ticks} - {of_day}) / {_MICROSECONDS} + 3) % 7 + 7) % 7 + 1"
