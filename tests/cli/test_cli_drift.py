"""Rows unlike those of training: predict and evaluate say so, once, with counts."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

N = 400


def table(rng, n=N):
    color = rng.choice(["red", "blue", "green"], n)
    size = rng.normal(170, 10, n).round(2)
    day = pd.to_datetime("2023-01-01") + pd.to_timedelta(rng.integers(0, 365, n), unit="D")
    gap = pd.Series(rng.normal(size=n)).mask(rng.random(n) < 0.05)
    y = (size > 170) ^ (color == "red")
    frame = pd.DataFrame({"color": color, "size": size, "day": day.astype(str), "gap": gap})
    return frame.assign(y=np.where(y, "yes", "no"))


@pytest.fixture(scope="module")
def learnt(trilayer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("drift")
    table(np.random.default_rng(0)).to_csv(folder / "train.csv", index=False)
    model = folder / "m.safetensors"
    fast = ("--l2", "1", "--hidden", "2", "--starts", "1")
    assert trilayer("train", folder / "train.csv", "--target", "y", "-o", model, *fast).code == 0
    return model


@pytest.fixture
def fresh():
    return table(np.random.default_rng(1))


def columns(said):
    return {each["column"]: each for each in json.loads(said.out)["columns"]}


def test_rows_like_those_of_training_need_no_word(trilayer, learnt, fresh, tmp_path):
    fresh.to_csv(tmp_path / "d.csv", index=False)
    judged = trilayer("evaluate", learnt, tmp_path / "d.csv", "--json")
    assert (judged.code, judged.err) == (0, "")
    assert [each["differs"] for each in columns(judged).values()] == [None] * 4
    assert trilayer("predict", learnt, tmp_path / "d.csv").err == ""


CHANGED = {
    "color": (
        lambda f: f.color.where(f.color != "blue", "BLUE"),
        "not in training, such as 'BLUE', where training had 'blue'",
    ),
    "size": (lambda f: f["size"] / 2.54, "outside what training had"),
    "day": (lambda f: f.day.str.replace("2023", "2024"), "outside what training had, 2023-01-01"),
    "gap": (lambda f: f.gap.mask(f.index < N // 2), "in training"),
}


@pytest.mark.parametrize("name", CHANGED)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_differs_is_said_once_with_counts(trilayer, learnt, fresh, tmp_path, name, suffix):
    change, words = CHANGED[name]
    fresh[name] = change(fresh)
    path = tmp_path / f"d{suffix}"
    fresh.to_csv(path, index=False) if suffix == ".csv" else fresh.to_parquet(path)
    judged = trilayer("evaluate", learnt, path, "--json")
    found = columns(judged)
    assert [each["column"] for each in found.values() if each["differs"]] == [name]
    assert words in found[name]["differs"]
    for said in (judged, trilayer("predict", learnt, path)):
        assert said.code == 0
        assert said.err.count(words) == 1
        assert said.err.count(f"  {name}: ") == 1
    if name == "color":
        count = int((fresh.color == "BLUE").sum())
        assert found[name]["not_in_training"] == count
        assert f"{count:,} of 400 values" in found[name]["differs"]
    if name == "gap":
        assert found[name]["missing"] == fresh.gap.isna().sum()


def test_the_table_to_judge_by_is_held_against_that_of_training(trilayer, fresh, tmp_path):
    fresh.to_csv(tmp_path / "a.csv", index=False)
    fresh.assign(color="violet").to_csv(tmp_path / "b.csv", index=False)
    fast = ("--l2", "1", "--hidden", "0", "--starts", "1")
    args = ("--target", "y", "--valid", tmp_path / "b.csv", "-o", tmp_path / "m.safetensors")
    said = trilayer("train", tmp_path / "a.csv", *args, *fast)
    assert said.code == 0
    assert "  color: 400 of 400 values (100.0%) not in training, such as 'violet'" in said.err


@given(st.lists(st.integers(1, N - 1), max_size=3))
def test_counts_do_not_depend_on_the_cut(trilayer, learnt, tmp_path_factory, cuts):
    frame = table(np.random.default_rng(2))
    frame.loc[::3, "color"] = "violet"
    folder = tmp_path_factory.mktemp("cut")
    edges = [0, *sorted(set(cuts)), N]
    for number, (start, stop) in enumerate(pairwise(edges)):
        frame.iloc[start:stop].to_csv(folder / f"{number}.csv", index=False)
    found = columns(trilayer("evaluate", learnt, folder, "--json"))
    assert found["color"]["not_in_training"] == len(range(0, N, 3))
    assert found["gap"]["missing"] == frame.gap.isna().sum()
