"""Columns that stand in the names of folders, as Hive and Spark write them: ``year=2024/``."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from trilayer.optional import require

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = require("pyarrow", "cli")

Partition = tuple[tuple[str, str | None], ...]

_NOTHING = "__HIVE_DEFAULT_PARTITION__"


def files_below(folder: Path) -> list[tuple[Path, Partition]]:
    """Return the files in a folder and its folders, in the order of their names.

    As Spark and pyarrow have it, what begins with a point or an underscore is no data, and a
    folder ``year=2024`` says what the column `year` is in all rows below it.
    """
    found = []
    for path in folder.rglob("*"):
        inner = path.relative_to(folder).parts
        if path.is_file() and not any(part[0] in "._" for part in inner):
            found.append((inner, path))
    return [(path, partition_of(inner[:-1])) for inner, path in sorted(found)]


def partition_of(folders: Sequence[str]) -> Partition:
    """Return what the names of folders say."""
    pairs = (each.partition("=") for each in folders if "=" in each.strip("="))
    return tuple((name, None if value == _NOTHING else unquote(value)) for name, _, value in pairs)


def completed(
    table: "pa.Table", partition: Partition, names: Sequence[str], *, typed: Sequence[str] = ()
) -> "pa.Table":
    """Add the columns that folders tell, and return those that are wanted, in their order.

    Parameters
    ----------
    table : pyarrow.Table
    partition : Partition
    names : sequence of str
    typed : sequence of str
        Columns to have as numbers, if that is what they look like; the others are text.
    """
    told = dict(partition)
    columns = {
        name: _constant(told[name], len(table), typed=name in typed)
        if name in told and name not in table.column_names
        else table[name]
        for name in names
    }
    return pa.table(columns)


def _constant(value: str | None, rows: int, *, typed: bool) -> Any:
    plain: Any = value
    if typed and value is not None:
        for number in (float, int):  # the last that fits
            with suppress(ValueError):
                plain = number(value)
    return pa.repeat(pa.scalar(plain, None if value is not None else pa.string()), rows)
