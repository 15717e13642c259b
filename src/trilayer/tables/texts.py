"""What a column of text is: numbers, dates, truth values or words, and how they are written."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trilayer.errors import TableError
from trilayer.lazy import cached_property
from trilayer.optional import require
from trilayer.tables.dates import counted_in, dates_of, instants_of, without_no_day
from trilayer.tables.numerals import is_currency, numbers_of, written
from trilayer.tables.readings import (
    BOOLEAN,
    CATEGORY,
    COMMA,
    COMPACT,
    DATE,
    DAY_FIRST,
    HEX,
    MONTH_FIRST,
    NUMBER,
    POINT,
    Hints,
    Reading,
)
from trilayer.tables.values import Values, missing, number, of_numpy, of_texts, text, to_numpy
from trilayer.tables.words import are_truths, without_missing_words

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

Way = tuple[str, str]  # a kind, and a form of it

_NUMBERS: tuple[Way, ...] = ((NUMBER, ""), (NUMBER, HEX), (NUMBER, POINT), (NUMBER, COMMA))
_DATES: tuple[Way, ...] = ((DATE, ""), (DATE, DAY_FIRST), (DATE, MONTH_FIRST))
INPUT: tuple[Way, ...] = (
    *((NUMBER, ""), (BOOLEAN, ""), (NUMBER, HEX), *_DATES, (NUMBER, POINT), (NUMBER, COMMA)),
)
"""What a column may be that becomes inputs: the likeliest first."""
PLAIN: tuple[Way, ...] = ((NUMBER, ""), (BOOLEAN, ""), (DATE, ""))
"""What a target may be, or a column of weights."""

_NEARLY_ALL = 0.9  # of the different values: then the others are slips, not levels
# Unless they are so few, each of them so often: 1, 2, 3 ... >20 are levels, and none is a slip.
_FEW_LEVELS, _OFTEN = 64, 8
# The different texts of a column that are looked at, to tell slips among numbers from levels.
_MOST_TEXTS = 1 << 16
_ZERO = number(0.0)
PADDED = "zeros before digits of one width are codes; --number reads numbers"


class TextColumn:
    """What a stream of one column's text may be read as.

    What is left depends on the values alone, not on how their rows are cut.

    Parameters
    ----------
    name : str
    ways : sequence of (str, str)
        The kinds and forms to try, the likeliest first: `INPUT` or `PLAIN`.
    hints : Hints
        What a person says of the table.

    Attributes
    ----------
    left : list of (str, str)
        Those that all values so far can be read as.
    texts : pyarrow.Array
        The different values, in the order of their appearance, once nothing is left.
    complete : bool
        Whether `texts` has those of all rows.
    """

    def __init__(self, name: str, ways: Sequence[Way], hints: Hints) -> None:
        self.name, self._hints = name, hints
        self.ways = [way for way in _asked(name, ways, hints) if _is_allowed(way, hints)]
        self.left = list(self.ways)
        self.texts: Values = of_texts([])
        self.complete = True
        self._codes = _Codes(possible=ways == INPUT and name not in hints.number)
        self._units, self._counts = _Units(), _Counts()
        self._first = self._either = self._mixed = ""
        self._rows = 0

    def add(self, values: Values) -> None:
        """Look at the next rows."""
        if values.null_count == len(values):
            return
        self._rows += len(values) - values.null_count
        if not self.left:
            if len(self.texts) < _MOST_TEXTS:
                self.texts = self.with_new(self.texts, values)
            return
        block = _Block(values, self._hints.missing)
        if not self._first and len(block.texts):
            self._first = block.texts[0].as_py()
        self.left = [way for way in self.left if self._fits(block, way)]
        if self._first and (NUMBER, COMMA) in self.left and not self._either:
            self._either = block.with_sign()
        if self.left:
            self.complete = False
        elif self.complete:
            self.texts = self.with_new(self.texts, values)

    def with_new(self, texts: Values, values: Values) -> Values:
        """Add the texts that were not there yet, as they come, up to a bound."""
        found = _Block(values, self._hints.missing).texts
        return pa.concat_arrays([texts, found]).unique()[:_MOST_TEXTS]

    def reading(self) -> Reading:
        """Say how the column is read, from all that was seen.

        Raises
        ------
        TableError
            If only a person can say it.
        """
        kind, form = self.left[0] if self.left else (CATEGORY, "")
        note = self._mixed
        if self.name in self._hints.date and kind == NUMBER:
            kind, form = DATE, self._counts.form
        elif (kind, form) == (NUMBER, "") and self._codes.padded:
            kind, note = CATEGORY, PADDED
        elif kind == NUMBER:
            note = self._doubt()
            form += self._units.unit if form in {POINT, COMMA} else ""
        elif form == DAY_FIRST and (DATE, MONTH_FIRST) in self.left:
            raise TableError(
                f"column {self.name!r} holds dates such as {self._first!r}, none of which tells "
                "whether the day or the month comes first: say it with --dayfirst or --no-dayfirst"
            )
        return Reading(kind, form, self._hints.missing, note)

    def misfits(self, texts: Values) -> tuple[str, Values] | None:
        """Tell slips from levels, where nothing was left that all values can be read as.

        What are levels though most of them could be numbers, `reading` says.

        Returns
        -------
        kind, misfits : str, array of text
            What nearly all of the texts are, and which of them are not; None if there is none.
        """
        passed = {(BOOLEAN, "")} | ({(NUMBER, "")} if self._hints.point == COMMA else set())
        ways = [way for way in self.ways if way not in passed]
        found = [(kind, _readable(texts, kind, form)) for kind, form in ways]
        if not found or not len(texts):
            return None
        kind, ok = max(found, key=lambda each: int(each[1].sum()))  # the first of equals
        asked = self.name in (*self._hints.number, *self._hints.date)
        if ok.all() or ok.sum() < _NEARLY_ALL * len(texts) * (not asked):
            return None
        others = texts.filter(of_numpy(~ok))
        if not asked and len(texts) <= _FEW_LEVELS and self._rows >= _OFTEN * len(texts):
            self._mixed = f"{others[0].as_py()!r} is no {kind}, so its values are levels"
            return None
        return kind, others

    def _fits(self, block: "_Block", way: Way) -> bool:
        kind, form = way
        if way == (NUMBER, ""):
            plain = block.plain and not (self._hints.point == COMMA and block.has("."))
            if plain:
                self._codes.see(block)
                self._units.see_bare(block)
                if self.name in self._hints.date:
                    self._counts.see(block.numbers)
            return plain
        if kind == BOOLEAN:
            return not len(block.texts) or are_truths(block.texts)
        if form not in {POINT, COMMA}:
            return bool(_readable(block.texts, kind, form).all())
        if block.plain and (form == POINT or not block.has(".")):
            self._units.see_bare(block)
            return self._units.agree
        numbers, units = written(block.texts, form)
        self._units.see(numbers, units)
        return not numbers.null_count and self._units.agree

    def _doubt(self) -> str:
        """Say how a sign was taken that may separate decimals or group thousands."""
        if not self._either or self._hints.point or (NUMBER, COMMA) not in self.left[1:]:
            return ""
        one = of_texts([self._either])
        point, comma = (written(one, decimal)[0][0].as_py() for decimal in (POINT, COMMA))
        return f"{self._either!r} is read as {point:.15g}; --decimal , reads {comma:.15g}"


def _asked(name: str, ways: Sequence[Way], hints: Hints) -> Sequence[Way]:
    """Return what a column may be that a person says to be a number, or a date."""
    if name in hints.date:
        return [(NUMBER, ""), *_DATES]
    return _NUMBERS if name in hints.number else ways


def _is_allowed(way: Way, hints: Hints) -> bool:
    """Whether what a person says of decimals, and of days and months, leaves this possible."""
    told = {POINT: COMMA, COMMA: POINT}.get(hints.point or "", "none")
    order = {True: MONTH_FIRST, False: DAY_FIRST}.get(hints.dayfirst, "none")  # type: ignore[arg-type]
    return way not in {(NUMBER, told), (DATE, order)}


def _readable(texts: Values, kind: str, form: str) -> npt.NDArray[np.bool_]:
    """Say which texts can be read so."""
    if kind == DATE:
        return ~missing(dates_of(texts, form)) | missing(without_no_day(texts))
    if form not in {POINT, COMMA}:
        return ~missing(numbers_of(texts, form))
    numbers, units = written(texts, form)
    found = units.drop_null().value_counts()
    if not len(found):
        return ~missing(numbers)
    often = dict(zip(*(each.to_pylist() for each in found.flatten()), strict=True))
    bare, unit = often.pop("", 0), max(often, key=often.__getitem__, default="")
    kept = {""} if not unit or often[unit] < bare else {unit}
    kept |= {"", unit} if is_currency(unit) else set()
    named: npt.NDArray[np.bool_] = to_numpy(pc.is_in(units, value_set=of_texts(sorted(kept))))
    return ~missing(numbers) & named


class _Block:
    """Some rows of a column, looked at as often as is needed."""

    def __init__(self, values: Values, missing: Sequence[str]) -> None:
        self._values, self._missing = values, missing

    @cached_property
    def texts(self) -> Values:
        """The different texts that are there, trimmed."""
        unique = self._values.unique()
        return without_missing_words(unique, self._missing).unique().drop_null()

    @cached_property
    def numbers(self) -> Values:
        """All of it as numbers, missing where one is none."""
        with suppress(pa.ArrowInvalid):  # else with missing words, or blanks around values
            return self._values.cast(pa.float64())
        return numbers_of(self.texts)

    @cached_property
    def plain(self) -> bool:
        """Whether all are numbers as a computer writes them."""
        made = self.numbers
        of = self._values if len(made) == len(self._values) else self.texts
        return bool(made.null_count <= of.null_count)

    @property
    def counts(self) -> bool:
        """Whether there is a number other than 0."""
        return bool(pc.any(pc.not_equal(self.numbers, _ZERO)).as_py())

    def has(self, sign: str) -> bool:
        """Whether one of the texts has this sign."""
        return bool(pc.any(pc.match_substring(self._values, sign)).as_py())

    def with_sign(self) -> str:
        """Return the first text with a point or a comma in it, if there is one."""
        if not (self.has(".") or self.has(",")):
            return ""
        found = self.texts.filter(pc.match_substring_regex(self.texts, "[.,]"))
        return str(found[0].as_py()) if len(found) else ""


class _Codes:
    """Whether digits are a code: of one width, and some with zeros before them."""

    def __init__(self, *, possible: bool) -> None:
        self._width, self._zeros = 0 if possible else -1, False

    @property
    def padded(self) -> bool:
        return self._width > 1 and self._zeros

    def see(self, block: _Block) -> None:
        """Look at the next texts."""
        if self._width < 0 or not len(block.texts):
            return
        widths = set(pc.binary_length(block.texts).unique().to_pylist())
        digits = pc.match_substring_regex(block.texts, r"^\d+$")
        if len(widths | {self._width or max(widths)}) > 1 or not pc.all(digits).as_py():
            self._width = -1
            return
        self._width = widths.pop()
        self._zeros |= bool(pc.any(pc.starts_with(block.texts, "0")).as_py())


class _Units:
    """The one unit that all numbers of a column have; money may go without."""

    def __init__(self) -> None:
        self.unit, self.bare, self.agree = "", False, True

    def see(self, numbers: Values, units: Values) -> None:
        """Look at the next numbers."""
        found = set(units.drop_null().unique().to_pylist()) - {""}
        self.agree &= len(found | {self.unit} - {""}) <= 1
        self.unit = next(iter(found), self.unit)
        bare = pc.and_(pc.equal(units, text("")), pc.not_equal(numbers, _ZERO))
        self._settle(bool(pc.any(bare).as_py()))

    def see_bare(self, block: _Block) -> None:
        """Look at the next numbers, none of which has a unit."""
        self._settle(self.bare or block.counts)

    def _settle(self, bare: bool) -> None:
        self.bare |= bare
        self.agree &= not (self.unit and self.bare) or is_currency(self.unit)


class _Counts:
    """What numbers count that are dates."""

    def __init__(self) -> None:
        self._largest, self._compact = 0.0, True

    @property
    def form(self) -> str:
        return COMPACT if self._compact else counted_in(self._largest)

    def see(self, numbers: Values) -> None:
        """Look at the next numbers."""
        there = numbers.drop_null()
        self._largest = max(self._largest, pc.max(pc.abs(there)).as_py() or 0.0)
        self._compact &= not instants_of(there, COMPACT).null_count
