"""Forks in the middle of use: a script, called with an engine; it ends with 0 if all is well.

Threads fit without pause while children are forked that fit too; a child that hangs is
ended by an alarm, and one that finds other bits says so.
"""

import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import warnings

import joblib
import numpy as np

from trilayer import TriLayerClassifier

SOLVERS = ("gd", "sgd", "adam", "lbfgs")
PATIENCE = 60
"""Seconds after which a child is said to hang; it needs a hundredth of one."""

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6000, 6))
Y = (X[:, 0] > X[:, 1] ** 2 - 0.5).astype(int)


def fit(solver, engine):
    """What a fit finds, in bits."""
    warnings.simplefilter("ignore")
    model = TriLayerClassifier(
        4, solver=solver, engine=engine, max_iter=8, tol=0, random_state=0, n_threads=2
    )
    params = model.fit(X, Y).params_
    return b"".join(array.tobytes() for array in vars(params).values())


def forked(solver, engine, expected):
    """Fork a child that fits; return its exit code."""
    pid = os.fork()
    if not pid:
        code = 3
        try:
            faulthandler.dump_traceback_later(PATIENCE - 5)
            signal.alarm(PATIENCE)
            code = 0 if fit(solver, engine) == expected else 4
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(engine):
    expected = {solver: fit(solver, engine) for solver in SOLVERS}
    over, found = threading.Event(), []

    def work(solver):
        while not over.is_set():
            found.append(fit(solver, engine) == expected[solver])

    threads = [threading.Thread(target=work, args=(solver,)) for solver in SOLVERS]
    for thread in threads:
        thread.start()
    try:
        for i in range(24):
            solver = SOLVERS[i % 4]
            assert forked(solver, engine, expected[solver]) == 0, f"child {i}, {solver}"
        jobs = [(solver, engine) for solver in SOLVERS]
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.starmap_async(fit, jobs).get(timeout=PATIENCE) == list(expected.values())
        loky = joblib.Parallel(2, backend="loky", timeout=PATIENCE)
        assert loky(joblib.delayed(fit)(*job) for job in jobs) == list(expected.values())
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert found
    assert all(found)


if __name__ == "__main__":
    main(sys.argv[1])
