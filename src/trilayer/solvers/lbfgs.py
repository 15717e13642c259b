"""Limited-memory BFGS (Nocedal and Wright, Algorithms 7.4 and 7.5), every step in sight."""

from collections.abc import Iterator

import numpy as np

from trilayer.engines.data import NewtonPlace
from trilayer.params import FloatArray
from trilayer.solvers.native import at, descends, lengths, newton_strides
from trilayer.solvers.objective import Objective
from trilayer.solvers.step import State, Step
from trilayer.solvers.wolfe import Point, search

HISTORY, LARGE = 10, 10_000
"""Pairs (s, y) kept, and parameters beyond which half as many are: they leave the processor's
caches then, and ten are no quicker to the goal than five."""

_EPS = float(np.finfo(np.float64).eps)


def lbfgs(
    objective: Objective,
    theta: FloatArray,
    *,
    stride: int = 1,
    max_iter: int | None = None,
    tol: float = 0.0,
    state: State | None = None,
) -> Iterator[Step]:
    """Yield quasi-Newton steps; ends by itself when no further decrease is possible.

    Each direction is the two-loop recursion's -H ∂J/∂θ over the last `history` changes of
    θ and of the gradient; each step length meets the strong Wolfe conditions. When a
    search fails the history is dropped and the gradient's own direction tried; when that
    fails too, rounding has the last word and the generator returns.

    Parameters
    ----------
    objective : Objective
    theta : array
        Packed start.
    stride : int
        Iterations that one Step may stand for, where the engine can do many in one call;
        a stride also ends at `max_iter`, and where no gradient component exceeds `tol`.
    max_iter : int, optional
    tol : float
    state : mapping, optional
        Of the step to go on from; `theta` is then that step's.
    """
    if state:
        k, evaluations = int(state["k"]), int(state["evaluations"])
        S, Y = list(np.asarray(state["S"])), list(np.asarray(state["Y"]))
        gradient = np.asarray(state["gradient"])
        place = NewtonPlace(k, theta, float(state["J"]), gradient, S, Y, evaluations)
    else:
        place = NewtonPlace(0, theta, *at(objective, theta), [], [], 1)
        yield _step(place)
    if not descends(objective):
        yield from map(_step, _places(objective, place))
        return
    most = lengths(stride, max_iter)
    for reached, trail in newton_strides(objective, place, history(theta.size), tol, most):
        yield _step(reached, trail)


def _places(objective: Objective, place: NewtonPlace) -> Iterator[NewtonPlace]:
    """Yield where each iteration leads."""
    k, theta, J, gradient, S, Y, evaluations = place
    while np.any(gradient):
        direction = two_loop(gradient, S, Y)
        first = 1.0 / float(np.linalg.norm(direction)) if k == 0 else 1.0
        found, calls = search(objective, Point(theta, J, gradient), direction, first)
        evaluations += calls
        if found is None:
            if not S:
                return
            S, Y = [], []
            continue
        S, Y = remember(S, Y, found.theta - theta, found.gradient - gradient)
        theta, J, gradient = found
        k += 1
        yield NewtonPlace(k, theta, J, gradient, S, Y, evaluations)


def two_loop(gradient: FloatArray, S: list[FloatArray], Y: list[FloatArray]) -> FloatArray:
    """Return -H ∂J/∂θ (Nocedal and Wright, Algorithm 7.4).

    H is the BFGS inverse Hessian of the pairs kept, started from (sᵀy / yᵀy) I of the
    last one; without pairs it is the identity.
    """
    q = gradient.copy()
    rho = [1.0 / float(y @ s) for s, y in zip(S, Y, strict=True)]
    alpha = [0.0] * len(S)
    for i in reversed(range(len(S))):
        alpha[i] = rho[i] * float(S[i] @ q)
        q -= alpha[i] * Y[i]
    if S:
        q *= float(S[-1] @ Y[-1]) / float(Y[-1] @ Y[-1])
    for i in range(len(S)):
        q += (alpha[i] - rho[i] * float(Y[i] @ q)) * S[i]
    return -q


def remember(
    S: list[FloatArray], Y: list[FloatArray], s: FloatArray, y: FloatArray
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Keep the pair if its curvature is surely positive, else the update would not be."""
    if float(s @ y) <= _EPS * float(y @ y):
        return S, Y
    kept = history(s.size)
    return [*S, s][-kept:], [*Y, y][-kept:]


def history(parameters: int) -> int:
    """Return how many pairs are kept."""
    return HISTORY if parameters <= LARGE else HISTORY // 2


def _step(place: NewtonPlace, trail: FloatArray | None = None) -> Step:
    names = ("k", "evaluations", "J", "gradient", "S", "Y")
    state: State = {name: getattr(place, name) for name in names}
    norm = float(np.abs(place.gradient).max())
    return Step(place.k, place.theta, place.J, norm, place.evaluations, state, trail)
