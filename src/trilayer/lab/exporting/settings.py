"""A session's run in the words of `TriLayerClassifier`."""

from typing import Any

from trilayer.lab.lab import Lab
from trilayer.lab.plans import engine_of
from trilayer.solvers import solver

_OPTIONS = ("learning_rate", "momentum", "schedule", "batch_size")


def says_all(name: str) -> bool:
    """Whether the estimator has a parameter for each of a solver's options."""
    return solver(name).options.keys() <= set(_OPTIONS)


def segments(lab: Lab, k: int) -> list[tuple[int, dict[str, Any]]]:
    """Return until which iteration which options of the solver were in force, up to k."""
    changes = [change for change in lab.run.changes if change[0] < k] or lab.run.changes[:1]
    ends = [since for since, _ in changes[1:]] + [k]
    return [(end, options) for end, (_, options) in zip(ends, changes, strict=True)]


def estimator_settings(lab: Lab, k: int) -> dict[str, Any]:
    """Return what makes the estimator repeat iterations 1 to k (of one segment)."""
    _, options = segments(lab, k)[-1]
    chosen = {name: options[name] for name in _OPTIONS if name in options}
    if chosen.get("schedule") == "constant":
        del chosen["schedule"]
    return {
        "hidden_units": lab.run.start.n2,
        "solver": lab.run.solver,
        **chosen,
        "l2": lab.run.l2,
        "max_iter": max(1, options["max_iter"] if "schedule" in chosen else k),
        "tol": 0.0,
        "engine": engine_of(lab.run.solver),
        "random_state": lab.settings["seed"],
    }
