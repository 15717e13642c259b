"""The run as a script that needs nothing but NumPy."""

import inspect
import re
from types import ModuleType
from typing import Any

from trilayer.lab.exporting import literals
from trilayer.lab.exporting.settings import segments
from trilayer.lab.exporting.templates import (
    ADAM,
    GD,
    HEAD,
    LBFGS,
    NETWORK,
    RATES,
    SGD,
    TAIL,
    UNIT,
    WALK,
)
from trilayer.lab.lab import Lab
from trilayer.params import pack
from trilayer.solvers import wolfe
from trilayer.solvers.adam import BETA1, BETA2, EPSILON
from trilayer.solvers.lbfgs import HISTORY, LARGE, history, remember, two_loop


def make(lab: Lab, k: int) -> bytes:
    """Write the script of iterations 1 to k."""
    n1, n2, m = lab.run.start.n1, lab.run.start.n2, lab.run.objective.source.m
    head = HEAD.format(
        n1=n1, n2=n2, m=m, k=k, solver=lab.run.solver, l2=lab.run.l2,
        imports=literals.imports(lab), samples=literals.samples(lab),
        start=literals.array(pack(lab.run.start)[None]) + "[0]",
    )  # fmt: skip
    parts = segments(lab, k)
    walk = {"gd": _gd, "sgd": _sgd, "adam": _adam, "lbfgs": _lbfgs}[lab.run.solver](parts)
    return (head + (NETWORK if n2 else UNIT) + walk + TAIL).encode()


def _gd(parts: list[tuple[int, dict[str, Any]]]) -> str:
    return GD.format(segments=_listed(parts, "learning_rate", "momentum"))


def _sgd(parts: list[tuple[int, dict[str, Any]]]) -> str:
    return _walk(parts, "learning_rate", "momentum") + SGD


def _adam(parts: list[tuple[int, dict[str, Any]]]) -> str:
    return _walk(parts, "learning_rate") + ADAM.format(beta1=BETA1, beta2=BETA2, epsilon=EPSILON)


def _walk(parts: list[tuple[int, dict[str, Any]]], *names: str) -> str:
    options = parts[0][1]
    return WALK.format(
        seed=options["seed"],
        epochs=options["max_iter"],
        batch_size=options["batch_size"],
        rate=RATES[options["schedule"]],
        and_momentum=" and momentum" if "momentum" in names else "",
        segments=_listed(parts, *names),
    )


def _listed(parts: list[tuple[int, dict[str, Any]]], *names: str) -> str:
    lines = [f"    {(until, *(options[name] for name in names))!r}," for until, options in parts]
    return "\n".join(["[", *lines, "]"])


def _lbfgs(_: list[tuple[int, dict[str, Any]]]) -> str:
    """Give the library's own line search and recursion, and the loop around them."""
    pieces = [
        "# From here to the loop: trilayer's line search and two-loop recursion, as they are.",
        "import math",
        "from dataclasses import dataclass, replace",
        "from typing import NamedTuple",
        "",
        "FloatArray, Objective = np.ndarray, object",
        f"HISTORY, LARGE, _EPS = {HISTORY}, {LARGE}, float(np.finfo(np.float64).eps)",
        _body(wolfe),
        inspect.getsource(two_loop),
        "",
        inspect.getsource(remember),
        "",
        inspect.getsource(history),
        "",
    ]
    return "\n".join(pieces) + "\n" + LBFGS


def _body(module: ModuleType) -> str:
    """Return a module's source behind its docstring and imports."""
    source = inspect.getsource(module)
    return re.split(r"^from trilayer\.\S+ import .*\n", source, flags=re.MULTILINE)[-1]
