"""Passes over tables of any size: what they hold, what they teach, their rows encoded.

Each pass is a function of the rows and their order; files, row groups and blocks leave no
trace in what it returns.
"""

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trilayer.encoding import TableEncoder
from trilayer.encoding.intake import hints_of
from trilayer.encoding.parameters import checked
from trilayer.errors import InputError
from trilayer.sources.ahead import ahead
from trilayer.sources.lessons import (
    Chooser,
    Columns,
    Learnt,
    Lesson,
    Part,
    encode_block,
    inputs_of,
)
from trilayer.sources.sides import Sides
from trilayer.sources.split import Split
from trilayer.tables import (
    Block,
    column_names,
    find_tables,
    require_columns,
    rows_for,
    scan_placed,
)
from trilayer.tables.files import TableFile
from trilayer.tables.kinds import Survey, survey_table
from trilayer.tables.readings import Hints
from trilayer.tables.scanning import overlap

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
Files = Paths | Sequence[TableFile]


@dataclass(frozen=True)
class Table:
    """Files that were looked through: how to read them, and how many rows they hold.

    Attributes
    ----------
    files : list of TableFile
    columns : Columns
    names : list of str
        The columns that may become inputs.
    survey : Survey
    parts : tuple of range, optional
        The rows of each file that are meant; by default all.
    first : int
        The number of the first of them in the whole table.
    held : tuple of Block, optional
        All rows, where they are kept in memory from one pass to the next.
    """

    files: list[TableFile]
    columns: Columns
    names: list[str]
    survey: Survey
    parts: tuple[range, ...] | None = None
    first: int = 0
    held: tuple[Block, ...] | None = None

    @property
    def rows(self) -> int:
        """How many rows the whole table has, those without an answer among them."""
        return self.survey.rows

    def kept(self) -> "Table":
        """Return the same, read once and kept in memory."""
        wanted = [*self.names, self.columns.target, *self.columns.weight]
        return replace(self, held=tuple(self.blocks(wanted)))

    def part(self, rows: range) -> "Table":
        """Return the table of some of the whole table's rows only."""
        files, parts, start = [], [], 0
        for file, count in zip(self.files, self.survey.counts, strict=True):
            here = overlap(range(rows.start - start, rows.stop - start), range(count))
            if here:
                files.append(file)
                parts.append(here)
            start += count
        return replace(self, files=files, parts=tuple(parts), first=rows.start)

    def blocks(self, names: Sequence[str], width: int = 1) -> Iterator[Block]:
        """Stream columns, the next block read while the caller works on the last.

        The wider the inputs that rows become, the fewer rows a block has.
        """
        if self.held is not None:
            return (Block(block.rows.select(list(names)), block.places) for block in self.held)
        kinds = {name: each for name, each in self.survey.readings.items() if name in set(names)}
        keep = [name for name in names if name not in kinds]
        rows = rows_for(width)
        return ahead(scan_placed(self.files, kinds, keep=keep, parts=self.parts, batch_rows=rows))


def look(paths: Files, columns: Columns, encoder: TableEncoder | None = None) -> Table:
    """Find the files, and what their columns are.

    Parameters
    ----------
    paths : path, pattern, or several
        CSV, TSV or Parquet, plain or gzip: files, folders, or patterns such as
        ``"part-*.parquet"``; or what `find_tables` found.
    columns : Columns
    encoder : TableEncoder, optional
        A fitted one knows how its columns are read.

    Raises
    ------
    TableError
        If a file or a column cannot be used.
    """
    files = find_tables(expanded(paths))
    names = column_names(files[0])
    weight = [] if columns.sample_weight is None else [columns.sample_weight]
    hints = columns.hints
    if encoder is not None and hints == Hints():
        hints = hints_of(checked(encoder))
    told = (columns.drop, columns.categorical, weight, hints.number, hints.date)
    require_columns(
        [columns.target, *(name for each in told for name in each)], names, files[0].name
    )
    if columns.target in (*columns.drop, *weight):
        raise InputError(f"column {columns.target!r} is the target: it cannot be left out as well")
    inputs = [name for name in names if name not in {columns.target, *columns.drop, *weight}]
    if not inputs:
        raise InputError(f"{files[0].name}: there is no column beside the target to learn from")
    known = {} if encoder is None or not hasattr(encoder, "n_rows_") else encoder.readings_
    known = {name: each for name, each in known.items() if name in set(inputs)}
    wanted = [*(name for name in inputs if name not in known), columns.target, *weight]
    as_text = set(columns.categorical) & set(wanted) - {columns.target}
    survey = survey_table(
        files, wanted, as_text=as_text, plain=(columns.target, *weight), hints=hints
    )
    return Table(files, columns, inputs, Survey(survey.readings | known, survey.counts))


def learn(
    table: Table,
    encoder: TableEncoder | None = None,
    *,
    classes: Sequence[Any] | None = None,
    positive: str | None = None,
    split: Split | None = None,
    on_rows: Callable[[int], object] | None = None,
    odds: bool = False,
) -> Learnt:
    """Learn encoding and labels in one pass.

    Parameters
    ----------
    table : Table
    encoder : TableEncoder, optional
        A fitted one is used as it is; of another, a copy is fitted.
    classes : sequence, optional
        Both labels; by default those that occur.
    positive : str, optional
        The positive label, as a person writes it.
    split : Split, optional
        Decides which rows are held out, and so not learnt from.
    on_rows : callable, optional
        Told how many rows of the table were read, as they are.
    odds : bool
        Whether the levels of categories are learnt with their odds; there must be a split.

    Raises
    ------
    TableError, InputError
        If a value does not fit its column, or the target has not two labels.
    """
    sides = Sides(positive) if odds else None
    lesson = Lesson(table.columns, table.names, encoder, split, table.survey.readings, sides)
    read = table.first
    for block in table.blocks(lesson.wanted):
        lesson.add(block, read)
        read += len(block.rows)
        if on_rows is not None:
            on_rows(read)
    return lesson.learnt(positive, classes)


def encoded(table: Table, learnt: Learnt, *, choose: Chooser | None = None) -> Iterator[Part]:
    """Encode the rows, part by part, in their order.

    Parameters
    ----------
    table : Table
    learnt : Learnt
    choose : callable, optional
        Which rows to take.
    """
    read = table.first
    for block in table.blocks(inputs_of(learnt, table.columns), learnt.n1):
        part = encode_block(block, learnt, table.columns, read, choose)
        read += len(block.rows)
        if len(part.inputs):
            yield part


def expanded(paths: Files) -> list[Path | TableFile]:
    """Make patterns the files that they match, in the order of their names.

    Raises
    ------
    InputError
        If nothing matches one.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found: list[Path | TableFile] = []
    for each in given:
        if isinstance(each, TableFile):
            found.append(each)
            continue
        name = os.fspath(each)
        if not glob.has_magic(name) or Path(name).exists():
            found.append(Path(name))
            continue
        matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - Path knows no `**/` of absolute names
        if not matches:
            raise InputError(f"{name}: no file matches this pattern")
        found.extend(Path(match) for match in matches)
    return found
