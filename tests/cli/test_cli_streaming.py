"""`trilayer train` on tables read as a stream: the same words, the same model, bounded memory."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from trilayer import load
from trilayer.modelfile import read
from trilayer.select import presets, recipe
from trilayer.sources import opening, rowcache
from trilayer.sources.split import Split

from .conftest import make_people

WORDS = ("--target", "buys", "--id", "row", "--hidden", 4, "--max-iter", 20, "-o", "m", "--force")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def bits(path):
    """All of a model file's parameters."""
    params = read(path).params
    return np.concatenate([np.ravel(value) for value in vars(params).values()])


def test_the_words_and_the_model_are_those_of_a_table_in_memory(trilayer, people):
    said = trilayer("train", people.csv, *WORDS, "--stream", "--json")
    assert said.code == 0
    told = json.loads(said.out)
    assert told.keys() == people.trained.keys()
    assert re.match(r".*people\.csv: 500 rows, 5 columns .*, read as a stream\n", said.err)
    assert "the encoded rows take" in said.err
    assert told["rows"]["learnt"] + told["rows"]["held_out"] == 500
    assert told["network"]["auc"] > 0.8
    assert told["left_out"] == people.trained["left_out"]
    assert load("m").predict(people.frame).shape == (500,)


def test_where_the_rows_are_kept_leaves_no_trace(trilayer, people, monkeypatch):
    """Up to a few thousand rows, beyond, and with more than batches are taken from."""
    make_people(700, seed=3).to_csv("table.csv", index=False)
    small = {"SMALL": 100, "MIDDLE": 200, "CHOSEN_ON": 300, "BATCHED": 400}
    for changed in ({}, {"SMALL": 100}, {**small, "BATCHED": 10_000}, small):
        with monkeypatch.context() as patch:
            for name, value in changed.items():
                for module in (presets, recipe):
                    patch.setattr(module, name, value)
            found = []
            for where in ((), ("--stream",)):
                said = trilayer("train", "table.csv", "--target", "buys", "--id", "row", "-o", "m",
                    "--force", "--hidden", 3, "--starts", 2, *where)  # fmt: skip
                assert said.code == 0, said.err
                found.append(Path("m").read_bytes())
            assert found[0] == found[1]


def test_files_and_formats_leave_no_trace(trilayer, people, tmp_path):
    found = []
    parts = tmp_path / "parts"
    parts.mkdir()
    for number, start in enumerate(range(0, 500, 37)):
        people.frame[start : start + 37].to_parquet(parts / f"{number:02}.parquet", index=False)
    for data in (people.csv, people.parquet, parts):
        assert trilayer("train", data, *WORDS, "--stream").code == 0
        found.append(bits("m"))
    # Dates that CSV holds as text and Parquet as text are read alike only in CSV.
    assert np.array_equal(found[1], found[2])


def test_large_tables_are_streamed_by_themselves(trilayer, people, monkeypatch):
    assert "read as a stream" not in trilayer("train", people.csv, *WORDS).err
    size = people.csv.stat().st_size
    monkeypatch.setattr(opening, "memory", lambda: int(size / opening.SHARE) - 8)
    assert "read as a stream" in trilayer("train", people.csv, *WORDS).err
    monkeypatch.setattr(opening, "memory", lambda: int(size / opening.SHARE) + 8)
    assert "read as a stream" not in trilayer("train", people.csv, *WORDS).err


@pytest.mark.parametrize("name", ["people.csv", "people.csv.gz", "people.parquet"])
def test_sizes_are_of_what_is_unpacked(name, people, tmp_path):
    from trilayer.tables import find_tables
    from trilayer.tables.sizes import bytes_of

    path = tmp_path / name
    people.frame.to_parquet(path) if name.endswith("parquet") else people.frame.to_csv(path)
    plain = people.csv.stat().st_size
    assert plain / 3 < bytes_of(find_tables(path)) < plain * 3
    assert opening.memory() > 1 << 20


