"""``trilayer completion``: what a shell completes after ``trilayer``."""

from typing import Literal


def completion(shell: Literal["bash", "zsh", "fish"], /) -> int:
    """Print the completions of commands and options for a shell.

    Parameters
    ----------
    shell
        Which one: bash, zsh or fish.
    """
    from trilayer.cli.output import write
    from trilayer.cli.shell import app

    write(app.generate_completion(shell=shell))
    return 0
