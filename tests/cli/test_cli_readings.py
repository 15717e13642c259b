"""The shell and Python read a table alike, at training and after it."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trilayer import TableEncoder, TriLayerTableClassifier
from trilayer.modelfile import read
from trilayer.sources.lessons import Columns
from trilayer.sources.tables import learn, look

M = 200
RANDOM = np.random.default_rng(0)
NUMBER = RANDOM.normal(0, 10, M).round(2)
RED = RANDOM.random(M) < 0.5
DAYS = pd.date_range("2023-01-01", periods=M)
ANSWER = ((NUMBER > 0) ^ RED).astype(int)
TRAIN = ("--target", "y", "--hidden", 4, "--starts", 1, "--l2", 1, "--max-iter", 60, "-o", "m")

WRITTEN = {
    "gaps": ["?" if i % 10 == 0 else str(v) for i, v in enumerate(NUMBER)],
    "money": [f"${v}" for v in NUMBER],
    "share": [f"{v}%" for v in NUMBER],
    "comma": [f"{v:.2f}".replace(".", ",") for v in NUMBER],
    "groups": [f"{1000 * v:,.2f}" for v in NUMBER],
    "swapped": [f"{1000 * v:,.2f}".translate(str.maketrans(",.", ".,")) for v in NUMBER],
    "blanks": [f"{int(1000 * v):,}".replace(",", " ") for v in NUMBER],
    "hex": [hex(int(100 * (v + 100))) for v in NUMBER],
    "iso": DAYS.astype(str),
    "dmy": DAYS.strftime("%d/%m/%Y"),
    "mdy": DAYS.strftime("%m/%d/%Y %I:%M %p"),
    "named": DAYS.strftime("%d-%b-%Y"),
    "zones": [day.strftime("%Y-%m-%dT10:00:00") + "Z" * (i % 2) for i, day in enumerate(DAYS)],
    "none": ["\\N" if i % 7 == 0 else str(v) for i, v in enumerate(NUMBER)],
    "truth": np.where(RED, " True", "FALSE"),
    "maybe": np.where(np.arange(M) % 9 == 0, "Unknown", np.where(RED, "True", "False")),
    "word": np.where(RED, "red ", " blue"),
}
FRAME = pd.DataFrame({**WRITTEN, "y": ANSWER})


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def readings(path):
    """What the shell reads the columns of a file as."""
    return learn(look(path, Columns("y"))).encoder.readings_


def auc(trilayer, model, data):
    said = trilayer("evaluate", model, data, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)["auc"]


def test_a_file_and_its_frames_are_read_alike():
    FRAME.to_csv("t.csv", index=False)
    FRAME.to_parquet("t.parquet")
    shell = readings("t.csv")
    assert {name: each.kind for name, each in shell.items()} == {
        **dict.fromkeys(WRITTEN, "number"),
        **dict.fromkeys(["iso", "dmy", "mdy", "named", "zones"], "date"),
        "truth": "boolean",
        **dict.fromkeys(["maybe", "word"], "category"),
    }
    assert readings("t.parquet") == shell
    for options in ({}, {"dtype": str}, {"dtype_backend": "pyarrow"}):
        frame = pd.read_csv("t.csv", **options).drop(columns="y")
        assert TableEncoder().fit(frame).kinds_ == {n: each.kind for n, each in shell.items()}
    clf = TriLayerTableClassifier(l2s=[1.0], n_starts=1, random_state=0).fit(FRAME[["iso"]], ANSWER)
    assert clf.encoder_.kinds_ == {"iso": "date"}


@pytest.mark.parametrize("name", ["dmy", "swapped", "share", "hex", "zones", "maybe"])
def test_what_was_learnt_is_applied_to_every_row_after(trilayer, name):
    """A file alone, row by row, means what it meant among the others; model files keep it."""
    frame = FRAME[[name, "word", "y"]]
    frame.to_csv("t.csv", index=False)
    assert trilayer("train", "t.csv", *TRAIN, "--force").code == 0
    whole = trilayer("predict", "m", "t.csv").out.splitlines()
    frame.iloc[:1].to_csv("one.csv", index=False)
    assert trilayer("predict", "m", "one.csv").out.splitlines() == whole[:2]
    kept = read("m").encoder.readings
    assert kept == readings("t.csv")
    again = TableEncoder.from_fitted(read("m").encoder)
    assert again.to_state()[1] == read("m").encoder.to_state()[1]


def test_a_truth_value_has_one_spelling(trilayer):
    """Trained on True, False and Unknown, a model knows booleans, 0 and 1, and yes and no."""
    frame = pd.DataFrame({"num": NUMBER, "flag": FRAME["maybe"], "y": ANSWER})
    frame.to_csv("t.csv", index=False)
    assert trilayer("train", "t.csv", *TRAIN).code == 0
    frame.assign(flag=np.where(RED, "True", "False")).to_csv("same.csv", index=False)
    expected = auc(trilayer, "m", "same.csv")
    assert expected > 0.9
    for number, flag in enumerate(
        [RED, RED.astype(int), np.where(RED, "TRUE", "false"), np.where(RED, "yes", "no")]
    ):
        frame.assign(flag=flag).to_csv(f"{number}.csv", index=False)
        frame.assign(flag=flag).to_parquet(f"{number}.parquet")
        assert auc(trilayer, "m", f"{number}.csv") == expected
        assert auc(trilayer, "m", f"{number}.parquet") == expected


@pytest.mark.parametrize("how", [(), ("--stream",)])
def test_memory_and_stream_say_how_columns_were_read(trilayer, how):
    FRAME[["money", "dmy", "word", "y"]].to_csv("t.csv", index=False)
    said = trilayer("train", "t.csv", *TRAIN, *how)
    assert said.code == 0
    assert "read without '$'" in said.err
    assert "read as day/month/year" in said.err
    assert "word (2 levels)" in said.err
    assert trilayer("predict", "m", "t.csv").code == 0


def test_json_says_how_columns_were_read(trilayer):
    FRAME[["money", "dmy", "word", "y"]].to_csv("d.csv", index=False)
    told = json.loads(trilayer("train", "d.csv", *TRAIN, "--json").out)
    assert told["read_as"] == [
        {"column": "money", "kind": "number", "note": "read without '$'"},
        {"column": "dmy", "kind": "date", "note": "read as day/month/year"},
    ]


def test_blanks_around_a_category_do_not_count(trilayer):
    for name, word in (("bare", np.where(RED, "red", "blue")), ("blank", FRAME["word"])):
        pd.DataFrame({"num": NUMBER, "c": word, "y": ANSWER}).to_csv(f"{name}.csv", index=False)
    assert trilayer("train", "bare.csv", *TRAIN).code == 0
    first = trilayer("predict", "m", "bare.csv").out
    assert trilayer("predict", "m", "blank.csv").out == first
    assert trilayer("train", "blank.csv", *TRAIN, "--force").code == 0
    assert trilayer("predict", "m", "bare.csv").out == first


def test_words_for_nothing_are_no_labels_unless_there_would_be_one(trilayer):
    labels = np.where(ANSWER == 1, "yes", "no")
    frame = pd.DataFrame({"num": NUMBER, "word": FRAME["word"]})
    some = np.where(np.arange(M) % 10 == 0, "NA", labels)
    for name, answer, missing in (("some", some, 20), ("two", np.where(RED, "NA", "EU"), 0)):
        frame.assign(y=answer).to_csv(f"{name}.csv", index=False)
        frame.assign(y=answer).to_parquet(f"{name}.parquet")
        for data in (f"{name}.csv", f"{name}.parquet"):
            said = trilayer("train", data, *TRAIN, "--force", "--json")
            assert said.code == 0, said.err
            assert json.loads(said.out)["rows"]["without_answer"] == missing
            judged = json.loads(trilayer("evaluate", "m", data, "--json").out)
            assert judged["without_answer"] == missing


def test_what_a_person_says_is_kept_in_the_model(trilayer):
    frame = pd.DataFrame({
        "d": [f"0{1 + i % 9}/0{1 + i % 7}/2023" if i % 9 else "unknown" for i in range(M)],
        "n": [f"{abs(v):.3f}" if i % 9 else "-9999" for i, v in enumerate(NUMBER + 100)],
        "at": [int(day.timestamp()) for day in DAYS],
        "zip": [f"{i % 50:05d}" for i in range(M)], "y": ANSWER,
    })  # fmt: skip
    frame.to_csv("t.csv", index=False)
    refused = trilayer("train", "t.csv", *TRAIN)
    assert refused.code == 2
    assert "--missing 'unknown'" in refused.err or "--dayfirst" in refused.err
    told = ("--missing", "unknown", "--missing", "-9999", "--dayfirst", "--date", "at")
    more = ("--number", "zip", "--decimal", ".")
    said = trilayer("train", "t.csv", *TRAIN, *told, *more)
    assert said.code == 0, said.err
    encoder = read("m").encoder
    kinds = {"d": "date", "n": "number", "at": "date", "zip": "number"}
    assert encoder.kinds == kinds
    assert {c.name: c.n_missing > 0 for c in encoder.columns} == {
        "d": True, "n": True, "at": False, "zip": False,
    }  # fmt: skip
    assert trilayer("predict", "m", "t.csv").code == 0
    python = TableEncoder(
        missing=["unknown", "-9999"], dayfirst=True, date=["at"], number=["zip"], decimal="."
    ).fit(frame.drop(columns="y"))
    assert python.readings_ == encoder.readings
    again = TableEncoder.from_state(*python.to_state())
    assert again.get_params() == {
        **python.get_params(), "missing": ("unknown", "-9999"), "date": ("at",), "number": ("zip",),
    }  # fmt: skip
    rows = frame.drop(columns="y")
    assert again.transform(rows).tobytes() == python.transform(rows).tobytes()


def test_pandas_categories_are_categories_in_parquet_too(trilayer):
    frame = pd.DataFrame({
        "code": pd.Categorical(np.arange(M) % 5), "band": pd.cut(NUMBER, 6),
        "month": DAYS.to_period("M"), "y": ANSWER,
    })  # fmt: skip
    encoder = TableEncoder().fit(frame.drop(columns="y"))
    assert encoder.kinds_ == {"code": "category", "band": "category", "month": "date"}
    frame[["code", "y"]].to_parquet("t.parquet")
    assert {name: each.kind for name, each in readings("t.parquet").items()} == {"code": "category"}


def test_lists_of_numbers_and_texts_are_columns_of_their_own():
    rows = [[float(v), "ab"[int(r)]] for v, r in zip(NUMBER, RED, strict=True)]
    clf = TriLayerTableClassifier(l2s=[1.0], n_starts=1, random_state=0).fit(rows, ANSWER)
    assert list(clf.encoder_.kinds_.values()) == ["number", "category"]


def test_numbers_that_parquet_has_as_text_are_numbers_and_codes_codes():
    table = pa.table({"n": [str(v) for v in NUMBER], "zip": [f"{i:05d}" for i in range(M)]})
    sink = io.BytesIO()
    pq.write_table(table.append_column("y", pa.array(ANSWER)), sink)
    sink.seek(0)
    with open("t.parquet", "wb") as out:  # noqa: PTH123 - bytes that were made in memory
        out.write(sink.getvalue())
    encoder = learn(look("t.parquet", Columns("y"))).encoder
    assert encoder.kinds_ == {"n": "number"}
    assert "--number" in dict(encoder.dropped_)["zip"]
