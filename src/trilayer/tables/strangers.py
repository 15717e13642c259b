"""Files that are no tables, or in a form that is not read, by how they begin."""

import re

from trilayer.errors import TableError

_MAGIC = {
    b"%PDF": "a PDF document",
    b"[{": "a JSON array, not an object on each line",
    b"SQLite format 3": "an SQLite database",
}
_LIBSVM = rb"[+-]?\d[\d.eE+-]*+(?:[ \t]++\d++:[\d.eE+-]++)++\s*$"  # 1 3:0.5 7:2
_TEXT = (
    (re.compile(rb"(?:\s|%[^\n]*\n)*@relation\b", re.IGNORECASE), "an ARFF file of Weka"),
    (re.compile(_LIBSVM, re.MULTILINE), "a LIBSVM file"),
    (re.compile(rb"\s*<(?:!doctype|html|\?xml|table)\b", re.IGNORECASE), "HTML or XML"),
)


def refuse_strangers(name: str, head: bytes) -> None:
    """Raise TableError, by the name of its kind, if a file that begins so is known not to be read.

    Parameters
    ----------
    name : str
        As messages call it.
    head : bytes
        How the file begins.
    """
    kinds = [kind for magic, kind in _MAGIC.items() if head.startswith(magic)]
    kinds += [kind for form, kind in _TEXT if form.match(head)]
    if kinds:
        raise TableError(f"{name}: this is {kinds[0]}; save its table as CSV (in UTF-8) or Parquet")
