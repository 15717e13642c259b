"""What `save` takes, `load` gives back as the same kind: pipelines, and classifiers that choose."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from trilayer import TriLayerClassifier, TriLayerClassifierCV, TriLayerTableClassifier, load, save
from trilayer.cli import main
from trilayer.errors import ModelFileError
from trilayer.modelfile import container, read
from trilayer.modelfile.preparation import prepared

X, y = make_classification(120, 5, random_state=0)
X = X * [1, 10, 100, 1e3, 1e-2] + [0, 5, -3, 1, 2]
GAPS = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)

BEFORE = {
    "standard": [StandardScaler()],
    "spread alone": [StandardScaler(with_mean=False)],
    "centre alone": [RobustScaler(with_scaling=False)],
    "filled": [SimpleImputer(), RobustScaler()],
    "median, clipped": [SimpleImputer(strategy="median"), MinMaxScaler((-1, 1), clip=True)],
    "constant": [SimpleImputer(strategy="constant", fill_value=1.5), "passthrough", MaxAbsScaler()],
    "nothing": ["passthrough", StandardScaler()],
}
NETWORKS = [
    TriLayerClassifier(3, max_iter=20, tol=0, random_state=0),
    TriLayerClassifierCV(l2s=[3.0, 1.0], n_starts=1, random_state=0),
]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("network", NETWORKS, ids=lambda clf: type(clf).__name__)
@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_a_pipeline_comes_back_as_it_was(before, network, named, path):
    rows = GAPS if isinstance(before[0], SimpleImputer) else X
    if named:
        rows = pd.DataFrame(rows, columns=list("abcde"))
    model = make_pipeline(*before, network).fit(rows, y)
    save(model, path)
    again = load(path)
    assert [(n, type(s)) for n, s in again.steps] == [(n, type(s)) for n, s in model.steps]
    assert np.array_equal(again.predict_proba(rows), model.predict_proba(rows))
    for (_, one), (_, other) in zip(model.steps[:-1], again.steps[:-1], strict=True):
        if one != "passthrough":
            assert str(other.get_params()) == str(one.get_params())
    if named and before[0] != "passthrough":
        assert again.feature_names_in_.tolist() == list("abcde")
    save(again, path.with_name("again"))
    assert path.with_name("again").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_the_file_alone_predicts_as_the_pipeline_does(before, path):
    rows = GAPS if isinstance(before[0], SimpleImputer) else X
    model = make_pipeline(*before, NETWORKS[0]).fit(rows, y)
    save(model, path)
    record = read(path)
    inputs = prepared(record.preparation, rows)
    np.testing.assert_allclose(inputs, model[:-1].transform(rows), rtol=1e-12, atol=1e-12)


def test_the_shell_predicts_with_it(path, tmp_path, capsys):
    frame = pd.DataFrame(GAPS, columns=list("abcde"))
    model = make_pipeline(SimpleImputer(), StandardScaler(), NETWORKS[0]).fit(frame, y)
    save(model, path)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    assert main(["predict", str(path), str(tmp_path / "rows.csv")]) == 0
    out = capsys.readouterr().out.splitlines()[1:]
    found = np.array([float(line.split(",")[-2]) for line in out])
    np.testing.assert_allclose(found, model.predict_proba(frame)[:, 1], atol=1e-6)
    assert main(["inspect", str(path)]) == 0
    assert "classifier, behind SimpleImputer, behind StandardScaler" in capsys.readouterr().out


def test_check_rows_are_rows_of_the_pipeline(path):
    model = make_pipeline(StandardScaler(), NETWORKS[0]).fit(X, y)
    save(model, path, check_rows=X[:3])
    np.testing.assert_allclose(read(path).check_X.T, model[0].transform(X[:3]))


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (PCA(2), r"step 'pca' is a PCA, which has no form"),
        (SimpleImputer(add_indicator=True), "add_indicator"),
        (SimpleImputer(missing_values=-1), "a file's steps fill NaN"),
    ],
)
def test_a_step_that_has_no_form_is_named(step, words, path):
    model = make_pipeline(step, NETWORKS[0]).fit(X, y)
    with pytest.raises(ModelFileError, match=words):
        save(model, path)
    assert not path.exists()


@pytest.mark.parametrize("m", [120, 2100])
def test_a_classifier_that_chose_comes_back_with_what_it_chose(m, path):
    rows, labels = make_classification(m, 5, random_state=0)
    settings = {"l2s": [3.0, 1.0], "n_starts": 1, "random_state": 0, "relevance": 1}
    frame = pd.DataFrame(rows, columns=list("abcde"))
    for kind, table in ((TriLayerClassifierCV, rows), (TriLayerTableClassifier, frame)):
        model = kind(**settings).fit(table, labels)
        save(model, path)
        again = load(path)
        assert type(again) is kind
        assert again.l2_ == model.l2_
        assert [c[:3] for c in again.candidates_] == [c[:3] for c in model.candidates_]
        assert {k: again.get_params()[k] for k in settings} == settings
        assert np.array_equal(again.predict_proba(table), model.predict_proba(table))
        assert again.n_features_in_ == 5
        if kind is TriLayerTableClassifier:
            assert again.relevance_ == model.relevance_
            assert again.feature_names_in_.tolist() == list("abcde")
        else:
            assert np.array_equal(again.heights_, model.heights_)


def test_the_same_rows_give_the_same_bytes(path):
    for name in ("one", "two"):
        clf = TriLayerTableClassifier(l2s=[3.0, 1.0], n_starts=1, random_state=0).fit(X, y)
        save(clf, path.with_name(name))
    assert path.with_name("one").read_bytes() == path.with_name("two").read_bytes()


# ---- lies ----------------------------------------------------------------------------


def forged(path, change):
    """Write a file again with its description and tensors changed, and a right seal."""
    held = container.unpack(path.read_bytes())
    said, tensors = json.loads(held.text), dict(held.tensors)
    change(said, tensors)
    path.write_bytes(container.pack(tensors, json.dumps(said)))


LIES = {
    "no known kind": lambda said, _: said["preparation"]["steps"][1].update(kind="Pickle"),
    "is not 5 numbers": lambda _, t: t.update({"preparation.1.scale_": np.ones(4)}),
    "scale of 0": lambda _, t: t.update({"preparation.1.scale_": np.zeros(5)}),
    "lacks an array": lambda _, t: t.pop("preparation.0.statistics_"),
    "does not belong there": lambda _, t: t.update({"preparation.7.x": np.ones(5)}),
    "name the steps": lambda said, _: said["preparation"].update(last="simpleimputer"),
    "cannot be": lambda said, _: said["preparation"]["steps"][0]["settings"].update(strategy="?"),
    "for tables": lambda said, _: said["selection"].update(of="table"),
    "hyper-parameter cannot be": lambda said, _: said["selection"]["hyper_parameters"].update(
        n_starts=-3
    ),
    "no parameter": lambda said, _: said["selection"]["hyper_parameters"].update(new=1),
    "positive numbers": lambda _, t: t.update({"selection.heights": np.zeros(5)}),
}


@pytest.mark.parametrize(("words", "change"), LIES.items(), ids=LIES)
def test_each_lie_has_its_error(words, change, path):
    model = make_pipeline(SimpleImputer(), StandardScaler(), NETWORKS[1]).fit(GAPS, y)
    save(model, path)
    forged(path, change)
    with pytest.raises(ModelFileError, match=words):
        load(path)


def test_reading_needs_no_scikit_learn(path):
    save(make_pipeline(SimpleImputer(), StandardScaler(), NETWORKS[1]).fit(GAPS, y), path)
    code = (
        "import sys; from trilayer.modelfile import read; read(sys.argv[1]); "
        "print([m for m in ('sklearn', 'scipy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"
