"""What to say about a run that did not end well."""

import numpy as np

from trilayer.derivation import core
from trilayer.engines import select
from trilayer.fit.records import Limits, Outcome
from trilayer.params import Params
from trilayer.solvers import solver as solver_of
from trilayer.sources import Source

_LOOKED_AT, _SMALL, _SAME = 1000, 1e-2, 1e-3
"""Rows that are looked at, weights that may be nothing, and probabilities that are one."""


def flatness(params: Params, outcome: Outcome, source: Source, l2: float) -> str | None:
    """Say that a network tells no row from another, for decay has left nothing of its weights.

    Parameters
    ----------
    params : Params
    outcome : Outcome
        How its training ended: one that has not come to rest says nothing of decay.
    source : Source
        What it was trained on.
    l2 : float

    Returns
    -------
    str or None
        None if there is nothing to say.
    """
    weights = params.W1 if params.n2 else params.W2
    if not l2 or outcome.reason not in {"converged", "precision"} or np.abs(weights).max() > _SMALL:
        return None
    some = source.part(np.arange(min(source.m, _LOOKED_AT)))
    A2 = core.sigmoid(select("reference").logits(params, some.inputs))
    if np.ptp(A2) > _SAME or not some.inputs.vary():
        return None
    return (
        f"every probability comes out as {float(A2[0, 0]):.3f}: l2={l2:g} outweighs what the "
        f"samples say, whose weights add up to {source.total_weight:.3g}: use a smaller l2, larger "
        "weights, or TriLayerClassifierCV, which chooses l2 whatever factor the weights have."
    )


def advice(outcome: Outcome, limits: Limits, solver: str) -> str | None:
    """Say, in one sentence, what is unfinished about a run and which knob to turn.

    Returns
    -------
    str or None
        None if there is nothing to say: the run converged, or was asked (tol=0) for its
        iterations and nothing else.
    """
    if outcome.reason in {"max_iter", "max_seconds"} and limits.tol > 0:
        return _unconverged(outcome, limits, solver)
    if outcome.reason == "diverged":
        return (
            f"solver={solver!r} diverged within {outcome.k + 1} iterations; the parameters of "
            f"iteration {outcome.best_k}, the best before that, are kept: use a smaller "
            "learning_rate, or scale the inputs."
        )
    if outcome.reason == "interrupted":
        return (
            f"interrupted after {outcome.k} iterations; the parameters of iteration "
            f"{outcome.best_k}, the best so far, are kept."
        )
    return None


def _unconverged(outcome: Outcome, limits: Limits, solver: str) -> str:
    knob = outcome.reason
    if limits.watches == "gradient":
        left = f"the largest gradient component is {outcome.gradient_norm:.2g}, tol={limits.tol:g}"
        others = "raise tol, scale the inputs"
        if "learning_rate" in solver_of(solver).options:
            others = "raise learning_rate, use solver='lbfgs'"
    else:
        left = f"the objective still fell by more than tol={limits.tol:g}"
        others = "raise learning_rate or tol"
    return (
        f"solver={solver!r} stopped at {knob}={getattr(limits, knob):g} after {outcome.k} "
        f"iterations, before it converged ({left}): raise {knob}, {others}, or set "
        "early_stopping=True."
    )
