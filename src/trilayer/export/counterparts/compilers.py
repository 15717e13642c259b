"""Exports to C, compiled and run; rows go in as bytes."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from trilayer.export.c import fields_of
from trilayer.export.counterparts.scripts import Score, run
from trilayer.export.description import Description

if TYPE_CHECKING:
    import pyarrow as pa

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2")

# A double or an int64_t in eight bytes, a text behind its size; a size of -1 is none.
_MAIN = """
#include <stdio.h>
#include <stdlib.h>

static int read_text(trilayer_text *text, char **room)
{
  int64_t size;
  if (fread(&size, sizeof size, 1, stdin) != 1)
    return 0;
  text->data = NULL;
  text->size = 0;
  if (size < 0)
    return 1;
  *room = realloc(*room, (size_t)size + 1);
  text->data = *room;
  text->size = (size_t)size;
  return *room != NULL && (size == 0 || fread(*room, (size_t)size, 1, stdin) == 1);
}

int main(void)
{
  trilayer_row row;
  static char *rooms[%(count)d];
  (void)read_text;
  (void)rooms;
  while (%(reads)s) {
    double p = trilayer_probability(&row);
    fwrite(&p, sizeof p, 1, stdout);
  }
  return 0;
}
"""


@contextmanager
def compiled(text: str, description: Description, *, compiler: str = "cc") -> Iterator[Score]:
    """Compile a file with all warnings as errors, and run it."""
    kinds = [column["kind"] for column in description["columns"]]
    reads = " &&\n         ".join(
        f"read_text(&row.{field}, &rooms[{i}])"
        if kind == "category"
        else f"fread(&row.{field}, 8, 1, stdin) == 1"
        for i, (kind, field) in enumerate(zip(kinds, fields_of(description), strict=True))
    )
    with TemporaryDirectory(prefix="trilayer-") as folder:
        path, program = Path(folder) / "model.c", Path(folder) / "model"
        path.write_text(text, encoding="ascii")
        main = Path(folder) / "main.c"
        main.write_text('#include "model.c"\n' + _MAIN % {"count": len(kinds), "reads": reads})
        run([compiler, *FLAGS, str(main), "-o", str(program), "-lm"], b"")
        yield partial(_scored, str(program), kinds)


def _scored(program: str, kinds: list[str], rows: "pa.Table") -> npt.NDArray[np.float64]:
    packed = [
        map(_PACKED.get(kind, _number), column.to_pylist())
        for kind, column in zip(kinds, _with_ticks(rows).columns, strict=True)
    ]
    given = b"".join(each for row in zip(*packed, strict=True) for each in row)
    return np.frombuffer(run([program], given), dtype=np.float64)


def _with_ticks(rows: "pa.Table") -> "pa.Table":
    """Return instants as microseconds: Python's own end at the year 9999."""
    import pyarrow as pa

    temporal = [pa.types.is_temporal(field.type) for field in rows.schema]
    columns = [
        column.cast(pa.timestamp("us")).cast(pa.int64()) if is_instant else column
        for column, is_instant in zip(rows.columns, temporal, strict=True)
    ]
    return pa.table(columns, names=rows.column_names)


def _number(value: Any) -> bytes:
    return struct.pack("d", float("nan") if value is None else float(value))


def _instant(value: int | None) -> bytes:
    return struct.pack("q", -(2**63) if value is None else value)


def _text(value: str | None) -> bytes:
    raw = b"" if value is None else value.encode()
    return struct.pack("q", -1 if value is None else len(raw)) + raw


_PACKED: dict[str, Callable[[Any], bytes]] = {"date": _instant, "category": _text}
