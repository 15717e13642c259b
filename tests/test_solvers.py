"""Solvers: what each yields, and that its state is all it needs."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from trilayer.engines import select
from trilayer.errors import InputError
from trilayer.objective import Objective
from trilayer.params import initialise, pack
from trilayer.solvers import SOLVERS, check_options, solver
from trilayer.solvers.adam import BETA1, BETA2, EPSILON
from trilayer.solvers.lbfgs import HISTORY, lbfgs, remember, two_loop
from trilayer.solvers.step import scheduled
from trilayer.solvers.wolfe import CURVATURE, SUFFICIENT_DECREASE, Point, search
from trilayer.sources.memory import MemorySource

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


def problem(m=30, n1=3, n2=4, l2=0.1):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(n1, m))
    Y = (X[:1] + X[-1:] ** 2 - 1 + 0.3 * rng.normal(size=(1, m)) > 0).astype(float)
    J = Objective(MemorySource(X, Y, np.ones((1, m)), 1), select("reference"), n2, l2)
    return J, pack(initialise(n1, n2, rng))


def take(name, n, J, theta, **state):
    return list(itertools.islice(solver(name).run(J, theta, **OPTIONS[name], **state), n))


@pytest.mark.parametrize("name", SOLVERS)
def test_the_start_comes_first_and_steps_are_numbered(name):
    J, theta = problem()
    steps = take(name, 6, J, theta)
    assert [s.k for s in steps] == list(range(6))
    assert np.array_equal(steps[0].theta, theta)
    assert steps[0].J == J(theta)[0]
    assert steps[0].gradient_norm == np.abs(J(theta)[1]).max()
    assert steps[5].J < steps[0].J


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("at", [0, 1, 13])
def test_a_run_resumed_from_any_step_has_the_same_bits(name, at):
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
def test_state_is_arrays_and_numbers_and_is_not_written_to_again(name):
    J, theta = problem()
    steps = solver(name).run(J, theta, **OPTIONS[name])
    first = next(itertools.islice(steps, 3, None))
    kept = {key: np.copy(value) for key, value in first.state.items()}
    theta_then = first.theta.copy()
    list(itertools.islice(steps, 5))
    assert np.array_equal(first.theta, theta_then)
    for key, value in first.state.items():
        assert np.array_equal(value, kept[key])
        assert isinstance(value, np.ndarray) or json.dumps(value)


def test_gd_is_the_literal_update():
    J, theta = problem(l2=0.0)
    steps = list(itertools.islice(solver("gd").run(J, theta, learning_rate=0.7), 4))
    for before, after in itertools.pairwise(steps):
        assert np.array_equal(after.theta, before.theta - 0.7 * J(before.theta)[1])


def test_gd_with_momentum_is_the_heavy_ball():
    J, theta = problem()
    a, b, c = take("gd", 3, J, theta)
    np.testing.assert_allclose(
        c.theta, b.theta - 0.5 * J(b.theta)[1] + 0.9 * (b.theta - a.theta), rtol=1e-12
    )


def test_sgd_without_momentum_in_one_batch_is_gd():
    J, theta = problem()
    walk = {"schedule": "constant", "batch_size": 10**6, "seed": None, "max_iter": 9}
    ours = list(
        itertools.islice(solver("sgd").run(J, theta, learning_rate=0.3, momentum=0.0, **walk), 5)
    )
    theirs = list(itertools.islice(solver("gd").run(J, theta, learning_rate=0.3), 5))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.theta, b.theta, rtol=1e-12)


def test_adam_is_the_paper_s_algorithm():
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


@given(st.floats(0, 1), st.integers(0, 10**6))
def test_schedules_start_at_the_rate_and_fall(progress, updates):
    assert scheduled("constant", 0.3, progress, updates) == 0.3
    for name in ("inverse-scaling", "cosine"):
        assert scheduled(name, 0.3, 0.0, 0) == 0.3
        assert 0 <= scheduled(name, 0.3, progress, updates) <= 0.3
    assert scheduled("cosine", 0.3, 1.0, updates) == pytest.approx(0, abs=1e-12)
    assert scheduled("inverse-scaling", 1.0, 0.0, 300) == 0.5


def test_two_loop_recursion_is_the_bfgs_matrix():
    rng = np.random.default_rng(2)
    A = rng.normal(size=(5, 5))
    A = A @ A.T + np.eye(5)
    S = list(rng.normal(size=(4, 5)))
    Y = [A @ s for s in S]
    H = np.eye(5) * (S[-1] @ Y[-1]) / (Y[-1] @ Y[-1])
    for s, y in zip(S, Y, strict=True):
        rho = 1 / (y @ s)
        V = np.eye(5) - rho * np.outer(y, s)
        H = V.T @ H @ V + rho * np.outer(s, s)
    g = rng.normal(size=5)
    np.testing.assert_allclose(two_loop(g, S, Y), -H @ g, rtol=1e-10)
    np.testing.assert_array_equal(two_loop(g, [], []), -g)


class Curve:
    """A function of one variable, dressed as an objective."""

    def __init__(self, f, slope):
        self.f, self.slope = f, slope

    def __call__(self, theta):
        return float(self.f(theta[0])), np.array([self.slope(theta[0])])


CURVES = [
    (lambda x: -x / (x**2 + 2), lambda x: (x**2 - 2) / (x**2 + 2) ** 2),
    (
        lambda x: (x + 0.004) ** 5 - 2 * (x + 0.004) ** 4,
        lambda x: 5 * (x + 0.004) ** 4 - 8 * (x + 0.004) ** 3,
    ),
    (lambda x: (x - 3) ** 2, lambda x: 2 * (x - 3)),
    (lambda x: np.logaddexp(0, 4 - x) + 1e-3 * x**2, lambda x: -expit(4 - x) + 2e-3 * x),
    (lambda x: np.cos(x) - 0.1 * x, lambda x: -np.sin(x) - 0.1),
]


@pytest.mark.parametrize("curve", range(len(CURVES)))
@pytest.mark.parametrize("first", [1e-3, 1e-1, 1.0, 10.0, 1e3])
def test_line_search_meets_the_strong_wolfe_conditions(curve, first):
    """On functions of the method's own kind (two of them are the paper's) and others."""
    J = Curve(*CURVES[curve])
    value, slope = J(np.zeros(1))
    found, calls = search(J, Point(np.zeros(1), value, slope), np.ones(1), first)
    assert found is not None
    assert 1 <= calls <= 20
    step = found.theta[0]
    assert found.J <= value + SUFFICIENT_DECREASE * step * slope[0]
    assert abs(found.gradient[0]) <= CURVATURE * abs(slope[0])


@given(
    st.floats(-3, 3), st.floats(-3, 3), st.floats(0.05, 2), st.floats(0.1, 3), st.floats(1e-2, 30)
)
def test_line_search_on_wavy_valleys(a, b, c, w, first):
    """Any smooth function that grows at last has such a point, and it is found."""
    J = Curve(
        lambda x: a * np.sin(w * x) + b * x + c * x**2,
        lambda x: a * w * np.cos(w * x) + b + 2 * c * x,
    )
    value, slope = J(np.zeros(1))
    direction = -np.sign(slope)
    found, _ = search(J, Point(np.zeros(1), value, slope), direction, first)
    if abs(slope[0]) < 1e-6:
        return
    assert found is not None
    assert found.J <= value - SUFFICIENT_DECREASE * abs(found.theta[0] * slope[0]) + 1e-12
    assert abs(found.gradient[0]) <= CURVATURE * abs(slope[0])


def test_line_search_refuses_to_climb():
    J = Curve(*CURVES[2])
    value, slope = J(np.zeros(1))
    assert search(J, Point(np.zeros(1), value, slope), -np.ones(1), 1.0) == (None, 0)


def test_line_search_steps_back_from_infinity():
    J = Curve(
        lambda x: (x - 3) ** 2 if x < 10 else np.inf, lambda x: 2 * (x - 3) if x < 10 else np.nan
    )
    value, slope = J(np.zeros(1))
    found, calls = search(J, Point(np.zeros(1), value, slope), np.ones(1), 1000.0)
    assert found is not None
    assert calls > 2


def test_line_search_gives_up_where_rounding_hides_the_decrease():
    J = Curve(lambda x: 1e16 + (x - 1e-9) ** 2, lambda x: 1.0 if x > 0 else -1.0)
    value, slope = J(np.zeros(1))
    found, calls = search(J, Point(np.zeros(1), value, slope), np.ones(1), 1.0)
    assert found is None
    assert calls <= 20


def test_lbfgs_follows_scipy_step_by_step():
    """Same method, same constants: the iterates agree until rounding grows."""
    J, theta = problem(m=60, n1=4, n2=5, l2=1.0)
    theirs = []
    minimize(J, theta, jac=True, method="L-BFGS-B", callback=lambda x: theirs.append(J(x)[0]))
    ours = [s.J for s in itertools.islice(lbfgs(J, theta), 1, 16)]
    np.testing.assert_allclose(ours, theirs[:15], rtol=1e-9)


def test_a_pair_without_curvature_is_not_remembered():
    S, Y = [np.ones(2)], [np.ones(2)]
    assert remember(S, Y, np.ones(2), -np.ones(2)) == (S, Y)
    assert len(remember(S, Y, np.ones(2), np.ones(2))[0]) == 2


def test_lbfgs_forgets_and_ends_by_itself_at_machine_precision():
    J, theta = problem(l2=1.0)
    steps = list(itertools.islice(lbfgs(J, theta), 5000))
    assert len(steps) < 5000
    assert steps[-1].gradient_norm < 1e-6
    assert max(len(s.state["S"]) for s in steps) == HISTORY
    assert all(b.J <= a.J for a, b in itertools.pairwise(steps))


def test_lbfgs_has_nothing_to_do_at_a_stationary_point():
    J, _ = problem(m=4, n1=1, n2=0, l2=1.0)
    J.source.X[:] = 0
    J.source.Y[:] = [[0, 1, 0, 1]]
    steps = list(lbfgs(J, np.zeros(2)))
    assert [s.k for s in steps] == [0]


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
