"""The commands, by name; each one's module is imported when it runs."""

import difflib
from typing import Any

from cyclopts import App, CycloptsError
from cyclopts.exceptions import MissingArgumentError, UnknownCommandError

from trilayer._version import __version__
from trilayer.cli.examples import epilogue
from trilayer.cli.exits import EPILOGUE
from trilayer.cli.output import plain_console
from trilayer.cli.room import require_room
from trilayer.errors import InputError

COMMANDS = {
    "init": "Write a file of all options, and what is understood of a table's columns.",
    "train": "Train a network on a table, and say how good it is.",
    "tune": "Search hidden units, weight decay and bins, and train with the best.",
    "predict": "Predict every row of a table: logit, probability, label.",
    "evaluate": "Score a model on rows whose answers are known.",
    "report": "Write what a model is worth on a table: one page, Markdown or JSON.",
    "inspect": "Say all that a model file holds.",
    "export": "Write a model as code that needs no trilayer: Python, JavaScript, C or SQL.",
    "check": "Show that every equation holds, and every gradient of a model.",
    "trace": "Show every matrix of the derivation for a few rows.",
    "serve": "Serve a model over HTTP: rows of JSON in, probabilities and labels out.",
    "lab": "Open the lab in the browser: every number of the derivation, live.",
    "completion": "Print what a shell completes after trilayer.",
    "demo": "Train, evaluate and predict on data that come with the package.",
}


def _from_file(*given: Any) -> None:
    """Fill options from a file (`trilayer.cli.config`), which only train has need to import."""
    from trilayer.cli.config import from_file

    from_file(*given)


app = App(
    name="trilayer",
    help="A three-layer sigmoid network for yes/no questions, trained on a table.",
    help_epilogue=EPILOGUE,
    help_format="plaintext",
    version=__version__,
    suppress_keyboard_interrupt=False,
)
for _place, (_name, _help) in enumerate(COMMANDS.items()):
    app.command(
        f"trilayer.cli.{_name}:{_name}",
        name=_name,
        help=_help,
        help_epilogue=epilogue(_name, EPILOGUE),
        sort_key=_place,
        config=_from_file if _name == "train" else None,
    )


def run(words: list[str]) -> int:
    """Run the command that the words name.

    Raises
    ------
    InputError
        If they name none, or not as it wants to be called; or there is no memory for it.
    """
    if words[:1] and words[0] in COMMANDS and not {"--help", "-h"} & set(words):
        require_room()
    try:
        code: Any = app(
            words,
            console=plain_console(),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except UnknownCommandError as error:
        raise InputError(_no_command((error.unused_tokens or words)[0])) from error
    except MissingArgumentError as error:
        raise InputError(_missing(error)) from error
    except CycloptsError as error:
        raise InputError(_in_one_sentence(str(error))) from error
    return code if isinstance(code, int) else 0  # help and version return nothing


def options(command: str) -> list[str]:
    """Return the names of a command's options."""
    arguments = app[command].assemble_argument_collection()
    return [name for argument in arguments for name in argument.names if name.startswith("-")]


def _no_command(word: str) -> str:
    close = difflib.get_close_matches(word, COMMANDS, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(COMMANDS)}"
    return f"no command {word!r} ({hint})"


def _missing(error: MissingArgumentError) -> str:
    command = f"trilayer {' '.join(error.command_chain or ())}"
    name = error.keyword or (error.argument.name if error.argument else "more")
    lacks = f"{name} needs a value" if error.keyword else f"{command} needs {name}"
    return f"{lacks}: see {command} --help"


def _in_one_sentence(message: str) -> str:
    """Join the sentences that cyclopts says: Invalid value "x" for --y. Must be > 0."""
    first, *rest = message.strip().removesuffix(".").split(". ")
    return ": ".join([_uncapitalised(first), *(_uncapitalised(part) for part in rest)])


def _uncapitalised(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
