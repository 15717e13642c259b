"""A table's encoder and the network behind it, in one file."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.pipeline import Pipeline, make_pipeline

from trilayer import TableEncoder, TriLayerClassifier, load, save
from trilayer.errors import ModelFileError
from trilayer.modelfile import read

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "age": np.where(RNG.random(60) < 0.2, np.nan, RNG.normal(40, 9, 60)),
        "job": RNG.choice(["clerk", "cook", "Köchin", "是"], 60),
        "member": RNG.random(60) < 0.5,
        "since": pd.date_range("2020-01-01", periods=60, freq="31D"),
        "always": 1,
    }
)
Y = np.where(RNG.random(60) < 0.5, "good", "bad")


def fitted(**settings):
    classifier = TriLayerClassifier(hidden_units=2, max_iter=3, tol=0, random_state=0, **settings)
    return Pipeline([("table", TableEncoder()), ("net", classifier)]).fit(TABLE, Y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_pipeline_comes_back_whole(tmp_path, dtype):
    model = fitted(dtype=dtype)
    save(model, tmp_path / "m")
    loaded = load(tmp_path / "m")
    assert [name for name, _ in loaded.steps] == ["table", "net"]
    assert loaded["net"].get_params() == model["net"].get_params()
    assert loaded["table"].get_params() == model["table"].get_params()
    assert loaded["net"].params_.dtype == dtype
    np.testing.assert_array_equal(loaded.predict_proba(TABLE), model.predict_proba(TABLE))
    np.testing.assert_array_equal(loaded.predict(TABLE), model.predict(TABLE))
    assert loaded.n_features_in_ == model.n_features_in_


def test_bins_and_frequencies_come_back(tmp_path):
    counts = {"u": 25, "v": 20, "w": 7, "x": 4, "y": 3, "z": 1}
    towns = [level for level, count in counts.items() for _ in range(count)]
    table = TABLE.assign(town=towns)
    encoder = TableEncoder(min_count=10)
    model = make_pipeline(encoder, TriLayerClassifier(2, max_iter=3, tol=0, random_state=0))
    save(model.fit(table, Y), tmp_path / "m")
    loaded = load(tmp_path / "m")[0]
    assert loaded.columns_ == encoder.columns_
    assert [c.name for c in encoder.columns_ if c.bins] == ["age", "since"]
    assert [c.name for c in encoder.columns_ if c.counts] == ["town"]
    assert loaded.transform(table).tobytes() == encoder.transform(table).tobytes()


@pytest.mark.parametrize("make", [pl.from_pandas, pa.Table.from_pandas])
def test_a_loaded_pipeline_takes_any_table(tmp_path, make):
    save(fitted(), tmp_path / "m")
    loaded = load(tmp_path / "m")
    np.testing.assert_array_equal(loaded.predict(make(TABLE)), loaded.predict(TABLE))


def test_a_saved_pipeline_saves_the_same_again(tmp_path):
    save(fitted(), tmp_path / "a")
    save(load(tmp_path / "a"), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_check_rows_are_rows_of_the_table(tmp_path):
    model = fitted()
    save(model, tmp_path / "m", check_rows=TABLE[:7])
    record = read(tmp_path / "m")
    assert (record.kind, record.steps) == ("pipeline", ("table", "net"))
    np.testing.assert_array_equal(record.check_X, model["table"].transform(TABLE[:7]).T)
    np.testing.assert_allclose(record.check_Z2[0], model.decision_function(TABLE[:7]), rtol=1e-12)
    assert len(record.encoder.input_names()) == record.params.n1


def test_check_rows_of_another_table_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match="check_rows"):
        save(fitted(), tmp_path / "m", check_rows=TABLE[["age"]])


def test_a_pipeline_of_other_steps_is_refused(tmp_path):
    other = make_pipeline(TriLayerClassifier(), TriLayerClassifier())
    with pytest.raises(ModelFileError, match="is a TriLayerClassifier, which has no form"):
        save(other, tmp_path / "m")
