"""From a spec to a run of the training loop.

`settings` is a `Spec`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from trilayer.engines import select
from trilayer.errors import DivergenceError, InputError
from trilayer.fit.advice import advice
from trilayer.fit.loop import Limits, Outcome, Watcher, train, walk
from trilayer.fit.protocol import Beginning
from trilayer.fit.samples import Samples, in_memory, validation
from trilayer.fit.spec import Spec
from trilayer.fit.task import task
from trilayer.params import FloatArray, Params, initialise, pack, split
from trilayer.solvers import AUTO, State, Step, check_options, solver
from trilayer.solvers.objective import Objective
from trilayer.sources import Source
from trilayer.sources.walking import available_threads

DEFAULT_HIDDEN_UNITS = 16

LBFGS_UP_TO = 100_000
"""Samples up to which ``solver="auto"`` takes all of them at every step."""

STRIDE = 1000
"""Iterations that may pass unseen where a solver has strides; engines end them sooner by time."""


class Fitted(NamedTuple):
    """What a run leaves behind."""

    outcome: Outcome
    solver: str
    engine: str
    problem: str | None = None


class Stepped(NamedTuple):
    """Where `partial_fit` stands.

    Attributes
    ----------
    seed : int
    theta : array or None
        Packed parameters in float64, where they are not those of the network to the bit.
    solver : str
        Whose state it is.
    state : mapping or None
        None before the first step, and after the solver has changed.
    done : int
        Iterations before this solver's first.
    """

    seed: int
    theta: FloatArray | None = None
    solver: str = ""
    state: State | None = None
    done: int = 0


def given_starts(settings: Spec) -> tuple[list[Params], str]:
    """Return the starts that are given, and by what: the last fit's parameters, or `init`."""
    if settings.warm_start and settings.previous is not None:
        return _parted(settings.previous, settings), "warm_start"
    init = settings.init
    if init is None or isinstance(init, Params):
        return [] if init is None else [init], "init"
    if len(init) != settings.n_starts or not all(isinstance(start, Params) for start in init):
        raise InputError(
            f"init must be None, a Params, or a list of n_starts={settings.n_starts} of them"
        )
    return list(init), "init"


def _parted(previous: Params, settings: Spec) -> list[Params]:
    """Return the last fit's network, as that of each start where it was folded of as many."""
    n2, count = settings.hidden_units or DEFAULT_HIDDEN_UNITS, settings.n_starts
    folded = count > 1 and previous.n2 == count * n2
    return split(previous, count) if folded else [previous]


def start_params(settings: Spec, n1: int, seed: int, dtype: Any, k: int = 0) -> Params:
    """Return where to start: the k-th of `init`, the last fit's parameters, or a random draw.

    Raises
    ------
    InputError
        If the given start has other numbers of inputs or hidden units.
    """
    starts, origin = given_starts(settings)
    n2 = settings.hidden_units
    if not starts:
        n2 = DEFAULT_HIDDEN_UNITS if n2 is None else n2
        return initialise(n1, n2, np.random.default_rng(seed), dtype)
    given = starts[k]
    if given.n1 != n1:
        raise InputError(f"{origin} has {given.n1} inputs, X has {n1} features")
    if n2 is not None and given.n2 != n2:
        raise InputError(f"{origin} has {given.n2} hidden units, hidden_units={n2}")
    if not given.is_finite():
        raise InputError(f"{origin} holds NaN or infinity")
    return Params(*(np.asarray(value, dtype=dtype) for value in vars(given).values()))


def solver_name(settings: Spec, m: int) -> str:
    """Return the solver that "auto" stands for, or the one that was named."""
    if settings.solver != AUTO:
        return str(settings.solver)
    if settings.momentum is not None:
        return "sgd"
    batch_options = (settings.learning_rate, settings.schedule, settings.batch_size)
    if any(option is not None for option in batch_options) or m > LBFGS_UP_TO:
        return "adam"
    return "lbfgs"


