"""A model that mlflow keeps: logged, loaded, and predicting as `trilayer predict` does."""

import io

import numpy as np
import pandas as pd
import pytest

from trilayer import TriLayerClassifier
from trilayer.cli import main
from trilayer.errors import InputError
from trilayer.export import mlflow as exported
from trilayer.modelfile import read, record_of

# What mlflow and its libraries warn of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def people():
    """A column of every kind, with gaps."""
    rng = np.random.default_rng(1)
    age = rng.normal(40, 9, 300)
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(300) < 0.1, np.nan, age),
            "job": rng.choice(np.array(["a", "b", None], dtype=object), 300),
            "member": rng.random(300) < 0.5,
            "since": pd.date_range("2019-03-01", periods=300, freq="36h"),
        }
    )
    return frame.assign(buys=np.where(age + rng.normal(0, 5, 300) > 40, "yes", "no"))


@pytest.fixture(scope="module", params=["no", "yes"])
def model(people, tmp_path_factory, request):
    """A model file of them, for either label."""
    folder = tmp_path_factory.mktemp("trained")
    people.to_parquet(folder / "people.parquet")
    options = ["--target", "buys", "--hidden", 2, "--starts", 1, "--threshold", 0.4]
    words = ["train", folder / "people.parquet", *options, "--positive", request.param]
    words += ["-o", folder / "m.safetensors"]
    assert main([str(word) for word in words]) == 0
    return folder / "m.safetensors"


@pytest.fixture
def told(model):
    """What the shell says of the same rows."""
    out = model.with_suffix(".csv")
    data = model.with_name("people.parquet")
    assert main(["predict", str(model), str(data), "-o", str(out), "--force"]) == 0
    return pd.read_csv(io.StringIO(out.read_text()))


def test_what_is_written_loads_and_predicts_the_same(model, people, told, tmp_path):
    import mlflow.pyfunc

    exported.write(read(model), tmp_path / "kept")
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "kept"))
    said = loaded.predict(people.drop(columns="buys"))
    pd.testing.assert_frame_equal(said, told, check_exact=True, check_dtype=False)
    assert loaded.metadata.get_input_schema().input_names() == ["age", "job", "member", "since"]
    assert loaded.metadata.get_output_schema().input_names() == ["logit", "probability", "label"]


def test_nothing_in_the_folder_is_code(model, tmp_path):
    exported.write(read(model), tmp_path / "kept")
    endings = {path.suffix for path in (tmp_path / "kept").rglob("*") if path.is_file()}
    assert not endings & {".pkl", ".pickle", ".py"}
    assert (tmp_path / "kept" / "data" / "model.safetensors").read_bytes() == model.read_bytes()


def test_what_is_logged_loads_and_predicts_the_same(model, people, told, tmp_path, monkeypatch):
    import mlflow

    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/runs.db" if _has_sql() else tmp_path.as_uri())
    with mlflow.start_run():
        info = exported.log(read(model))
    said = mlflow.pyfunc.load_model(info.model_uri).predict(people.drop(columns="buys"))
    pd.testing.assert_frame_equal(said, told, check_exact=True, check_dtype=False)


def _has_sql():
    """mlflow-skinny comes without what keeps runs in a database."""
    try:
        import sqlalchemy  # noqa: F401
    except ImportError:
        return False
    return True


def test_numbered_inputs_and_labels_of_numbers(tmp_path):
    import mlflow.pyfunc

    X = np.random.default_rng(0).normal(size=(60, 3))
    network = TriLayerClassifier(2, max_iter=5, tol=0).fit(X, (X[:, 0] > 0).astype(int))
    exported.write(record_of(network), tmp_path / "kept")
    said = mlflow.pyfunc.load_model(str(tmp_path / "kept")).predict(X)
    assert np.array_equal(said.logit, network.decision_function(X))
    assert np.array_equal(said.label, network.predict(X))


def test_what_is_there_is_not_replaced_unasked(model, tmp_path):
    (tmp_path / "mine.txt").write_text("")
    for force in (False, True):
        with pytest.raises(InputError, match="there already"):
            exported.write(read(model), tmp_path, force=force)
    exported.write(read(model), tmp_path / "kept")
    exported.write(read(model), tmp_path / "kept", force=True)
    assert (tmp_path / "kept" / "MLmodel").is_file()
