"""Numbers as people write them in text."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trilayer.errors import TableError
from trilayer.optional import require
from trilayer.tables.places import Places
from trilayer.tables.readings import COMMA, HEX, NUMBER, POINT
from trilayer.tables.values import (
    TEXT,
    YES,
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

_PLAIN = r"(?i)^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)$"
_HEX = r"^[+-]?0[xX][0-9a-fA-F]{1,16}$"

# Typographers' blanks, minus signs and apostrophes are those of a keyboard.
_TYPESET = {
    **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
    **dict.fromkeys("\u2212\u2012\u2013", "-"),
    **dict.fromkeys("\u2019\u02bc", "'"),
}
_CURRENCIES = "AUD|BRL|CAD|CHF|CNY|DKK|EUR|GBP|HKD|INR|JPY|KRW|MXN|NOK|NZD|PLN|RUB|SEK|SGD|USD|ZAR"
_SYMBOLS = "$€£¥₹₽₩₺₴₪฿"
_BEFORE = rf"[A-Z]{{0,3}}[{_SYMBOLS}]|(?:{_CURRENCIES})"
_AFTER = rf"[{_SYMBOLS}%‰°\"″'′]|[\p{{L}}µ°%][\p{{L}}²³/µ°]{{0,11}}(?: [\p{{L}}²³/]{{1,12}})?"
CURRENCIES = frozenset(_CURRENCIES.split("|"))


def is_currency(unit: str) -> bool:
    """Whether a unit is money: a number without it then means the same."""
    return unit in CURRENCIES or unit[-1:] in set(_SYMBOLS)


def _body(decimal: str) -> str:
    """Match digits, the thousands grouped by what is not the decimal sign, or not at all."""
    d = _escaped(decimal)
    if decimal == POINT:  # 12,34,567 is how India groups
        grouped = [r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}"]
    else:
        grouped = [r"[1-9]\d{0,2}(?:\.\d{3})+"]
    grouped += [r"[1-9]\d{0,2}(?: \d{3})+", r"[1-9]\d{0,2}(?:'\d{3})+"]
    return "|".join([*(rf"{g}(?:{d}\d*)?" for g in grouped), rf"\d+(?:{d}\d*)?", rf"{d}\d+"])


def _escaped(sign: str) -> str:
    """Return a decimal sign as a pattern has it."""
    return rf"\{sign}" if sign == POINT else sign


def _pattern(decimal: str) -> str:
    return (
        rf"^(?P<open>\(?)(?P<first>[+-]?) ?(?P<before>(?:{_BEFORE})?) ?(?P<second>[+-]?)"
        rf"(?P<body>{_body(decimal)})(?P<power>(?:[eE][+-]?\d+)?) ?(?P<after>(?:{_AFTER})?)"
        r"(?P<close>\)?)(?P<last>-?)$"
    )


_PATTERNS = {decimal: _pattern(decimal) for decimal in (POINT, COMMA)}


def numbers_of(texts: Values, form: str = "") -> Values:
    """Read trimmed text as numbers: float64, missing where a text is no number of this form."""
    if form == "":
        with suppress(pa.ArrowInvalid):
            return texts.cast(pa.float64())
        return by_text(texts, _plain)
    if form == HEX:
        return by_text(texts, _hexadecimal)
    return by_text(texts, lambda each: written(each, form[0], form[1:])[0])


def by_text(texts: Values, read: Callable[[Values], Values]) -> Values:
    """Read each different text once."""
    encoded = texts.dictionary_encode()
    return read(encoded.dictionary).take(encoded.indices)


def written(texts: Values, decimal: str, unit: str | None = None) -> tuple[Values, Values]:
    """Read decorated numbers: groups of thousands, a unit, a sign anywhere, brackets.

    Parameters
    ----------
    texts : array of text
    decimal : {".", ","}
    unit : str, optional
        The unit that numbers may have; by default any.

    Returns
    -------
    numbers : array of float64
        Missing where a text is no such number.
    units : array of text
        What stands before or after the numbers; empty where nothing does.
    """
    plain = typed(texts)
    found = pc.extract_regex(plain, _PATTERNS[decimal])
    piece = {field.name: found.field(i) for i, field in enumerate(found.type)}

    def has(name: str, sign: str) -> npt.NDArray[np.bool_]:
        return to_numpy(pc.equal(piece[name], text(sign)))

    minus = sum(has(name, "-").astype(np.int8) for name in ("first", "second", "last"))
    minus = minus + has("open", "(")
    units = pc.binary_join_element_wise(piece["before"], piece["after"], text(""))
    good = ~missing(found) & (has("open", "(") == has("close", ")")) & (minus < 2)
    good &= has("before", "") | has("after", "")
    if unit is not None:
        good &= to_numpy(pc.is_in(units, value_set=of_texts(["", unit])))
    body = pc.replace_substring_regex(piece["body"], f"[^0-9{_escaped(decimal)}]", "")
    body = pc.replace_substring(body, decimal, POINT)
    sign = pc.if_else(of_numpy(minus == 1), text("-"), text(""))
    digits = pc.binary_join_element_wise(sign, body, piece["power"], text(""))
    ok = of_numpy(good)
    numbers = pc.if_else(ok, digits, nothing(TEXT)).cast(pa.float64())
    if decimal == POINT:  # what a computer wrote, inf among it, needs no decoration
        numbers = pc.coalesce(numbers, _plain(plain))
    units = pc.if_else(ok, units, text(""))
    return numbers, pc.if_else(pc.is_valid(numbers), units, nothing(TEXT))


def typed(texts: Values) -> Values:
    """Replace typographers' signs by those of a keyboard."""
    for sign, plain in _TYPESET.items():
        if pc.any(pc.match_substring(texts, sign)).as_py():
            texts = pc.replace_substring(texts, sign, plain)
    return texts


def _plain(texts: Values) -> Values:
    texts = typed(texts)
    ok = pc.match_substring_regex(texts, _PLAIN)
    return pc.if_else(ok, texts, nothing(TEXT)).cast(pa.float64())


def _hexadecimal(texts: Values) -> Values:
    ok = pc.match_substring_regex(texts, _HEX)
    kept = pc.if_else(ok, texts, text("0"))
    numbers = [float(int(each or "0", 16)) for each in kept.to_pylist()]
    return pc.if_else(ok, of_numpy(np.array(numbers, dtype=np.float64)), nothing(pa.float64()))


def refuse_infinite(
    table: "pa.Table | pa.RecordBatch", names: Iterable[str], places: Places
) -> None:
    """Raise TableError if a column of numbers holds an infinite one."""
    from trilayer.tables.convert import convert

    for name in names:
        numbers = convert(table[name], NUMBER, name)
        at = pc.index(pc.is_inf(numbers), YES).as_py()
        if at >= 0:
            source, row = places.of(at)
            raise TableError(
                f"{source}column {name!r}, row {row:,}: {numbers[at].as_py()} is not finite; "
                "correct it or leave it empty"
            )
