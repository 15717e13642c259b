"""Runs that the engine does whole are the plain ones: strides, epochs, and where they end."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from conftest import learning_problem
from trilayer.engines import fused
from trilayer.fit.loop import Limits, train
from trilayer.solvers import solver
from trilayer.solvers.gradient_descent import gradient_descent

WALK = {"learning_rate": 0.05, "schedule": "cosine", "batch_size": 7, "max_iter": 20}
MOMENTA = pytest.mark.parametrize("momentum", [0.0, 0.9])
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


class Elsewhere:
    """Samples that an engine cannot run over by itself."""

    def __init__(self, source):
        self._source = source

    def __getattr__(self, name):
        if name == "pieces":
            raise AttributeError(name)
        return getattr(self._source, name)


def plain(J):
    """The same objective, walked step by step in Python."""
    return replace(J, source=Elsewhere(J.source))


def descend(J, theta, stop, **options):
    """Steps of gradient descent up to the first one that has reached iteration `stop`."""
    found = []
    for step in gradient_descent(J, theta, **{"learning_rate": 0.5} | options):
        found.append(step)
        if step.k >= stop:
            return found
    raise AssertionError("descent does not end by itself")


def same_step(a, b):
    return (
        (a.k, a.J, a.gradient_norm, a.evaluations) == (b.k, b.J, b.gradient_norm, b.evaluations)
        and np.array_equal(a.theta, b.theta)
        and all(np.array_equal(a.state[key], b.state[key]) for key in b.state)
    )


@MOMENTA
@DTYPES
@pytest.mark.parametrize("stride", [2, 7, 1000])
def test_a_stride_has_the_bits_of_its_single_steps(momentum, dtype, stride):
    J, theta = learning_problem("fused", m=5000, dtype=dtype)
    single = descend(J, theta, 60, momentum=momentum)
    long = descend(J, theta, 60, momentum=momentum, stride=stride, max_iter=60)
    assert [step.k for step in single] == list(range(61))
    assert long[-1].k == 60
    assert all(same_step(step, single[step.k]) for step in long)
    trail = np.concatenate([step.trail for step in long[1:]])
    assert trail.tolist() == [step.J for step in single[1:]]
    for before, after in itertools.pairwise(long):
        assert len(after.trail) == after.k - before.k
        assert after.trail[-1] == after.J
        assert len(after.trail) <= stride


@MOMENTA
def test_strides_that_time_cuts_have_the_same_bits(momentum, monkeypatch):
    J, theta = learning_problem("fused")
    whole = descend(J, theta, 50, momentum=momentum, stride=50, max_iter=50)
    monkeypatch.setattr(fused, "SLICE", 0.0)
    parts = descend(J, theta, 50, momentum=momentum, stride=50, max_iter=50)
    assert [step.k for step in whole] == [0, 50]
    assert [step.k for step in parts] == list(range(51))
    assert same_step(whole[-1], parts[-1])


@MOMENTA
@pytest.mark.parametrize("at", [0, 1, 13, 25])
def test_descent_resumed_in_strides_has_the_same_bits(momentum, at):
    J, theta = learning_problem("fused")
    whole = descend(J, theta, 40, momentum=momentum)
    options = {"stride": 9, "max_iter": 40, "momentum": momentum, "state": whole[at].state}
    rest = descend(J, whole[at].theta, 40, **options)
    assert all(same_step(step, whole[step.k]) for step in rest)
    assert rest[-1].k == 40


def test_a_start_from_the_parameters_alone_goes_on_with_the_same_bits():
    """Without momentum the gradient is all the memory, and it is found again."""
    J, theta = learning_problem("fused")
    whole = descend(J, theta, 40)
    again = descend(J, whole[15].theta, 25)
    for step in again:
        assert np.array_equal(step.theta, whole[15 + step.k].theta)
        assert step.J == whole[15 + step.k].J


def test_a_stride_ends_at_tol_and_at_max_iter():
    J, theta = learning_problem("fused")
    single = descend(J, theta, 400)
    tol = single[150].gradient_norm
    first = next(step.k for step in single if step.gradient_norm <= tol)
    ends = descend(J, theta, first, stride=1000, tol=tol, max_iter=400)
    assert [step.k for step in ends] == [0, first]
    outcome = train(
        gradient_descent(J, theta, learning_rate=0.5, stride=1000, tol=tol, max_iter=400),
        Limits(400, tol, 1),
    )
    assert (outcome.reason, outcome.k, len(outcome.loss_curve)) == ("converged", first, first)
    outcome = train(
        gradient_descent(J, theta, learning_rate=0.5, stride=64, max_iter=100), Limits(100, 0, 1)
    )
    assert (outcome.reason, outcome.k) == ("max_iter", 100)
    assert outcome.loss_curve == [step.J for step in single[1:101]]


def exploding(momentum=0.0):
    """A problem whose weight decay, with too long a step, multiplies the weights by -4."""
    J, theta = learning_problem("fused", l2=30.0)
    return J, theta, {"learning_rate": 5.0, "momentum": momentum}


@MOMENTA
@pytest.mark.parametrize("cut", [0.0, 60.0])
@pytest.mark.parametrize("end", ["diverges", "is interrupted"])
def test_what_is_kept_of_a_run_that_ends_badly_does_not_depend_on_its_strides(
    momentum, cut, end, monkeypatch
):
    """The lowest point within a stride is found again, wherever time cut the strides."""
    # Steps slightly longer than decay allows: the cost falls by the bias before weights grow.
    J, theta = learning_problem("fused", l2=1149.0 if momentum else 630.0)
    theta = theta * 1e-12
    theta[-1] = 6.0
    options = {"learning_rate": 0.1, "momentum": momentum}
    monkeypatch.setattr(fused, "SLICE", cut)

    def run(**more):
        for step in gradient_descent(J, theta, **options, **more):
            yield step
            if end == "is interrupted" and step.k == 60:
                raise KeyboardInterrupt

    watched = train(run(), Limits(10**6, 0, 1))
    unwatched = train(run(stride=20, max_iter=10**6), Limits(10**6, 0, 1))
    reason = {"diverges": "diverged", "is interrupted": "interrupted"}[end]
    assert watched.reason == unwatched.reason == reason
    assert 0 < watched.best_k < 60
    assert watched.best_k % 20
    assert unwatched.best_k == watched.best_k
    assert np.array_equal(unwatched.theta, watched.theta)


@MOMENTA
def test_divergence_inside_a_stride_is_found_step_by_step(momentum):
    J, theta, options = exploding(momentum)

    def finite(steps):
        with np.errstate(over="ignore", invalid="ignore"):
            return list(itertools.takewhile(lambda step: np.isfinite(step.J), steps))

    single = finite(gradient_descent(J, theta, **options))
    long = finite(gradient_descent(J, theta, stride=100, max_iter=10**6, **options))
    assert 100 < len(single) < 1000
    assert same_step(long[-1], single[-1])
    whole = [step for step in long if step.k % 100 == 0]
    assert [step.k for step in long] == [
        *range(0, whole[-1].k, 100),
        *range(whole[-1].k, single[-1].k + 1),
    ]
    assert all(same_step(step, single[step.k]) for step in long)


@pytest.mark.parametrize("stride", [1, 100])
def test_parameters_that_overflow_under_a_finite_cost_are_divergence_too(stride):
    """A saturated unit hides an infinite weight from the cost, and momentum gets it there."""
    # Samples in whole vectors: padding would be 0 × ∞, and tell.
    J, _ = learning_problem("fused", m=512, n1=1, n2=1, l2=0.0)
    J.source.X[:], J.source.Y[:] = 1e4, 1.0
    start = np.array([0.0, 0.0, 1.0, 0.0])
    options = {"learning_rate": 6e304, "momentum": 0.9, "stride": stride, "max_iter": 50}
    with np.errstate(over="ignore", invalid="ignore"):
        steps = list(itertools.islice(gradient_descent(J, start, **options), 5))
    assert [step.k for step in steps] == [0, 1, 2, 3, 4]
    assert all(np.isfinite(step.J) for step in steps)
    assert [bool(np.all(np.isfinite(step.theta))) for step in steps] == [True] * 4 + [False]


@pytest.mark.parametrize("name", ["sgd", "adam"])
@pytest.mark.parametrize("seed", [None, 3])
def test_epochs_are_the_plain_walk_to_rounding(name, seed):
    J, theta = learning_problem("fused")
    ours, theirs = (
        list(itertools.islice(solver(name).run(which, theta, seed=seed, **WALK), 12))
        for which in (J, plain(J))
    )
    for a, b in zip(ours, theirs, strict=True):
        assert (a.k, a.evaluations, a.state["updates"]) == (b.k, b.evaluations, b.state["updates"])
        assert a.J == pytest.approx(b.J, rel=1e-11)
        assert a.gradient_norm == pytest.approx(b.gradient_norm, rel=1e-8)
        np.testing.assert_allclose(a.theta, b.theta, rtol=1e-9, atol=1e-12)
        for key in a.state:
            np.testing.assert_allclose(a.state[key], b.state[key], rtol=1e-8, atol=1e-12)


@MOMENTA
def test_descent_is_the_plain_walk_to_rounding(momentum):
    J, theta = learning_problem("fused")
    ours, theirs = (descend(which, theta, 60, momentum=momentum) for which in (J, plain(J)))
    for a, b in zip(ours, theirs, strict=True):
        assert a.J == pytest.approx(b.J, rel=1e-11)
        np.testing.assert_allclose(a.theta, b.theta, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_slices_of_an_epoch_change_no_bit(name, monkeypatch):
    J, theta = learning_problem("fused")
    results = []
    for seconds in (60.0, 0.0):
        monkeypatch.setattr(fused, "SLICE", seconds)
        results.append(list(itertools.islice(solver(name).run(J, theta, seed=3, **WALK), 6)))
    assert all(same_step(*pair) for pair in zip(*results, strict=True))
