"""The command line: `trilayer`, and ``python -m trilayer``.

Data go to standard output, words and progress to standard error. What is wrong with the
input is said in one sentence, never as a traceback. Nothing heavy is imported here.
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from trilayer.cli.ending import nothing_half_written
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
    with all_streams(), nothing_half_written():
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
    except Exception as error:  # noqa: BLE001 - what is a fault of ours is raised again
        return _refuse(_of_a_value(error))
    except KeyboardInterrupt:
        say("trilayer: interrupted")
        return INTERRUPTED


def _of_a_value(error: Exception) -> str:
    """Say what a value did that no reader has met; raise again what is a fault of ours."""
    if isinstance(error, OverflowError):
        return f"a value of the table or the model file is out of range ({error})"
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return "the system starts no more threads for this process: allow more (ulimit -u, -v)"
    # Those of pyarrow are known by their room: it is imported where tables are read.
    if type(error).__module__.partition(".")[0] == "pyarrow":
        return f"the table holds what pyarrow cannot work on ({str(error).splitlines()[0]})"
    raise error


def _refuse(sentence: str) -> int:
    say("trilayer: " + " ".join(sentence.split()))
    return BAD_INPUT


def _close_quietly() -> None:
    """Let nothing more be written to a pipe that nobody reads, not even at the exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # standard output is no file of the system
        return
