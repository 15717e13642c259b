"""Words that stand for nothing, and those that stand for yes and no."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trilayer.optional import require
from trilayer.tables.values import TEXT, Values, nothing, of_texts

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = require("pyarrow", "cli"), require("pyarrow.compute", "cli")

# What stands for a missing value among numbers, dates and booleans: pandas' words, those of
# databases and statistics programs, and the errors of spreadsheets. Among text only the empty
# field is missing: "NA" can be Namibia and "None" an answer.
MISSING_WORDS = (
    *("", "NA", "N/A", "#N/A", "#N/A N/A", "#NA", "<NA>", "n/a", "na", "n.a.", "N.A."),
    *("NaN", "nan", "NAN", "-NaN", "-nan", "NaT", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    *("NULL", "null", "Null", "nil", "None", "none", "NONE", "\\N", "?", ".", "-", "--", "---"),
    *("#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#N/A!"),
)

# Each pair is one way to write no and yes; letter case does not matter.
PAIRS = (("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"), ("0", "1"))
_NO = of_texts([*(no for no, _ in PAIRS), "0.0"])
_YES = of_texts([*(yes for _, yes in PAIRS), "1.0"])
_STRICT = of_texts(["false", "true", "0", "1"])

_NO_TEXT, _WORDS = nothing(TEXT), of_texts(MISSING_WORDS)
_NO_TRUTH = nothing(pa.bool_())


def without_missing_words(values: Values, more: Sequence[str] = ()) -> Values:
    """Trim text, and turn the words that stand for nothing, and `more`, into missing values."""
    trimmed = pc.utf8_trim_whitespace(values.cast(TEXT))
    words = of_texts((*MISSING_WORDS, *more)) if more else _WORDS
    return pc.if_else(pc.is_in(trimmed, value_set=words), _NO_TEXT, trimmed)


def truths(texts: Values) -> Values:
    """Read text as yes and no, however it is written; missing where it is neither."""
    lower = pc.utf8_lower(texts)
    yes = pc.is_in(lower, value_set=_YES)
    known = pc.or_(yes, pc.is_in(lower, value_set=_NO))
    return pc.if_else(pc.and_(known, pc.is_valid(texts)), yes, _NO_TRUTH)


def are_truths(texts: Values) -> bool:
    """Whether all of these are true, false, 1 or 0, which no column of text would be."""
    return bool(pc.all(pc.is_in(pc.utf8_lower(texts), value_set=_STRICT)).as_py())


def same_truth(texts: Values, among: Sequence[str]) -> "dict[str, str]":
    """Map truth values to how they are written among the levels of a column.

    Parameters
    ----------
    texts : array of text
    among : sequence of str
        The levels; where both of a pair are there, and of no other pair, it is their spelling.

    Returns
    -------
    dict of str to str
        A text that is a truth value, to the level that means the same.
    """
    lower = {level.lower(): level for level in among}
    pairs = [pair for pair in PAIRS if set(pair) <= set(lower)]
    if len(pairs) != 1:
        return {}
    no, yes = (lower[word] for word in pairs[0])
    found = truths(texts).to_pylist()
    pairs_ = zip(texts.to_pylist(), found, strict=True)
    return {text: yes if truth else no for text, truth in pairs_ if truth is not None}
