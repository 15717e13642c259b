"""The loop: each reason to stop, what is kept, and what is said."""

import itertools
import time

import numpy as np
import pytest

from trilayer.errors import DivergenceError
from trilayer.fit.advice import advice
from trilayer.fit.loop import Limits, Validation, train
from trilayer.solvers import Step

LIMITS = Limits(max_iter=100, tol=1e-4, patience=3)


def steps(costs, gradients=None, first_k=0):
    """A solver that walks through given costs; theta tells which one it was."""
    gradients = gradients or [1.0] * len(costs)
    for k, (J, g) in enumerate(zip(costs, gradients, strict=True), start=first_k):
        yield Step(k, np.array([float(k)]), J, g, k + 1, {"k": k})


def scores(values, metric="log_loss"):
    return Validation(metric, lambda theta: values[int(theta[0])])


def test_stops_at_max_iter_with_a_curve_of_that_length():
    outcome = train(steps([5, 4, 3, 2, 1]), Limits(3, 0, 3))
    assert (outcome.reason, outcome.k, outcome.best_k) == ("max_iter", 3, 3)
    assert outcome.loss_curve == [4, 3, 2]
    assert outcome.theta[0] == 3


def test_converges_when_the_gradient_is_small_even_at_the_start():
    outcome = train(steps([5, 4, 3], [1, 1, 1e-5]), LIMITS)
    assert (outcome.reason, outcome.k) == ("converged", 2)
    assert train(steps([5], [0.0]), LIMITS).k == 0


def test_zero_tolerance_never_converges_by_progress():
    flat = [1.0] * 50
    outcome = train(steps(flat), Limits(40, 0, 3, watches="objective"))
    assert (outcome.reason, outcome.k) == ("max_iter", 40)


def test_batches_converge_when_the_cost_has_not_fallen_for_a_while():
    costs = [5, 4, 3, 3 - 1e-5, 3 - 2e-5, 3 - 3e-5, 0]
    outcome = train(steps(costs), Limits(100, 1e-4, 3, watches="objective"))
    assert (outcome.reason, outcome.k) == ("converged", 5)


@pytest.mark.parametrize(
    ("metric", "values"),
    [("log_loss", [9, 5, 3, 4, 4, 3, 2, 1]), ("auc", [0.1, 0.5, 0.7, 0.6, 0.7, 0.65, 0.9, 1])],
)
def test_early_stopping_restores_the_best(metric, values):
    limits = Limits(100, 0, 3, early_stopping=True)
    outcome = train(steps([8, 7, 6, 5, 4, 3, 2, 1]), limits, scores(values, metric))
    assert (outcome.reason, outcome.k, outcome.best_k) == ("early_stopping", 5, 2)
    assert outcome.theta[0] == 2
    assert outcome.validation_curve == values[1:6]


def test_early_stopping_restores_the_best_at_max_iter_too():
    limits = Limits(3, 0, 50, early_stopping=True)
    assert train(steps([4, 3, 2, 1]), limits, scores([9, 1, 2, 3])).best_k == 1


def test_validation_without_early_stopping_is_a_curve_only():
    outcome = train(steps([4, 3, 2, 1]), Limits(3, 0, 1), scores([1, 2, 3, 4]))
    assert (outcome.k, outcome.best_k, outcome.validation_curve) == (3, 3, [2, 3, 4])


def test_a_watcher_sees_every_iteration_and_may_stop():
    seen = []
    outcome = train(
        steps([5, 4, 3, 2, 1]),
        LIMITS,
        scores([9, 8, 7, 6, 5]),
        lambda p: seen.append(p) or p.k == 3,
    )
    assert outcome.reason == "callback"
    assert [(p.k, p.J, p.validation) for p in seen] == [(1, 4, 8), (2, 3, 7), (3, 2, 6)]
    assert all(p.max_iter == 100 and p.seconds >= 0 for p in seen)


def test_time_budget():
    def slow():
        for step in steps([1.0 / (k + 1) for k in range(1000)]):
            time.sleep(0.005)
            yield step

    outcome = train(slow(), Limits(1000, 0, 3, max_seconds=0.05))
    assert outcome.reason == "max_seconds"
    assert outcome.k < 900  # how far it came is the machine's affair


