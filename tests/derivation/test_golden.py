"""Against golden.json: the derivation at 50 digits, written by mpmath alone."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from trilayer.derivation import core
from trilayer.derivation.trace import trace
from trilayer.params import Params

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "golden.json").read_text(encoding="utf-8"))
CASES = {case["name"]: case for case in GOLDEN["cases"]}
MADE = ("Z1", "A1", "Z2", "A2", "J", "dZ2", "dZ1", "dW1", "db1", "dW2", "db2")
EPSILON = np.finfo(float).eps


def matrix(case, name):
    values = np.array([[float(x) for x in row] for row in case[name]])
    rows = {"W1": case["n1"], "dW1": case["n1"], "X": case["n1"]}.get(name, len(case[name]))
    return values.reshape(rows, -1) if values.size else np.empty(_empty(case, name))


def _empty(case, name):
    shapes = {"W1": (case["n1"], 0), "dW1": (case["n1"], 0), "b1": (0, 1), "db1": (0, 1)}
    return shapes.get(name, (0, case["m"]))


def traced(case):
    params = Params(*(matrix(case, name) for name in ("W1", "b1", "W2", "b2")))
    return trace(params, matrix(case, "X"), matrix(case, "Y"))


def rounding(case):
    """How far float64 may be off, element by element: first-order error propagation."""
    W1, b1, W2, b2, X, Z1, A1, A2, dZ2 = (
        np.abs(matrix(case, name))
        for name in ("W1", "b1", "W2", "b2", "X", "Z1", "A1", "A2", "dZ2")
    )
    m, slope1, slope2 = case["m"], A1 * (1 - A1), A2 * (1 - A2)
    z1 = W1.T @ X + b1
    a1 = slope1 * z1 + A1
    last, last_error = (A1, a1) if case["n2"] else (X, X)
    z2 = W2.T @ last_error + b2
    d2 = slope2 * z2 + 1  # A2 - Y is as good as the 1 it is subtracted from
    d1 = W2 * (d2 * slope1 + dZ2 * a1) if case["n2"] else Z1
    sizes = {
        "Z1": z1, "A1": a1, "Z2": z2, "A2": slope2 * z2 + A2, "dZ2": d2, "dZ1": d1,
        "J": (dZ2 * z2).mean(axis=1, keepdims=True),
        "dW1": X @ d1.T / m, "db1": d1.mean(axis=1, keepdims=True),
        "dW2": (last @ d2.T + last_error @ dZ2.T) / m, "db2": d2.mean(axis=1, keepdims=True),
    }  # fmt: skip
    return {name: 4 * EPSILON * size for name, size in sizes.items()}


def assert_golden(case, made, found):
    exact = matrix(case, made)
    assert found.shape == exact.shape, made
    off = np.abs(found - exact)
    assert np.all(off <= 16 * EPSILON * np.abs(exact) + rounding(case)[made]), made


@pytest.mark.parametrize("name", CASES)
def test_trace_has_the_exact_numbers(name):
    case = CASES[name]
    t = traced(case)
    for made in MADE:
        assert_golden(case, made, t.matrices[made])


@pytest.mark.parametrize("name", CASES)
def test_sums_over_m_are_the_exact_gradient(name):
    case = CASES[name]
    t = traced(case)
    ones = np.ones_like(t.Y)
    if case["n2"]:
        sums = core.network_sums(t.W1, t.b1, t.W2, t.b2, t.X, t.Y, ones)
        names = ("J", "dW1", "db1", "dW2", "db2")
    else:
        sums = core.unit_sums(t.W2, t.b2, t.X, t.Y, ones)
        names = ("J", "dW2", "db2")
    for made, total in zip(names, sums, strict=True):
        assert_golden(case, made, np.atleast_2d(total) / case["m"])


def test_the_bounds_leave_the_cost_its_relative_accuracy():
    """Guards the guard: where J is e^-700, it is not compared with nothing."""
    for case in CASES.values():
        assert rounding(case)["J"] <= 1e-10 * matrix(case, "J"), case["name"]


def test_cases_reach_the_corners():
    shapes = {(c["n1"], c["n2"], c["m"]) for c in CASES.values()}
    assert {(1, 1, 1), (1, 0, 1)} <= shapes
    largest = {bool(c["n2"]): 0.0 for c in CASES.values()}
    for case in CASES.values():
        z2 = float(np.abs(matrix(case, "Z2")).max())
        largest[bool(case["n2"])] = max(largest[bool(case["n2"])], z2)
    assert min(largest.values()) > 700


def test_the_file_is_what_its_maker_writes():
    maker = runpy.run_path(str(HERE / "make_golden.py"))
    assert maker["golden"]() == GOLDEN