def solver_options(settings: Spec, name: str, seed: int) -> dict[str, Any]:
    """Return all that the named solver's `run` takes beside objective, start and state."""
    names = ("learning_rate", "momentum", "schedule", "batch_size")
    chosen = check_options(name, {key: getattr(settings, key) for key in names})
    run_is = {
        "max_iter": settings.max_iter, "tol": settings.tol,
        "seed": seed if settings.shuffle else None,
    }  # fmt: skip
    told = solver(name).told
    return chosen | {key: value for key, value in run_is.items() if key in told}


def threads(settings: Any) -> int:
    """Return how many threads to use: n_threads, or one for each processor at hand."""
    return int(settings.n_threads or available_threads())


@contextmanager
def objective(settings: Spec, source: Source, n2: int) -> Iterator[Objective]:
    """Hold the objective over a source for the length of a run."""
    engine = select(settings.engine)
    with engine.running():
        yield Objective(source, engine, n2, float(settings.l2), source.dtype)


def run(
    settings: Spec,
    source: Source,
    held_out: Samples | Source | None,
    start: Params,
    seed: int,
    watch: Watcher | None,
    checkpoint: Beginning | None = None,
    *,
    sees_all: bool = True,
) -> Fitted:
    """Train from `start`; what is returned says what is the matter with a run that ended badly.

    With a checkpoint, from where it was left; a run that had ended is not done again. A
    watcher that need not see every iteration (`sees_all`) is called every `STRIDE` of them, or
    after a tenth of a second.
    """
    name = solver_name(settings, source.m)
    options = solver_options(settings, name, seed)
    limits = Limits(
        max_iter=settings.max_iter,
        tol=settings.tol,
        patience=settings.n_iter_no_change,
        max_seconds=settings.max_seconds,
        early_stopping=bool(settings.early_stopping),
        watches="gradient" if solver(name).needs == "sums" else "objective",
    )
    unseen = watch is None or not sees_all
    if solver(name).strides and unseen and held_out is None:
        options["stride"] = STRIDE  # nobody looks at single iterations
    metric = "auc" if settings.early_stopping == "auc" else "log_loss"
    with objective(settings, source, start.n2) as J:
        theta: FloatArray = pack(start).astype(np.float64)
        keeper = memory = outcome = None
        if checkpoint is not None:
            keeper = checkpoint.begin(task(settings, J, held_out, theta, seed, name))
            memory, outcome = keeper.memory, keeper.outcome
            if keeper.stride is not None and "stride" in options:
                options["stride"] = min(STRIDE, keeper.stride)
        if memory is not None:
            theta, options["state"] = memory.last.theta, memory.last.state
        if outcome is None:
            steps = solver(name).run(J, theta, **options)
            judge = None if held_out is None else validation(J, held_out, metric, threads(settings))
            outcome = train(steps, limits, judge, watch, keeper, memory)
    return Fitted(outcome, name, J.engine.name, advice(outcome, limits, name))


def step_on(
    settings: Spec, samples: Samples, stepped: Stepped, params: Params
) -> tuple[Step, Stepped, str]:
    """Take one step from where the last one ended.

    A solver that has changed begins anew, from the network there is.

    Parameters
    ----------
    settings : Spec
    samples : Samples
    stepped : Stepped
    params : Params
        The network there is.

    Returns
    -------
    step : Step
    stepped : Stepped
        Where it ends.
    engine : str
    """
    name = "adam" if settings.solver == AUTO else settings.solver
    options, carried = solver_options(settings, name, stepped.seed), solver(name).carries
    theta = pack(params).astype(np.float64) if stepped.theta is None else stepped.theta
    state, done = stepped.state, stepped.done
    if state is not None and name == stepped.solver:
        state = {key: state[key] for key in carried}
    elif state is not None:
        done, state = done + int(state["k"]), None
    memory = in_memory(samples, settings.n_threads)
    with memory as source, objective(settings, source, params.n2) as J:
        turns = walk(solver(name).run(J, theta, state=state, **options))
        if state is None:
            next(turns)  # the start itself
        step = next(turns).step
    if step is None:
        raise DivergenceError(
            "the step left the finite numbers and is not taken: use a smaller learning_rate, or "
            "scale the inputs (StandardScaler)"
        )
    return step, Stepped(stepped.seed, step.theta, name, step.state, done), J.engine.name
