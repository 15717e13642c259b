"""What each solver's state must look like: for states that come from outside."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trilayer.errors import InputError
from trilayer.solvers.step import State

COUNT, NUMBER, VECTOR, VECTORS = "count", "number", "vector", "vectors"

STATES: Mapping[str, Mapping[str, str]] = {
    "gd": {"k": COUNT, "velocity": VECTOR, "gradient": VECTOR},
    "sgd": {"k": COUNT, "updates": COUNT, "velocity": VECTOR},
    "adam": {"k": COUNT, "updates": COUNT, "mean": VECTOR, "square": VECTOR},
    "lbfgs": {
        "k": COUNT, "evaluations": COUNT, "J": NUMBER, "gradient": VECTOR,
        "S": VECTORS, "Y": VECTORS,
    },
}  # fmt: skip
"""By solver and name: a whole number, a float, an array like theta, a list of such arrays."""


def check_state(name: str, state: State, k: int, size: int) -> None:
    """Refuse a state that the named solver would not have left after iteration k.

    Parameters
    ----------
    name : str
        Of the solver.
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
    for key, kind in STATES[name].items():
        parts = state[key] if kind == VECTORS and isinstance(state[key], list) else [state[key]]
        for part in map(np.asarray, parts):
            if part.shape != ((size,) if kind in {VECTOR, VECTORS} else ()):
                raise InputError(f"{key} has the shape {list(part.shape)}")
            if not np.all(np.isfinite(part)):
                raise InputError(f"{key} holds NaN or infinity")
    if state["k"] != k:
        raise InputError(f"the state is of iteration {state['k']}, not {k}")
    if problem := _problem(state, k):
        raise InputError(problem)


def _problem(state: State, k: int) -> str | None:
    """Say what no run can leave behind, though it has the right form."""
    updates: Any = state.get("updates", k)
    if updates < k or (updates % k if k else updates):
        return f"{updates} updates are no whole number of batches in {k} epochs"
    if np.any(np.asarray(state.get("square", 0.0)) < 0):
        return "square holds negative numbers"
    pairs = len(state.get("S", ())), len(state.get("Y", ()))
    if pairs[0] != pairs[1] or pairs[0] > k:
        return f"{pairs[0]} changes of theta and {pairs[1]} of the gradient in {k} iterations"
    if any(float(s @ y) <= 0 for s, y in zip(state.get("S", ()), state.get("Y", ()), strict=True)):
        return "a pair of changes has no positive curvature"
    return None
