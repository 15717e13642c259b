"""Training from the shell: what it says, what it writes, what it must equal."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trilayer import load
from trilayer.cli import fitting
from trilayer.modelfile import read

from .conftest import make_people


def written(frame, path):
    frame.to_csv(path, index=False)
    return path


def trained(trilayer, data, *words, out="m"):
    said = trilayer("train", data, *words, "-o", out, "--json", "--force")
    assert said.code == 0, said.err
    return json.loads(said.out)


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_it_says_what_it_understood(trilayer, people):
    said = trilayer("train", people.csv, "--target", "buys", "--id", "row", "--hidden", 4)
    assert said.code == 0
    assert "chose l2=" in said.err
    assert "from 28 starts" in said.err
    assert "500 rows, 5 columns beside the target" in said.err
    assert "positive is 'yes' (the second in sorted order; --positive chooses)" in said.err
    assert "left out (nearly every value is different): name" in said.err
    assert "numbers: age (" in said.err
    assert "judged on 100 rows held out" in said.err
    assert "wrote people.safetensors" in said.err
    assert "On 100 held-out rows" in said.out
    for name in ("network, 112 hidden", "unit, no hidden layer", "class prior", "The hidden layer"):
        assert name in said.out


def test_the_summary_is_what_evaluate_finds(trilayer, people):
    part = np.arange(500) % 5 == 0
    written(people.frame[~part], "learn.csv")
    written(people.frame[part], "judge.csv")
    words = ("--target", "buys", "--valid", "judge.csv", "--threshold", 0.6)
    told = trained(trilayer, "learn.csv", *words)
    found = json.loads(trilayer("evaluate", "m", "judge.csv", "--json").out)
    for name, value in told["network"].items():
        assert found[name] == pytest.approx(value, rel=1e-12)
    assert told["rows"] == {"learnt": 400, "held_out": 100, "without_answer": 0}
    assert read("m").summary["network"] == told["network"]
    assert read("m").threshold == 0.6


def test_the_held_out_rows_teach_nothing(trilayer, people):
    """The encoder must not see them: a held-out table of other ages changes no input."""
    part = np.arange(500) % 5 == 0
    written(people.frame[~part], "learn.csv")
    for shift in (0, 1000):
        judge = people.frame[part].assign(age=people.frame.age + shift)
        written(judge, f"judge{shift}.csv")
    for shift in (0, 1000):
        words = ("--target", "buys", "--valid", f"judge{shift}.csv")
        trained(trilayer, "learn.csv", *words, out=f"m{shift}")
    one, other = (load(f"m{shift}").predict_proba(people.frame) for shift in (0, 1000))
    np.testing.assert_array_equal(one, other)


def test_the_same_seed_gives_the_same_model(trilayer, people):
    models = [
        trained(trilayer, people.csv, "--target", "buys", "--seed", seed) | {"seconds": 0}
        for seed in (1, 1, 2)
    ]
    assert models[0] == models[1] != models[2]


def test_a_share_is_held_out_in_proportion(trilayer, people):
    told = trained(trilayer, people.csv, "--target", "buys", "--test-share", 0.4)
    assert told["rows"]["held_out"] == pytest.approx(200, abs=2)
    assert told["rows"]["learnt"] == 500 - told["rows"]["held_out"]
    confusion = told["network"]["confusion"]
    rate = (people.frame.buys == "yes").mean()
    assert told["positive_rate"] == pytest.approx(rate, abs=0.005)
    positives = confusion["true_positive"] + confusion["false_negative"]
    assert positives == pytest.approx(200 * rate, abs=2)


def test_without_a_hidden_layer_there_is_nothing_to_compare(trilayer, people):
    told = trained(trilayer, people.csv, "--target", "buys", "--hidden", 0)
    assert told["baselines"]["unit"] is None
    assert told["hidden_layer_earns_its_place"] is None
    assert read("m").params.n2 == 0


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ((True, False), (True, False)),
        ((1, 0), (1, 0)),
        ((2.0, -1.0), (2, -1)),
        (("Ja", "1"), ("Ja", "1")),
    ],
)
def test_any_two_labels_will_do(trilayer, people, values, labels):
    """From CSV and from Parquet, whole numbers as floats included."""
    yes = people.frame.buys == "yes"
    frame = people.frame.assign(buys=np.where(yes, *np.array(values, dtype=object)))
    written(frame, "x.csv")
    frame.infer_objects().assign(since=pd.to_datetime(frame.since)).to_parquet("x.parquet")
    scores = []
    for name in ("x.csv", "x.parquet"):
        words = ("--target", "buys", "--positive", str(labels[0]).lower())
        if isinstance(labels[0], str):
            words = (*words[:-1], labels[0])
        told = trained(trilayer, name, *words)
        assert (told["positive"], told["negative"]) == labels
        scores.append(told["network"]["log_loss"])
        for other in ("x.csv", "x.parquet"):
            found = json.loads(trilayer("evaluate", "m", other, "--json").out)
            scores.append(found["log_loss"])
        predicted = trilayer("predict", "m", "x.csv").out.splitlines()[1].split(",")[-1]
        assert predicted in {str(label).lower() for label in labels} | set(map(str, labels))
    assert scores[:3] == pytest.approx(scores[3:], rel=1e-9)


def test_other_arrow_types_of_a_target(trilayer, people):
    yes = (people.frame.buys == "yes").to_numpy()
    columns = {
        "tiny": pa.array(yes.astype("int8")),
        "named": pa.array(np.where(yes, "a", "b")).dictionary_encode(),
        "price": pa.array(yes.astype("int64")).cast(pa.decimal128(21, 2)),
    }
    for name, values in columns.items():
        pq.write_table(pa.table({"age": people.frame.age, "y": values}), f"{name}.parquet")
        told = trained(trilayer, f"{name}.parquet", "--target", "y")
        assert json.loads(trilayer("evaluate", "m", f"{name}.parquet", "--json").out)["rows"] == 500
        assert told["positive"] != told["negative"]
    huge = pa.array(yes * 2.0**60)  # where floats no longer tell whole numbers apart
    pq.write_table(pa.table({"age": people.frame.age, "y": huge}), "huge.parquet")
    assert trilayer("train", "huge.parquet", "--target", "y").code == 2


def test_rows_without_an_answer_are_left_out(trilayer):
    frame = make_people(300)
    number = (frame.buys == "yes").astype(float)
    number[:50] = np.nan
    frame.assign(buys=number).to_parquet("x.parquet")
    told = trained(trilayer, "x.parquet", "--target", "buys")
    assert told["rows"]["without_answer"] == 50
    said = trilayer("train", "x.parquet", "--target", "buys", "--force")
    assert "50 rows without a target left out" in said.err


def test_columns_are_what_they_are_said_to_be(trilayer, people):
    told = trained(trilayer, people.csv, "--target", "buys", "--drop", "since", "--id", "row")
    assert [each["column"] for each in told["left_out"]] == ["name"]
    assert told["columns"] == 3
    frame = people.frame.assign(code=np.arange(500) % 3)
    told = trained(trilayer, written(frame, "x.csv"), "--target", "buys", "--categorical", "code")
    kinds = {
        c["column"]: c["kind"]
        for c in json.loads(trilayer("inspect", "m", "--json").out)["columns"]
    }
    assert kinds["code"] == "category"


def test_rare_levels_and_gaps_are_told(trilayer, people):
    job = people.frame.job.copy()
    job[:3] = ["once", "twice", "twice"]
    job[3:9] = None
    frame = people.frame.assign(job=job, mark=[None] * 400 + ["x"] * 100)
    said = trilayer("train", written(frame, "x.csv"), "--target", "buys")
    assert "job (4 levels, 2 rare, " in said.err
    assert "only whether a value is there counts" in said.err


def test_weight_decay_is_chosen_where_nobody_says_how_to_train(trilayer, people):
    told = trained(trilayer, people.csv, "--target", "buys", "--hidden", 2)
    best = min(told["tried"], key=lambda each: each["log_loss"])
    assert (told["l2"], told["hidden"], told["starts"]) == (best["l2"], 56, 28)
    assert len(told["tried"]) > 1


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (("--l2", 0.5), {"l2": 0.5}),
        (("--solver", "adam"), {"solver": "adam", "iterations": 30}),
        (("--learning-rate", 0.02), {"solver": "adam", "iterations": 30}),
        (("--starts", 3), {"starts": 3}),
    ],
)
def test_an_option_changes_what_it_says_and_nothing_else(trilayer, people, words, changed):
    table = ("--target", "buys", "--id", "row", "--hidden", 2)
    told, other = (trained(trilayer, people.csv, *table, *more) for more in ((), words))
    for key, value in changed.items():
        assert other[key] == value
    for key in {"inputs", "columns", "left_out", "starts", "rows"} - changed.keys():
        assert other[key] == told[key]
    assert ({each["l2"] for each in other["tried"]} == {0.5}) == ("l2" in changed)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--max-iter", 2), "network: stopped at --max-iter 2 before it had converged"),
        (("--max-seconds", 1e-9), "network: stopped at --max-seconds after 0 iterations"),
    ],
)
def test_what_did_not_end_well_is_said(trilayer, people, words, said):
    assert said in trilayer("train", people.csv, "--target", "buys", *words).err


def test_a_run_that_leaves_the_numbers_is_explained(trilayer, people, monkeypatch):
    class Diverging(fitting.TriLayerClassifier):
        def adopt(self, *trained):
            super().adopt(*trained).stop_reason_ = "diverged"

    monkeypatch.setattr(fitting, "TriLayerClassifier", Diverging)
    words = ("--target", "buys", "--max-iter", 4, "--l2", 1)
    said = trilayer("train", people.csv, *words)
    assert "network: left the finite numbers after 4 iterations" in said.err
    assert "lower --learning-rate" in said.err


def test_a_run_that_never_gets_going_writes_nothing(trilayer, people, tmp_path):
    words = ("--target", "buys", "--solver", "sgd", "--learning-rate", 1e300)
    said = trilayer("train", people.csv, *words)
    assert (said.code, said.out) == (2, "")
    assert "use a smaller --learning-rate" in said.err.splitlines()[-1]
    assert not list(tmp_path.glob("*.safetensors"))


@pytest.mark.parametrize(
    ("data", "model"),
    [
        ("a.csv.gz", "a.safetensors"),
        ("b.parquet", "b.safetensors"),
        ("2024.01.csv", "2024.01.safetensors"),
        ("folder", "folder.safetensors"),
    ],
)
def test_the_model_is_named_after_the_data(trilayer, people, tmp_path, data, model):
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / data
    if data == "folder":
        path.mkdir()
        people.frame.to_csv(path / "part.csv", index=False)
    elif data.endswith("parquet"):
        people.frame.to_parquet(path)
    else:
        people.frame.to_csv(path, index=False)
    assert trilayer("train", path, "--target", "buys", "--max-iter", 3).code == 0
    assert [p.name for p in tmp_path.glob("*.safetensors")] == [model]


def test_the_fingerprint_is_that_of_the_files(trilayer, people, tmp_path):
    import hashlib

    (tmp_path / "parts").mkdir()
    for name, part in (("a", people.frame[:250]), ("b", people.frame[250:])):
        written(part, tmp_path / "parts" / f"{name}.csv")
    trained(trilayer, "parts", "--target", "buys", "--max-iter", 2)
    parts = [(tmp_path / "parts" / name).read_bytes() for name in ("a.csv", "b.csv")]
    digest = hashlib.sha256(b"".join(parts)).hexdigest()
    expected = {"files": ["a.csv", "b.csv"], "rows": 500, "sha256": digest}
    assert read("m").fingerprint == expected
