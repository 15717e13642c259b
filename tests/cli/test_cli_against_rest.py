"""``--positive LABEL`` on a column of more than two labels: LABEL against the rest."""

import json

import numpy as np
import pandas as pd
import pytest

from trilayer import load

N = 300
FAST = ("--l2", "1", "--hidden", "2", "--starts", "1")


def table(labels, seed=0):
    rng = np.random.default_rng(seed)
    which = rng.integers(0, len(labels), N)
    x = which + rng.normal(0, 0.3, N)
    return pd.DataFrame({"x": x.round(3), "z": rng.normal(size=N), "y": np.array(labels)[which]})


@pytest.mark.parametrize(
    ("labels", "positive"),
    [(["ant", "bee", "cat"], "bee"), ([1, 2, 3, 4], "2"), ([0, 1, 2], "2.0"), (["a", "b"], "a")],
)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_one_label_against_the_rest(trilayer, tmp_path, labels, positive, suffix):
    frame, path, model = table(labels), tmp_path / f"d{suffix}", tmp_path / "m.safetensors"
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    said = trilayer("train", path, "--target", "y", "--positive", positive, "-o", model, *FAST)
    assert said.code == 0
    one = next(each for each in labels if str(each) == positive.removesuffix(".0"))
    assert ("against the rest" in said.err) == (len(labels) > 2)
    other = f"not {one}" if len(labels) > 2 else "b"
    judged = json.loads(trilayer("evaluate", model, path, "--json").out)
    assert (judged["positive"], judged["negative"]) == (str(one), other)
    assert judged["auc"] > (0.9 if len(labels) == 2 or one != labels[1] else 0.6)
    trilayer("predict", model, path, "-o", tmp_path / "p.csv")
    predicted = pd.read_csv(tmp_path / "p.csv", dtype=str).label
    right = predicted == np.where(frame.y == one, str(one), other)
    assert right.mean() == pytest.approx(judged["accuracy"])
    assert load(model).classes_.tolist() == sorted([str(one), other])


def test_the_same_model_as_of_the_two_labels_written_out(trilayer, tmp_path):
    """Rows are held out and the network is trained as if the column said nothing else."""
    frame = table(["ant", "bee", "cat"])
    frame.to_csv(tmp_path / "many.csv", index=False)
    frame["y"] = np.where(frame.y == "bee", "bee", "not bee")
    frame.to_csv(tmp_path / "two.csv", index=False)
    args = ("--target", "y", "--positive", "bee", *FAST)
    for name in ("many", "two"):
        model = tmp_path / f"{name}.safetensors"
        assert trilayer("train", tmp_path / f"{name}.csv", *args, "-o", model).code == 0
    many, two = (load(tmp_path / f"{name}.safetensors") for name in ("many", "two"))
    np.testing.assert_array_equal(many[-1].params_.W1, two[-1].params_.W1)


def test_streams_write_the_same_file(trilayer, tmp_path):
    table(["ant", "bee", "cat"]).to_csv(tmp_path / "d.csv", index=False)
    args = ("train", tmp_path / "d.csv", "--target", "y", "--positive", "cat", *FAST)
    for name, more in (("a", ()), ("b", ("--stream",))):
        folder = tmp_path / name
        folder.mkdir()
        assert trilayer(*args, *more, "-o", folder / "m.safetensors").code == 0
    a, b = (load(tmp_path / name / "m.safetensors") for name in "ab")
    np.testing.assert_array_equal(a[-1].params_.W2, b[-1].params_.W2)


def test_labels_unseen_in_training_are_of_the_rest(trilayer, tmp_path):
    frame, model = table(["ant", "bee", "cat"]), tmp_path / "m.safetensors"
    frame.to_csv(tmp_path / "d.csv", index=False)
    args = ("--target", "y", "--positive", "bee", "-o", model, *FAST)
    assert trilayer("train", tmp_path / "d.csv", *args).code == 0
    frame.assign(y=frame.y.replace("ant", "dog")).to_csv(tmp_path / "e.csv", index=False)
    first, second = (trilayer("evaluate", model, tmp_path / f"{n}.csv", "--json") for n in "de")
    assert json.loads(first.out)["auc"] == json.loads(second.out)["auc"]


def test_rare_labels_of_the_rest_do_no_harm(trilayer, tmp_path):
    frame = table(["ant", "bee"])
    frame.loc[0, "y"] = "wasp"
    frame.to_csv(tmp_path / "d.csv", index=False)
    args = ("train", tmp_path / "d.csv", "--target", "y", "-o", tmp_path / "m.safetensors", *FAST)
    assert trilayer(*args, "--positive", "ant").code == 0
    refused = trilayer(*args, "--positive", "wasp", "--force")
    assert refused.code == 2
    assert "the label 'wasp' has 1 row, too few" in refused.err


@pytest.mark.parametrize(
    ("labels", "positive", "words"),
    [
        (["ant", "bee", "cat"], None, "--positive takes one of them against the rest"),
        (["ant", "bee", "cat"], "dog", "is no label of target column 'y', which holds 'ant'"),
        ([0.5, 1.5, 2.5], "1.5", "holds 3 different values, 0.5, 1.5 and 2.5: not two\n"),
    ],
)
def test_what_is_no_such_target(trilayer, tmp_path, labels, positive, words):
    table(labels).to_csv(tmp_path / "d.csv", index=False)
    chosen = () if positive is None else ("--positive", positive)
    said = trilayer("train", tmp_path / "d.csv", "--target", "y", *chosen, *FAST)
    assert said.code == 2
    assert words in said.err
    assert said.err.count("\n") == 1
