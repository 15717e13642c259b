"""Fitting as a function: a spec and a source in, a network and how it came about out."""

from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from trilayer.errors import InputError
from trilayer.fit.ensemble import run_starts
from trilayer.fit.protocol import Keeping
from trilayer.fit.records import Outcome, Watcher
from trilayer.fit.run import run, start_params
from trilayer.fit.samples import Samples, hold_out, in_memory, reweighted, without_weightless
from trilayer.fit.spec import Spec
from trilayer.params import Params, unpack
from trilayer.sources import Source
from trilayer.sources.memory import MemorySource


@dataclass(frozen=True, eq=False)
class Trained:
    """A network, and how it came about.

    Attributes
    ----------
    params : Params
        In the source's dtype; of several starts, the network of their mean logit.
    members : tuple of Params
        The networks that it is made of, one a start.
    outcome : Outcome
    solver, engine : str
        What "auto" took.
    problem : str or None
        What is the matter with a run that ended badly.
    """

    params: Params
    members: tuple[Params, ...]
    outcome: Outcome
    solver: str
    engine: str
    problem: str | None


def fit(
    spec: Spec,
    source: Source,
    seed: int,
    *,
    held_out: Samples | Source | None = None,
    watch: Watcher | None = None,
    checkpoint: Keeping | None = None,
) -> Trained:
    """Train a network on the samples of a source, wherever they are.

    Parameters
    ----------
    spec : Spec
        Without what is about the samples: class weights and held-out shares are `fit_rows`'.
    source : Source
    seed : int
        Decides starts and the order of batches.
    held_out : Samples or Source, optional
        To watch, and to stop early by.
    watch : callable, optional
    checkpoint : Checkpoint, or a stage of one, optional

    Raises
    ------
    DivergenceError
        If the cost became infinite before any iteration improved on the start.
    """
    start = start_params(spec, source.n1, seed, source.dtype)
    if spec.n_starts > 1:
        fitted, params, members = run_starts(spec, source, held_out, start, seed, watch, checkpoint)
    else:
        fitted = run(spec, source, held_out, start, seed, watch, checkpoint)
        params = unpack(fitted.outcome.theta, start.n1, start.n2).astype(source.dtype)
        members = [params]
    return Trained(
        params.astype(source.dtype), tuple(members), fitted.outcome, fitted.solver, fitted.engine,
        fitted.problem,
    )  # fmt: skip


def fit_rows(
    spec: Spec,
    source: MemorySource,
    seed: int,
    classes: NDArray[Any],
    *,
    held_out: Samples | None = None,
    watch: Watcher | None = None,
    checkpoint: Keeping | None = None,
) -> Trained:
    """Train a network on rows in memory: those of weight 0 are absent, classes weigh as told.

    Parameters
    ----------
    spec, source, seed, watch, checkpoint
        As for `fit`.
    classes : array, (2,)
        The labels that Y = 0 and Y = 1 are.
    held_out : Samples, optional
        By default a stratified share of the rows, where the spec says to stop early.
    """
    samples = Samples(source.inputs, source.Y[0], source.s[0])
    samples = without_weightless(reweighted(samples, spec.class_weight, classes), classes)
    if held_out is None and spec.early_stopping:
        samples, held_out = hold_out(samples, spec.validation_fraction, seed)
    with in_memory(samples, source.n_threads) as rows:
        return fit(spec, rows, seed, held_out=held_out, watch=watch, checkpoint=checkpoint)


def with_network(trained: Trained, members: list[Params], params: Params) -> Trained:
    """Return the same with another network of the same inputs in its place.

    Raises
    ------
    InputError
        If it has another number of inputs.
    """
    if params.n1 != trained.params.n1:
        raise InputError(f"the networks have {params.n1} inputs, not {trained.params.n1}")
    return replace(trained, members=tuple(members), params=params.astype(trained.params.dtype))
