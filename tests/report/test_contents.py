"""The report's figures: those of scikit-learn, of training, and of the definitions."""

import hashlib
import json
import shlex
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sklearn import metrics

from cli.conftest import type_in
from report.conftest import FAST, customers, reported
from trilayer.cli.model import load_model
from trilayer.report import judge, report_on
from trilayer.report import judged as judged_module
from trilayer.report.importance import important
from trilayer.report.transplant import of_values, pieces_of, transplanted
from trilayer.tables import Block, Places, find_tables
from trilayer.tables.places import Span


@pytest.fixture(scope="module")
def model(world):
    return load_model(str(world.model))


@pytest.fixture(scope="module")
def rows(world, model):
    return judge(model, find_tables([world.csv]))


def test_the_rows_held_out_are_judged_and_no_others(world, held_out):
    scores, trained = held_out["scores"], world.trained["network"]
    assert held_out["data"]["which"] == "held_out"
    assert scores["rows"] == trained["rows"]
    assert scores["confusion"] == trained["confusion"]
    for name in ("auc", "log_loss", "brier", "ece", "accuracy"):
        assert scores["scores"][name]["value"] == pytest.approx(trained[name], rel=1e-12)
    assert scores["beside"]["prior"] == world.trained["baselines"]["prior"]
    assert scores["beside"]["unit"] == world.trained["baselines"]["unit"]


@pytest.mark.parametrize("words", [(), ("--seed", 3, "--test-share", 0.37), ("--positive", "no")])
def test_whatever_the_split_was(tmp_path, words):
    customers(700, seed=11).to_csv(tmp_path / "t.csv", index=False)
    done = type_in(
        "train", tmp_path / "t.csv", "--target", "buys", *FAST, *words,
        "-o", tmp_path / "m.safetensors", "--json",
    )  # fmt: skip
    told = json.loads(
        type_in("report", tmp_path / "m.safetensors", tmp_path / "t.csv", "--json").out
    )
    assert told["scores"]["confusion"] == json.loads(done.out)["network"]["confusion"]


