"""``trilayer lab``: every number of the derivation, live in the browser."""

import atexit
import gc
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from trilayer.cli.settings import AS_IT_SAYS, Flag, Text
from trilayer.errors import InputError

if TYPE_CHECKING:
    from trilayer.lab.tables import Table

MaybeData = Annotated[str, Parameter(allow_leading_hyphen=True)]
Port = Annotated[int | None, Parameter(validator=Number(gte=1, lte=65535), show_default=False)]


def lab(
    *data: MaybeData,
    target: str | None = None,
    port: Port = None,
    no_browser: Flag = False,
    text: Annotated[Text, Parameter(name="*")] = AS_IT_SAYS,
) -> int:
    """Open the lab: watch a network learn, stop it, and walk through every number.

    The page is served on this machine alone, until Ctrl-C. Its address goes to standard output.

    Parameters
    ----------
    data
        CSV, TSV or Parquet, plain or packed: files or a folder, to learn from in the lab.
    target
        Column with the answer: two labels. By default the column that looks like it.
    port
        Where on 127.0.0.1 to serve; by default 8765, or any other that is free.
    no_browser
        Print the address only.
    """
    from trilayer.cli.output import say, write
    from trilayer.lab import server

    table = _table(data, target, text)

    def told(address: str) -> None:
        write(address + "\n")
        say("the lab is open; Ctrl-C closes it")

    # Python would walk over all its objects once more when it ends, for half a second.
    atexit.register(gc.freeze)
    server.run(port, table, told, browser=not no_browser)
    return 0


def _table(data: tuple[str, ...], target: str | None, text: Text) -> "Table | None":
    """Read what shall be learnt from, and refuse now what the lab could not use."""
    from trilayer.cli.paths import form_of, saved
    from trilayer.lab.settings import defaults
    from trilayer.lab.tables import read
    from trilayer.tables import find_tables

    if not data:
        if target is not None:
            raise InputError(f"--target {target!r} names a column, but there is no DATA")
        return None
    paths = saved("lab", data)
    files = find_tables(paths, form=form_of(text))
    table = read(paths[0].name, files).suggested(target)
    if table.plan is not None:
        table.origin(defaults())
    return table
