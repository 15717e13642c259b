"""What the page says of trilayer is there, and every section has its laws."""

import ast
import inspect
import re

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from migration.page import functions, rows, titles
from trilayer import Checkpoint, TriLayerClassifier

PARAMETERS = set(TriLayerClassifier().get_params())
FIT = set(inspect.signature(TriLayerClassifier.fit).parameters)
ALL = [(title, row) for title in titles() for row in rows(title)]


def test_each_section_has_its_tests():
    assert titles() == ["MLPClassifier", "nnet", "patternnet", "Spark", "Keras"]
    for title in titles():
        names = [(row.name, row.theirs) for row in rows(title)]
        assert len(names) == len(set(names))


@pytest.fixture(scope="module")
def given():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    y = (X[:, 0] + rng.normal(size=60) > 0).astype(int)
    X, X_val, y, y_val = train_test_split(X, y, test_size=20, random_state=0, stratify=y)
    n1, n2 = 4, 3
    names = functions() | {
        "X": X, "y": y, "X_val": X_val, "y_val": y_val, "m": 40, "n1": n1, "n2": n2, "r": 0.1,
        "n_parameters": n2 * (n1 + 2) + 1, "Checkpoint": Checkpoint,
        "wts": rng.normal(size=n2 * (n1 + 2) + 1), "w": np.ones(40),
    }  # fmt: skip
    spark = rng.normal(size=n1 * n2 + n2 + 2 * n2 + 2)
    return names, {"Spark": names | {"w": spark}}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("title", "row"), [pair for pair in ALL if pair[1].ours])
def test_what_stands_there_of_trilayer_can_be_said(title, row, given, tmp_path, monkeypatch):
    """Settings fit, arguments of `fit` too, and attributes are there afterwards."""
    monkeypatch.chdir(tmp_path)
    names, more = given
    names = more.get(title, names) if "init" in row.ours else names
    settings, to_fit, attribute = {"max_iter": 3, "tol": 0, "random_state": 0}, {}, None
    if row.ours.startswith("fit("):
        to_fit = said(row.ours, FIT, names)
    elif re.match(r"\w+=", row.ours):
        settings |= said(f"f({row.ours})", PARAMETERS, names)
    else:
        attribute = re.sub(r"\b([a-z]\w*_|predict\w*|score|partial_fit)\b", r"clf.\1", row.ours)
    if row.name == "best_validation_score_":
        settings["early_stopping"] = True
    clf = TriLayerClassifier(**settings).fit(names["X"], names["y"], **to_fit)
    if row.name == "feature_names_in_":
        clf.feature_names_in_ = np.array(list("abcd"))
    if attribute:
        eval(attribute, {}, names | {"clf": clf})


def said(call, known, names):
    """The keywords of a call, each of which must be known."""
    keywords = {k.arg: k.value for k in ast.parse(call, mode="eval").body.keywords}
    assert keywords
    assert keywords.keys() <= known
    return {name: eval(ast.unparse(value), {}, names) for name, value in keywords.items()}
