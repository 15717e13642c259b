"""Dates and times of day as people write them in text, and as numbers count them."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.optional import require
from trilayer.tables.numerals import by_text, numbers_of
from trilayer.tables.readings import COMPACT, DAY_FIRST, MONTH_FIRST, TICKS
from trilayer.tables.values import (
    TEXT,
    Values,
    missing,
    nothing,
    of_numpy,
    of_texts,
    text,
    to_numpy,
)

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

Whole = npt.NDArray[np.int64]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]{{0,6}}\.?"
_DAYNAME = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? +)?"
_CLOCK = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?)?"
    r" ?(?P<half>(?:[ap]\.?m\.?)?)"
)
_ZONE = r" ?(?P<zone>(?:z|utc|gmt|[+-]\d{2}(?::?\d{2})?)?)"
_TIME = rf"(?:(?:t|,? +){_CLOCK}{_ZONE})?"
_YEAR = r"(?P<year>\d{4}|\d{2})"
_PATTERNS = (
    rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_TIME}",
    r"(?P<year>\d{4})[-/](?P<month>\d{1,2})",
    rf"{_DAYNAME}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[-/. ]+{_NAMED}[-/., ]+{_YEAR}{_TIME}",
    rf"{_DAYNAME}{_NAMED}[-/. ]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? +(?P<year>\d{{4}}){_TIME}",
    rf"{_NAMED}[-/., ]+(?P<year>\d{{4}})",
    r"(?P<month>\d{1,2})[-/](?P<year>\d{4})",
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r" ?(?P<half>(?:[ap]\.?m\.?)?)",
)
_ORDERED = {
    DAY_FIRST: rf"(?P<day>\d{{1,2}})[-/.](?P<month>\d{{1,2}})[-/.]{_YEAR}{_TIME}",
    MONTH_FIRST: rf"(?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})[-/.]{_YEAR}{_TIME}",
}
# A day that databases write where they have none.
_NO_DAY = r"^0{4}-0{2}-0{2}(?:[ T]0{2}:0{2}:0{2}(?:\.0+)?)?$"

_PIVOT = 69  # as POSIX has it: 68 is 2068, 69 is 1969
_SECOND = 1_000_000
_FAR = 2.0**53  # beyond it, numbers are no counts
_MOST_US = 9.0e18


def without_no_day(texts: Values) -> Values:
    """Turn 0000-00-00 into a missing value."""
    if not pc.any(pc.starts_with(texts, "0000-00-00")).as_py():
        return texts
    return pc.if_else(pc.match_substring_regex(texts, _NO_DAY), nothing(TEXT), texts)


def dates_of(texts: Values, form: str = "") -> Values:
    """Read trimmed text as instants, microseconds, UTC where no zone is said.

    Parameters
    ----------
    texts : array of text
    form : str
        Which of day and month comes first, where numbers alone do not tell; or what numbers count.

    Returns
    -------
    array of timestamps
        Missing where a text is no date of this form.
    """
    if form in {COMPACT, *TICKS}:
        return instants_of(numbers_of(texts), form)
    if form == "":
        for plain in (pa.timestamp("us"), pa.date32()):
            with suppress(pa.ArrowInvalid):
                return texts.cast(plain).cast(pa.timestamp("us"))
    return by_text(texts, lambda each: _written(each, form))


def instants_of(numbers: Values, form: str) -> Values:
    """Read numbers as instants: counts from 1970, or yyyymmdd; missing where that is none."""
    absent = missing(numbers, or_nan=True)
    values = np.where(absent, 0.0, to_numpy(numbers.cast(pa.float64(), safe=False)))
    if form == COMPACT:
        days = np.where(np.abs(values) < _FAR, values, 0).astype(np.int64)
        pieces = {"year": days // 10_000, "month": days // 100 % 100, "day": days % 100}
        ticks, good = _instants(pieces, len(days))
        good &= (values == days) & (pieces["year"] >= 1000) & (pieces["year"] <= 9999)
    else:
        scaled = values * {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}[form]
        good = np.abs(scaled) < _MOST_US
        ticks = np.where(good, scaled, 0).astype(np.int64)
    return _timestamps(ticks, good & ~absent)


def counted_in(largest: float) -> str:
    """Say what numbers up to this count, by their size: dates from 1973 on have such."""
    bounds = {"s": 1e11, "ms": 1e14, "us": 1e17}
    return next((form for form, bound in bounds.items() if largest < bound), "ns")


def _written(texts: Values, form: str) -> Values:
    """Read dates that Arrow does not: each text by the first pattern that it has."""
    lower = pc.utf8_lower(texts)
    patterns = [*_PATTERNS, _ORDERED[form]] if form else list(_PATTERNS)
    ticks, good = np.zeros(len(texts), dtype=np.int64), np.zeros(len(texts), dtype=bool)
    for pattern in patterns:
        found = pc.extract_regex(lower, f"^{pattern}$")
        here = ~missing(found) & ~good
        if here.any():
            pieces = {f.name: found.field(i) for i, f in enumerate(found.type)}
            read, valid = _instants(_numbers(pieces), len(texts))
            ticks, good = np.where(here, read, ticks), good | (here & valid)
    return _timestamps(ticks, good)


def _numbers(pieces: dict[str, Any]) -> dict[str, Whole]:
    """Make the pieces of dates whole numbers; where a piece is empty, it is the first."""
    made = {}
    for name in ("year", "month", "day", "hour", "minute", "second"):
        if name in pieces:
            empty = pc.equal(pieces[name], text(""))
            first = text("1" if name in {"month", "day"} else "0")
            made[name] = to_numpy(pc.if_else(empty, first, pieces[name]).cast(pa.int64()))
    if "year" in made:
        short = to_numpy(pc.utf8_length(pieces["year"])) == len("yy")
        made["year"] = made["year"] + short * np.where(made["year"] < _PIVOT, 2000, 1900)
    if "name" in pieces:
        place = pc.index_in(pieces["name"], value_set=of_texts(_MONTHS))
        made["month"] = np.where(missing(place), 0, to_numpy(place)).astype(np.int64) + 1
    return made | _odd_pieces(pieces)


def _odd_pieces(pieces: dict[str, Any]) -> dict[str, Whole]:
    """Read what is no whole number: the fraction of a second, the half of the day, the zone."""
    made = {}
    if "part" in pieces:
        padded = pc.utf8_rpad(pieces["part"], 6, "0")
        made["part"] = to_numpy(pc.utf8_slice_codeunits(padded, 0, 6).cast(pa.int64()))
    for name, read in (("half", _half), ("zone", _minutes)):
        if name in pieces:
            each = pieces[name].dictionary_encode()
            values = np.array([read(word) for word in each.dictionary.to_pylist()], dtype=np.int64)
            made[name] = values[to_numpy(each.indices)]
    return made


def _half(word: str) -> int:
    """Return 1 for a.m., 2 for p.m., 0 where the clock has 24 hours."""
    return " ap".index(word[:1] or " ")


def _minutes(zone: str) -> int:
    if zone[:1] not in {"+", "-"}:
        return 0
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return -minutes if zone[0] == "-" else minutes


def _instants(pieces: dict[str, Whole], m: int) -> tuple[Whole, npt.NDArray[np.bool_]]:
    """Count microseconds from 1970, and say which of the dates there are."""

    def piece(name: str, default: int) -> Whole:
        return pieces.get(name, np.full(m, default, dtype=np.int64))

    year, month, day = piece("year", 1970), piece("month", 1), piece("day", 1)
    hour, minute, second = (piece(name, 0) for name in ("hour", "minute", "second"))
    half = piece("half", 0)
    good = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= (
        (minute < 60) & (second < 60) & np.where(half > 0, (hour >= 1) & (hour <= 12), hour < 24)
    )
    hour = np.where(half > 0, hour % 12 + 12 * (half - 1), hour)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    good &= day <= after - first
    days = first + np.where(good, day, 1) - 1
    seconds = ((days * 24 + hour) * 60 + minute - piece("zone", 0)) * 60 + second
    return seconds * _SECOND + piece("part", 0), good


def _timestamps(ticks: Whole, good: npt.NDArray[np.bool_]) -> Values:
    none = pa.nulls(len(ticks), pa.int64())
    return pc.if_else(of_numpy(good), of_numpy(ticks), none).cast(pa.timestamp("us"))
