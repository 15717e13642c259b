"""The misprints on this network, and what training does to one who believes them."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from trilayer.derivation import core, oracle
from trilayer.derivation.misprints import MISPRINTS, TOLERANCE, Form
from trilayer.derivation.trace import NETWORK, Trace, trace
from trilayer.engines import select
from trilayer.errors import InputError, ShapeError
from trilayer.lab.faults import RefusalError
from trilayer.lab.frames import Message
from trilayer.lab.run import Run
from trilayer.lab.samples import Floats
from trilayer.params import Params

_SHOWN = 7  # samples: enough to tell, few enough for sums written out number by number
_WRITTEN_OUT = 600  # parameters, likewise
_TRAINED = 1000  # samples
_SECONDS = 2.0  # for how long both descents may take

Values = Mapping[str, Floats]


def misprints(run: Run, k: int) -> Message:
    """Build `misprints`: both forms of all fifteen on this network, or on the example.

    Raises
    ------
    RefusalError
        If there is no hidden layer.
    """
    t, reason = _examined(run, k)
    rows = []
    for r in MISPRINTS:
        truth = r.truth(t)
        outcome = _outcome(r.printed, t, truth)
        rows.append(
            {
                "id": r.id, "where": r.where, "printed": r.as_printed,
                "corrected": r.as_corrected, "why": r.why, "check": r.check,
                "fails": outcome["kind"] != "agrees", "outcome": outcome,
                "corrected_error": oracle.distance(r.corrected(t), truth),
            }
        )  # fmt: skip
    n1, n2 = t.W1.shape
    header = {
        "type": "misprints", "k": k, "network": "example" if reason else "current",
        "reason": reason, "sizes": {"n1": n1, "n2": n2, "m": t.Y.shape[1]}, "rows": rows,
    }  # fmt: skip
    return Message(header, {})


def _examined(run: Run, k: int) -> tuple[Trace, str | None]:
    """Trace a few samples through the network; the example, if it cannot tell."""
    if not run.start.n2:
        raise RefusalError("no_hidden_layer")
    if run.step.theta.size > _WRITTEN_OUT:
        return oracle.example(), "large"
    source: Any = run.objective.source
    t = trace(run.params(k), source.X[:, :_SHOWN], source.Y[:, :_SHOWN])
    try:
        return oracle.checkable(t), None
    except InputError:
        return oracle.example(), "saturated"


def _outcome(form: Form, t: Trace, truth: Floats) -> dict[str, Any]:
    """Say how a form compares with the truth, in facts."""
    outcome: dict[str, Any] = {"got": None, "should": list(truth.shape), "detail": None}
    try:
        value = form(t)
    except ShapeError as refusal:
        detail = str(refusal).removeprefix("no such product: ")
        return {"kind": "product", "error": None, **outcome, "detail": detail}
    error = oracle.distance(value, truth)
    kind = "value" if error > TOLERANCE else "agrees"
    if value.shape != truth.shape:
        kind = "shape"
    return {"kind": kind, "error": error, **outcome, "got": list(value.shape)}


# ---- believing -----------------------------------------------------------------------------


def _mean_dW1(v: Values) -> Floats:
    dW1: Floats = core.grad_W1(v["X"], v["dZ1"]) / v["Y"].size
    return dW1


def _without_loss(v: Values) -> Floats:
    slope: Floats = v["W2"] * core.sigmoid_slope(v["A1"])
    return np.asarray(core.grad_W1(v["X"], slope)) / v["Y"].size


def _over_all_units(v: Values) -> Floats:
    dW1 = _mean_dW1(v)
    return np.repeat(dW1.sum(axis=1, keepdims=True), dW1.shape[1], axis=1)


def _one_for_all(v: Values) -> Floats:
    dW1 = _mean_dW1(v)
    return np.full_like(dW1, dW1[min(2, len(dW1) - 1), 0])


def _first_column(v: Values) -> Floats:
    column = core.hidden_preactivation(v["W1"], v["b1"], v["X"][:, :1])
    return np.repeat(np.asarray(column), v["X"].shape[1], axis=1)


BELIEVABLE: dict[str, tuple[str, Callable[[Values], Floats]]] = {
    "R2": ("Z1", _first_column),
    "R4": ("A2", lambda v: np.asarray(core.output_activation(v["W2"].T @ v["A1"]))),
    "R5": ("dW1", _over_all_units),
    "R6": ("dW1", _without_loss),
    "R7": ("dW1", _one_for_all),
    "R11": ("dW1", lambda v: np.asarray(core.grad_W1(v["X"], v["dZ1"]))),
}
"""Misprints one can train with: the matrix that is printed wrong, and as printed.

The others have no shape that fits, or name something that training does not use.
"""


def believe(run: Run, misprint: str, iterations: int, learning_rate: float) -> Message:
    """Build `belief`: descent (E35) from the start, with the formula as printed and without.

    Both J are the true cost (E13) of the parameters that the formulas lead to.

    Raises
    ------
    RefusalError
        If there is no hidden layer, or nothing can be trained with this misprint.
    """
    if not run.start.n2:
        raise RefusalError("no_hidden_layer")
    if misprint not in BELIEVABLE:
        raise RefusalError("not_believable", misprint=misprint[:80])
    source: Any = run.objective.source
    X, Y = source.X[:, :_TRAINED], source.Y[:, :_TRAINED]
    target, printed = BELIEVABLE[misprint]
    descents = [
        _descent(run.start, X, Y, learning_rate, {target: printed}),
        _descent(run.start, X, Y, learning_rate, {}),
    ]
    until = time.perf_counter() + _SECONDS
    costs: list[tuple[float, ...]] = []
    with select("reference").running(), np.errstate(over="ignore", invalid="ignore"):
        while len(costs) <= iterations and time.perf_counter() < until:
            costs.append(tuple(next(descent) for descent in descents))
    J_printed, J_corrected = np.array(costs, dtype=np.float64).reshape(-1, 2).T
    header = {
        "type": "belief", "id": misprint, "matrix": target, "learning_rate": learning_rate,
        "m": Y.size, "factor": Y.size if misprint == "R11" else None,
    }  # fmt: skip
    return Message(header, {"J_printed": J_printed, "J_corrected": J_corrected})


def _descent(
    start: Params,
    X: Floats,
    Y: Floats,
    learning_rate: float,
    believed: Mapping[str, Callable[[Values], Floats]],
) -> Iterator[float]:
    """Yield the true cost, iteration by iteration, where some formulas are believed."""
    theta = dict(vars(start))
    while True:
        yield _true_cost(theta, X, Y)
        values = {"X": X, "Y": Y, **theta}
        for equation in NETWORK:
            compute = believed.get(equation.target, equation.compute)
            values[equation.target] = compute(values)
        theta = {
            name: np.asarray(core.descend(matrix, values[f"d{name}"], learning_rate))
            for name, matrix in theta.items()
        }


def _true_cost(theta: Mapping[str, Floats], X: Floats, Y: Floats) -> float:
    Z2 = core.network_logits(theta["W1"], theta["b1"], theta["W2"], theta["b2"], X)
    return float(core.losses(Z2, Y).mean())
