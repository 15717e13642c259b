"""Solvers: what each yields, and that its state is all it needs, on either engine."""

import itertools
import json
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import learning_problem
from trilayer.errors import InputError
from trilayer.solvers import SOLVERS, check_options, solver
from trilayer.solvers.adam import BETA1, BETA2, EPSILON
from trilayer.solvers.step import scheduled

OPTIONS = {
    "gd": {"learning_rate": 0.5, "momentum": 0.9},
    "sgd": {"learning_rate": 0.1, "schedule": "cosine", "batch_size": 7, "seed": 3, "max_iter": 20},
    "adam": {
        "learning_rate": 0.01,
        "schedule": "inverse-scaling",
        "batch_size": 7,
        "seed": 3,
        "max_iter": 20,
    },
    "lbfgs": {},
}


@pytest.fixture(params=["reference", "fused"])
def problem(request):
    """`problem(l2)` returns an objective and a start."""
    return partial(learning_problem, request.param)


def take(name, n, J, theta, **state):
    return list(itertools.islice(solver(name).run(J, theta, **OPTIONS[name], **state), n))


@pytest.mark.parametrize("name", SOLVERS)
def test_the_start_comes_first_and_steps_are_numbered(problem, name):
    J, theta = problem()
    steps = take(name, 6, J, theta)
    assert [s.k for s in steps] == list(range(6))
    assert np.array_equal(steps[0].theta, theta)
    assert steps[0].J == pytest.approx(J(theta)[0], rel=1e-14)
    assert steps[0].gradient_norm == pytest.approx(np.abs(J(theta)[1]).max(), rel=1e-12)
    assert steps[5].J < steps[0].J


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("at", [0, 1, 13])
def test_a_run_resumed_from_any_step_has_the_same_bits(problem, name, at):
    J, theta = problem()
    whole = take(name, 25, J, theta)
    state = {key: np.copy(value) for key, value in whole[at].state.items()}
    rest = take(name, 24 - at, J, whole[at].theta, state=state)
    assert len(rest) == 24 - at
    for resumed, original in zip(rest, whole[at + 1 :], strict=True):
        assert (resumed.k, resumed.J) == (original.k, original.J)
        assert np.array_equal(resumed.theta, original.theta)
        assert resumed.evaluations == original.evaluations
        assert resumed.state.keys() == original.state.keys()
        for key, value in resumed.state.items():
            assert np.array_equal(value, original.state[key])


@pytest.mark.parametrize("name", SOLVERS)
def test_state_is_arrays_and_numbers_and_is_not_written_to_again(problem, name):
    J, theta = problem()
    steps = solver(name).run(J, theta, **OPTIONS[name])
    first = next(itertools.islice(steps, 3, None))
    kept = {key: np.copy(value) for key, value in first.state.items()}
    theta_then = first.theta.copy()
    list(itertools.islice(steps, 5))
    assert np.array_equal(first.theta, theta_then)
    for key, value in first.state.items():
        assert np.array_equal(value, kept[key])
        parts = value if isinstance(value, list) else [value]
        assert all(isinstance(part, np.ndarray) or json.dumps(part) for part in parts)


def test_gd_is_the_literal_update(problem):
    J, theta = problem(l2=0.0)
    steps = list(itertools.islice(solver("gd").run(J, theta, learning_rate=0.7), 4))
    for before, after in itertools.pairwise(steps):
        literal = before.theta - 0.7 * J(before.theta)[1]
        if J.engine.name == "reference":
            assert np.array_equal(after.theta, literal)
        np.testing.assert_allclose(after.theta, literal, rtol=1e-12)


def test_gd_with_momentum_is_the_heavy_ball(problem):
    J, theta = problem()
    a, b, c = take("gd", 3, J, theta)
    np.testing.assert_allclose(
        c.theta, b.theta - 0.5 * J(b.theta)[1] + 0.9 * (b.theta - a.theta), rtol=1e-12
    )


def test_sgd_without_momentum_in_one_batch_is_gd(problem):
    J, theta = problem()
    walk = {"schedule": "constant", "batch_size": 10**6, "seed": None, "max_iter": 9}
    ours = list(
        itertools.islice(solver("sgd").run(J, theta, learning_rate=0.3, momentum=0.0, **walk), 5)
    )
    theirs = list(itertools.islice(solver("gd").run(J, theta, learning_rate=0.3), 5))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.theta, b.theta, rtol=1e-12)


def test_adam_is_the_paper_s_algorithm(problem):
    """Against Algorithm 1 with its bias-corrected moments, in one batch."""
    J, theta = problem()
    walk = {"schedule": "constant", "batch_size": 30, "seed": None, "max_iter": 9}
    steps = list(itertools.islice(solver("adam").run(J, theta, learning_rate=0.02, **walk), 6))
    m = v = np.zeros_like(theta)
    for t, step in enumerate(steps[1:], start=1):
        g = J(theta)[1]
        m, v = BETA1 * m + (1 - BETA1) * g, BETA2 * v + (1 - BETA2) * g**2
        m_hat, v_hat = m / (1 - BETA1**t), v / (1 - BETA2**t)
        # The paper's faster form scales epsilon by the root of the correction.
        theta = theta - 0.02 * m_hat / (np.sqrt(v_hat) + EPSILON / np.sqrt(1 - BETA2**t))
        np.testing.assert_allclose(step.theta, theta, rtol=1e-9)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 10**6)), min_size=1, max_size=9))
def test_schedules_start_at_the_rate_and_fall(places):
    progress, updates = (np.array(column) for column in zip(*places, strict=True))
    nothing = np.zeros_like(updates)
    assert np.array_equal(scheduled("constant", 0.3, progress, updates), 0.3 + 0.0 * progress)
    for name in ("inverse-scaling", "cosine"):
        assert np.all(scheduled(name, 0.3, 0.0 * progress, nothing) == 0.3)
        rates = scheduled(name, 0.3, progress, updates)
        assert np.all((rates >= 0) & (rates <= 0.3))
    np.testing.assert_allclose(scheduled("cosine", 0.3, progress**0, updates), 0, atol=1e-12)
    assert np.all(scheduled("inverse-scaling", 1.0, progress, nothing + 300) == 0.5)


def test_options_are_completed_and_strangers_refused_by_name():
    assert check_options("gd", {"learning_rate": 2.0, "batch_size": None})["learning_rate"] == 2.0
    assert check_options("adam", {})["batch_size"] == 256
    with pytest.raises(InputError, match=r"'gd' does not take batch_size=64.*sgd or adam"):
        check_options("gd", {"batch_size": 64})
    with pytest.raises(InputError, match="'lbfgs' does not take learning_rate"):
        check_options("lbfgs", {"learning_rate": 0.1})
    with pytest.raises(InputError, match="schedule must be one of"):
        check_options("sgd", {"schedule": "warm"})
    with pytest.raises(InputError, match="solver must be one of"):
        solver("newton")
