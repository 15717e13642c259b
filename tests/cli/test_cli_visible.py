"""No control character of a table or a model file reaches a terminal in words."""

import json
import os
import pty
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trilayer import load, save
from trilayer.cli.visible import visible, visible_lines

CODES = [*range(32), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F),
         *range(0x2066, 0x206A)]  # fmt: skip
BAD = "".join(map(chr, CODES))
CLEAR = "\x1b[2J"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, trilayer):
    """A folder with a table whose names, levels and labels are full of them, and its model."""
    here = tmp_path_factory.mktemp("hostile") / f"dir{CLEAR}"
    here.mkdir()
    rng = np.random.default_rng(0)
    numbers = {f"n{BAD}": rng.normal(size=200), f"{CLEAR}more": rng.normal(size=200)}
    texts = {
        f"constant{BAD}": ["x"] * 200,
        f"c{BAD}": rng.choice([BAD, f"x{CLEAR}", "plain"], 200).tolist(),
        f"y{BAD}": rng.choice([f"no{BAD}", f"yes{BAD}"], 200).tolist(),
    }
    pq.write_table(pa.table(numbers | texts), here / f"t{CLEAR}.parquet")
    target = ("--target", f"y{BAD}", "--hidden", 1, "--starts", 1, "--l2", 1)
    said = trilayer("train", here / f"t{CLEAR}.parquet", *target, "-o", here / f"m{CLEAR}")
    assert said.code == 0
    shown(said)
    return here


def shown(said):
    """Hold what a command wrote against the law."""
    assert not set(said.out + said.err) & (set(BAD) - {"\n"})
    assert "Traceback" not in said.err
    return said


@pytest.mark.parametrize("name", ["inspect", "inspect --json", "check", "check --json"])
def test_commands_on_the_model(hostile, trilayer, name):
    command, *rest = name.split()
    assert shown(trilayer(command, hostile / f"m{CLEAR}", *rest)).code == 0


@pytest.mark.parametrize("name", ["evaluate", "evaluate --json", "trace", "trace --json"])
def test_commands_on_model_and_table(hostile, trilayer, name):
    command, *rest = name.split()
    said = trilayer(command, hostile / f"m{CLEAR}", hostile / f"t{CLEAR}.parquet", *rest)
    assert shown(said).code == 0
    if rest:  # there they are escaped, and are what they were when they are read
        assert BAD in "".join(texts(json.loads(said.out)))


def texts(told):
    """All texts of a JSON value."""
    if isinstance(told, dict):
        told = [*told, *told.values()]
    if isinstance(told, list):
        return [text for each in told for text in texts(each)]
    return [told] if isinstance(told, str) else []


@pytest.mark.parametrize(
    "words",
    [
        ("train", "{t}", "--target", f"none{BAD}"),
        ("train", "{t}", "--target", f"c{BAD}"),
        ("train", "{t}", "--target", f"y{BAD}", "--positive", BAD),
        ("train", "{t}", "--target", f"y{BAD}", "--drop", f"{CLEAR}nor"),
        ("train", f"there is no {CLEAR}", "--target", "y"),
        ("predict", "{m}", "{t}", "--id", f"none{BAD}"),
        ("predict", "{m}", "{m}"),
        ("predict", "{t}", "{t}"),
        ("evaluate", "{m}", "{t}", "--target", f"c{BAD}"),
        ("evaluate", "{m}", "{t}", f"--what{BAD}"),
        ("inspect", "{m}", f"more{BAD}"),
        ("lab", "{t}", "--target", f"none{BAD}"),
        (f"la{BAD}",),
        ("demo", "--seed", CLEAR),
    ],
)
def test_refusals(hostile, trilayer, words):
    places = {"{t}": hostile / f"t{CLEAR}.parquet", "{m}": hostile / f"m{CLEAR}"}
    said = shown(trilayer(*(places.get(word, word) for word in words)))
    assert said.code == 2
    assert said.err.count("\n") == 1


def test_whatever_a_model_file_holds_is_shown(hostile, trilayer, tmp_path):
    model = load(hostile / f"m{CLEAR}")
    for summary in (BAD, [BAD], {BAD: BAD}, {"network": {"auc": BAD}, "verdict": BAD}):
        save(model, tmp_path / "m", summary=summary, fingerprint=summary, force=True)
        assert shown(trilayer("inspect", tmp_path / "m")).code == 0


def test_data_down_a_pipe_stay_what_they_are(hostile, trilayer):
    said = trilayer("predict", hostile / f"m{CLEAR}", hostile / f"t{CLEAR}.parquet")
    rows = pq.read_table(hostile / f"t{CLEAR}.parquet")
    assert set(pd.unique(rows[f"y{BAD}"].to_pandas())) == {f"no{BAD}", f"yes{BAD}"}
    assert f"yes{BAD}" in said.out


def test_data_on_a_terminal_show(hostile):
    ours, theirs = pty.openpty()
    words = ("predict", hostile / f"m{CLEAR}", hostile / f"t{CLEAR}.parquet")
    child = subprocess.Popen(
        [sys.executable, "-m", "trilayer", *map(str, words)], stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    seen = bytearray()
    try:
        while chunk := os.read(ours, 1 << 16):
            seen += chunk
    except OSError:  # how Linux tells that the other end is closed
        pass
    os.close(ours)
    assert child.wait(60) == 0
    text = seen.decode()
    assert len(text.splitlines()) > 200
    assert visible(f"yes{CLEAR}")[3:] not in text  # its labels hold all codes, not this one
    assert "yes\\x00\\x01" in text
    assert not set(text) & (set(BAD) - {"\n", "\r", "\t"})


@given(st.text())
def test_what_only_shows_stays(text):
    assert set(visible(text)).isdisjoint(BAD)
    assert visible(visible(text)) == visible(text)
    assert "\n".join(map(visible_lines, text.split("\n"))) == visible_lines(text)
    if set(text).isdisjoint(BAD):
        assert visible(text) == text
