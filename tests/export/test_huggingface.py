"""A folder for the Hub: read back by safetensors, by huggingface_hub, and by ourselves."""

import json

import numpy as np
import pandas as pd
import pytest
from huggingface_hub import ModelCard
from safetensors.numpy import load_file

from export.models import HOSTILE, NAMES, a_model, a_table
from trilayer import TriLayerClassifier, load, save
from trilayer.cli import main
from trilayer.errors import InputError
from trilayer.export import huggingface
from trilayer.modelfile import read, record_of


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model file that `trilayer train` wrote."""
    folder = tmp_path_factory.mktemp("trained")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.normal(40, 9, 300), "job": rng.choice(["a", "b|c"], 300)})
    frame["buys"] = np.where(frame.age + rng.normal(0, 5, 300) > 40, "yes", "no")
    frame.to_csv(folder / "people.csv", index=False)
    words = ["train", str(folder / "people.csv"), "--target", "buys", "--hidden", "2"]
    model = folder / "people.safetensors"
    assert main([*words, "--starts", "1", "-o", str(model), "--threshold", "0.4"]) == 0
    return model


def test_the_model_is_the_model_file(trained, tmp_path):
    record = read(trained)
    huggingface.write(record, tmp_path / "hub")
    copy = tmp_path / "hub" / "model.safetensors"
    assert copy.read_bytes() == trained.read_bytes()
    assert np.array_equal(load_file(copy)["W1"], record.params.W1)
    assert {path.name for path in copy.parent.iterdir()} == set(huggingface.FILES)


def test_the_config_says_what_it_is(trained, tmp_path):
    huggingface.write(read(trained), tmp_path)
    about = json.loads((tmp_path / "config.json").read_text())
    assert about["columns"] == [
        {"name": "age", "kind": "number"},
        {"name": "job", "kind": "category"},
    ]
    assert about["id2label"] == {"0": "no", "1": "yes"}
    assert (about["target"], about["threshold"], about["hidden_units"]) == ("buys", 0.4, 2)


def test_the_card_has_what_the_hub_reads(trained, tmp_path):
    huggingface.write(read(trained), tmp_path)
    card = ModelCard.load(tmp_path / "README.md")
    assert card.data.library_name == "trilayer"
    assert card.data.pipeline_tag == "tabular-classification"
    told = {each.metric_type: each.metric_value for each in card.data.eval_results}
    scores = read(trained).summary["network"]
    assert told["roc_auc"] == scores["auc"]
    assert told["log_loss"] == scores["log_loss"]
    assert set(told) == {"roc_auc", "log_loss", "brier_score", "ece", "accuracy"}
    assert "| age | number |" in card.text
    assert f"| AUC | {scores['auc']:.4f} |" in card.text
    assert "On 60 rows that training did not see" in card.text
    assert read(trained).fingerprint["sha256"] in card.text


def test_names_are_shown_and_never_read_as_marks(tmp_path):
    model = a_model(classes=("<b>no</b>", "| yes |\n# x"))
    huggingface.write(record_of(model), tmp_path)
    card = ModelCard.load(tmp_path / "README.md")
    assert card.data.eval_results is None
    for mark in ("<b>", "</script>", "| yes |", "\n# x", '"', "__proto__;"):
        assert mark not in card.text.replace('"model.safetensors"', "")
    table = card.text.split("## Columns")[1].split("##")[0].strip().splitlines()
    assert len(table) == len(NAMES) + 2
    assert all(line.count("|") == 3 for line in table)


@pytest.mark.parametrize("label", [each for each in HOSTILE if each != "no"])
def test_any_label_keeps_the_cards_data_readable(label, tmp_path):
    record = record_of(a_model(classes=sorted(("no", label))), summary={
        "target": label, "network": {"auc": 0.5, "log_loss": True, "ece": None},
    })  # fmt: skip
    huggingface.write(record, tmp_path)
    card = ModelCard.load(tmp_path / "README.md")
    (only,) = card.data.eval_results
    assert (only.metric_type, only.metric_value) == ("roc_auc", 0.5)
    assert only.dataset_name == label
    assert json.loads((tmp_path / "config.json").read_text())["target"] == label


def test_a_plain_network_of_numbered_inputs(tmp_path):
    X = np.random.default_rng(0).normal(size=(60, 3))
    network = TriLayerClassifier(2, max_iter=5, tol=0).fit(X, X[:, 0] > 0)
    save(network, tmp_path / "m.safetensors")
    huggingface.write(read(tmp_path / "m.safetensors"), tmp_path / "hub")
    again = load(tmp_path / "hub" / "model.safetensors")
    assert np.array_equal(again.predict_proba(X), network.predict_proba(X))
    assert "## Columns" not in (tmp_path / "hub" / "README.md").read_text()


def test_what_is_there_is_not_replaced_unasked(trained, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(InputError, match="the file exists"):
        huggingface.write(read(trained), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    huggingface.write(read(trained), tmp_path, force=True)
    assert (tmp_path / "README.md").read_text().startswith("---\n")


def test_a_folder_that_cannot_be_is_named(trained, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        huggingface.write(read(trained), tmp_path / "file" / "hub")


def test_tables_of_the_library_are_taken(tmp_path):
    table = a_table()
    model = a_model(table)
    huggingface.write(record_of(model), tmp_path)
    again = load(tmp_path / "model.safetensors")
    assert np.array_equal(again.predict_proba(table), model.predict_proba(table))
