"""Laws of runs over samples that the engine does not hold: memory's bits, memory's manners."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import learning_problem
from trilayer.solvers import solver
from trilayer.solvers.objective import Objective

OPTIONS = {"gd": {"learning_rate": 0.3, "momentum": 0.5}, "lbfgs": {}}
both = pytest.mark.parametrize("name", OPTIONS)


def elsewhere(objective, sums=None):
    """The same objective over a source of which nothing is known but its sums."""
    held = objective.source
    source = SimpleNamespace(n1=held.n1, m=held.m, total_weight=held.total_weight, in_memory=False)
    source.sums = sums or held.sums
    return Objective(source, objective.engine, objective.n2, objective.l2, objective.dtype)


def steps(name, objective, theta, most, **options):
    """A run's steps, up to the one of that number where the run goes so far."""
    for step in solver(name).run(objective, theta, max_iter=most, **OPTIONS[name], **options):
        yield step
        if step.k >= most:
            return


def last(name, objective, theta, most, **options):
    *_, step = steps(name, objective, theta, most, **options)
    assert step.k == most
    return step


@both
@given(
    m=st.sampled_from([30, 5_000]),
    n2=st.sampled_from([0, 4]),
    l2=st.sampled_from([0.1, 0.7]),
    dtype=st.sampled_from([np.float64, np.float32]),
    stride=st.sampled_from([1, 5]),
)
def test_the_bits_are_those_of_memory(name, m, n2, l2, dtype, stride):
    """Step for step, to wherever a run ends: how early rounding ends it is the processor's affair.

    A stride leaves steps out, but never the last one.
    """
    objective, theta = learning_problem("fused", m=m, n2=n2, l2=l2, dtype=dtype)
    held = {step.k: step for step in steps(name, objective, theta, 7)}
    found = list(steps(name, elsewhere(objective), theta, 7, stride=stride))
    assert found[-1].k == max(held) > 0
    for step in found:
        assert np.array_equal(step.theta, held[step.k].theta)
        assert step.J == held[step.k].J
        assert step.evaluations == held[step.k].evaluations


@both
def test_a_run_goes_on_elsewhere_to_the_bit(name):
    objective, theta = learning_problem("fused")
    whole = last(name, objective, theta, 12)
    half = last(name, elsewhere(objective), theta, 5)
    for rest in (objective, elsewhere(objective)):
        ended = last(name, rest, half.theta, 12, state=half.state)
        assert np.array_equal(whole.theta, ended.theta)


@both
def test_what_goes_wrong_elsewhere_ends_the_run_as_it_is(name):
    objective, theta = learning_problem("fused")
    passes = []

    def failing(engine, params):
        passes.append(1)
        if len(passes) == 4:
            raise OSError("the cable is out")
        return objective.source.sums(engine, params)

    with pytest.raises(OSError, match="the cable is out"):
        last(name, elsewhere(objective, failing), theta, 9)
    assert len(passes) == 4
