"""A table of people, a model trained on it, and a way to type commands."""

import contextlib
import io
import sys
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from trilayer.cli import main


class Said(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


def type_in(*words, stdin=b""):
    """Run `trilayer` with these words."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(word) for word in words])
    finally:
        sys.stdin = before
    for stream in (out, err):
        stream.flush()
    return Said(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))


@pytest.fixture(scope="session")
def trilayer():
    """`trilayer(*words, stdin=b"")` returns code, out and err."""
    return type_in


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Run a command that must be refused: code 2, one line on stderr, nothing written."""
    monkeypatch.chdir(tmp_path)

    def run(*words, stdin=b""):
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        said = type_in(*words, stdin=stdin)
        assert said.code == 2
        assert said.out == ""
        assert said.err.startswith("trilayer: ")
        assert said.err.count("\n") == 1
        assert "Traceback" not in said.err
        after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        assert after == before
        return said.err

    return run


def make_people(rows=500, seed=0):
    """Numbers with gaps, text, categories, truth values, dates; two answers."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 12, rows).round(1)
    job = rng.choice(["clerk", "cook", "Köchin, Chef", 'the "boss"'], rows)
    member = rng.random(rows) < 0.5
    z = 0.08 * (age - 40) + 1.2 * member - (job == "cook") + rng.normal(0, 0.5, rows) - 0.5
    return pd.DataFrame(
        {
            "row": np.arange(rows),
            "age": np.where(rng.random(rows) < 0.1, np.nan, age),
            "job": job,
            "name": [f"Person {i}" for i in range(rows)],
            "member": member,
            "since": pd.date_range("2019-03-01", periods=rows, freq="36h").strftime("%Y-%m-%d"),
            "buys": np.where(z > 0, "yes", "no"),
        }
    )


class World(NamedTuple):
    """Files that tests read and never change."""

    frame: pd.DataFrame
    csv: object
    parquet: object
    model: object
    trained: dict


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """The people as CSV, as Parquet, and a model of them."""
    import json

    folder = tmp_path_factory.mktemp("people")
    frame = make_people()
    frame.to_csv(folder / "people.csv", index=False)
    frame.to_parquet(folder / "people.parquet", index=False)
    model = folder / "people.safetensors"
    words = ("--target", "buys", "--id", "row", "--hidden", 4, "--starts", 1, "-o", model, "--json")
    said = type_in("train", folder / "people.csv", *words)
    assert said.code == 0, said.err
    return World(
        frame, folder / "people.csv", folder / "people.parquet", model, json.loads(said.out)
    )