def test_the_command_gives_the_byte_identical_model(world, held_out, tmp_path, monkeypatch):
    command, *words = shlex.split(held_out["card"]["command"])
    assert command == "trilayer"
    (tmp_path / world.csv.name).write_bytes(world.csv.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert type_in(*words).code == 0
    again = tmp_path / world.model.name
    assert again.read_bytes() == world.model.read_bytes()


def test_so_it_does_with_options_of_every_kind(tmp_path, monkeypatch):
    folder = tmp_path / "first"
    folder.mkdir()
    frame = customers(400).rename(columns={"age": "-age", "buys": "it buys"})
    frame.to_csv(folder / "-a b.csv", index=False)
    customers(150, seed=1).rename(columns={"age": "-age", "buys": "it buys"}).to_csv(
        folder / "valid.csv", index=False
    )
    monkeypatch.chdir(folder)
    words = (
        "--target", "it buys", "--positive", "no", "--categorical=-age", "--drop", "noise",
        "--missing=-9999", "--missing", "un known", "--no-dayfirst", "--valid", "valid.csv",
        "--threshold", 0.3, "--seed", 4, "--hidden", 2, "--starts", 2, "--max-iter", 20,
        "--l2", 0.5, "--threads", 2,
    )  # fmt: skip
    said = type_in("train", "./-a b.csv", *words, "-o", "m.safetensors")
    assert said.code == 0, said.err
    printed = type_in("report", "m.safetensors", "valid.csv", "--json")
    command = json.loads(printed.out)["card"]["command"]
    assert str(tmp_path) not in command
    before = (folder / "m.safetensors").read_bytes()
    assert type_in(*shlex.split(command)[1:], "--force").code == 0
    assert (folder / "m.safetensors").read_bytes() == before


def test_curves_are_those_of_scikit_learn(rows, held_out):
    p = 1 / (1 + np.exp(-rows.Z))
    scores = held_out["scores"]
    assert scores["scores"]["average_precision"]["value"] == pytest.approx(
        metrics.average_precision_score(rows.positive, p), rel=1e-12
    )
    fpr, tpr, _ = metrics.roc_curve(rows.positive, p, drop_intermediate=False)
    theirs = set(zip(fpr.round(12), tpr.round(12), strict=True))
    ours = set(zip(np.round(scores["roc"]["x"], 12), np.round(scores["roc"]["y"], 12), strict=True))
    assert ours <= theirs
    assert len(ours) > 50


def test_every_step_of_the_threshold_counts_right(rows, held_out):
    p = 1 / (1 + np.exp(-rows.Z))
    steps = held_out["scores"]["steps"]
    for threshold, tp, fp in zip(
        steps["threshold"], steps["true_positive"], steps["false_positive"], strict=True
    ):
        said = p >= threshold - 1e-15
        assert (tp, fp) == (np.sum(said & rows.positive), np.sum(said & ~rows.positive))


def test_intervals_hold_their_value_and_narrow_with_the_rows(world, held_out, tmp_path):
    many = reported(world.model, customers(6000, seed=12), tmp_path)
    for name, few in held_out["scores"]["scores"].items():
        more = many["scores"]["scores"][name]
        for each in (few, more):
            assert each["low"] <= each["value"] <= each["high"], name
        assert more["high"] - more["low"] < few["high"] - few["low"], name


def test_an_interval_of_the_auc_is_as_wide_as_theory_says(held_out, rows):
    """Hanley and McNeil (1982)."""
    found = held_out["scores"]["scores"]["auc"]
    a, n1 = found["value"], int(rows.positive.sum())
    n0 = rows.m - n1
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    error = np.sqrt((a * (1 - a) + (n1 - 1) * (q1 - a * a) + (n0 - 1) * (q2 - a * a)) / (n0 * n1))
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * error, rel=0.25)


def test_the_reliability_of_true_probabilities_is_the_diagonal(rows):
    rng = np.random.default_rng(0)
    Z = rng.normal(0, 1.5, 20_000)
    true = replace(rows, Z=Z, positive=rng.random(20_000) < 1 / (1 + np.exp(-Z)))
    from trilayer.report.reliability import calibrated

    found = calibrated(true)
    assert found["error"] < found["chance"]
    assert found["slope"] == pytest.approx(1, abs=0.05)
    assert found["intercept"] == pytest.approx(0, abs=0.05)
    smooth = {name: np.array(each) for name, each in found["smooth"].items()}
    inside = (smooth["low"] <= smooth["probability"]) & (smooth["probability"] <= smooth["high"])
    assert inside.mean() > 0.7
    assert np.abs(smooth["frequency"] - smooth["probability"]).max() < 0.04


def test_a_transplant_is_what_encoding_the_table_gives(rows, model):
    """For every column: shuffle it in the table, or in the inputs."""
    order = np.random.default_rng(0).permutation(len(rows.inputs))
    pieces = dict(zip(model.encoding.readings, pieces_of(rows.inputs.layout), strict=True))
    for name, piece in pieces.items():
        columns = {each: rows.rows[each].combine_chunks() for each in model.encoding.readings}
        columns[name] = columns[name].take(pa.array(order))
        batch = pa.RecordBatch.from_pydict(columns)
        block = Block(batch, Places((Span("", 0, len(order)),)))
        expected = model.encoding.inputs(block).dense()
        found = transplanted(rows.inputs, rows.inputs, order, piece)
        np.testing.assert_array_equal(found.dense(), expected)


