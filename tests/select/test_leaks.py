"""A column that alone tells the answer is spoken of."""

import json

import numpy as np
import pandas as pd
import pytest

from cli.conftest import type_in

WORDS = ("--target", "y", "--l2", 1, "--starts", 1, "--hidden", 2, "--json", "--force", "-o", "m")


@pytest.fixture
def frame(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    y = rng.random(400) < 0.4
    x = rng.normal(size=400) + y
    return pd.DataFrame({"x": x, "y": np.where(y, "yes", "no")})


@pytest.mark.parametrize("kind", ["number", "falling", "category", "missing", "date"])
def test_the_leak_is_named(frame, kind):
    rng, y = np.random.default_rng(1), frame["y"] == "yes"
    noise = rng.random(400)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.where(y, 300, 10) + 9 * noise, "D")
    leaked = {
        "number": y + noise / 2,
        "falling": -3.0 * y + noise,
        "category": np.where(y, "closed by ", "open for ") + pd.Series(noise > 0.5).map(str),
        "missing": np.where(y, np.nan, noise),
        "date": day.strftime("%Y-%m-%d"),
    }[kind]
    frame.assign(leak=leaked).to_csv("t.csv", index=False)
    said = type_in("train", "t.csv", *WORDS)
    assert said.code == 0, said.err
    (found,) = json.loads(said.out)["leaks"]
    assert found["column"] == "leak"
    assert found["auc"] >= 0.99
    assert "warning: column 'leak' alone ranks the held-out rows" in said.err


def test_columns_that_only_help_are_not(frame):
    frame["town"] = np.random.default_rng(2).integers(0, 90, 400).astype(str)
    frame.to_csv("t.csv", index=False)
    said = type_in("train", "t.csv", *WORDS)
    assert json.loads(said.out)["leaks"] == []
    assert "warning" not in said.err
