"""`trilayer export --to hf|mlflow`: folders around the model file."""

import numpy as np
import pandas as pd
import pytest

from trilayer import TriLayerTableClassifier, load, save
from trilayer.cli import main
from trilayer.export.targets import FOLDERS

# What mlflow and its libraries warn of is theirs to mend.
quiet = {"mlflow": pytest.mark.filterwarnings("ignore")}
folders = [pytest.param(to, marks=quiet.get(to, ())) for to in FOLDERS]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": rng.choice(["u", "v"], 60)})
    clf = TriLayerTableClassifier(random_state=0).fit(frame, frame.a > 0)
    path = tmp_path_factory.mktemp("model") / "m.safetensors"
    save(clf, path)
    return path, clf, frame


@pytest.mark.parametrize("to", folders)
def test_the_folder_holds_the_model(model, to, tmp_path):
    path, clf, frame = model
    folder = tmp_path / "folder"
    assert main(["export", str(path), "--to", to, "-o", str(folder)]) == 0
    kept = next(folder.rglob("*.safetensors"))
    assert np.array_equal(load(kept).predict_proba(frame), clf.predict_proba(frame))


@pytest.mark.parametrize("to", folders)
@pytest.mark.parametrize(
    ("options", "words"),
    [((), "--output"), (("-o", "x", "--check", "t.csv"), "--check"),
     (("-o", "x", "--int8"), "--int8")],
)  # fmt: skip
def test_what_does_not_go_with_a_folder_is_refused(
    model, to, options, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(model[0]), "--to", to, *options]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
