"""A user's program that touches all that `trilayer` has: mypy and pyright read it, strictly.

It is never run: what it does is tested elsewhere. `assert_type` says what a reader of the types
must find.
"""

from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import trilayer
from trilayer import (
    Checkpoint,
    Params,
    TableEncoder,
    TriLayerClassifier,
    TriLayerClassifierCV,
    TriLayerError,
    TriLayerTableClassifier,
    check_gradients,
    load,
    save,
    trace,
)
from trilayer.errors import InputError, ModelFileError
from trilayer.export import huggingface
from trilayer.metrics.calibration import expected_calibration_error, reliability_curve
from trilayer.modelfile import ModelRecord, read, record_of
from trilayer.solvers import SOLVERS


def classify(X: NDArray[np.float64], y: NDArray[np.int64]) -> None:
    """Fit, predict, look inside."""
    clf = TriLayerClassifier(hidden_units=8, solver="lbfgs", l2=1.0, random_state=0)
    assert_type(clf.fit(X, y), TriLayerClassifier)
    clf.fit(X, y, sample_weight=np.ones(len(y)), X_val=X, y_val=y)
    labels: NDArray[Any] = clf.predict(X)
    probabilities: NDArray[Any] = clf.predict_proba(X)
    logits: NDArray[Any] = clf.decision_function(X)
    hidden: NDArray[Any] = clf.transform(X)
    print(labels, probabilities, logits, hidden, clf.score(X, y))
    assert_type(clf.params_, Params)
    assert_type(clf.n_iter_, int)
    stepwise = TriLayerClassifier(hidden_units=4, solver="sgd", random_state=0)
    stepwise.partial_fit(X, y, classes=[0, 1])


def choose(X: NDArray[np.float64], y: NDArray[np.int64]) -> None:
    """Choose the decay by held-out log-loss."""
    clf = TriLayerClassifierCV(hidden_units=[4, 8], random_state=0)
    assert_type(clf.fit(X, y), TriLayerClassifierCV)
    print(clf.params_, clf.predict_proba(X))


def tables(frame: Any, y: Any) -> None:
    """Tables as they are."""
    clf = TriLayerTableClassifier(random_state=0)
    assert_type(clf.fit(frame, y), TriLayerTableClassifier)
    print(clf.predict(frame), clf.predict_proba(frame), clf.relevance_)
    encoder = TableEncoder(max_bins=16).fit(frame)
    print(encoder.transform(frame), encoder.get_feature_names_out())


def keep(clf: TriLayerClassifier, path: Path) -> None:
    """Save, load, read, export."""
    save(clf, path, threshold=0.4, force=True)
    again = load(path)
    record = read(path)
    assert_type(record, ModelRecord)
    print(again, record.classes, record.threshold)
    huggingface.write(record_of(clf), path.parent / "hub", force=True)


def look(clf: TriLayerClassifier, X: NDArray[np.float64], y: NDArray[np.int64]) -> None:
    """Walk through the derivation."""
    t = trace(clf, X, y)
    print(t.dW1, t.sources("dW1", 0, 2))
    print(check_gradients(clf, X, y))
    p = clf.predict_proba(X)[:, 1]
    print(expected_calibration_error(y == 1, p), reliability_curve(y == 1, p))


def resume(X: NDArray[np.float64], y: NDArray[np.int64]) -> None:
    """Write a run down while it lasts, and say what went wrong."""
    try:
        TriLayerClassifier(4).fit(X, y, checkpoint=Checkpoint("run1", "30s"))
    except ModelFileError as error:
        print(error)
    except InputError as error:
        print(error)
    except TriLayerError as error:
        print(error)
    print(trilayer.__version__, sorted(SOLVERS))
