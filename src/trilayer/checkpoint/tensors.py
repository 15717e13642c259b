"""A run's memory and its outcome as counts and arrays of float64, and back.

What comes back is held against itself: numbers that no run can have side by side are
refused.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trilayer.errors import InputError
from trilayer.fit.records import REASONS, Memory, Outcome
from trilayer.solvers import State, Step
from trilayer.solvers.state import COUNT, STATES, VECTORS, check_state

Arrays = dict[str, NDArray[Any]]
Counts = dict[str, Any]


def of_memory(memory: Memory) -> tuple[Counts, Arrays]:
    """Take a `Memory.settled` apart."""
    last, best, lowest = memory.last, memory.best, memory.lowest
    counted = {key: value for key, value in last.state.items() if isinstance(value, int)}
    counts: Counts = {
        "k": last.k, "evaluations": last.evaluations, "start_k": memory.start_k,
        "lowest_k": lowest.k, "best_k": None if best is None else best.k,
        "since_lowest": memory.since_lowest, "since_best": memory.since_best, "state": counted,
    }  # fmt: skip
    arrays: dict[str, Any] = {
        "theta": last.theta, "J": last.J, "gradient_norm": last.gradient_norm,
        "start_J": memory.start_J, "lowest_J": memory.lowest_J, "lowest.theta": lowest.theta,
        "loss_curve": memory.loss_curve, "validation_curve": memory.validation_curve,
        "seconds": memory.seconds,
    }  # fmt: skip
    if best is not None:
        arrays |= {"best.theta": best.theta, "best_score": memory.best_score}
    for key in last.state.keys() - counted.keys():
        value = last.state[key]
        is_empty = isinstance(value, list) and not value
        arrays[f"state.{key}"] = np.empty((0, last.theta.size)) if is_empty else value
    return counts, {key: np.array(value, dtype=np.float64) for key, value in arrays.items()}


def memory(counts: Counts, arrays: Arrays, solver: str) -> Memory:
    """Put a memory together.

    Raises
    ------
    InputError
        If its parts are not those of one run of the solver.
    """
    best_k = counts["best_k"]
    state_arrays = {f"state.{key}" for key, kind in STATES[solver].items() if kind != COUNT}
    needed = {
        "theta", "J", "gradient_norm", "start_J", "lowest_J", "lowest.theta", "loss_curve",
        "validation_curve", "seconds", *state_arrays,
    }  # fmt: skip
    needed |= set() if best_k is None else {"best.theta", "best_score"}
    _check_names(arrays, needed)
    theta = arrays["theta"]
    _check_shapes(arrays, theta, [name for name in needed if name.endswith("theta")])
    state = _state(counts["state"], arrays, solver)
    check_state(solver, state, counts["k"], theta.size)
    lowest_J, k = float(arrays["lowest_J"]), counts["k"]
    last = Step(
        k, theta, float(arrays["J"]), float(arrays["gradient_norm"]), counts["evaluations"], state
    )
    memory = Memory(
        last, counts["start_k"], float(arrays["start_J"]),
        _place(counts["lowest_k"], arrays["lowest.theta"], lowest_J), lowest_J, 0,
        None if best_k is None else _place(best_k, arrays["best.theta"]),
        np.inf if best_k is None else float(arrays["best_score"]),
        counts["since_lowest"], counts["since_best"],
        arrays["loss_curve"].tolist(), arrays["validation_curve"].tolist(),
        float(arrays["seconds"]),
    )  # fmt: skip
    _check_memory(memory)
    return memory


def of_outcome(outcome: Outcome) -> tuple[Counts, Arrays]:
    """Take an outcome apart; the solver's state has ended with it."""
    counts: Counts = {
        "k": outcome.k, "best_k": outcome.best_k, "reason": outcome.reason,
        "evaluations": outcome.evaluations,
    }  # fmt: skip
    arrays: dict[str, Any] = {
        "theta": outcome.theta, "gradient_norm": outcome.gradient_norm,
        "loss_curve": outcome.loss_curve, "validation_curve": outcome.validation_curve,
        "seconds": outcome.seconds,
    }  # fmt: skip
    return counts, {key: np.array(value, dtype=np.float64) for key, value in arrays.items()}


