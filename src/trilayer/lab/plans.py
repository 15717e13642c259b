"""What settings mean to a run: its start, its engine, its solver's options."""

from typing import Any

import numpy as np

from trilayer.fit.samples import drawn_seed
from trilayer.lab.settings import EPOCHS, Settings, knobs_of
from trilayer.params import Params, initialise
from trilayer.solvers import solver


def start_of(settings: Settings, n1: int) -> Params:
    """Return the initial weights: those of the estimator with this random_state, or zeros."""
    rng = np.random.default_rng(drawn_seed(settings["seed"]))
    drawn = initialise(n1, settings["hidden"], rng)
    if settings["start"] == "random":
        return drawn
    return Params(*(np.zeros_like(matrix) for matrix in vars(drawn).values()))


def engine_of(name: str) -> str:
    """Return the engine that a solver runs on.

    The reference engine rounds as NumPy does, so the exported NumPy script repeats a run too
    in which roundings grow, as they do in that of L-BFGS.
    """
    return "reference" if solver(name).magnifies_rounding else "auto"


def options_of(settings: Settings) -> dict[str, Any]:
    """Return what the solver's `run` takes beside objective, start and state."""
    name = settings["solver"]
    own, declared = knobs_of(name), solver(name)
    options = declared.defaults | {knob: settings[knob] for knob in own if knob != EPOCHS}
    if "seed" in declared.told:
        options["seed"] = drawn_seed(settings["seed"])
    if EPOCHS in own:
        options["max_iter"] = settings[EPOCHS]
    return options
