"""The command line: `trilayer`, and ``python -m trilayer``.

Data go to standard output, words and progress to standard error. What is wrong with the
input is said in one sentence, never as a traceback. Nothing heavy is imported here.
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from trilayer.cli.exits import BAD_INPUT, INTERRUPTED, OK
from trilayer.cli.output import all_streams, say, soften, standard_output
from trilayer.errors import TriLayerError

if TYPE_CHECKING:
    from trilayer.cli.shell import app

__all__ = ["app", "main"]


def __getattr__(name: str) -> Any:
    """Import `app` when it is asked for: it needs cyclopts, which `main` may have to miss."""
    if name != "app":
        raise AttributeError(f"module 'trilayer.cli' has no attribute {name!r}")
    from trilayer.cli.shell import app

    return app


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``trilayer``; by default those of the process.

    Returns
    -------
    int
        0 if all went well, 1 if a check failed, 2 for bad input, 130 after Ctrl-C.
    """
    with all_streams():
        soften(sys.stdout, sys.stderr)
        return _guarded(lambda: _run(sys.argv[1:] if argv is None else list(argv)))


def _run(words: list[str]) -> int:
    from trilayer.optional import require

    require("cyclopts", "cli")
    from trilayer.cli.shell import run

    code = run(words)
    with standard_output() as out:
        out.flush()
    return code


def _guarded(command: Callable[[], int]) -> int:
    """Turn what a user can cause into an exit code and at most one sentence."""
    try:
        return command()
    except TriLayerError as error:
        return _refuse(str(error))
    except BrokenPipeError:
        _close_quietly()
        return OK
    except OSError as error:
        return _refuse(f"{error.filename or 'the system says'}: {error.strerror or error}")
    except MemoryError:
        return _refuse("this needs more memory than there is: use fewer rows or a larger machine")
    except KeyboardInterrupt:
        say("trilayer: interrupted")
        return INTERRUPTED


def _refuse(sentence: str) -> int:
    say("trilayer: " + " ".join(sentence.split()))
    return BAD_INPUT


def _close_quietly() -> None:
    """Let nothing more be written to a pipe that nobody reads, not even at the exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # standard output is no file of the system
        return
