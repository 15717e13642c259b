"""Spark's MultilayerPerceptronClassifier, trained in a process of its own. Skipped without it."""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from migration.page import functions, rows
from trilayer import TriLayerClassifier, trace

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.skipif(
        not (find_spec("pyspark") and shutil.which("java")),
        reason="pyspark not installed: pip install --group migration-spark, and Java",
    ),
]

PARAMETERS, ATTRIBUTES = rows("Spark", "parameter"), rows("Spark", "attribute")
M, N1, N2 = 40, 4, 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(M, N1))
y = (X[:, 0] * X[:, 1] + 0.3 * RNG.normal(size=M) > 0).astype(int)
w = RNG.normal(size=N1 * N2 + N2 + 2 * N2 + 2)
from_spark = functions()["from_spark"]


@pytest.fixture(scope="module")
def runs():
    """What Spark says, by the row's spelling."""
    given = {"X": X.tolist(), "y": y.tolist(), "w": w.tolist()}
    given |= {"rows": [row.theirs for row in PARAMETERS]}
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("spark_peer.py")],
        input=json.dumps(given), capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)
def test_spark_s_network_is_the_derivation_s_in_every_row(row, runs):
    """Its probabilities are A2 of its weights, and its loss is J at them, without decay."""
    theirs = runs[row.theirs]
    params = from_spark(np.array(theirs["weights"]), N1, N2)
    found = trace(params, X.T, y)
    np.testing.assert_allclose(np.array(theirs["probability"])[:, 1], found.A2[0], rtol=1e-9)
    raw = np.diff(theirs["rawPrediction"], axis=1)[:, 0]
    np.testing.assert_allclose(raw, found.Z2[0], rtol=1e-9, atol=1e-12)
    assert theirs["prediction"] == (found.Z2[0] > 0).astype(float).tolist()
    if row.name != "solver":  # gd and l-bfgs alike, but what was lowest is not always last
        assert theirs["objectiveHistory"][-1] == pytest.approx(np.asarray(found.J).item(), rel=1e-6)


def test_both_begin_where_they_are_told(runs):
    (row,) = (row for row in PARAMETERS if row.name == "initialWeights")
    start = from_spark(w, N1, N2)
    begun = np.asarray(trace(start, X.T, y).J).item()
    assert runs[row.theirs]["objectiveHistory"][0] == pytest.approx(begun, rel=1e-9)
    clf = TriLayerClassifier(init=start, l2=0, max_iter=5, tol=0).fit(X, y)
    assert clf.loss_curve_[0] < begun
    assert runs[row.theirs]["objectiveHistory"][1] < begun


@pytest.mark.parametrize("row", ATTRIBUTES, ids=lambda row: row.theirs)
def test_attributes_hold_the_same(row, runs):
    theirs = runs[PARAMETERS[0].theirs]
    params = from_spark(np.array(theirs["weights"]), N1, N2)
    clf = functions()["kept"](params, X, y)
    held = {
        "weights": lambda: clf.params_.n2 == N2,
        "numClasses": lambda: theirs["numClasses"] == len(clf.classes_),
        "numFeatures": lambda: theirs["numFeatures"] == clf.n_features_in_,
        "layers": lambda: theirs["layers"] == [N1, clf.params_.n2, 2],
        "summary().objectiveHistory": lambda: len(theirs["objectiveHistory"]) == 6,
        "summary().totalIterations": lambda: theirs["totalIterations"] == 5,
        "save": lambda: "trilayer.save" in row.words,
    }
    assert set(held) == {row.theirs for row in ATTRIBUTES}
    assert held[row.theirs]()


def test_every_parameter_of_spark_has_a_row(runs):
    assert set(runs["parameters"]) == {row.name for row in PARAMETERS}
