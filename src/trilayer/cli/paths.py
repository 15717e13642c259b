"""Files that must be there, and files that must not."""

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trilayer.cli.settings import Text
from trilayer.errors import InputError

if TYPE_CHECKING:
    from trilayer.tables.files import Form, TableFile

STDIN = "-"

_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".zip", ".csv", ".tsv", ".txt", ".parquet", ".pq")


def existing(name: str) -> Path:
    """Return the path of a file or a folder.

    Raises
    ------
    InputError
        If it is not there; with the nearest name that is.
    """
    if not name:
        raise InputError("the name of a file or a folder is empty")
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


def form_of(text: Text) -> "Form":
    """Return how text files are written."""
    from trilayer.tables.files import Form

    return Form(header=not text.no_header, encoding=text.encoding, sheet=text.sheet)


def sources(
    command: str, data: Sequence[str], text: Text, *, keep: bool = False
) -> "list[TableFile]":
    """Return the files of a table to read, or standard input for ``-``.

    Parameters
    ----------
    command : str
    data : sequence of str
    text : Text
    keep : bool
        Whether standard input must be readable more than once.

    Raises
    ------
    InputError
        If a path is not there, standard input is closed or one among several, or a word
        was meant as an option of the command.
    """
    from trilayer.tables import find_tables

    _refuse_options(command, data)
    if list(data) == [STDIN]:
        if sys.stdin is None:
            raise InputError("standard input (-) is closed, so there is nothing to read")
        return find_tables(sys.stdin.buffer, keep=keep, form=form_of(text))
    if STDIN in data:
        raise InputError("standard input (-) is read alone, not beside other files")
    return find_tables([existing(name) for name in data], keep=keep, form=form_of(text))


def saved(command: str, data: Sequence[str]) -> list[Path]:
    """Return the paths of tables that can be read more than once.

    Raises
    ------
    InputError
        If a path is not there, is a pipe, or was meant as an option of the command.
    """
    _refuse_options(command, data)
    paths = [Path(name) if name == STDIN else existing(name) for name in data]
    for name, path in zip(data, paths, strict=True):
        if name == STDIN or not (path.is_file() or path.is_dir()):
            raise InputError(
                f"{name}: {command} reads its table more than once, which a pipe does not allow: "
                "save it to a file first"
            )
    return paths


def _refuse_options(command: str, data: Sequence[str]) -> None:
    """Raise InputError if a word that came as a file is a mistyped option."""
    for word in data:
        if word.startswith("-") and word != STDIN:
            from trilayer.cli.shell import options

            option = word.partition("=")[0]
            close = difflib.get_close_matches(option, options(command), n=1)
            meant = close[0] if close else f"the file {f'./{word}'!r}"
            raise InputError(f"unknown option: {option}: did you mean {meant}?")


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
