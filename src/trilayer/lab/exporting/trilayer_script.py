"""The run as a script for trilayer: the same bits, by the estimator or by the solver."""

from typing import Any

from trilayer.lab.exporting import literals
from trilayer.lab.exporting.settings import estimator_settings, segments
from trilayer.lab.lab import Lab
from trilayer.lab.plans import engine_of

_ESTIMATOR = '''"""A run of the trilayer lab, repeated with the library.

{k} iterations of {solver}.
"""

{imports}import numpy as np

from trilayer import {names}

{samples}

network = TriLayerClassifier(
{settings}
)
network.fit(X.T, Y[0]{stop})
W1, b1, W2, b2 = vars(network.params_).values()
if __name__ == "__main__":
    print(f"after {{network.n_iter_}} iterations: J = {{network.loss_curve_[-1]!r}}")
'''

_SOLVER = '''"""A run of the trilayer lab, repeated with the library.

{k} iterations of {solver}. The learning rate or the momentum was changed on the way, so this
drives the solver itself.
"""

{imports}import numpy as np

from trilayer import Params
from trilayer.engines import select
from trilayer.solvers.objective import Objective
from trilayer.params import pack, unpack
from trilayer.solvers import solver
from trilayer.sources.memory import MemorySource

{samples}

start = Params(
    W1={W1},
    b1={b1},
    W2={W2},
    b2={b2},
)
# Until which iteration, with which options.
SEGMENTS = [
{segments}
]

theta, state, momentum = pack(start), None, None
with MemorySource(X, Y, np.ones_like(Y)) as source:
    objective = Objective(source, select({engine!r}), start.n2, {l2!r})
    for until, options in SEGMENTS:
        if state and "gradient" in state and options.get("momentum") != momentum:
            state = {{**state, "velocity": np.zeros_like(theta)}}
        momentum = options.get("momentum")
        for step in solver({solver!r}).run(objective, theta, state=state, **options):
            if step.k >= until:
                break
        theta, state = step.theta, step.state
W1, b1, W2, b2 = vars(unpack(theta, start.n1, start.n2)).values()
if __name__ == "__main__":
    print(f"after {{step.k}} iterations: J = {{step.J!r}}")
'''


def make(lab: Lab, k: int) -> bytes:
    """Write the script of iterations 1 to k."""
    parts = segments(lab, k)
    write = _by_estimator if len(parts) == 1 and k > 0 else _by_solver
    return write(lab, k, parts).encode()


def _by_estimator(lab: Lab, k: int, _: Any) -> str:
    settings = {name: repr(value) for name, value in estimator_settings(lab, k).items()}
    zero = lab.settings["start"] == "zero" and lab.run.start.n2 > 0
    if zero:
        shapes = [M.shape for M in vars(lab.run.start).values()]
        settings["init"] = f"Params({', '.join(f'np.zeros({shape})' for shape in shapes)})"
    shorter = "schedule" in settings
    return _ESTIMATOR.format(
        k=k, solver=lab.run.solver, imports=literals.imports(lab),
        samples=literals.samples(lab),
        names="Params, TriLayerClassifier" if zero else "TriLayerClassifier",
        settings="\n".join(f"    {name}={value}," for name, value in settings.items()),
        stop=f", on_step=lambda progress: progress.k >= {k}" if shorter else "",
    )  # fmt: skip


def _by_solver(lab: Lab, k: int, parts: list[tuple[int, dict[str, Any]]]) -> str:
    start = {name: literals.array(M) for name, M in vars(lab.run.start).items()}
    return _SOLVER.format(
        k=k, solver=lab.run.solver, l2=lab.run.l2, engine=engine_of(lab.run.solver),
        imports=literals.imports(lab), samples=literals.samples(lab), **start,
        segments="\n".join(f"    {part!r}," for part in parts),
    )  # fmt: skip
