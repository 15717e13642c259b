"""Words to standard error, data to standard output."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_UNBOUNDED = 10_000  # columns: what goes to a file or a pipe is never wrapped


def say(words: str) -> None:
    """Write a line to standard error, if anybody reads it."""
    with suppress(BrokenPipeError):
        sys.stderr.write(words + "\n")
        sys.stderr.flush()


def soften(*streams: TextIO) -> None:
    """Let a stream whose encoding lacks a character write it in another way."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def console(stream: TextIO) -> "Console":
    """Return rich's console on a stream: no markup in the data, no colour but on a terminal."""
    from rich.console import Console

    width = None if stream.isatty() else _UNBOUNDED
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def show(*data: "RenderableType") -> None:
    """Print to standard output."""
    out = console(sys.stdout)
    with out.capture() as printed:
        for each in data:
            out.print(each)
    for line in printed.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()  # so that words said after it come after it


def show_json(data: Mapping[str, Any]) -> None:
    """Print one JSON object to standard output."""
    sys.stdout.write(json.dumps(data, indent=2, allow_nan=False) + "\n")


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", numbers: bool = False
) -> "RenderableType":
    """Lay rows out; with `numbers`, all columns but the first stand to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table

    laid = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, name in enumerate(columns):
        laid.add_column(name, justify="right" if numbers and index else "left")
    for row in rows:
        laid.add_row(*row)
    # rich would wrap a title to the width of the table.
    return Group(title, laid) if title else laid


def pairs(rows: Iterable[tuple[str, str]]) -> "RenderableType":
    """Lay out names and values, a line for each."""
    from rich.table import Table

    laid = Table.grid(padding=(0, 2))
    for name, value in rows:
        laid.add_row(name, value)
    return laid


def counted(count: int, noun: str) -> str:
    """Write a number with its noun: 1 row, 2,000 rows."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(names: Sequence[object], most: int = 12) -> str:
    """Name the first few, and say how many more there are."""
    text = ", ".join(str(name) for name in names[:most])
    return text if len(names) <= most else f"{text} and {len(names) - most:,} more"


def score(value: float | None) -> str:
    """Write a score to four digits; a dash where it is not defined."""
    return "–" if value is None else f"{value:.4f}"
