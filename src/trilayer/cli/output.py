"""Words to standard error, data to standard output."""

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from trilayer.cli.visible import visible
from trilayer.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod, RenderableType

_UNBOUNDED = 10_000  # columns: what goes to a file or a pipe is never wrapped


class _Unread(io.TextIOBase):
    """Stands in for a standard error that the process was started without."""

    def write(self, text: str) -> int:
        """Say it to nobody."""
        return len(text)


class _Closed(io.TextIOBase):
    """Stands in for a standard output that the process was started without."""

    def write(self, _: object) -> NoReturn:
        """Refuse; its bytes are refused alike."""
        raise InputError("standard output is closed, so there is nowhere to write to")

    @property
    def buffer(self) -> "_Closed":
        """What takes bytes."""
        return self


@contextmanager
def all_streams() -> Iterator[None]:
    """Stand in for streams that the process was started without (``>&-``, some daemons)."""
    with ExitStack() as stack:
        if sys.stdout is None:
            stack.enter_context(redirect_stdout(_Closed()))
        if sys.stderr is None:
            stack.enter_context(redirect_stderr(_Unread()))
        yield


@contextmanager
def standard_output() -> Iterator[TextIO]:
    """Hand out standard output; what keeps it from being written is named after it.

    Raises
    ------
    InputError
        If the disk beneath it is full, say.
    """
    try:
        yield sys.stdout
    except BrokenPipeError:  # nobody reads on: not an error of ours
        raise
    except OSError as error:
        raise InputError(f"standard output: {error.strerror or error}") from error


def say(words: str) -> None:
    """Write a line to standard error, if anybody reads it."""
    with suppress(OSError):
        sys.stderr.write(visible(words) + "\n")
        sys.stderr.flush()


def soften(*streams: TextIO) -> None:
    """Let a stream whose encoding lacks a character write it in another way."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def plain_console() -> "Console | None":
    """Return a console without escape codes, where a terminal shall get none."""
    plain = os.environ.get("NO_COLOR") and sys.stdout.isatty()
    return console(sys.stdout) if plain else None


def console(stream: TextIO) -> "Console":
    """Return rich's console on a stream: no markup in the data, styles on terminals only.

    With NO_COLOR there are none at all: bold is written with an escape code too.
    """
    from rich.console import Console

    width = None if stream.isatty() else _UNBOUNDED
    return Console(
        file=stream,
        width=width,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
        markup=False,
        emoji=False,
        highlight=False,
    )


def show(*data: "RenderableType") -> None:
    """Print to standard output."""
    with standard_output() as stream:  # rich flushes what is pending
        out = console(stream)
        with out.capture() as printed:
            for each in data:
                out.print(visible(each) if isinstance(each, str) else each)
    write("".join(line.rstrip() + "\n" for line in printed.get().splitlines()))


def write(text: str) -> None:
    """Write to standard output, now: words said after it come after it."""
    with standard_output() as out:
        out.write(text)
        out.flush()


def show_json(data: Mapping[str, Any]) -> None:
    """Print one JSON object to standard output."""
    write(json.dumps(data, indent=2, allow_nan=False) + "\n")


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "", numbers: bool = False
) -> "RenderableType":
    """Lay rows out; with `numbers`, all columns but the first stand to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table

    laid = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, name in enumerate(columns):
        justify: JustifyMethod = "right" if numbers and index else "left"
        laid.add_column(visible(name), justify=justify, overflow="fold")
    for row in rows:
        laid.add_row(*map(visible, row))
    # rich would wrap a title to the width of the table.
    return Group(visible(title), laid) if title else laid


def pairs(rows: Iterable[tuple[str, str]]) -> "RenderableType":
    """Lay out names and values, a line for each."""
    from rich.table import Table

    laid = Table.grid(padding=(0, 2))
    for name, value in rows:
        laid.add_row(name, visible(value))
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
