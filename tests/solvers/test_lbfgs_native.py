"""L-BFGS that the engine does whole: the plain one to rounding, the same bits however cut."""

import itertools
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import learning_problem
from trilayer import _fused as native
from trilayer.engines import fused
from trilayer.engines.fused import held
from trilayer.fit.loop import Limits, train
from trilayer.solvers.lbfgs import HISTORY, lbfgs

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


class Elsewhere:
    """Samples that an engine cannot run over by itself."""

    def __init__(self, source):
        self._source = source

    def __getattr__(self, name):
        return getattr(self._source, name)


def run(J, theta, stop, **options):
    """Steps up to the first one that has reached iteration `stop`, or to the end."""
    found = []
    for step in lbfgs(J, theta, **options):
        found.append(step)
        if step.k >= stop:
            break
    return found


def same(a, b):
    return (
        (a.k, a.J, a.gradient_norm, a.evaluations) == (b.k, b.J, b.gradient_norm, b.evaluations)
        and np.array_equal(a.theta, b.theta)
        and a.state.keys() == b.state.keys()
        and all(np.array_equal(a.state[key], b.state[key]) for key in b.state)
    )


@given(
    n1=st.integers(1, 5), n2=st.integers(0, 9), m=st.integers(4, 60), l2=st.floats(0.01, 10),
    fused_threads=st.sampled_from([1, 3]),
)  # fmt: skip
def test_it_is_the_plain_solver_to_rounding(n1, n2, m, l2, fused_threads):
    J, theta = learning_problem("fused", m=m, n1=n1, n2=n2, l2=l2)
    J.source.n_threads = fused_threads
    ours = run(J, theta, 8)
    theirs = run(replace(J, source=Elsewhere(J.source)), theta, 8)
    for a, b in zip(ours, theirs, strict=False):
        if b.gradient_norm < 1e-6:
            return  # rounding decides from here on
        assert (a.k, a.evaluations, len(a.state["S"])) == (b.k, b.evaluations, len(b.state["S"]))
        assert a.J == pytest.approx(b.J, rel=1e-8)
        np.testing.assert_allclose(a.theta, b.theta, rtol=1e-5, atol=1e-7)
    assert len(ours) == len(theirs)


@DTYPES
@pytest.mark.parametrize("stride", [2, 7, 11, 1000])
def test_a_stride_has_the_bits_of_its_single_steps(dtype, stride):
    J, theta = learning_problem("fused", m=3000, dtype=dtype)
    single = run(J, theta, 40)
    long = run(J, theta, 40, stride=stride, max_iter=40)
    assert len(single) > 20
    assert single[-1].k == long[-1].k
    assert all(same(step, single[step.k]) for step in long)
    assert np.concatenate([step.trail for step in long[1:]]).tolist() == [
        step.J for step in single[1:]
    ]
    assert all(len(step.trail) <= stride for step in long[1:])


def test_it_ends_where_its_single_steps_end():
    """The history is dropped, the gradient's own direction tried, and nothing is left to do."""
    J, theta = learning_problem("fused", l2=1.0)
    single, long = run(J, theta, 5000), run(J, theta, 5000, stride=1000)
    assert single[-1].k < 5000
    assert same(single[-1], long[-1])
    assert single[-1].gradient_norm < 1e-6
    assert max(len(step.state["S"]) for step in single) == HISTORY


def test_time_that_cuts_a_stride_changes_no_bit(monkeypatch):
    J, theta = learning_problem("fused")
    whole = run(J, theta, 30, stride=30, max_iter=30)
    monkeypatch.setattr(fused, "SLICE", 0.0)
    parts = run(J, theta, 30, stride=30, max_iter=30)
    assert [step.k for step in whole] == [0, 30]
    assert [step.k for step in parts] == list(range(31))
    assert same(whole[-1], parts[-1])