def outcome(counts: Counts, arrays: Arrays) -> Outcome:
    """Put an outcome together.

    Raises
    ------
    InputError
        If its parts do not belong together.
    """
    needed = {"theta", "gradient_norm", "loss_curve", "validation_curve", "seconds"}
    _check_names(arrays, needed)
    _check_shapes(arrays, arrays["theta"], ["theta"])
    if counts["reason"] not in REASONS or counts["reason"] == "interrupted":
        raise InputError(f"no run ends for the reason {counts['reason'][:40]!a}")
    if counts["best_k"] > counts["k"]:
        raise InputError(f"it ends at {counts['k']} and is best at {counts['best_k']}")
    curves = {name: arrays[name].tolist() for name in ("loss_curve", "validation_curve")}
    _check_curves(curves["loss_curve"], curves["validation_curve"])
    return Outcome(
        arrays["theta"], counts["k"], counts["best_k"], counts["reason"],
        float(arrays["gradient_norm"]), counts["evaluations"], curves["loss_curve"],
        curves["validation_curve"], {}, float(arrays["seconds"]),
    )  # fmt: skip


def _place(k: int, theta: NDArray[Any], J: float = np.nan) -> Step:
    """Return a step that is only ever asked where it is."""
    return Step(k, theta, J, np.nan, 0, {})


def _state(counted: Mapping[str, int], arrays: Arrays, solver: str) -> State:
    kinds = STATES[solver]
    if counted.keys() != {key for key, kind in kinds.items() if kind == COUNT}:
        raise InputError(f"these are not the counts of a state of {solver}")
    state: dict[str, Any] = dict(counted)
    for key, kind in kinds.items():
        if kind != COUNT:
            value = arrays[f"state.{key}"]
            state[key] = list(value) if kind == VECTORS and value.ndim == 2 else value
    return state


def _check_names(arrays: Arrays, needed: set[str]) -> None:
    for name in sorted(needed - arrays.keys()):
        raise InputError(f"the tensor {name} is missing")
    for name in sorted(arrays.keys() - needed):
        raise InputError(f"the tensor {name[:40]!a} does not belong there")


def _check_shapes(arrays: Arrays, theta: NDArray[Any], vectors: list[str]) -> None:
    for name, array in arrays.items():
        if name.startswith("state."):
            continue  # the solvers know
        expected = theta.shape if name in vectors else () if not name.endswith("curve") else None
        if array.ndim != 1 if expected is None or name == "theta" else array.shape != expected:
            raise InputError(f"{name} has the shape {list(array.shape)}")
        if name not in _UNBOUNDED and not np.all(np.isfinite(array)):
            raise InputError(f"{name} holds NaN or infinity")
    if not theta.size or arrays["seconds"] < 0:
        raise InputError("theta is empty" if not theta.size else "its time is negative")


_UNBOUNDED = {"gradient_norm", "best_score", "validation_curve"}
"""What may overflow in a sound run."""


def _check_curves(losses: list[float], scores: list[float]) -> None:
    if scores and len(scores) != len(losses):
        raise InputError(f"{len(losses)} losses stand beside {len(scores)} scores")


def _check_memory(memory: Memory) -> None:
    """Refuse numbers that no run has side by side."""
    losses, k = memory.loss_curve, memory.last.k
    places = [memory.start_k, memory.lowest.k, *([] if memory.best is None else [memory.best.k])]
    if max(places) > k or min(places) < memory.start_k:
        raise InputError(f"iterations {places} are not within those from the start to {k}")
    if len(losses) != memory.n_curve:
        raise InputError(f"{memory.n_curve} iterations left {len(losses)} losses")
    _check_curves(losses, memory.validation_curve)
    if memory.last.J != (losses[-1] if losses else memory.start_J):
        raise InputError("the last objective is not that of its curve")
    if memory.lowest_J != min([memory.start_J, *losses]):
        raise InputError("the lowest objective is not the least of its curve")
    if (memory.best is not None) != bool(memory.validation_curve) and losses:
        raise InputError("a best score and a validation curve come together")
    if max(memory.since_lowest, memory.since_best) > k:
        raise InputError(f"more than {k} iterations are said to be without progress")
