"""What is planted is found, with its column; what is not there is not found."""

import json

import numpy as np
import pytest

from cli.conftest import type_in
from report.conftest import FAST, customers, reported

LOUD = ("alert", "warning")


def codes(report, *levels):
    return {each["code"] for each in report["findings"] if each["level"] in (levels or LOUD)}


def found(report, code):
    return [each["values"] for each in report["findings"] if each["code"] == code]


@pytest.fixture
def trained_on(tmp_path):
    """A model of a table of one's own."""

    def train(frame, *words):
        path, model = tmp_path / "train.csv", tmp_path / "train.safetensors"
        frame.to_csv(path, index=False)
        said = type_in("train", path, "--target", "buys", *FAST, "-o", model, *words)
        assert said.code == 0, said.err
        return model

    return train


def test_where_nothing_is_planted_nothing_is_loud(world, held_out, tmp_path):
    assert not codes(held_out) - {"unfair_selected", "unfair_true_positive_rate",
                                  "unfair_false_positive_rate"}  # fmt: skip
    new = reported(world.model, customers(2000, seed=1), tmp_path)
    assert not codes(new)
    assert {"beats_prior", "no_slice", "carries"} <= codes(new, "good")
    assert "new_rows" in codes(new, "note")
    assert "age" in found(new, "carries")[0]["columns"]


def test_a_planted_leak_is_found(trained_on, tmp_path):
    frame = customers(1200)
    rng = np.random.default_rng(5)
    frame["paid"] = (frame.buys == "yes") * 10 + rng.normal(size=len(frame)).round(2)
    report = reported(trained_on(frame), frame[:600], tmp_path)
    assert [each["column"] for each in found(report, "leak")] == ["paid"]
    assert found(report, "one_column")[0]["column"] == "paid"


def test_planted_drift_is_found_by_column(world, tmp_path):
    frame = customers(2000, seed=2)
    frame["noise"] += 3
    frame.loc[frame.index % 3 == 0, "town"] = "Lyon"
    frame["member"] = frame.member.astype(object)
    frame.loc[frame.index % 2 == 0, "member"] = None
    report = reported(world.model, frame, tmp_path)
    assert {each["column"] for each in found(report, "drift")} == {"noise", "town", "member"}
    assert [each["column"] for each in found(report, "shift")] == ["noise"]


@pytest.mark.parametrize("label", ["yes", "no"])
def test_planted_miscalibration_is_found_with_its_direction(world, tmp_path, label):
    frame = customers(4000, seed=3)
    kept = (frame.buys != label) | (np.arange(len(frame)) % 4 == 0)
    report = reported(world.model, frame[kept], tmp_path)
    assert ("too_high" if label == "yes" else "too_low") in codes(report, "alert")
    assert "rate" in codes(report, "warning")


def test_answers_at_random_make_it_too_sure_or_worthless(world, tmp_path):
    frame = customers(4000, seed=4)
    rng = np.random.default_rng(6)
    flipped = rng.random(len(frame)) < 0.25
    frame["buys"] = np.where(flipped, np.where(frame.buys == "yes", "no", "yes"), frame.buys)
    assert "too_sure" in codes(reported(world.model, frame, tmp_path), "alert")
    frame["buys"] = rng.permutation(frame.buys)
    assert "not_beats_prior" in codes(reported(world.model, frame, tmp_path), "alert")


def test_an_unfair_slice_is_found_unasked_and_by_name(world, tmp_path):
    frame = customers(4000, seed=7)
    frame["group"] = np.where(np.arange(len(frame)) % 2 == 0, "one", "other")
    there = (frame.town == "Köln").to_numpy()
    frame.loc[there, "buys"] = np.where(frame[there].buys == "yes", "no", "yes")
    report = reported(world.model, frame, tmp_path, "--by", "town")
    assert found(report, "slice_wrong")[0]["slice"] == "town: Köln"
    unfair = found(report, "unfair_true_positive_rate")[0]
    assert unfair["low_group"] == "Köln"
    # A column that is no input can be asked for, and one that is no reason is none.
    other = reported(world.model, frame, tmp_path, "--by", "group")
    assert [each["column"] for each in found(other, "fair")] == ["group"]
    assert {each["low"] for each in other["fairness"]["groups"]} == {"one", "other"}


def test_a_threshold_that_calls_all_rows_alike_is_said(trained_on, tmp_path):
    frame = customers(600)
    for threshold, code in ((1.0, "calls_none"), (0.0, "calls_all"), (0.4, "at_threshold")):
        model = trained_on(frame, "--threshold", threshold, "--force")
        report = reported(model, customers(600, seed=1), tmp_path)
        told = codes(report, "warning", "note") & {"calls_none", "calls_all", "at_threshold"}
        assert told == {code}


def test_few_positives_are_said(world, tmp_path):
    frame = customers(1000, seed=8)
    few = frame[(frame.buys == "no") | (np.arange(len(frame)) < 20)]
    assert "few" in codes(reported(world.model, few, tmp_path), "alert")


def test_one_label_alone_is_judged_and_said(world, tmp_path):
    frame = customers(300, seed=9)
    report = reported(world.model, frame[frame.buys == "no"], tmp_path)
    assert report["scores"]["scores"]["auc"] is None
    assert report["scores"]["roc"] is None
    assert "few" in codes(report, "alert")


def test_rows_that_were_learnt_from_are_an_alarm(trained_on, tmp_path):
    frame = customers(800)
    model = trained_on(frame, "--valid", _written(customers(300, seed=1), tmp_path / "v.csv"))
    said = type_in("report", model, tmp_path / "train.csv", "--json")
    assert "learnt_rows" in codes(json.loads(said.out), "alert")


def test_by_another_target_nobody_can_tell_which_rows_were_held_out(trained_on, tmp_path):
    frame = customers(400).assign(again=lambda rows: rows.buys)
    model = trained_on(frame, "--drop", "again")
    said = type_in("report", model, tmp_path / "train.csv", "--target", "again", "--json")
    report = json.loads(said.out)
    assert report["scores"]["rows"] == 400
    assert "learnt_rows" in codes(report, "alert")


def _written(frame, path):
    frame.to_csv(path, index=False)
    return path


def test_missing_and_constant_columns_are_said(world, tmp_path):
    frame = customers(500, seed=10)
    frame.loc[frame.index % 5 != 0, "age"] = np.nan
    frame["town"] = "Ulm"
    frame.loc[:9, "buys"] = None
    report = reported(world.model, frame, tmp_path)
    assert [each["column"] for each in found(report, "missing")] == ["age"]
    assert found(report, "constant") == [{"columns": "town"}]
    assert found(report, "unanswered") == [{"rows": "10"}]
