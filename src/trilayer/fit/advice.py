"""What to say about a run that did not end well."""

from trilayer.fit.loop import Limits, Outcome


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
        if solver == "gd":
            others = "raise learning_rate, use solver='lbfgs'"
    else:
        left = f"the objective still fell by more than tol={limits.tol:g}"
        others = "raise learning_rate or tol"
    return (
        f"solver={solver!r} stopped at {knob}={getattr(limits, knob):g} after {outcome.k} "
        f"iterations, before it converged ({left}): raise {knob}, {others}, or set "
        "early_stopping=True."
    )
