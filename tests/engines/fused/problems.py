"""Networks and samples of any shape, and what the derivation says about them in float64."""

import numpy as np
from hypothesis import strategies as st

from trilayer.engines import select
from trilayer.engines.data import Data
from trilayer.params import Params, initialise, pack
from trilayer.solvers.objective import Objective
from trilayer.sources.memory import MemorySource

REFERENCE = select("reference")
TOLERANCE = {np.float64: 1e-12, np.float32: 1e-5}

sizes = st.integers(1, 7) | st.sampled_from([8, 11, 13, 16, 17, 29, 30, 31, 33, 64, 67, 101])
counts = st.integers(0, 40) | st.sampled_from([95, 96, 97, 511, 512, 513, 2047, 2048, 2049, 4500])
dtypes = st.sampled_from([np.float64, np.float32])


def network(n1, n2, dtype, seed=0):
    """Parameters with no number left at zero."""
    params = initialise(n1, n2, np.random.default_rng(seed), dtype)
    return Params(params.W1, params.b1, params.W2 + dtype(0.125), params.b2 + dtype(0.25))


def samples(n1, m, dtype, seed=0):
    """Rows as columns' view, labels, weights of which some are 0."""
    rng = np.random.default_rng(seed + 1)
    X = rng.standard_normal((m, n1)).astype(dtype).T
    Y = (rng.random((1, m)) < 0.4).astype(dtype)
    s = rng.integers(0, 4, (1, m)).astype(dtype) / dtype(2)
    return X, Y, s


def data_of(X, Y, s):
    return Data(X, Y[0], s[0], float(np.sum(s, dtype=np.float64)))


def doubled(*arrays):
    return [a.astype(np.float64) for a in arrays]


def derived_sums(params, X, Y, s):
    return REFERENCE.sums(params.astype(np.float64), *doubled(X, Y, s))


def derived_logits(params, X):
    return REFERENCE.logits(params.astype(np.float64), *doubled(X))


def objective(X, Y, s, n2, l2):
    """J of the derivation."""
    return Objective(MemorySource(*doubled(X, Y, s), 1), REFERENCE, n2, l2)


def start(n1, n2):
    return pack(network(n1, n2, np.float64))


def assert_close(actual, expected, dtype, least=1e-300):
    scale = np.abs(expected).max(initial=least)
    assert np.abs(actual - expected).max(initial=0) <= TOLERANCE[dtype] * scale


def assert_sums_close(actual, expected, s):
    """Compare sums of s (a2 - y) to the size of what is subtracted: it may cancel."""
    assert_close(actual, expected, s.dtype.type, least=float(s.sum()) or 1e-300)
