"""A table that changes while `trilayer train` reads it: noticed, and refused in one sentence."""

import gzip
import hashlib
import os

import pandas as pd
import pytest

from trilayer.cli import learning
from trilayer.modelfile import read
from trilayer.select import dataset
from trilayer.tables import scanning

from .conftest import make_people

WORDS = (
    "--target",
    "buys",
    "--id",
    "row",
    "--hidden",
    2,
    "--max-iter",
    5,
    "--l2",
    1,
    "--starts",
    1,
    "-o",
    "m",
    "--force",
)
ANSWERS = {"yes": "no", "no": "yes"}
FORMS = ["csv", "csv.gz", "parquet"]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(frame, path):
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
        return
    data = frame.to_csv(index=False).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def flipped(frame):
    return frame.assign(buys=frame["buys"].map(ANSWERS))


def flip_unseen(path, frame):
    """Other answers in as many bytes, at the same time."""
    before = path.stat()
    write(flipped(frame), path)
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES = {
    "flip": lambda path, frame: write(flipped(frame), path),
    "cut": lambda path, frame: write(frame[:250], path),
    "grow": lambda path, frame: write(pd.concat([frame, frame[:100]]), path),
    "label": lambda path, frame: write(frame.replace({"buys": {"yes": "maybe"}}), path),
    "gone": lambda path, _: path.unlink(),
    "touch": lambda path, _: os.utime(path, ns=(1, 1)),
}
SAYS = {
    "cut": " bytes at first, then ",
    "grow": " bytes at first, then ",
    "gone": "it is gone",
    "touch": "it was written to",
}


def same_count_of_answers():
    """People with as many of one answer as of the other, so that the flip has the same size."""
    frame = make_people(500)
    few = frame["buys"].value_counts().min()
    return pd.concat([frame[frame["buys"] == each][:few] for each in ANSWERS]).sort_index()


def after(monkeypatch, room, name, change):
    """Let something happen once a function has returned."""
    original = getattr(room, name)

    def changed(*args, **kwargs):
        found = original(*args, **kwargs)
        change()
        return found

    monkeypatch.setattr(room, name, changed)


def refused(said):
    """Check that a sentence refused the table, and that nothing is left of it."""
    assert said.code == 2
    assert said.out == ""
    *_, sentence = said.err.splitlines()
    assert sentence.startswith("trilayer: ")
    assert "people" in sentence
    assert ": changed while it was read (" in sentence
    assert sentence.endswith("): start again on a table that stays as it is")
    assert "Traceback" not in said.err
    assert not os.path.lexists("m")
    return sentence


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize(
    ("between", "stream"), [("look", ()), ("look", ("--stream",)), ("read_table", ("--stream",))]
)
def test_a_table_that_changes_between_two_passes(
    between, stream, how, form, trilayer, tmp_path, monkeypatch
):
    path, frame = tmp_path / f"people.{form}", make_people(500)
    write(frame, path)
    after(monkeypatch, learning, between, lambda: CHANGES[how](path, frame))
    sentence = refused(trilayer("train", path, *WORDS, *stream))
    if form == "csv":
        assert SAYS.get(how, "") in sentence


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_bytes_that_change_unseen_are_noticed(form, trilayer, tmp_path, monkeypatch):
    path, frame = tmp_path / f"people.{form}", same_count_of_answers()
    write(frame, path)
    after(monkeypatch, learning, "read_table", lambda: flip_unseen(path, frame))
    sentence = refused(trilayer("train", path, *WORDS, "--stream"))
    assert "its size and time are what they were, its bytes are not" in sentence


def test_parquet_in_memory_is_what_the_fingerprint_says(trilayer, tmp_path, monkeypatch):
    path, frame = tmp_path / "people.parquet", same_count_of_answers()
    write(frame, path)
    after(monkeypatch, learning, "read_table", lambda: flip_unseen(path, frame))
    refused(trilayer("train", path, *WORDS))


@pytest.mark.parametrize("stream", [(), ("--stream",)])
def test_what_happens_to_a_file_after_the_last_pass_is_no_matter(
    stream, trilayer, tmp_path, monkeypatch
):
    path = tmp_path / "people.csv"
    write(make_people(500), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    after(monkeypatch, dataset, "sha256_of", path.unlink)
    assert trilayer("train", path, *WORDS, *stream).code == 0
    assert read("m").fingerprint["sha256"] == digest


@pytest.mark.parametrize("stream", [(), ("--stream",)])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("files", [1, 3])
def test_the_fingerprint_is_of_the_bytes_on_disk(files, form, stream, trilayer, tmp_path):
    folder = tmp_path / "people"
    folder.mkdir()
    frame = make_people(500)
    for number in range(files):
        write(frame[number::files], folder / f"{number}.{form}")
    assert trilayer("train", folder, *WORDS, *stream).code == 0
    data = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    assert read("m").fingerprint["sha256"] == hashlib.sha256(data).hexdigest()


def test_the_table_of_valid_and_that_of_a_checkpoint_are_held_too(trilayer, tmp_path, monkeypatch):
    path, valid = tmp_path / "people.parquet", tmp_path / "valid-people.csv"
    frame = same_count_of_answers()
    write(frame, path)
    write(frame, valid)
    words = (*WORDS, "--stream", "--valid", valid, "--checkpoint")
    with monkeypatch.context() as patch:
        after(patch, learning, "look", lambda: flip_unseen(valid, frame))
        assert "valid-people.csv" in refused(trilayer("train", path, *words, "a"))
    with monkeypatch.context() as patch:
        # The checkpoint has the bits of what was there before the first pass.
        original = learning.look
        patch.setattr(learning, "look", lambda *a: (flip_unseen(path, frame), original(*a))[1])
        assert "people.parquet" in refused(trilayer("train", path, *words, "b"))
    assert trilayer("train", path, *words, "c").code == 0


def test_a_prediction_from_a_file_that_changes_meanwhile(trilayer, people, tmp_path, monkeypatch):
    path, frame = tmp_path / "people.csv", make_people(500)
    write(frame, path)
    after(monkeypatch, scanning, "require_columns", lambda: CHANGES["grow"](path, frame))
    said = trilayer("predict", people.model, path, "-o", "out.csv")
    assert said.code == 2
    assert "people.csv: changed while it was read" in said.err
    assert not (tmp_path / "out.csv").exists()