def test_the_rows_of_valid_are_judged_by(trilayer, people, tmp_path):
    make_people(200, seed=5).to_csv(tmp_path / "valid.csv", index=False)
    words = (*WORDS, "--stream", "--valid", tmp_path / "valid.csv", "--json")
    said = trilayer("train", people.csv, *words)
    assert json.loads(said.out)["rows"] == {"learnt": 500, "held_out": 200, "without_answer": 0}


def test_rows_without_an_answer_are_counted_wherever_they_are(trilayer, people, tmp_path):
    frame = people.frame.copy()
    frame.loc[::10, "buys"] = None
    frame.to_csv(tmp_path / "gaps.csv", index=False)
    said = trilayer("train", tmp_path / "gaps.csv", *WORDS, "--stream", "--json")
    rows = json.loads(said.out)["rows"]
    assert rows["without_answer"] == 50
    assert rows["learnt"] + rows["held_out"] == 450


def test_a_disk_too_small_is_refused(refused, people, monkeypatch, tmp_path):
    monkeypatch.setattr(rowcache.shutil, "disk_usage", lambda _: type("usage", (), {"free": 1000}))
    said = trilayer_words(refused, people, "--cache-dir", tmp_path)
    assert "1.0 kB are free there" in said
    assert "--cache-dir" in said


def trilayer_words(refused, people, *more):
    """Train on a stream that must be refused; return the last line of what is said."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("learning", "told"):
            patch.setattr(f"trilayer.cli.{module}.say", lambda _: None)
        return refused("train", people.csv, *WORDS[:-3], "--stream", *more)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--target", "nothing"), "no column 'nothing'"),
        (("--target", "name"), "different values"),
        (("--target", "buys", "--positive", "maybe"), "--positive 'maybe'"),
        (("--target", "buys", "--test-share", "0.0001"), "too few to hold out 0.0001"),
        (("--target", "buys", "--cache-dir", "absent"), "no cache can be kept there"),
    ],
)
def test_bad_input_is_one_sentence(refused, people, words, sentence, monkeypatch):
    for module in ("learning", "told"):
        monkeypatch.setattr(f"trilayer.cli.{module}.say", lambda _: None)
    assert sentence in refused("train", people.csv, *words, "--stream")


def test_rows_held_out_teach_nothing(trilayer, people, tmp_path):
    """Other values in them change neither the encoder nor the network."""
    split = Split(0, 0.2)
    split.see(pa.array(people.frame["buys"]), np.ones(500, dtype=bool))
    held = split.is_held(0, 500)
    changed = people.frame.copy()
    changed.loc[held, "age"] = 1000.0
    changed.loc[held, "job"] = "unheard of"
    changed.to_csv(tmp_path / "changed.csv", index=False)
    assert trilayer("train", people.csv, *WORDS, "--stream").code == 0
    before = bits("m")
    assert trilayer("train", tmp_path / "changed.csv", *WORDS, "--stream").code == 0
    assert np.array_equal(bits("m"), before)


def test_a_stream_is_gone_on_with_from_its_checkpoint(trilayer, people, monkeypatch):
    words = (*WORDS, "--stream", "--solver", "gd", "--l2", 1, "--checkpoint-every", 1)
    assert trilayer("train", people.csv, *words, "--checkpoint", "c").code == 0
    whole = bits("m")
    said = trilayer("train", people.csv, *words, "--resume", "c")
    assert said.code == 0, said.err
    assert np.array_equal(bits("m"), whole)


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from trilayer.cli import main
from trilayer.sources import opening
def impatient(*_):
    print("now", flush=True)
    signal.raise_signal(signal.SIGINT)
opening.Aside.add = impatient
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_while_the_rows_are_written_leaves_nothing(people, tmp_path):
    (tmp_path / "cache").mkdir()
    words = [str(word) for word in (people.csv, *WORDS, "--stream", "--cache-dir", "cache")]
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, "train", *words],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 130, done.stderr
    assert done.stderr.endswith("trilayer: interrupted\n")
    assert done.stdout.startswith("now")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache"]
    assert list((tmp_path / "cache").iterdir()) == []
