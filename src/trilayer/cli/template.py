"""The file that ``trilayer init`` writes: every option of ``trilayer train`` as commented TOML."""

import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from trilayer._version import __version__
from trilayer.cli.config import DATA, keys
from trilayer.cli.output import counted
from trilayer.cli.told import described
from trilayer.cli.visible import visible
from trilayer.errors import InputError

if TYPE_CHECKING:
    from cyclopts.argument import Argument

    from trilayer.sources.lessons import Learnt

SAMPLES: Mapping[str, Any] = {
    "positive": "yes",
    "decimal": ",",
    "thousands": ".",
    "dayfirst": True,
    "output": "model.safetensors",
    "report": "model.html",
    "hidden": 16,
    "bins": 16,
    "starts": 4,
    "learning-rate": 0.01,
    "l2": 1.0,
    "max-iter": 200,
    "max-seconds": 60.0,
    "threads": 2,
    "checkpoint": "run1",
    "checkpoint-every": "5min",
    "resume": "run1",
    "cache-dir": "/var/tmp",  # noqa: S108 - a value to show
    "dask": "local",
    "encoding": "latin-1",
    "sheet": "Sheet1",
}
"""What may stand for options that are left to the recipe, or to the files, where nobody says."""

_WIDTH = 98
_HEAD = """\
What `trilayer train --config FILE` shall do: every option, and what it is where nobody says.
Options on the command line win over those here. A line that is commented out, such as
"# hidden = 16", leaves the choice to trilayer. Names of files are those of the folder that
the command runs in.\
"""


def written(given: Mapping[str, Any], learnt: "Learnt", rows: int) -> str:
    """Write the file.

    Parameters
    ----------
    given : mapping of str to value
        What was said to `init`, by option; DATA too.
    learnt : Learnt
        What a pass over the table taught.
    rows : int
        Of the table.
    """
    from trilayer.cli.shell import app

    arguments = app["train"].assemble_argument_collection(parse_docstring=True)
    said = {name.replace("_", "-"): value for name, value in given.items()}
    pieces = [_comment(_HEAD)]
    for argument in arguments:
        if inspect.isclass(argument.hint) and argument.name == "*":
            about = inspect.getdoc(argument.hint) or ""
            pieces.append(f"# ---- {about.partition(chr(10))[0]}")
        for key in keys(argument):
            pieces.append(_option(key, argument, said.get(key)))
            if key == DATA:
                pieces.append(_comment("\n".join(_understood(learnt, rows))))
    return "\n\n".join(pieces) + "\n"


def _understood(learnt: "Learnt", rows: int) -> Iterator[str]:
    """Say what the table holds, a line for each column."""
    encoder, target = learnt.encoder, learnt.target
    yield f"trilayer {__version__} understood {counted(rows, 'row')} thus:"
    for column in encoder.describe():
        kind = column.kind if column.inputs else f"left out ({column.note})"
        yield f"  {kind:<9} {described(column)}"
    share = learnt.counts.get(target.positive, 0) / sum(learnt.counts.values())
    yield f"  target    {target.name}: {target.positive!r} in {share:.1%} of the rows"


def _option(key: str, argument: "Argument", said: Any) -> str:
    """Write an option: what it is, and its value."""
    default = argument.field_info.default
    value = default if said is None or said == () else said
    line = f"{key} = {_literal(SAMPLES[key] if value is None else value)}"
    return _comment(argument.parameter.help or "") + "\n" + "# " * (value is None) + line


def _comment(text: str) -> str:
    """Write lines as a comment, cut to the width of the page."""
    lines = (visible(line) for line in text.splitlines())
    wrapped = (
        textwrap.wrap(line, _WIDTH, subsequent_indent=" " * 12 * line.startswith("  ")) or [""]
        for line in lines
    )
    return "\n".join(f"# {part}".rstrip() for each in wrapped for part in each)


def _literal(value: Any) -> str:
    """Write a value as TOML has it.

    Raises
    ------
    InputError
        If it is a text that UTF-8 has not: a name of a file of another encoding.
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_literal, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{value!a}: this name is not UTF-8, so TOML cannot hold it") from error
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
