"""Whether a state is one that the solver can have left: for states that come from outside."""

import numpy as np

from trilayer.errors import InputError
from trilayer.solvers.declaration import COUNT, VECTOR, VECTORS, Solver
from trilayer.solvers.step import State


def check_form(solver: Solver, state: State) -> None:
    """Refuse to write a state that could not be read again: it is not what was declared.

    Raises
    ------
    InputError
        That says whose mistake it is: the solver's.
    """
    counts = {key for key, value in state.items() if isinstance(value, int)}
    declared = {key for key, kind in solver.state.items() if kind == COUNT}
    if state.keys() != solver.state.keys() or counts != declared:
        raise InputError(
            f"solver {solver.name!r} leaves the state {sorted(state)}, of which {sorted(counts)} "
            f"are counts, but declares {dict(solver.state)}"
        )


def check_state(solver: Solver, state: State, k: int, size: int) -> None:
    """Refuse a state that the solver would not have left after iteration k.

    Parameters
    ----------
    solver : Solver
    state : mapping
        All of its names, with arrays of float64 and integers.
    k : int
    size : int
        Numbers in theta.

    Raises
    ------
    InputError
        With the first thing found.
    """
    for key, kind in solver.state.items():
        parts = state[key] if kind == VECTORS and isinstance(state[key], list) else [state[key]]
        for part in map(np.asarray, parts):
            if part.shape != ((size,) if kind in {VECTOR, VECTORS} else ()):
                raise InputError(f"{key} has the shape {list(part.shape)}")
            if not np.all(np.isfinite(part)):
                raise InputError(f"{key} holds NaN or infinity")
    if state["k"] != k:
        raise InputError(f"the state is of iteration {state['k']}, not {k}")
    if problem := solver.impossible(state, k):
        raise InputError(problem)
