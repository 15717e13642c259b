"""The engine in its process: forks, threads, the environment, the processor's modes."""

import multiprocessing
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from trilayer import _fused as native
from trilayer.engines.fused import FusedEngine

from .problems import network, samples

ENGINE = FusedEngine()


def _forked_sums(queue, params, data):
    queue.put(ENGINE.sums(params, *data, 3))


def test_a_forked_child_computes_the_same_and_does_not_hang():
    params, data = network(3, 20, np.float32), samples(3, 300_000, np.float32)
    expected = ENGINE.sums(params, *data, 3)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_forked_sums, args=(queue, params, data))
    child.start()
    assert np.array_equal(queue.get(timeout=60), expected)
    child.join(timeout=60)
    assert child.exitcode == 0
    assert np.array_equal(ENGINE.sums(params, *data, 3), expected)


def test_callers_in_several_threads_do_not_disturb_each_other():
    params, data = network(3, 20, np.float32), samples(3, 100_000, np.float32)
    expected = ENGINE.sums(params, *data)
    found = [None] * 4

    def call(i):
        found[i] = ENGINE.sums(params, *data, 2)

    callers = [threading.Thread(target=call, args=(i,)) for i in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert all(np.array_equal(f, expected) for f in found)


def told(code, isa):
    """What Python says about the code, and how it ends, with TRILAYER_ISA set."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"TRILAYER_ISA": isa},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_environment_chooses_the_instruction_set(isa):
    done = told("from trilayer.engines import select; print(select('auto').description)", isa)
    assert done.stdout.strip() == f"fused ({isa})"
    assert ENGINE.description == f"fused ({isa})"


def test_an_instruction_set_that_is_not_here_is_refused():
    with pytest.raises(ValueError, match=r"no instruction set 'mmx' here; .* generic"):
        native.select_isa("mmx")
    done = told("from trilayer.cli import main; raise SystemExit(main(['check']))", "mmx")
    assert done.returncode != 0
    assert done.stdout == ""
    assert "TRILAYER_ISA: no instruction set 'mmx' here; this machine has" in done.stderr
    assert "Traceback" not in done.stderr


def test_denormals_are_flushed_nowhere_in_the_process():
    params, data = network(3, 20, np.float64), samples(3, 100_000, np.float64)
    ENGINE.sums(params, *data, 3)
    tiny = np.full(64, 5e-324)
    assert np.all(tiny * 1.0 > 0)
    assert np.all(np.full(64, 2e-308) / 4 > 0)
    products = []
    other = threading.Thread(target=lambda: products.append(tiny * 1.0))
    other.start()
    other.join()
    assert np.all(products[0] > 0)
