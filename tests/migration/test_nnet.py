"""R's nnet: its own run of every row, held against the derivation. Skipped where R is not."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from migration.page import functions, rows
from trilayer import Params, TriLayerClassifier, trace

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PARAMETERS, ATTRIBUTES = rows("nnet", "parameter"), rows("nnet", "attribute")
M, N1, N2 = 40, 3, 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(M, N1))
y = (X[:, 0] * X[:, 1] + 0.3 * RNG.normal(size=M) > 0).astype(int)
w = RNG.integers(1, 4, M).astype(float)
from_nnet = functions()["from_nnet"]

has_nnet = (
    shutil.which("Rscript")
    and not subprocess.run(
        ["Rscript", "-e", "library(nnet)"], capture_output=True, check=False
    ).returncode
)
with_r = pytest.mark.skipif(not has_nnet, reason="R's nnet is not installed")


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    """What nnet printed, by row and name."""
    folder = tmp_path_factory.mktemp("nnet")
    np.savetxt(folder / "x.csv", X, delimiter=",", fmt="%.17g")
    np.savetxt(folder / "y", y, fmt="%d")
    np.savetxt(folder / "w", w, fmt="%.17g")
    lines = [f"{row.name}\t{row.theirs}\n" for row in PARAMETERS]
    (folder / "rows").write_text("".join(lines))
    script = Path(__file__).with_name("nnet_peer.R")
    files = [folder / name for name in ("x.csv", "y", "w", "rows")]
    out = subprocess.run(
        ["Rscript", script, *files], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    said = dict(line.split(maxsplit=1) for line in out.splitlines())
    return {name: np.array(numbers.split(), float) for name, numbers in said.items()}


def objective(params, decay, weights=None):
    """nnet's: Σ w · cost + decay · Σ parameters², biases among them."""
    s = np.ones(M) if weights is None else weights
    costs = [trace(params, X[i : i + 1].T, y[i : i + 1]).J for i in range(M)]
    squares = sum(float((matrix**2).sum()) for matrix in vars(params).values())
    return float(s @ np.ravel(costs)) + decay * squares


@with_r
@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)
def test_nnet_is_the_derivation_s_network_in_every_row(row, fits):
    """Its value is the objective at its weights, and its fitted values are A2 of them."""
    wts, value = fits[f"{row.name}.wts"], fits[f"{row.name}.value"][0]
    if row.name == "skip":  # the bias, and the weights of the unit of E33
        params = Params(np.empty((N1, 0)), np.empty((0, 1)), np.c_[wts[1:]], np.c_[wts[:1]])
    else:
        params = from_nnet(wts, N1, N2)
    weights = w if row.name == "weights" else None
    assert value == pytest.approx(objective(params, 0.1, weights), rel=1e-6)
    A2 = trace(params, X.T, y).A2[0]
    np.testing.assert_allclose(fits[f"{row.name}.fitted.values"], A2, rtol=1e-6)


@with_r
def test_decay_is_half_of_l2_but_for_the_biases(fits):
    params = from_nnet(fits["decay.wts"], N1, N2)
    (row,) = (row for row in PARAMETERS if row.name == "decay")
    assert (row.theirs, row.ours) == ("decay = 0.1", "l2=0.2")
    ours = functions()["kept"](params, X, y)
    idle = {"solver": "gd", "learning_rate": 1e-300, "max_iter": 1, "tol": 0}
    J = TriLayerClassifier(init=ours.params_, l2=0.2, **idle).fit(X, y).loss_curve_[0]
    biases = float((params.b1**2).sum() + (params.b2**2).sum())
    assert M * J + 0.1 * biases == pytest.approx(fits["decay.value"][0], rel=1e-6)


@with_r
@pytest.mark.parametrize("row", ATTRIBUTES, ids=lambda row: row.name)
def test_attributes_hold_the_same(row, fits):
    clf = functions()["kept"](from_nnet(fits["size.wts"], N1, N2), X, y)
    theirs, p = fits[f"size.{row.name}"], clf.predict_proba(X)[:, 1]
    ours = {
        "wts": lambda: theirs.size == N2 * (N1 + 2) + 1,
        "value": lambda: theirs.size == 1,  # held against the objective above
        "fitted.values": lambda: np.allclose(theirs, p, rtol=1e-6),
        "residuals": lambda: np.allclose(theirs, y - p, atol=1e-6),
        "convergence": lambda: theirs == [1] and "max_iter" in row.words,
        "n": lambda: theirs.tolist() == [clf.params_.n1, clf.params_.n2, 1],
    }
    assert set(ours) == {row.name for row in ATTRIBUTES}
    assert ours[row.name]()


@with_r
def test_every_argument_of_nnet_has_a_row():
    say = "library(nnet); cat(names(formals(nnet:::nnet.default)))"
    named = subprocess.run(
        ["Rscript", "-e", say], capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(named) - {"x", "y", "..."} == {row.name for row in PARAMETERS}
