"""Keras: trained in a process of its own, and from the same weights here. Skipped without it."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from migration.page import functions, rows, settings
from migration.test_page import FIT, said
from trilayer import Checkpoint, TriLayerClassifier

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.skipif(
        not (find_spec("keras") and find_spec("jax")),
        reason="keras, jax not installed: pip install --group migration",
    ),
]

PARAMETERS, ATTRIBUTES = rows("Keras", "parameter"), rows("Keras", "attribute")
M, N1, N2 = 64, 4, 3
RNG = np.random.default_rng(0)
X, X_val = RNG.normal(size=(M, N1)), RNG.normal(size=(24, N1))
y, y_val = ((each[:, 0] * each[:, 1] > 0).astype(int) for each in (X, X_val))
w = RNG.integers(1, 4, M).astype(float)
from_keras = functions()["from_keras"]
OURS = {
    "solver": "sgd", "learning_rate": 0.1, "momentum": 0.9, "max_iter": 4, "batch_size": 16,
    "shuffle": False, "l2": 0, "tol": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """What Keras says, by the row's spelling."""
    given = {"X": X, "X_val": X_val, "y": y, "y_val": y_val, "w": w}
    given = {name: value.tolist() for name, value in given.items()}
    given |= {"n2": N2, "rows": [row.theirs for row in PARAMETERS]}
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("keras_peer.py")],
        input=json.dumps(given), capture_output=True, text=True, timeout=500, check=False,
        cwd=tmp_path_factory.mktemp("keras"),
    )  # fmt: skip
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def ours_of(row, start, folder):
    """Train from Keras's start, as the row says."""
    names = {"m": M, "X_val": X_val, "y_val": y_val, "w": w, "Checkpoint": Checkpoint}
    changes, to_fit = {}, {}
    if row.ours.startswith("fit("):
        to_fit = said(row.ours.replace('"folder"', repr(str(folder / "run"))), FIT, names)
    else:
        changes = settings(row.ours, **names)
    if row.name in {"EarlyStopping", "ModelCheckpoint"}:  # those have more epochs
        to_fit |= {"X_val": X_val, "y_val": y_val}
        changes |= {"max_iter": 80}
    if row.name in {"class_weight", "sample_weight"}:
        mean = w.mean() if row.name == "sample_weight" else np.where(y == 1, 3.0, 1.0).mean()
        changes |= {"learning_rate": 0.1 * mean}
    if changes.get("solver") == "adam":
        changes |= {"momentum": None}
    clf = TriLayerClassifier(init=start, random_state=0, **OURS | changes)
    return clf.fit(X, y, **to_fit)


@pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.theirs)
def test_both_spellings_give_the_same_steps(row, runs, tmp_path):
    theirs = runs[row.theirs]
    start = from_keras(*map(np.array, theirs["start"]))
    clf = ours_of(row, start, tmp_path)
    for name, matrix in vars(from_keras(*map(np.array, theirs["end"]))).items():
        np.testing.assert_allclose(getattr(clf.params_, name), matrix, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(clf.predict_proba(X)[:, 1], theirs["predict"], rtol=1e-5)
    assert clf.n_iter_ == len(theirs["history"]["loss"])
    if "weight" not in row.name:  # there losses are of another scale
        np.testing.assert_allclose(clf.loss_curve_, theirs["history"]["loss"], rtol=1e-4)
    if "val_loss" in theirs["history"]:
        val_loss = theirs["history"]["val_loss"]
        np.testing.assert_allclose(clf.validation_curve_, val_loss, rtol=1e-5)
    if row.name == "EarlyStopping":
        assert clf.stop_reason_ == "early_stopping"


def test_l2_is_twice_theirs_times_m(runs):
    (row,) = (row for row in PARAMETERS if row.name == "kernel_regularizer")
    theirs = runs[row.theirs]
    idle = {"solver": "gd", "learning_rate": 1e-300, "max_iter": 1, "tol": 0}
    end = from_keras(*map(np.array, theirs["end"]))
    clf = TriLayerClassifier(init=end, **idle, **settings(row.ours, m=M)).fit(X, y)
    assert clf.loss_curve_[0] == pytest.approx(theirs["loss_at_end"], rel=1e-6)


def test_every_attribute_has_been_held_against_ours():
    held = {"get_weights", "history", "predict", "save"}
    assert {row.name for row in ATTRIBUTES} == held
