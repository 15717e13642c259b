"""SciPy's L-BFGS-B, on real data, as the judge of ours."""

import json

import numpy as np
import pyarrow.csv
import pytest
from scipy.optimize import minimize

from conftest import ROOT
from trilayer.engines import select
from trilayer.params import initialise, pack
from trilayer.solvers import solver
from trilayer.solvers.objective import Objective
from trilayer.sources.memory import MemorySource

SHARED = ROOT.parent / "shared" / "data"
ROWS, GRADIENT, DECREASE = 2000, 1e-5, 2.220446049250313e-09


def tables():
    """Every real table at hand: those beside the checkout, and the packaged one."""
    packaged = ROOT / "src" / "trilayer" / "data" / "breast_cancer.csv"
    manifest = SHARED / "manifest.json"
    entries = json.loads(manifest.read_text())["datasets"] if manifest.exists() else []
    return {entry["name"]: SHARED / entry["file"] for entry in entries} or {"packaged": packaged}


def read(path):
    """Standardised numbers and one-hot text of at most ROWS rows; last column is the target."""
    table = pyarrow.csv.read_csv(path)
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(table.num_rows)[:ROWS])
    *inputs, target = [column.to_pylist() for column in table.take(rows).columns]
    columns = []
    for values in inputs:
        if all(isinstance(v, int | float) or v is None for v in values):
            columns.append([0.0 if v is None else float(v) for v in values])
        else:
            levels = sorted({str(v) for v in values})[:12]
            columns += [[float(str(v) == level) for v in values] for level in levels]
    X = np.array(columns)[:200]
    X = (X - X.mean(axis=1, keepdims=True)) / (X.std(axis=1, keepdims=True) + 1e-9)
    labels = [str(label) for label in target]
    return X, np.array([[float(label == max(labels)) for label in labels]])


@pytest.mark.parametrize("name", tables())
def test_no_worse_than_scipy_and_no_dearer(name):
    X, Y = read(tables()[name])
    engine = select("reference")
    J = Objective(MemorySource(X, Y, np.ones_like(Y), 1), engine, 4, l2=3.0)
    theta = pack(initialise(X.shape[0], 4, np.random.default_rng(0)))
    with engine.running():
        theirs = minimize(
            J, theta, jac=True, method="L-BFGS-B",
            options={"maxiter": 2000, "maxfun": 10**6, "gtol": GRADIENT, "ftol": DECREASE},
        )  # fmt: skip
        before = None
        for step in solver("lbfgs").run(J, theta):
            decrease = np.inf if before is None else before - step.J
            if step.gradient_norm <= GRADIENT or decrease <= DECREASE or step.k >= 2000:
                break
            before = step.J
    assert step.J <= theirs.fun * (1 + 1e-6)
    assert step.evaluations <= 1.3 * theirs.nfev
