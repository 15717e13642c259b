"""Files that must be there, and files that must not."""

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from trilayer.errors import InputError

STDIN = "-"

_SUFFIXES = (".gz", ".csv", ".tsv", ".txt", ".parquet", ".pq")


def existing(name: str) -> Path:
    """Return the path of a file or a folder.

    Raises
    ------
    InputError
        If it is not there; with the nearest name that is.
    """
    path = Path(name)
    try:
        if path.exists():
            return path
        near = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    except (OSError, ValueError) as error:
        raise InputError(f"{name!r}: cannot be looked up ({error})") from error
    close = difflib.get_close_matches(path.name, near, n=1)
    hint = f" (did you mean {str(path.with_name(close[0]))!r}?)" if close else ""
    raise InputError(f"{name}: no such file or folder{hint}")


def sources(data: Sequence[str]) -> list[Path] | BinaryIO:
    """Return where a table is to be read: paths, or standard input for ``-``.

    Raises
    ------
    InputError
        If a path is not there, or standard input is one among several.
    """
    if list(data) == [STDIN]:
        return sys.stdin.buffer
    if STDIN in data:
        raise InputError("standard input (-) is read alone, not beside other files")
    return [existing(name) for name in data]


def new_file(path: Path, *, force: bool) -> None:
    """Refuse, before any work is done, an output that could not be written after it.

    Raises
    ------
    InputError
        If the file exists and shall not be replaced, or its folder does not exist.
    """
    if path.is_dir():
        raise InputError(f"{path}: this is a folder: name a file in it")
    if path.exists() and not force:
        raise InputError(f"{path}: the file exists: name another, or replace it with --force")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {str(path.parent)!r}: make it first")


def model_name(data: str) -> Path:
    """Name the model of a table: data/adult.csv.gz gives adult.safetensors."""
    stem = Path(data).resolve().name
    for suffix in _SUFFIXES:
        stem = stem.removesuffix(suffix)
    return Path(f"{stem or 'model'}.safetensors")
