"""Scores are scikit-learn's, and the exit code says whether they suffice."""

import json

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    log_loss,
    roc_auc_score,
)

from trilayer import TableEncoder, TriLayerClassifier, load, save
from trilayer.metrics.calibration import expected_calibration_error, recalibration


def test_the_scores_are_those_of_scikit_learn(trilayer, people):
    said = trilayer("evaluate", people.model, people.csv, "--json")
    told = json.loads(said.out)
    y = people.frame.buys == "yes"
    p = load(people.model).predict_proba(people.frame)[:, 1]
    assert (said.code, said.err) == (0, "")
    assert told["auc"] == pytest.approx(roc_auc_score(y, p))
    assert told["log_loss"] == pytest.approx(log_loss(y, p))
    assert told["prior_log_loss"] == pytest.approx(log_loss(y, np.full(len(y), y.mean())))
    assert told["brier"] == pytest.approx(brier_score_loss(y, p))
    assert told["ece"] == pytest.approx(expected_calibration_error(y, p))
    line = recalibration(y, np.log(p) - np.log1p(-p))
    assert told["calibration"] == pytest.approx(line._asdict())
    assert told["accuracy"] == pytest.approx(accuracy_score(y, p >= 0.5))
    names = ("true_negative", "false_positive", "false_negative", "true_positive")
    assert [told["confusion"][n] for n in names] == confusion_matrix(y, p >= 0.5).ravel().tolist()
    assert (told["rows"], told["target"], told["positive"]) == (500, "buys", "yes")
    assert told["failed"] == []


def test_the_words_hold_the_same_numbers(trilayer, people):
    told = json.loads(trilayer("evaluate", people.model, people.parquet, "--json").out)
    words = trilayer("evaluate", people.model, people.parquet).out
    for name in ("auc", "log_loss", "brier", "ece", "accuracy", "prior_log_loss"):
        assert f"{told[name]:.4f}" in words
    lines = [line.split() for line in words.splitlines()]
    for name, value in told["calibration"].items():
        assert ["calibration", name, f"{value:.4f}"] in lines
    for each in told["reliability"]:
        said = [f"{each['probability']:.4f}", f"{each['frequency']:.4f}", f"{each['rows']:,}"]
        assert said in lines
    for count in told["confusion"].values():
        assert f" {count:,}" in words


def test_the_reliability_curve_adds_up_to_the_scores(trilayer, people):
    told = json.loads(trilayer("evaluate", people.model, people.csv, "--json").out)
    curve = told["reliability"]
    rows = [each["rows"] for each in curve]
    assert len(curve) == 15
    assert sum(rows) == told["rows"] == 500
    gaps = [abs(each["probability"] - each["frequency"]) for each in curve]
    assert told["ece"] == pytest.approx(np.average(gaps, weights=rows))
    positives = told["confusion"]["true_positive"] + told["confusion"]["false_negative"]
    assert np.dot([each["frequency"] for each in curve], rows) == pytest.approx(positives)


def test_rows_without_an_answer_are_left_out_and_counted(trilayer, people, tmp_path):
    frame = people.frame.copy()
    frame.loc[:99, "buys"] = None
    frame.to_csv(tmp_path / "x.csv", index=False)
    said = trilayer("evaluate", people.model, tmp_path / "x.csv")
    assert "100 rows without a target left out" in said.err
    told = json.loads(trilayer("evaluate", people.model, tmp_path / "x.csv", "--json").out)
    assert (told["rows"], told["without_answer"]) == (400, 100)


def test_bounds_decide_the_exit_code(trilayer, people):
    words = ("evaluate", people.model, people.csv, "--json")
    good = ("--fail-under", "auc=0.6", "--fail-over", "log_loss=0.69")
    assert trilayer(*words, *good).code == 0
    bad = ("--fail-under", "auc=0.6", "--fail-under", "accuracy=1", "--fail-over", "brier=0.01")
    said = trilayer(*words, *bad, "--fail-over", "ece=0")
    assert said.code == 1
    failed = json.loads(said.out)["failed"]
    assert [sentence.split()[0] for sentence in failed] == ["accuracy", "brier", "ece"]
    assert said.err == "".join(f"trilayer: {sentence}\n" for sentence in failed)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--fail-under=brier=0.1", "it takes auc or accuracy (--fail-over takes the other"),
        ("--fail-over=auc=0.1", "it takes log_loss, brier or ece (--fail-under takes the other"),
        ("--fail-under=auc=high", "write auc=0.5, with a number"),
        ("--fail-under=auc=nan", "write auc=0.5, with a number"),
        ("--fail-under=auc", "write auc=0.5, with a number"),
        ("--fail-under=nonsense=1", "it takes auc or accuracy"),
    ],
)
def test_bounds_that_cannot_be(refused, people, option, said):
    assert said in refused("evaluate", people.model, people.csv, option)


def test_one_label_alone_has_no_auc(trilayer, people, tmp_path):
    people.frame[people.frame.buys == "yes"].to_csv(tmp_path / "x.csv", index=False)
    words = ("evaluate", people.model, tmp_path / "x.csv")
    said = trilayer(*words, "--json", "--fail-under", "auc=0.5")
    assert said.code == 1
    assert json.loads(said.out)["auc"] is None
    assert "auc is not defined" in said.err
    assert "AUC" in trilayer(*words).out


def test_another_column_can_hold_the_answer(trilayer, refused, people, tmp_path):
    renamed = people.frame.rename(columns={"buys": "bought"})
    renamed.to_csv(tmp_path / "x.csv", index=False)
    assert "no column 'buys'" in refused("evaluate", people.model, "x.csv")
    said = trilayer("evaluate", people.model, "x.csv", "--target", "bought", "--json")
    before = json.loads(trilayer("evaluate", people.model, people.csv, "--json").out)
    assert json.loads(said.out) | {"target": "buys"} == before


def test_a_model_from_python_is_told_its_target(trilayer, refused, people, tmp_path):
    from sklearn.pipeline import make_pipeline

    inputs = people.frame.drop(columns=["row", "buys"])
    model = make_pipeline(TableEncoder(), TriLayerClassifier(2, random_state=0))
    save(model.fit(inputs, people.frame.buys), tmp_path / "m")
    assert "name it with --target" in refused("evaluate", "m", people.csv)
    assert trilayer("evaluate", "m", people.csv, "--target", "buys").code == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"buys": "perhaps"}, "row 1: 'perhaps' is neither 'no' nor 'yes'"),
        ({"buys": None}, "target column 'buys' is empty in every row"),
        ({"age": "old"}, "column 'age', row 1: 'old' is not a number"),
    ],
)
def test_rows_that_do_not_fit(refused, people, tmp_path, change, said):
    people.frame.assign(**change).to_csv(tmp_path / "x.csv", index=False)
    assert said in refused("evaluate", people.model, "x.csv")


def test_an_input_is_no_target(refused, people):
    said = refused("evaluate", people.model, people.csv, "--target", "age")
    assert "'age' is an input of the model" in said
