"""Options of ``trilayer train`` in a TOML file: ``--config run.toml``."""

import difflib
import tomllib
from typing import TYPE_CHECKING, Any

from cyclopts import Token
from cyclopts.config import Dict

from trilayer.cli.paths import existing
from trilayer.errors import InputError

if TYPE_CHECKING:
    from cyclopts import App
    from cyclopts.argument import Argument, ArgumentCollection

DATA = "data"
"""What the tables to learn from are called in the file: in the shell they have no name."""

OPTION = "--config"

_SIMPLE = (str, int, float, bool)
_LONGEST = 1 << 20  # bytes of a file


def from_file(app: "App", commands: tuple[str, ...], arguments: "ArgumentCollection") -> None:
    """Fill options that were not given from the file that ``--config`` names, if it does.

    cyclopts calls it between reading the words and checking them.

    Raises
    ------
    InputError
        If the file is not there, is no TOML, or holds what is no option.
    """
    named = next(each for each in arguments if OPTION in each.names).tokens
    if not named:
        return
    name = named[-1].value
    config = _read(name)
    known = {each: argument for argument in arguments for each in keys(argument)}
    for key, value in config.items():
        _check(f"{name}: {key}", key, value, list(known))
    tables = config.pop(DATA, [])
    _fill(known[DATA], tables if isinstance(tables, list) else [tables], name)
    given = {key: value for key, value in config.items() if not known[key].tokens}
    Dict(given, source=name, use_commands_as_keys=False)(app, commands, arguments)


def _read(name: str) -> dict[str, Any]:
    """Return the options of a file by their names in the shell, without the hyphens before."""
    path = existing(name)
    if not path.is_file() or path.stat().st_size > _LONGEST:
        raise InputError(f"{name}: this is no file of options, which is TOML of 1 MiB at the most")
    try:
        found = tomllib.loads(path.read_bytes().decode())
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: TOML is UTF-8, and this is not ({error.reason})") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{name}: this is not TOML: {error}") from error
    config: dict[str, Any] = {}
    for key, value in found.items():
        dashed = key.replace("_", "-")
        if dashed in config:
            raise InputError(f"{name}: {dashed} is there twice, once as {key}")
        config[dashed] = value
    return config


def keys(argument: "Argument") -> list[str]:
    """Return what an option is called in the file."""
    if argument.name == "DATA":
        return [DATA]
    names = [each for each in argument.names if each.startswith("--") and each != OPTION]
    return [each.removeprefix("--") for each in names[:1]]


def _check(where: str, key: str, value: Any, known: list[str]) -> None:
    if key not in known:
        close = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "trilayer init writes all there are"
        raise InputError(f"{where} is no option of train ({hint})")
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, _SIMPLE) for each in values):
        raise InputError(f"{where} must be text, a number, true or false, or a list of text")


def _fill(argument: "Argument", values: list[Any], source: str) -> None:
    """Give DATA its words: it has no name by which cyclopts would fill it."""
    if argument.tokens:
        return
    for index, value in enumerate(values):
        argument.append(Token(value=str(value), source=source, index=index))
