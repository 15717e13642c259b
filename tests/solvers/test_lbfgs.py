"""L-BFGS: its directions, its line search, and SciPy beside it."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

from conftest import learning_problem
from trilayer.solvers.lbfgs import HISTORY, lbfgs, remember, two_loop
from trilayer.solvers.wolfe import CURVATURE, SUFFICIENT_DECREASE, Point, search

ENGINES = pytest.mark.parametrize("engine", ["reference", "fused"])


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


@ENGINES
def test_lbfgs_follows_scipy_step_by_step(engine):
    """Same method, same constants: the iterates agree until rounding grows."""
    J, theta = learning_problem(engine, m=60, n1=4, n2=5, l2=1.0)
    theirs = []
    minimize(J, theta, jac=True, method="L-BFGS-B", callback=lambda x: theirs.append(J(x)[0]))
    ours = [s.J for s in itertools.islice(lbfgs(J, theta), 1, 16)]
    np.testing.assert_allclose(ours, theirs[:15], rtol=1e-9)


def test_a_pair_without_curvature_is_not_remembered():
    S, Y = [np.ones(2)], [np.ones(2)]
    assert remember(S, Y, np.ones(2), -np.ones(2)) == (S, Y)
    assert len(remember(S, Y, np.ones(2), np.ones(2))[0]) == 2


@ENGINES
def test_lbfgs_forgets_and_ends_by_itself_at_machine_precision(engine):
    J, theta = learning_problem(engine, l2=1.0)
    steps = list(itertools.islice(lbfgs(J, theta), 5000))
    assert len(steps) < 5000
    assert steps[-1].gradient_norm < 1e-6
    assert max(len(s.state["S"]) for s in steps) == HISTORY
    assert all(b.J <= a.J for a, b in itertools.pairwise(steps))


@ENGINES
def test_lbfgs_has_nothing_to_do_at_a_stationary_point(engine):
    J, _ = learning_problem(engine, m=4, n1=1, n2=0, l2=1.0)
    J.source.X[:] = 0
    J.source.Y[:] = [[0, 1, 0, 1]]
    steps = list(lbfgs(J, np.zeros(2)))
    assert [s.k for s in steps] == [0]
