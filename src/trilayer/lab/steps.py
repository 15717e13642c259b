"""One iteration, taken apart: the trace of its parameters, and the update that follows."""

from typing import Any

from trilayer.derivation.trace import Trace, trace
from trilayer.lab.faults import RefusalError
from trilayer.lab.frames import Array, Message
from trilayer.lab.run import Run
from trilayer.params import Params

_HIDDEN = ("W1", "b1", "Z1", "A1", "dZ1", "dW1", "db1")
_BY_SAMPLE = ("X", "Y", "Z1", "A1", "Z2", "A2", "dZ2", "dZ1")


def reachable(run: Run, k: int) -> int:
    """Return k, if the history reaches it.

    Raises
    ------
    RefusalError
    """
    oldest, newest = run.history.oldest, run.step.k
    if not oldest <= k <= newest:
        raise RefusalError("no_iteration", k=k, oldest=oldest, newest=newest)
    return k


def traced(run: Run, k: int) -> Trace:
    """Run `trilayer.derivation.trace` over the training samples at iteration k's parameters."""
    source: Any = run.objective.source
    return trace(run.params(k), source.X, source.Y)


def matrices(t: Trace) -> dict[str, Array]:
    """Return all matrices by name, without the hidden layer's where there is none."""
    none = t.W1.shape[1] == 0
    return {name: M for name, M in t.matrices.items() if not (none and name in _HIDDEN)}


def trace_message(run: Run, k: int, columns: tuple[int, int] | None) -> Message:
    """Build `trace`; columns are the samples to send, all by default."""
    t = traced(run, k)
    m = t.Y.shape[1]
    a, b = (0, m) if columns is None else (min(columns[0], m), min(columns[1], m))
    shown = {name: M[:, a:b] if name in _BY_SAMPLE else M for name, M in matrices(t).items()}
    after = _after(run, k)
    update = _update(run, k) | {"exists": after is not None}
    if after is not None:
        shown |= {f"{name}_new": M for name, M in vars(after).items() if M.size}
    return Message(
        {"type": "trace", "k": k, "columns": [a, b], "m": m, "J": t.J, "update": update}, shown
    )


def _after(run: Run, k: int) -> Params | None:
    step = run.following(k)
    return None if step is None else run.unpacked(step.theta)


def _update(run: Run, k: int) -> dict[str, Any]:
    """Say how the solver goes from iteration k to the next."""
    options = next(options for since, options in reversed(run.changes) if since <= k)
    momentum = options.get("momentum")
    kind = {"gd": "momentum" if momentum else "gd", "lbfgs": "lbfgs"}.get(run.solver, "epoch")
    return {
        "kind": kind,
        "solver": run.solver,
        "learning_rate": options.get("learning_rate"),
        "momentum": momentum,
        "l2": run.l2,
        "decay": run.l2 / run.objective.source.total_weight,
    }