@pytest.mark.parametrize("at", [0, 1, 9, 17, 25])
@pytest.mark.parametrize("stride", [1, 4, 100])
def test_a_run_resumed_has_the_same_bits(at, stride):
    J, theta = learning_problem("fused")
    whole = run(J, theta, 30)
    kept = {key: np.copy(value) for key, value in whole[at].state.items()}
    rest = run(J, whole[at].theta, 30, stride=stride, max_iter=30, state=whole[at].state)
    assert all(same(step, whole[step.k]) for step in rest)
    assert rest[-1].k == 30
    assert all(np.array_equal(kept[key], whole[at].state[key]) for key in kept)


def test_a_stride_ends_at_tol_and_at_max_iter():
    J, theta = learning_problem("fused")
    single = run(J, theta, 60)
    tol = single[20].gradient_norm
    first = next(step.k for step in single if step.gradient_norm <= tol)
    outcome = train(lbfgs(J, theta, stride=1000, tol=tol, max_iter=60), Limits(60, tol, 1))
    assert (outcome.reason, outcome.k, outcome.evaluations) == (
        "converged", first, single[first].evaluations,
    )  # fmt: skip
    assert outcome.loss_curve == [step.J for step in single[1 : first + 1]]
    outcome = train(lbfgs(J, theta, stride=8, max_iter=20), Limits(20, 0, 1))
    assert (outcome.reason, outcome.k) == ("max_iter", 20)
    assert np.array_equal(outcome.theta, single[20].theta)


def test_many_runs_in_threads_do_not_disturb_each_other():
    problems = [learning_problem("fused", m=40 + 10 * i, n2=2 + i) for i in range(8)]
    expected = [run(*problem, 25, stride=25, max_iter=25)[-1] for problem in problems]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda p: run(*p, 25, stride=25, max_iter=25)[-1], problems * 4))
    assert all(same(a, b) for a, b in zip(found, itertools.cycle(expected), strict=False))


def test_ctrl_c_interrupts_a_long_search(monkeypatch):
    monkeypatch.setattr(fused, "SLICE", 0.0)  # signals are looked for at every evaluation
    J, theta = learning_problem("fused", m=20_000, n1=20, n2=40)
    start = next(lbfgs(J, theta))
    nowhere = start.state | {"J": -1e9, "k": 1}  # as low as no search will find
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    ended = threading.Event()

    def press():
        if not ended.wait(0.02):
            os.kill(os.getpid(), signal.SIGINT)

    def search():
        while True:
            list(lbfgs(J, theta, state=nowhere))

    pressing = threading.Thread(target=press)
    try:
        pressing.start()
        with pytest.raises(KeyboardInterrupt):
            search()
    finally:
        ended.set()
        pressing.join()
        signal.signal(signal.SIGINT, ours)
    assert same(next(lbfgs(J, theta)), start)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"S": [np.ones(3)]}, "as many changes"),
        ({"S": [np.ones(3)], "Y": [np.ones(3)]}, "as long as the gradient"),
        ({"new_S": np.empty((1, 21))}, "a row for each step"),
        ({"trail": np.empty(1)}, "a place for every step"),
        ({"gradient": np.empty(3)}, "as long as theta"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, words):
    J, theta = learning_problem("fused")
    data, rows = J.source.data, np.empty((3, theta.size))
    fitting = {
        "theta": theta.copy(), "n2": 4, "gradient": np.ones_like(theta), "J": 1.0, "iterations": 0,
        "evaluations": 1, "S": [], "Y": [], "new_S": rows, "new_Y": rows.copy(),
        "samples": held(data.inputs, data.Y, data.s), "total_weight": 30.0, "decay": 0.0,
        "tolerance": 0.0, "history": HISTORY, "steps": 3, "seconds": 1.0, "trail": np.empty(3),
        "threads": 1,
    }  # fmt: skip
    with pytest.raises(ValueError, match=words):
        native.run_lbfgs(**fitting | change)
