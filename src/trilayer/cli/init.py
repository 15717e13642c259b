"""``trilayer init``: a file of options to begin with, and what is understood of a table."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from trilayer.cli.settings import AS_IT_SAYS, Columns, Data, Flag, Output, Text

if TYPE_CHECKING:
    from trilayer.sources.opening import Read
    from trilayer.tables.files import TableFile


def init(
    *data: Data,
    columns: Annotated[Columns, Parameter(name="*")],
    output: Output = None,
    force: Flag = False,
    text: Annotated[Text, Parameter(name="*")] = AS_IT_SAYS,
) -> int:
    """Write a file of all options of train, and what is understood of a table's columns.

    It is commented TOML: change what shall be otherwise, and give it to train --config.

    Parameters
    ----------
    data
        CSV, TSV or Parquet, plain or packed: a file, several, or a folder.
    output
        File to write. By default named after DATA, in the current folder.
    force
        Replace the file if it exists.
    """
    from dataclasses import asdict

    from trilayer.cli.output import say
    from trilayer.cli.paths import form_of, model_name, new_file, saved
    from trilayer.cli.template import written
    from trilayer.tables import find_tables, write_whole

    paths = saved("init", data)
    page = model_name(data[0]).with_suffix(".toml") if output is None else output
    new_file(page, force=force)
    read = _read(find_tables(paths, form=form_of(text)), columns)
    given = {"data": list(data), **asdict(columns), **asdict(text)}
    write_whole(page, written(given, read.learnt, read.table.rows).encode(), force=force)
    say(f"wrote {page}: change what shall be otherwise, then: trilayer train --config {page}")
    return 0


def _read(files: "list[TableFile]", columns: Columns) -> "Read":
    """Look through the table as train does, and learn its columns."""
    from trilayer.cli.learning import look_at
    from trilayer.cli.progress import reading_bar
    from trilayer.select.dataset import read_table
    from trilayer.sources.opening import is_large

    table = look_at(files, columns)
    if not is_large(files):
        table = table.kept()
    with reading_bar("learning the columns", table.rows) as on_rows:
        return read_table(table, positive=columns.positive, on_rows=on_rows)
