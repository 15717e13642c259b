"""Solvers: generators of `Step`, with state that can be saved.

A solver is a function of an objective, a start and its options that yields one `Step` an
iteration, the start itself first (k = 0). Whoever consumes the steps decides when to
stop. A step's `state` is plain arrays and numbers; given back as `state=`, the solver
goes on from there to the bit.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from trilayer.errors import InputError
from trilayer.solvers.adam import adam
from trilayer.solvers.gradient_descent import gradient_descent
from trilayer.solvers.lbfgs import lbfgs
from trilayer.solvers.sgd import sgd
from trilayer.solvers.step import SCHEDULES, State, Step

__all__ = ["SCHEDULES", "SOLVERS", "Solver", "State", "Step", "check_options", "solver"]


class Solver(NamedTuple):
    """What a solver is called, how it runs and what it needs.

    Attributes
    ----------
    run : callable
        ``run(objective, theta, state=None, **options)`` yields Steps.
    needs : str
        ``"sums"`` over all samples, or ``"batches"`` of some.
    options : dict
        The options it takes, with their defaults.
    """

    run: Callable[..., Iterator[Step]]
    needs: str
    options: dict[str, object]


SOLVERS: dict[str, Solver] = {
    "gd": Solver(gradient_descent, "sums", {"learning_rate": 0.5, "momentum": 0.0}),
    "sgd": Solver(
        sgd,
        "batches",
        {"learning_rate": 0.1, "momentum": 0.9, "schedule": "constant", "batch_size": 256},
    ),
    "adam": Solver(
        adam, "batches", {"learning_rate": 0.005, "schedule": "constant", "batch_size": 256}
    ),
    "lbfgs": Solver(lbfgs, "sums", {}),
}


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


def check_options(name: str, chosen: dict[str, object]) -> dict[str, object]:
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
    defaults = solver(name).options
    given = {option: value for option, value in chosen.items() if value is not None}
    for option in given.keys() - defaults.keys():
        takers = [other for other, entry in SOLVERS.items() if option in entry.options]
        raise InputError(
            f"solver={name!r} does not take {option}={given[option]!r}: "
            f"leave it None, or use {' or '.join(takers)}"
        )
    schedule = given.get("schedule", "constant")
    if schedule not in SCHEDULES:
        raise InputError(f"schedule must be one of {', '.join(SCHEDULES)}, got {schedule!r}")
    return defaults | given