def interrupted_after(costs):
    yield from steps(costs)
    raise KeyboardInterrupt


def test_ctrl_c_keeps_the_lowest_cost_so_far():
    outcome = train(interrupted_after([5, 2, 3]), LIMITS)
    assert (outcome.reason, outcome.k, outcome.best_k) == ("interrupted", 2, 1)


def test_ctrl_c_keeps_the_best_score_where_there_is_one():
    outcome = train(interrupted_after([5, 2, 3]), LIMITS, scores([9, 8, 7]))
    assert (outcome.reason, outcome.best_k) == ("interrupted", 2)


def test_ctrl_c_before_the_first_step_is_ctrl_c():
    with pytest.raises(KeyboardInterrupt):
        train(interrupted_after([]), LIMITS)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_divergence_keeps_the_best_and_says_so(bad):
    outcome = train(steps([5, 2, 3, bad, 1]), LIMITS)
    assert (outcome.reason, outcome.k, outcome.best_k) == ("diverged", 2, 1)
    assert "smaller learning_rate" in advice(outcome, LIMITS, "gd")


def test_rest_far_above_the_start_is_divergence():
    limits = Limits(100, 1e-4, 3, watches="objective")
    outcome = train(steps([1.0, 0.5, 3, 3, 3, 3, 3]), limits)
    assert (outcome.reason, outcome.k, outcome.best_k) == ("diverged", 4, 1)
    with pytest.raises(DivergenceError, match="never improved on its start"):
        train(steps([1.0, 3, 3, 3, 3, 3]), limits)
    assert train(steps([1.0, 3, 3]), Limits(2, 0, 3)).reason == "max_iter"  # tol=0 asks for no more


@pytest.mark.parametrize("costs", [[np.nan], [5, np.nan], [5, 6, np.inf]])
def test_divergence_before_any_improvement_is_an_error(costs):
    with pytest.raises(DivergenceError, match="smaller learning_rate, or scale the inputs"):
        train(steps(costs), LIMITS)


def test_parameters_that_are_not_finite_are_divergence_too():
    def broken():
        yield from steps([5, 4])
        yield Step(2, np.array([np.nan]), 3.0, 1.0, 3, {})

    assert train(broken(), LIMITS).reason == "diverged"


def test_a_solver_that_ends_by_itself_has_reached_precision():
    outcome = train(steps([5, 4]), LIMITS)
    assert outcome.reason == "precision"
    assert advice(outcome, LIMITS, "lbfgs") is None


def test_a_solver_without_steps_is_an_error():
    with pytest.raises(DivergenceError, match="no step"):
        train(iter(()), LIMITS)


def test_a_resumed_run_notes_its_first_step():
    outcome = train(steps([5, 4, 3], first_k=7), Limits(9, 0, 3))
    assert (outcome.k, outcome.loss_curve) == (9, [5, 4, 3])


@pytest.mark.parametrize(
    ("solver", "limits", "words"),
    [
        ("gd", Limits(2, 1e-4, 3), ["max_iter=2", "raise max_iter", "raise learning_rate"]),
        ("lbfgs", Limits(2, 1e-4, 3), ["max_iter=2", "tol=0.0001", "scale the inputs"]),
        ("adam", Limits(2, 1e-4, 3, watches="objective"), ["max_iter=2", "learning_rate or tol"]),
    ],
)
def test_an_unconverged_run_says_which_knob_to_turn(solver, limits, words):
    message = advice(train(steps([5, 4, 3]), limits), limits, solver)
    assert all(word in message for word in words)


def test_a_run_asked_only_for_iterations_gets_no_advice():
    limits = Limits(2, 0, 3)
    assert advice(train(steps([5, 4, 3]), limits), limits, "gd") is None


def test_interruption_is_told():
    outcome = train(interrupted_after([5, 2, 3]), LIMITS)
    assert "interrupted after 2 iterations" in advice(outcome, LIMITS, "gd")


def test_the_solver_is_not_run_past_the_stop():
    walked = itertools.count()

    def counting():
        for step in steps([5, 4, 3, 2, 1]):
            next(walked)
            yield step

    train(counting(), Limits(2, 0, 3))
    assert next(walked) == 3
