"""Solvers: generators of `Step`, with state that can be saved.

A solver is a function of an objective, a start and its options that yields one `Step` an
iteration, the start itself first (k = 0). Whoever consumes the steps decides when to
stop. A step's `state` is plain arrays and numbers; given back as `state=`, the solver
goes on from there to the bit.

Each has a file of its own, which ends in the `Solver` that declares it. One of your own is
the same: a file, and ``register(Solver(name=…, run=…))``.
"""

from trilayer.solvers.adam import ADAM
from trilayer.solvers.declaration import Option, Solver
from trilayer.solvers.gradient_descent import GD
from trilayer.solvers.lbfgs import LBFGS
from trilayer.solvers.registry import (
    AUTO,
    SOLVERS,
    check_name,
    check_options,
    register,
    solver,
    takers,
    unregister,
)
from trilayer.solvers.sgd import SGD
from trilayer.solvers.step import SCHEDULES, State, Step

__all__ = [
    "AUTO",
    "SCHEDULES",
    "SOLVERS",
    "Option",
    "Solver",
    "State",
    "Step",
    "check_name",
    "check_options",
    "register",
    "solver",
    "takers",
    "unregister",
]

for _own in (GD, SGD, ADAM, LBFGS):
    register(_own, replace=True)
