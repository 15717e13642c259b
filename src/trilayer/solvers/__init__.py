"""Solvers: generators of `Step`, with state that can be saved.

A solver is a function of an objective, a start and its options that yields one `Step` an
iteration, the start itself first (k = 0). Whoever consumes the steps decides when to
stop. A step's `state` is plain arrays and numbers; given back as `state=`, the solver
goes on from there to the bit.

Each has a file of its own, which ends in the `Solver` that declares it. One of your own is
the same, and is registered by who imports it (so must whatever processes a fit is spread over):

>>> from trilayer import TriLayerClassifier
>>> def plain(objective, theta, *, learning_rate, state=None):
...     k = state["k"] if state else 0
...     J, gradient = objective(theta)
...     if not state:
...         yield Step(0, theta, J, float(abs(gradient).max()), 1, {"k": 0})
...     while True:
...         k, theta = k + 1, theta - learning_rate * gradient
...         J, gradient = objective(theta)
...         yield Step(k, theta, J, float(abs(gradient).max()), k + 1, {"k": k})
>>> made = register(Solver(name="plain", run=plain, options={"learning_rate": Option(0.5)}))
>>> clf = TriLayerClassifier(0, solver="plain", random_state=0, max_iter=1000)
>>> clf.fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]).solver_
'plain'
>>> unregister("plain")
"""

from trilayer.solvers.adam import SOLVER as ADAM
from trilayer.solvers.declaration import Option, Solver
from trilayer.solvers.gradient_descent import SOLVER as GD
from trilayer.solvers.lbfgs import SOLVER as LBFGS
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
from trilayer.solvers.sgd import SOLVER as SGD
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
