"""A model as one file of C99 without a heap and with no dependencies; or with weights of 8 bits."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trilayer.export.c_columns import array, column_function, literal, number, text, written
from trilayer.export.description import ColumnSpec, Description
from trilayer.export.runtime import source

_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        "auto break case char const continue default do double else enum extern float for goto if "
        "inline int long register restrict return short signed sizeof static struct switch typedef "
        "union unsigned void volatile while real add sigmoid row",
    )
)
_HEAD = """/* A trilayer model, written by `trilayer export`: C99, no heap; link with -lm.
 *
 * Fill a trilayer_row (a field for each column, in the order of trilayer_columns) and ask for
 * trilayer_probability(&row): the probability of trilayer_classes[1]. Missing are NAN,
 * TRILAYER_NO_DATE and a text whose data is NULL. Texts are UTF-8; trilayer_text_of("a") makes one.
 * The answer is NAN where a value cannot be: an infinite number, a truth other than 0 and 1.
 * Include this file, or compile it and declare what you use of it.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TRILAYER_NO_DATE INT64_MIN

typedef struct {
  const char *data;
  size_t size; /* bytes */
} trilayer_text;

/* Numbers; truth values as 0 and 1; dates as microseconds since 1970 in UTC; texts. */
"""
_TYPES = {"category": "trilayer_text", "date": "int64_t"}


def module(description: Description, *, int8: bool = False) -> str:
    """Write the file, in ASCII.

    Parameters
    ----------
    description : Description
    int8 : bool
        Whether W1 is rounded to 8 bits, each of its rows with a scale of its own, and sums are
        float: for microcontrollers. What that costs is told by `trilayer export --check`.
    """
    columns, fields = description["columns"], fields_of(description)
    pieces = [_HEAD, _row(columns, fields), _told(description), _weights(description, int8)]
    sections = dict(
        re.findall(r"/\* section: (\w+) \*/\n(.*?)(?=/\* section|\Z)", source("model.c"), re.DOTALL)
    )
    kinds = {column["kind"] for column in columns}
    pieces.append(sections["always"])
    if any(column["parts"] for column in columns):
        pieces.append(sections["part"])
    if any(column["kind"] == "date" and column["parts"] for column in columns):
        pieces.append(sections["date"])
    if "category" in kinds:
        blanks = ",\n  ".join(text(sign) for sign in description["blanks"])
        pieces += [
            f"static const trilayer_text blanks[] = {{\n  {blanks}\n}};\n\n",
            sections["category"],
        ]
    for column, field in zip(columns, fields, strict=True):
        pieces.append(column_function(column, field))
    pieces.append(_functions(description))
    return "".join(pieces)


def fields_of(description: Description) -> list[str]:
    """Return what the columns are called in C: letters and digits, each name only once."""
    taken: list[str] = []
    for column in description["columns"]:
        plain = re.sub(r"[^0-9A-Za-z]+", "_", column["name"]).strip("_") or "column"
        plain = f"column_{plain}" if plain[0].isdigit() or plain in _KEYWORDS else plain
        fresh, number = plain, 1
        while fresh in taken:
            number += 1
            fresh = f"{plain}_{number}"
        taken.append(fresh)
    return taken


def _row(columns: Sequence[ColumnSpec], fields: Sequence[str]) -> str:
    lines = (
        f"  {_TYPES.get(column['kind'], 'double')} {field};\n"
        for column, field in zip(columns, fields, strict=True)
    )
    return f"typedef struct {{\n{''.join(lines)}}} trilayer_row;\n\n"


def _told(description: Description) -> str:
    columns = ",\n  ".join(literal(column["name"]) for column in description["columns"])
    classes = ", ".join(literal(_label(label)) for label in description["classes"])
    return (
        f"const char *const trilayer_columns[] = {{\n  {columns}\n}};\n"
        f"const char *const trilayer_classes[] = {{{classes}}};\n"
        f"const double trilayer_threshold = {number(description['threshold'])};\n\n"
    )


def _label(label: Any) -> str:
    return str(label).lower() if isinstance(label, bool) else str(label)


def _weights(description: Description, int8: bool) -> str:
    W1 = np.array(description["W1"], dtype=np.float64)
    single = description["single"]
    kind = "float" if single or int8 else "double"
    sums = "float" if int8 else "double"
    told = [f"typedef {sums} real;\n#define UNITS {W1.shape[1]}\n"]
    if int8:
        steps, scales = rounded(W1)
        rows = (", ".join(map(str, row)) for row in steps.tolist())
        told += [_matrix("int8_t", "W1", rows), array("float", "W1_scale", scales)]
        told.append("#define WEIGHT(k, j) (W1_scale[k] * (real)W1[k][j])\n")
    else:
        rows = (", ".join(written(row, kind)) for row in W1)
        told += [_matrix(kind, "W1", rows), "#define WEIGHT(k, j) ((real)W1[k][j])\n"]
    told.append(array(kind, "b1", description["b1"]))
    if description["W2"] is not None:
        told.append(array(kind, "W2", description["W2"]))
    return "".join(told) + "\n"


def rounded(W1: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64]]:
    """Return W1 in steps of -127 to 127, and the size of each row's step."""
    largest = np.abs(W1).max(axis=1)
    scales = np.where(largest > 0, largest, 1.0) / 127
    return np.round(W1 / scales[:, np.newaxis]).astype(np.int8), scales


def _matrix(kind: str, name: str, rows: Iterable[str]) -> str:
    return (
        f"static const {kind} {name}[][UNITS] = {{\n"
        + ",\n".join(f"  {{{row}}}" for row in rows)
        + "\n};\n"
    )


def _functions(description: Description) -> str:
    fields = fields_of(description)
    sums = " ||\n      ".join(f"!add_{field}(Z1, row)" for field in fields)
    if description["W2"] is None:
        out = "  return Z1[0];\n"
    else:
        out = (
            f"  Z2 = {number(description['b2'])};\n  for (j = 0; j < UNITS; j++)\n"
            "    Z2 += W2[j] * sigmoid(Z1[j]);\n  return Z2;\n"
        )
    Z2 = "" if description["W2"] is None else "  double Z2;\n"
    return f"""/* The text that ends with a zero, as a trilayer_text. */
trilayer_text trilayer_text_of(const char *text)
{{
  trilayer_text made;
  made.data = text;
  made.size = text == NULL ? 0 : strlen(text);
  return made;
}}

/* Z2 (E10): the logit of trilayer_classes[1]. */
double trilayer_logit(const trilayer_row *row)
{{
  real Z1[UNITS];
{Z2}  int j;
  for (j = 0; j < UNITS; j++)
    Z1[j] = (real)b1[j];
  if ({sums})
    return NAN;
{out}}}

/* A2 (E11): its probability. */
double trilayer_probability(const trilayer_row *row)
{{
  return sigmoid(trilayer_logit(row));
}}

/* Which of trilayer_classes is said of a row; -1 where it cannot be read. */
int trilayer_label(const trilayer_row *row)
{{
  double p = trilayer_probability(row);
  return isnan(p) ? -1 : p >= trilayer_threshold;
}}
"""
