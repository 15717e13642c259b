"""Run under `allocation.cpp`: the Nth allocation of native code fails, for every N."""

import ctypes
import gc
import os
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np

from trilayer import TriLayerClassifier, _fused

SHIM = ctypes.CDLL(None)
SHIM.let_fail.argtypes = [ctypes.c_size_t, ctypes.c_size_t, ctypes.c_long]
SHIM.calls_left.restype = ctypes.c_long


def addresses():
    """Where the library lies."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    spans = [line.split()[0].split("-") for line in lines if _fused.__file__ in line]
    return int(spans[0][0], 16), int(spans[-1][1], 16)


def starved(work):
    """Hold the law; return how often an allocation failed, and was survived."""
    whole, here = work(), addresses()
    for number in range(1, 2000):
        SHIM.let_fail(*here, number)
        with suppress(MemoryError):
            assert work() == whole
        reached = SHIM.calls_left() <= 0
        SHIM.let_fail(0, 0, 0)
        assert work() == whole
        if not reached:
            return number - 1
    raise AssertionError("there is no end of allocations")


def cold(work):
    """The same in processes in which the engine has done nothing yet; return their number.

    Where nanobind notes its first objects, it takes some bytes that it cannot do without.
    """
    here = addresses()
    for number in range(1, 2000):
        child = os.fork()
        if child == 0:
            SHIM.let_fail(*here, number)
            with suppress(MemoryError):
                work()
            os._exit(int(SHIM.calls_left() > 0))
        _, status = os.waitpid(child, 0)
        if status:
            assert os.WIFEXITED(status), f"signal {os.WTERMSIG(status)} at allocation {number}"
            return number - 1
    raise AssertionError("there is no end of allocations")


def works():
    """Yield names and functions that use native code, each time from the start."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 3))
    y = X[:, 0] + X[:, 1] ** 2 > 0.5
    for solver in ("gd", "sgd", "adam", "lbfgs"):
        for threads in (1, 3):
            model = TriLayerClassifier(
                3, solver=solver, max_iter=2, random_state=0, n_threads=threads, engine="fused"
            )

            def fit(model=model):
                model.fit(X, y)
                return model.loss_curve_, model.predict_proba(X).tobytes()

            yield f"{solver} on {threads}", fit


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    NOTHING = np.zeros((0, 2), np.int64)
    ONE = (np.zeros((1, 1)), None, None, 1, NOTHING, NOTHING, None, None, None)
    KEPT = [_fused.Samples64(*ONE) for _ in range(200)]
    del KEPT  # the table of them stays as large
    gc.disable()  # what it drops at one time or another is no part of the count
    for name, work in works():
        print(f"{name}: {cold(work)} of a first run, {starved(work)} of one more")  # noqa: T201
