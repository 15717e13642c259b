"""A run: strides change nothing, every late iteration comes back, the start is the same."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from trilayer import TriLayerClassifier, trace
from trilayer.lab import limits
from trilayer.lab.curve import MOST, Curve
from trilayer.lab.plans import start_of
from trilayer.lab.run import Run, Slice
from trilayer.lab.samples import Edits, edited, toy_origin
from trilayer.lab.settings import changed, defaults
from trilayer.lab.steps import matrices, trace_message, traced
from trilayer.params import pack

SOLVERS = ("gd", "sgd", "adam", "lbfgs")
LONG = 60.0  # seconds: more than any of these runs takes


def chosen(**wanted):
    return changed(defaults(wanted.get("solver", "gd")), {"points": 40, "hidden": 3, **wanted})


def new_run(**wanted):
    wanted = chosen(**wanted)
    return Run(edited(toy_origin(wanted), Edits()), wanted)


@pytest.fixture
def runs():
    """Make runs that are closed at the end."""
    made = []

    def make(**wanted):
        made.append(new_run(**wanted))
        return made[-1]

    yield make
    for run in made:
        run.close()


def single_steps(run, last):
    """The parameters of every iteration, one at a time."""
    thetas = [run.step.theta]
    for k in range(1, last + 1):
        run.advance(Slice(LONG, k))
        thetas.append(run.step.theta)
    return thetas


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_iteration_within_reach_comes_back_to_the_bit(runs, solver):
    last = 30 if solver == "lbfgs" else 120
    one_by_one = single_steps(runs(solver=solver), last)
    run = runs(solver=solver)
    run.advance(Slice(LONG, last))
    assert run.step.k == last
    for k in range(run.history.oldest, last + 1):
        assert np.array_equal(run.history.at(k).theta, one_by_one[k])


def test_the_ring_has_the_last_iterations_of_a_long_run(runs):
    run = runs()
    run.advance(Slice(LONG, 5000))
    assert run.history.oldest == 5000 - limits.RING + 1
    assert run.history.at(run.history.oldest).k == run.history.oldest
    again = runs()
    again.advance(Slice(LONG, run.history.oldest))
    assert np.array_equal(again.step.theta, run.history.at(run.history.oldest).theta)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_estimator_ends_at_the_same_bits(runs, solver):
    run = runs(solver=solver, seed=7)
    run.advance(Slice(LONG, 20))
    knobs = {k: v for k, v in run.changes[0][1].items() if k not in {"seed", "max_iter"}}
    network = TriLayerClassifier(
        3, solver=solver, **knobs, l2=0.0, max_iter=20, tol=0.0, random_state=7,
        engine="reference" if solver == "lbfgs" else "auto",
    )  # fmt: skip
    X, Y = edited(toy_origin(chosen()), Edits()).train
    network.fit(X.T, Y[0])
    assert np.array_equal(pack(network.params_), run.step.theta)


@pytest.mark.parametrize("solver", SOLVERS)
def test_knobs_change_on_the_way_and_the_past_stays(runs, solver):
    run = runs(solver=solver)
    run.advance(Slice(LONG, 10))
    before = run.history.at(10).theta
    knobs = {"learning_rate": 0.02, "momentum": 0.5}
    wanted = {name: x for name, x in knobs.items() if name in run.changes[0][1]}
    run.retune(chosen(solver=solver, **wanted))
    run.advance(Slice(LONG, 20))
    assert np.array_equal(run.history.at(10).theta, before)
    thetas = [run.history.at(k).theta for k in range(10, 21)]
    again = runs(solver=solver)
    single_steps(again, 10)
    again.retune(chosen(solver=solver, **wanted))
    for k in range(11, 21):
        again.advance(Slice(LONG, k))
    single = [again.history.at(k).theta for k in range(10, 21)]
    assert all(map(np.array_equal, thetas, single))
    assert len(run.changes) == (2 if wanted else 1)


def test_a_loss_to_stop_at_is_met_at_its_very_iteration(runs):
    run, wanted = runs(), 0.5
    assert run.advance(Slice(LONG, 3000, wanted)) == "loss"
    k = run.step.k
    assert run.step.J <= wanted < run.history.at(k - 1).J


def test_going_back_goes_on_the_same_way(runs):
    for solver in SOLVERS:
        run = runs(solver=solver)
        run.advance(Slice(LONG, 30))
        there = run.step.theta
        run.go_back(12)
        assert run.step.k == 12
        run.advance(Slice(LONG, 30))
        assert np.array_equal(run.step.theta, there)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_step_that_follows_is_the_one_that_is_taken(runs, solver):
    run = runs(solver=solver)
    run.advance(Slice(LONG, 5))
    following = run.following(5)
    run.advance(Slice(LONG, 6))
    assert np.array_equal(following.theta, run.step.theta)
    assert np.array_equal(run.following(4).theta, run.history.at(5).theta)


def test_lbfgs_ends_by_itself(runs):
    run = runs(solver="lbfgs", toy="blobs", noise=1.0, l2=1.0)
    assert run.advance(Slice(LONG, 100_000)) == "precision"
    assert run.following(run.step.k) is None
    message = trace_message(run, run.step.k, None)
    assert not message.header["update"]["exists"]
    assert "W1_new" not in message.arrays


def test_divergence_is_noticed_and_not_taken(runs):
    run = runs(solver="sgd", learning_rate=100.0, momentum=0.99, l2=1e6)
    assert run.advance(Slice(LONG, 100_000)) == "diverged"
    assert np.isfinite(run.step.theta).all()


def test_zero_weights_stay_alike():
    wanted = chosen(start="zero")
    assert not pack(start_of(wanted, 2)).any()
    run = new_run(start="zero")
    run.advance(Slice(LONG, 50))
    W1 = run.params().W1
    assert np.array_equal(W1, np.repeat(W1[:, :1], 3, axis=1))
    run.close()


# ---- traces ----------------------------------------------------------------------------------


@settings(max_examples=10)
@given(
    hidden=st.integers(0, 5),
    solver=st.sampled_from(SOLVERS),
    last=st.integers(0, 20),
    back=st.integers(0, 5),
)
def test_a_trace_has_the_bits_of_the_library(hidden, solver, last, back):
    run = new_run(hidden=hidden, solver=solver)
    run.advance(Slice(LONG, last))
    k = max(0, run.step.k - back)
    shown = trace_message(run, k, None).arrays
    X, Y = edited(toy_origin(chosen()), Edits()).train
    t = trace(run.params(k), X, Y)
    names = [n for n, M in t.matrices.items() if M.size]
    assert {n for n in shown if not n.endswith("_new")} == set(names)
    for name in names:
        assert np.array_equal(shown[name], t.matrices[name])
    run.close()


def test_a_trace_of_some_samples_is_a_cut_of_the_whole(runs):
    run = runs()
    whole = trace_message(run, 0, None)
    part = trace_message(run, 0, (3, 7))
    assert part.header["columns"] == [3, 7]
    for name, M in part.arrays.items():
        by_sample = whole.arrays[name].shape[1] == whole.header["m"]
        assert np.array_equal(M, whole.arrays[name][:, 3:7] if by_sample else whole.arrays[name])


def test_plain_descent_is_E35_of_the_traced_slopes(runs):
    run = runs(learning_rate=0.7)
    run.advance(Slice(LONG, 25))
    message = trace_message(run, 25, None)
    for name in ("W1", "b1", "W2", "b2"):
        M = message.arrays
        stepped = M[name] - 0.7 * M[f"d{name}"]
        np.testing.assert_allclose(M[f"{name}_new"], stepped, rtol=0, atol=1e-14)
    assert message.header["update"]["kind"] == "gd"
    assert matrices(traced(run, 25))["J"].item() == pytest.approx(run.step.J, rel=1e-13)


# ---- the curve ---------------------------------------------------------------------------------


def test_a_long_curve_stays_short_and_ordered():
    curve = Curve()
    taken = 0
    for k in range(30_000):
        if curve.wants(k):
            curve.add(k, 1.0 / (k + 1), np.nan, k * 1e-5)
            taken += 1
    reset, points = curve.fresh()
    assert reset
    assert len(points) < MOST
    assert points[0, 0] == 0
    assert np.all(np.diff(points[:, 0]) > 0)
    assert points[-1, 0] > 29_900
    assert curve.fresh()[1].shape == (0, 4)


@given(st.integers(1, 300), st.integers(1, 50))
def test_a_thinned_curve_keeps_its_end(count, most):
    curve = Curve()
    for k in range(count):
        curve.add(k, 0.5, 0.5, 0.0)
    thinned = curve.thinned(most)
    assert 1 <= len(thinned) <= most
    assert thinned[-1, 0] == count - 1
