"""Data that several test files learn from."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from trilayer.engines import select
from trilayer.params import initialise, pack
from trilayer.solvers.objective import Objective
from trilayer.sources.memory import MemorySource

settings.register_profile(
    "trilayer", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
# Chance explores on developers' machines; what gates a change is the same every time.
settings.register_profile("gate", settings.get_profile("trilayer"), derandomize=True)
# An emulated processor takes up to a hundred times as long: `make test-emulated`.
settings.register_profile("few", settings.get_profile("gate"), max_examples=2)
settings.load_profile("gate" if os.environ.get("CI") else "trilayer")

# A shell's background job, and whatever it starts, ignores Ctrl-C, which tests are about.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent


def flower_data(m=400):
    """The planar flower: n1 = 2, two classes of petals, m samples as columns."""
    rng = np.random.default_rng(1)
    half = m // 2
    X, Y = np.zeros((2, m)), np.zeros((1, m))
    for label in range(2):
        part = slice(half * label, half * (label + 1))
        t = np.linspace(label * 3.12, (label + 1) * 3.12, half) + rng.normal(0, 0.2, half)
        r = 4 * np.sin(4 * t) + rng.normal(0, 0.2, half)
        X[:, part] = r * np.sin(t), r * np.cos(t)
        Y[:, part] = label
    return X, Y


def learning_problem(engine, m=30, n1=3, n2=4, l2=0.1, dtype=np.float64):
    """An objective on samples that can be learnt, by the engine of that name, and a start."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(n1, m))
    Y = (X[:1] + X[-1:] ** 2 - 1 + 0.3 * rng.normal(size=(1, m)) > 0).astype(dtype)
    source = MemorySource(X.astype(dtype), Y, np.ones((1, m), dtype), 1)
    return Objective(source, select(engine), n2, l2, dtype), pack(initialise(n1, n2, rng))


@pytest.fixture(scope="session")
def flower():
    """X (2 × 400) and Y (1 × 400)."""
    return flower_data()


@pytest.fixture
def blobs():
    """Rows X (120 × 5) and labels of two overlapping classes."""
    rng = np.random.default_rng(7)
    y = np.arange(120) % 2
    return rng.normal(size=(120, 5)) + 0.8 * y[:, None], y