def test_one_value_for_all_rows_is_that_value_encoded(rows, model):
    values = pa.array([25.0, None], pa.float64())
    donor = of_values(model.encoding, rows.rows, "age", values)
    piece = pieces_of(rows.inputs.layout)[0]
    kept = rows.inputs[:40]
    found = transplanted(kept, donor, np.zeros(40, dtype=int), piece)
    batch = pa.RecordBatch.from_pydict(
        {
            each: pa.array([25.0] * 40) if each == "age" else rows.rows[each].combine_chunks()[:40]
            for each in model.encoding.readings
        }
    )
    expected = model.encoding.inputs(Block(batch, Places((Span("", 0, 40),))))
    np.testing.assert_array_equal(found.dense(), expected.dense())


def test_columns_rank_by_what_they_do(held_out):
    order = [each["column"] for each in held_out["importance"]["columns"]]
    assert order[0] == "age"
    assert set(order[:3]) == {"age", "town", "member"}
    assert all(
        each["low"] <= each["rise"] <= each["high"] for each in held_out["importance"]["columns"]
    )


def test_a_unit_has_no_interactions_and_a_network_may(tmp_path):
    rng = np.random.default_rng(0)
    frame = customers(900)
    frame["u"], frame["v"] = rng.normal(size=(2, 900)).round(3)
    frame["buys"] = np.where((frame.u > 0) == (frame.v > 0), "yes", "no")
    frame = frame[["u", "v", "noise", "buys"]]
    frame.to_csv(tmp_path / "t.csv", index=False)
    found = {}
    for hidden in (0, 8):
        path = tmp_path / f"{hidden}.safetensors"
        words = ("--target", "buys", "--hidden", hidden, "--starts", 1, "--l2", 0.1)
        assert type_in("train", tmp_path / "t.csv", *words, "-o", path).code == 0
        report = json.loads(type_in("report", path, tmp_path / "t.csv", "--json").out)
        found[hidden] = report["dependence"]["pairs"]
    assert all(pair["h2"] < 1e-9 for pair in found[0])
    assert set(found[8][0]["columns"]) == {"u", "v"}
    assert found[8][0]["h2"] > 0.5


def test_dependence_rises_where_the_answer_does(held_out):
    curve = next(each for each in held_out["dependence"]["columns"] if each["column"] == "age")
    assert curve["mean"][-1] > curve["mean"][0] + 0.3
    assert all(len(single) == len(curve["values"]) for single in curve["single"])
    assert all(
        a <= b <= c for a, b, c in zip(curve["low"], curve["mean"], curve["high"], strict=True)
    )


def test_large_tables_are_sampled_alike_however_they_are_cut(world, model, monkeypatch):
    monkeypatch.setattr(judged_module, "SAMPLE", 100)
    whole = judge(model, find_tables([world.csv]))
    monkeypatch.setattr("trilayer.modelfile.predicting.rows_for", lambda _: 37)
    parts = judge(model, find_tables([world.csv]))
    assert len(whole.at) == len(parts.at) == 100
    np.testing.assert_array_equal(whole.at, parts.at)
    np.testing.assert_array_equal(whole.Z, parts.Z)
    assert whole.rows.equals(parts.rows)
    np.testing.assert_array_equal(whole.inputs.dense(), parts.inputs.dense())


def test_effort_is_bounded_by_taking_fewer_rows(model, rows, monkeypatch):
    monkeypatch.setattr("trilayer.report.importance._EFFORT", 1.0)
    monkeypatch.setattr("trilayer.report.importance.FEWEST_ROWS", 50)
    assert important(model, rows)["rows"] == 50


def test_the_same_rows_give_the_same_report(model, rows):
    assert report_on(model, rows) == report_on(model, rows)


def test_the_card_tells_the_data(world, held_out):
    digest = hashlib.sha256(world.csv.read_bytes()).hexdigest()
    assert held_out["card"]["trained_on"]["sha256"] == digest
    assert held_out["card"]["judged_on"] == {"files": [world.csv.name], "sha256": digest}
    assert held_out["card"]["versions"]["trilayer"]
    assert str(world.folder) not in json.dumps(held_out)
