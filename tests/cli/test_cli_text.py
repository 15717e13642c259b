"""Files as other programs write them: packed, in another encoding, without a header."""

import bz2
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trilayer.modelfile import read

WORDS = ("--l2", 1, "--starts", 1, "--hidden", 2, "--json", "--force")


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=150).round(3)
    town = np.where(rng.random(150) < 0.5, "Zürich", "Genève")
    answers = np.where(x + (town == "Zürich") > 0.5, "oui", "non")
    return pd.DataFrame({"x": x, "town": town, "réponse": answers})


def weights(trilayer, *words):
    """Train; return W1, and what was said."""
    said = trilayer("train", *words, *WORDS, "-o", "m")
    assert said.code == 0, said.err
    return read("m").params.W1, said.err


def test_the_same_model_from_latin_1_bzip2_and_utf_8(trilayer, table):
    table.to_csv("plain.csv", index=False)
    table.to_csv("latin.csv", index=False, encoding="latin-1")
    Path("packed.csv.bz2").write_bytes(bz2.compress(Path("latin.csv").read_bytes()))
    target = ("--target", "réponse")
    W1, _ = weights(trilayer, "plain.csv", *target)
    for way in ((), ("--stream",)):
        latin = weights(trilayer, "packed.csv.bz2", "--encoding", "latin-1", *target, *way)[0]
        assert np.array_equal(latin, W1)
    assert "give --encoding latin-1" in trilayer("train", "latin.csv", *target).err
    plain = trilayer("predict", "m", "plain.csv")
    assert plain.out.startswith("logit,")
    assert trilayer("predict", "m", "latin.csv", "--encoding", "latin-1").out == plain.out
    assert trilayer("evaluate", "m", "latin.csv", "--encoding", "latin-1").code == 0
    assert trilayer("trace", "m", "latin.csv", "--encoding", "latin-1").code == 0
    assert trilayer("predict", "m", "latin.csv", "--encoding", "klingon").code == 2


def test_a_table_without_a_header(trilayer, table):
    table.to_csv("named.csv", index=False)
    table.to_csv("bare.csv", index=False, header=False)
    W1, said = weights(trilayer, "named.csv", "--target", "réponse")
    assert "--no-header" not in said
    bare, said = weights(trilayer, "bare.csv", "--target", "column3", "--no-header")
    assert np.array_equal(bare, W1)
    assert "--no-header" not in said
    assert trilayer("predict", "m", "bare.csv", "--no-header").out.count("\n") == 151


def test_a_first_row_that_looks_like_values_is_spoken_of(trilayer, table):
    numbers = pd.DataFrame({"x": table["x"], "y": (table["x"] > 0) * 1})
    pd.concat([pd.DataFrame({"x": [0.5], "y": [7]}), numbers]).to_csv(
        "bare.csv", index=False, header=False
    )
    said = trilayer("train", "bare.csv", "--target", "7", *WORDS, "-o", "m")
    assert said.code == 0, said.err
    assert "bare.csv: its first row looks like values, not names" in said.err
    said = trilayer("train", "bare.csv", "--target", "y", *WORDS, "-o", "m")
    assert said.code == 2
    assert "is its first row no header? Give --no-header" in said.err
