"""The solvers there are, by name: trilayer's own, and those that others register."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from trilayer.errors import InputError
from trilayer.solvers.declaration import Solver

_REGISTERED: dict[str, Solver] = {}

SOLVERS: Mapping[str, Solver] = MappingProxyType(_REGISTERED)
"""A view of what is registered; to be read when it is needed, for it may grow."""

AUTO = "auto"
"""What stands for one of them, and so is the name of none."""


def register(solver: Solver, *, replace: bool = False) -> Solver:
    """Make a solver known to estimators, checkpoints, the shell and the lab; return it.

    Parameters
    ----------
    solver : Solver
    replace : bool
        Whether it may take the place of one of that name, as in a notebook's cell that is
        run again.

    Raises
    ------
    InputError
        If the name is taken, or no name.
    """
    name = solver.name
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= 40:
        raise InputError(f"a solver's name is a text of up to 40 characters, got {name!r}")
    if name == AUTO or (name in _REGISTERED and not replace):
        raise InputError(f"there is a solver {name!r} already: give this one another name")
    _REGISTERED[name] = solver
    return solver


def unregister(name: str) -> None:
    """Forget a solver; nothing happens if there is none of that name."""
    _REGISTERED.pop(name, None)


def solver(name: str) -> Solver:
    """Return the solver of that name.

    Raises
    ------
    InputError
        If there is none.
    """
    if name not in SOLVERS:
        raise InputError(f"solver must be one of {', '.join(SOLVERS)}, got {name!r}")
    return SOLVERS[name]


def check_name(name: str) -> None:
    """Refuse what is neither a solver's name nor "auto".

    Raises
    ------
    InputError
        With the names there are.
    """
    if name not in {AUTO, *SOLVERS}:
        raise InputError(f"solver must be one of {', '.join((AUTO, *SOLVERS))}, got {name!r}")


def takers(option: str) -> list[str]:
    """Return the names of the solvers that take an option."""
    return [name for name, entry in SOLVERS.items() if option in entry.options]


def check_options(name: str, chosen: dict[str, Any]) -> dict[str, Any]:
    """Complete the options that were chosen with the solver's defaults.

    Parameters
    ----------
    name : str
    chosen : dict
        Option to value; None stands for "not chosen".

    Raises
    ------
    InputError
        If an option was chosen that the solver does not have, or a value is impossible.
    """
    entry = solver(name)
    given = {option: value for option, value in chosen.items() if value is not None}
    for option, value in given.items():
        if option not in entry.options:
            others = " or ".join(takers(option))
            raise InputError(
                f"solver={name!r} does not take {option}={value!r}: leave it None"
                + (f", or use {others}" if others else "")
            )
        choices = entry.options[option].choices
        if choices and value not in choices:
            raise InputError(f"{option} must be one of {', '.join(choices)}, got {value!r}")
    return entry.defaults | given
