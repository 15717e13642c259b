"""The progress of a training run, on a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from trilayer.cli.output import console

if TYPE_CHECKING:
    from trilayer.fit.loop import Progress, Watcher


class Shown(NamedTuple):
    """Who is told of a training, or None where there is no terminal.

    Attributes
    ----------
    choice : callable, or None
        What `TriLayerClassifierCV.fit` takes as `on_choice`.
    step : callable, or None
        What `fit` takes as `on_step`.
    """

    choice: "Callable[[int, int], object] | None"
    step: "Watcher | None"


@contextmanager
def progress_bar(label: str, max_iter: int) -> Iterator[Shown]:
    """Hold a bar on standard error while a training lasts, if that is a terminal.

    Parameters
    ----------
    label : str
        What stands before the bar.
    max_iter : int
        The iteration at which it is full.
    """
    if not sys.stderr.isatty():
        yield Shown(None, None)
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed}/{task.total} {task.fields[words]}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console(sys.stderr), transient=True) as bar:
        task = bar.add_task(label, total=max_iter, words="")

        def draw(step: "Progress") -> None:
            bar.update(task, completed=step.k, words=in_words(step))

        def count(done: int, _: int) -> None:
            bar.update(task, words=f"choosing weight decay: {done} tried")

        yield Shown(count, draw)


@contextmanager
def reading_bar(label: str, rows: int) -> "Iterator[Callable[[int], object]]":
    """Hold a bar on standard error while a table is read, if that is a terminal.

    Yields
    ------
    callable
        To be told how many rows are read.
    """
    if not sys.stderr.isatty():
        yield _look_away
        return
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console(sys.stderr), transient=True) as bar:
        task = bar.add_task(label, total=rows)
        yield lambda read: bar.update(task, completed=read)


@contextmanager
def budget_bar(label: str, seconds: float) -> "Iterator[Callable[[str], object]]":
    """Hold a bar on standard error that fills with time, if that is a terminal.

    Yields
    ------
    callable
        To be told, in words, how far it is.
    """
    if not sys.stderr.isatty():
        yield _look_away
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[words]}"),
    )
    began = time.monotonic()
    with Bar(*columns, console=console(sys.stderr), transient=True) as bar:
        task = bar.add_task(label, total=seconds, words="")
        yield lambda words: bar.update(task, completed=time.monotonic() - began, words=words)


def in_words(step: "Progress") -> str:
    """Say where a run stands."""
    words = f"loss {step.J:.4f}"
    return words if step.validation is None else f"{words}  validation {step.validation:.4f}"


def _look_away(_: object) -> None:
    """Watch nothing: there is nobody to show it to."""
