"""What is served is what `trilayer predict` says, to the bit, however the rows come."""

import io
import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer import TriLayerClassifier, save
from trilayer.cli import main
from trilayer.cli.model import load_model
from trilayer.cli.serve import served_as
from trilayer.serve.application import application
from trilayer.serve.limits import Limits
from trilayer.serve.rows import read
from trilayer.serve.scoring import predictions

INFER = "/v2/models/people%20v1/infer"


def predict_rows(served, rows):
    """Predict rows without a server."""
    asked = read(served, Limits(), rows)
    return asked.written(predictions(served, asked.columns))


@pytest.fixture(scope="module")
def told(files):
    """What `trilayer predict` says of the people."""
    out = files / "predicted.csv"
    model, data = files / "people v1.safetensors", files / "people.csv"
    assert main(["predict", str(model), str(data), "-o", str(out)]) == 0
    return pd.read_csv(out).to_dict("records")


def tensors(frame_rows):
    """The rows as a tensor for each column."""
    names = list(frame_rows[0])
    kinds = {"age": "FP64", "member": "BOOL"}
    return [
        {
            "name": name,
            "shape": [len(frame_rows)],
            "datatype": kinds.get(name, "BYTES"),
            "data": [row[name] for row in frame_rows],
        }
        for name in names
    ]


def outputs(answer):
    """The rows that an answer to an inference holds."""
    data = {each["name"]: each["data"] for each in answer["outputs"]}
    return [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]


def test_rows_are_predicted_as_the_shell_does(asked, app, rows, told):
    assert asked(app, "POST", "/predict", json=rows).json() == told
    assert len({row["label"] for row in told}) == 2


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=4), order=st.randoms(use_true_random=False))
def test_batches_and_their_order_change_no_bit(served, rows, told, cuts, order):
    places = list(range(len(rows)))
    order.shuffle(places)
    edges = [0, *sorted(cuts), len(rows)]
    for first, end in pairwise(edges):
        part = [rows[place] for place in places[first:end]]
        said = predict_rows(served, part)
        assert said == [told[place] for place in places[first:end]]


def test_one_row_at_a_time_is_all_rows(served, rows, told):
    assert [predict_rows(served, [row])[0] for row in rows] == told


@pytest.mark.parametrize("two_dimensions", [False, True])
def test_a_tensor_for_each_column(asked, app, rows, told, two_dimensions):
    inputs = tensors(rows)
    if two_dimensions:
        for each in inputs:
            each["shape"].append(1)
            each["data"] = [[value] for value in each["data"]]
    answer = asked(app, "POST", INFER, json={"id": "7", "inputs": inputs}).json()
    assert outputs(answer) == told
    assert (answer["id"], answer["model_name"]) == ("7", "people v1")
    assert {each["name"]: each["datatype"] for each in answer["outputs"]} == {
        "logit": "FP64", "probability": "FP64", "label": "BYTES",
    }  # fmt: skip


@pytest.mark.parametrize("nested", [False, True])
def test_one_tensor_of_rows(asked, app, rows, told, nested):
    def written(value):
        return None if value is None else str(value)

    data = [[written(value) for value in row.values()] for row in rows]
    if not nested:
        data = [value for row in data for value in row]
    tensor = {"name": "rows", "shape": [len(rows), 5], "datatype": "BYTES", "data": data}
    assert outputs(asked(app, "POST", INFER, json={"inputs": [tensor]}).json()) == told


def test_only_the_outputs_asked_for(asked, app, rows):
    wanted = {"inputs": tensors(rows[:2]), "outputs": [{"name": "label"}]}
    answer = asked(app, "POST", INFER, json=wanted).json()
    assert [each["name"] for each in answer["outputs"]] == ["label"]


def test_metadata_name_what_inference_takes(asked, app, rows):
    about = asked(app, "GET", "/v2/models/people%20v1").json()
    assert [(each["name"], each["datatype"]) for each in about["inputs"]] == [
        ("age", "FP64"), ('the "job"', "BYTES"), ("member", "BOOL"), ("since", "BYTES"),
        ("paid", "FP64"),
    ]  # fmt: skip
    assert [each["name"] for each in about["outputs"]] == ["logit", "probability", "label"]


def test_numbers_and_their_text_mean_the_same(served, rows):
    def as_text(row):
        return {**row, "age": row["age"] and str(row["age"]), "member": str(row["member"])}

    assert predict_rows(served, rows) == predict_rows(served, [as_text(row) for row in rows])
    numbers = [{**row, "paid": int(row["paid"].strip("$").replace(",", ""))} for row in rows]
    assert predict_rows(served, numbers) == predict_rows(served, rows)


def test_no_rows_are_no_predictions(asked, app):
    assert asked(app, "POST", "/predict", json=[]).json() == []


@pytest.mark.parametrize("labels", [(0, 1), (False, True), ("a", "b")])
def test_labels_keep_their_kind(asked, tmp_path, labels):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    y = np.array(labels)[(frame.a > 0).astype(int)]
    save(TriLayerClassifier(2, max_iter=5, tol=0, random_state=0).fit(frame, y), tmp_path / "m.st")
    app = application(served_as("m", load_model(str(tmp_path / "m.st"))))
    said = asked(app, "POST", "/predict", json=frame.to_dict("records")).json()
    assert {type(row["label"]) for row in said} == {type(labels[0])}
    frame.to_csv(tmp_path / "x.csv", index=False)
    words = ["predict", tmp_path / "m.st", tmp_path / "x.csv", "-o", tmp_path / "p.csv"]
    main([str(word) for word in words])
    told = pd.read_csv(tmp_path / "p.csv")
    assert [row["logit"] for row in said] == told.logit.tolist()
    assert [row["label"] for row in said] == told.label.tolist()
    refused = asked(app, "POST", "/predict", json=[{"a": 1, "b": None}])
    assert refused.status_code == 422
    assert "row 1, column 'b'" in refused.json()["error"]


def test_answers_are_strict_json(asked, app, rows):
    body = asked(app, "POST", "/predict", json=rows[:3])

    def never(word):
        raise AssertionError(word)

    json.load(io.BytesIO(body.content), parse_constant=never)
    assert body.headers["content-type"] == "application/json"
