"""Data that several test files learn from."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "trilayer", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("trilayer")

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
