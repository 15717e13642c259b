"""The kernels' exp, sigmoid and log(1 + e^z) against mpmath, over the whole range."""

import mpmath
import numpy as np
import pytest

from trilayer import _fused as native

DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def points(dtype):
    rng = np.random.default_rng(0)
    edge = 110 if dtype == np.float32 else 760
    tiny = np.finfo(dtype).smallest_subnormal
    special = [0.0, -0.0, tiny, -tiny, np.finfo(dtype).max, np.finfo(dtype).min, edge, -edge]
    logs = np.exp(rng.uniform(-40, 0, 500)) * rng.choice([-1, 1], 500)
    even = np.concatenate([rng.uniform(-edge, edge, 1500), rng.uniform(-20, 20, 1500)])
    return np.concatenate([special, logs, even]).astype(dtype)


EXACT = {
    "exp": mpmath.exp,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
}


def ulps(actual, exact):
    """The distance from the exact value, in units of the last place there."""
    with np.errstate(over="ignore"):
        rounded = actual.dtype.type(exact)
    if np.isinf(rounded):
        return 0.0 if actual == rounded else np.inf
    largest = np.finfo(rounded.dtype).max
    unit = np.spacing(min(abs(rounded), np.nextafter(largest, rounded.dtype.type(0))))
    return abs(float((mpmath.mpf(float(actual)) - exact) / mpmath.mpf(float(unit))))


@pytest.mark.parametrize("name", EXACT)
@DTYPES
def test_functions_are_within_two_ulp(name, dtype):
    x = points(dtype)
    out = np.empty_like(x)
    native.elementwise(name, x, out)
    with mpmath.workprec(400):
        errors = [ulps(a, EXACT[name](mpmath.mpf(float(v)))) for v, a in zip(x, out, strict=True)]
    assert max(errors) <= 2


@pytest.mark.parametrize(
    ("name", "limits"), [("exp", (0, np.inf)), ("sigmoid", (0, 1)), ("softplus", (0, np.inf))]
)
@DTYPES
def test_functions_at_the_ends(name, limits, dtype):
    x = np.array([-np.inf, np.inf, np.nan], dtype)
    out = np.empty_like(x)
    native.elementwise(name, x, out)
    assert tuple(out[:2]) == limits
    assert np.isnan(out[2])


def test_denormals_are_not_flushed():
    x = np.full(16, -740.0)
    out = np.empty_like(x)
    native.elementwise("exp", x, out)
    assert np.all((out > 0) & (out < np.finfo(float).smallest_normal))
