"""How a column is read: as what, and how its text is written where that is not plain."""

from collections.abc import Mapping
from dataclasses import dataclass

NUMBER, CATEGORY, BOOLEAN, DATE = "number", "category", "boolean", "date"
KINDS = (NUMBER, CATEGORY, BOOLEAN, DATE)

# Of numbers: with a point or a comma for the decimals, the thousands grouped by what is left,
# and after it the unit, if there is one ("." "," ",€" ".%"); or hexadecimal.
POINT, COMMA, HEX = ".", ",", "x"
# Of dates: which of day and month comes first; numbers that count from 1970; 20241231.
DAY_FIRST, MONTH_FIRST, COMPACT = "dmy", "mdy", "ymd"
TICKS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}

_LONGEST_UNIT = 32


@dataclass(frozen=True)
class Reading:
    """How the values of a column are made what a model reads.

    Attributes
    ----------
    kind : {"number", "category", "boolean", "date"}
    form : str
        How text of this kind is written, where that is not plain.
    missing : tuple of str
        Words that stand for nothing, beside those that always do.
    note : str
        What a person should know of it, beside the form.
    """

    kind: str
    form: str = ""
    missing: tuple[str, ...] = ()
    note: str = ""


Kinds = Mapping[str, str | Reading]
"""Columns by name, and what each is read as; a kind alone is text that is written plainly."""


@dataclass(frozen=True)
class Hints:
    """What a person says of how a table is written.

    Attributes
    ----------
    number, date : tuple of str
        Columns that hold numbers though they look like codes, and dates though they look like
        numbers.
    missing : tuple of str
        Words that stand for nothing.
    decimal, thousands : str or None
        What separates the decimals, and groups the thousands.
    dayfirst : bool or None
        Whether 5/9/2020 is in September.
    """

    number: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    decimal: str | None = None
    thousands: str | None = None
    dayfirst: bool | None = None

    @property
    def point(self) -> str | None:
        """What separates the decimals, if it is said: the thousands tell it too."""
        return self.decimal or {",": POINT, ".": COMMA}.get(self.thousands or "")


def as_reading(kind: str | Reading) -> Reading:
    """Return a reading as it is, and a kind as that of plain text."""
    return kind if isinstance(kind, Reading) else Reading(kind)


def is_form(kind: str, form: str) -> bool:
    """Whether text of a kind can be written so."""
    if kind == DATE:
        return form in {"", DAY_FIRST, MONTH_FIRST, COMPACT, *TICKS}
    if kind != NUMBER or form in {"", HEX}:
        return form == "" or kind == NUMBER
    return form[0] in {POINT, COMMA} and len(form) <= _LONGEST_UNIT and form.isprintable()


def in_words(kind: str, form: str) -> str:
    """Say how text was read; nothing where it was read as it stands."""
    if not form:
        return ""
    if kind == DATE:
        order = {DAY_FIRST: "day/month/year", MONTH_FIRST: "month/day/year"}
        return f"read as {order.get(form) or _instant(form)}"
    if form == HEX:
        return "read as hexadecimal"
    facts = ["with a decimal comma"] * (form[0] == COMMA)
    facts += [f"without {form[1:]!r}"] * (len(form) > 1)
    return f"read {', '.join(facts or ['with thousands grouped, or a sign of its own'])}"


def _instant(form: str) -> str:
    return "yyyymmdd" if form == COMPACT else f"{TICKS[form]} since 1970"
