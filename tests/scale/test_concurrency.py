"""Fits beside each other: threads, forks, joblib. The bits are those of one after the other."""

import itertools
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from trilayer import Checkpoint, TriLayerClassifier
from trilayer.checkpoint.folder import Folder
from trilayer.engines import reference
from trilayer.lazy import cached_property
from trilayer.solvers import SOLVERS

RNG = np.random.default_rng(5)
X = RNG.normal(size=(5000, 5))
Y = (X[:, 0] * X[:, 1] + 0.5 * RNG.normal(size=5000) > 0).astype(int)

KINDS = [
    {"solver": solver, "engine": engine, "dtype": dtype, "early_stopping": early}
    for solver, engine, (dtype, early) in itertools.product(
        SOLVERS, ["fused", "reference"], [("float32", False), ("float64", "auc")]
    )
]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def fit(kind, **given):
    model = TriLayerClassifier(
        6, max_iter=12, tol=0, n_iter_no_change=50, random_state=3, n_threads=2, **kind
    )
    return model.fit(X, Y, **given)


def bits(model):
    params = b"".join(array.tobytes() for array in vars(model.params_).values())
    return params, tuple(model.loss_curve_), tuple(model.validation_curve_)


@pytest.fixture(scope="module")
def alone():
    """What each kind of fit finds when it is alone."""
    return [bits(fit(kind)) for kind in KINDS]


def test_eight_threads_find_the_bits_of_one(alone):
    """All kinds at once, in orders that put every kind beside others."""
    order = [i for start in range(3) for i in (*range(start, len(KINDS)), *range(start))]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: bits(fit(KINDS[i])), order))
    for i, each in zip(order, found, strict=True):
        assert each == alone[i], KINDS[i]


def test_eight_threads_share_a_checkpoint_that_dies(alone, tmp_path, monkeypatch):
    """A stage each; the process dies at some write, and all go on to their bits."""

    class DiedError(BaseException):
        pass

    write, left = Folder.write, [20]

    def counted(folder, data):
        left[0] -= 1
        if left[0] <= 0:
            raise DiedError
        write(folder, data)

    def all_of(checkpoint):
        def one(i):
            try:
                return bits(fit(KINDS[i], checkpoint=checkpoint.stage(f"fit {i}")))
            except DiedError:
                return None

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(one, range(len(KINDS))))

    with monkeypatch.context() as patched:
        patched.setattr(Folder, "write", counted)
        found = all_of(Checkpoint(tmp_path / "c", 5))
    assert None in found
    checkpoint = Checkpoint(tmp_path / "c", 5, resume=True)
    assert checkpoint.done
    assert all_of(checkpoint) == alone
    assert all(ended for _, ended in checkpoint.done.values())
    assert len(checkpoint.done) == len(KINDS)


class Slow:
    """Two attributes that are computed when first asked for, one of them when it may."""

    def __init__(self, may, begun):
        self.may, self.begun = may, begun

    @cached_property
    def late(self):
        """What is waited for."""
        self.begun.set()
        assert self.may.wait(60)
        return object()


def test_what_one_thread_computes_no_other_waits_for():
    """Neither another thread nor a child that is forked meanwhile."""
    assert Slow.late.__doc__ == "What is waited for."
    may, begun = threading.Event(), threading.Event()
    one, other = Slow(may, begun), Slow(threading.Event(), threading.Event())
    other.may.set()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: one.late)
        assert begun.wait(60)
        assert other.late is other.late
        may.set()
        assert waiting.result(60) is one.late


@pytest.mark.filterwarnings("ignore:.* multi-threaded:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_lock_that_another_thread_holds_at_a_fork_is_free_in_the_child():
    """The reference engine's, around the number of BLAS threads."""
    with reference._BLAS._lock:
        pid = os.fork()
        if not pid:
            try:
                signal.alarm(30)
                with reference._BLAS.held():
                    os._exit(0)
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("engine", ["fused", "reference"])
def test_a_fork_in_the_middle_of_use_neither_hangs_nor_finds_other_bits(engine):
    script = Path(__file__).with_name("forks.py")
    done = subprocess.run(
        [sys.executable, script, engine], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
