"""Predictions from the shell are those from Python, whatever way the table comes."""

import gzip
import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.csv import read_csv as read_arrow
from sklearn.datasets import make_classification

from trilayer import TriLayerClassifier, load, save


def expected(people, frame=None):
    """Probabilities of "yes" by `load`."""
    return load(people.model).predict_proba(people.frame if frame is None else frame)[:, 1]


def read_csv(text):
    """Read what was written, to the last digit."""
    return read_arrow(io.BytesIO(text.encode())).to_pandas()


def test_every_row_is_predicted_as_in_python(trilayer, people):
    said = trilayer("predict", people.model, people.csv)
    table = read_csv(said.out)
    assert (said.code, said.err) == (0, "")
    assert list(table) == ["logit", "probability", "label"]
    np.testing.assert_allclose(table.probability, expected(people), rtol=1e-12)
    np.testing.assert_allclose(table.probability, 1 / (1 + np.exp(-table.logit)), rtol=1e-12)
    np.testing.assert_array_equal(table.label, load(people.model).predict(people.frame))


@given(st.data())
def test_neither_files_nor_the_order_of_columns_matter(people, trilayer, data):
    columns = data.draw(st.permutations(list(people.frame)))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(people.frame) - 1), max_size=3)))
    with tempfile.TemporaryDirectory() as folder:
        edges = zip([0, *cuts], [*cuts, len(people.frame)], strict=True)
        for number, (start, end) in enumerate(edges):
            part = people.frame[columns].iloc[start:end]
            part.to_csv(Path(folder) / f"{number}.csv", index=False)
        said = trilayer("predict", people.model, folder, "--id", "row")
    table = read_csv(said.out)
    np.testing.assert_array_equal(table.row, people.frame.row)
    np.testing.assert_allclose(table.probability, expected(people), rtol=1e-12)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_a_file(trilayer, people, pack):
    from_file = trilayer("predict", people.model, people.csv)
    piped = trilayer("predict", people.model, "-", stdin=pack(people.csv.read_bytes()))
    assert piped == from_file


def test_parquet_in_and_out_is_csv_in_and_out(trilayer, people, tmp_path):
    out = tmp_path / "out.parquet"
    words = ("--id", "row", "--id", "member")
    said = trilayer("predict", people.model, people.parquet, "-o", out, *words)
    assert (said.code, said.out) == (0, "")
    assert said.err == f"wrote 500 rows to {out}\n"
    from_csv = read_csv(trilayer("predict", people.model, people.csv, *words).out)
    pd.testing.assert_frame_equal(pd.read_parquet(out), from_csv, check_dtype=False, rtol=1e-12)


def test_kept_columns_stay_as_they_are(trilayer, people):
    text = people.csv.read_text().replace("Person 7,", "007,")
    table = trilayer("predict", people.model, "-", "--id", "name", stdin=text.encode()).out
    assert table.splitlines()[8].startswith("007,")


def test_force_replaces_and_its_absence_does_not(trilayer, people, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("mine")
    assert trilayer("predict", people.model, people.csv, "-o", out).code == 2
    assert out.read_text() == "mine"
    assert trilayer("predict", people.model, people.csv, "-o", out, "--force").code == 0
    assert len(out.read_text().splitlines()) == 501


def test_the_first_label_can_be_the_positive_one(trilayer, people, tmp_path):
    model = tmp_path / "no.safetensors"
    words = ("--target", "buys", "--id", "row", "--hidden", 4, "--starts", 1, "--positive", "no")
    words = (*words, "--threshold", 0.8, "-o", model)
    assert trilayer("train", people.csv, *words).code == 0
    table = read_csv(trilayer("predict", model, people.csv).out)
    np.testing.assert_allclose(table.probability, 1 - expected(people), rtol=1e-9)
    np.testing.assert_array_equal(table.label, np.where(table.probability >= 0.8, "no", "yes"))


def test_a_model_from_python_takes_columns_of_numbers(trilayer, tmp_path):
    X, y = make_classification(60, 5, random_state=0)
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = TriLayerClassifier(3, random_state=0).fit(frame, y)
    save(model, tmp_path / "m")
    frame[list("edcba")].to_csv(tmp_path / "x.csv", index=False)
    table = read_csv(trilayer("predict", tmp_path / "m", tmp_path / "x.csv").out)
    np.testing.assert_allclose(table.probability, model.predict_proba(frame)[:, 1], rtol=1e-12)
    traced = trilayer("trace", tmp_path / "m", tmp_path / "x.csv")
    assert traced.code == 0
    assert "  a\n" in traced.out
    frame.loc[1, "c"] = np.nan
    frame.to_csv(tmp_path / "x.csv", index=False)
    said = trilayer("predict", tmp_path / "m", tmp_path / "x.csv")
    assert said.code == 2
    assert "row 2, column 'c': this model needs a number there" in said.err


def test_a_model_without_names_of_columns_fits_no_table(refused, tmp_path, people):
    X, y = make_classification(60, 5, random_state=0)
    save(TriLayerClassifier(3, random_state=0).fit(X, y), tmp_path / "m")
    assert "without the names of its columns" in refused("predict", "m", people.csv)
