"""Tables with something planted in them, models of them, and their reports."""

import json
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from cli.conftest import type_in

FAST = ("--hidden", 3, "--starts", 1, "--max-iter", 80, "--l2", 10)


def customers(rows=2000, seed=0):
    """Numbers with gaps, a category, a date, a truth value; the answer depends on some of them."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 10, rows).round(1)
    town = rng.choice(["Ulm", "Köln", "<b>Rom</b>"], rows, p=[0.5, 0.3, 0.2])
    member = rng.random(rows) < 0.4
    z = 0.15 * (age - 40) + 1.5 * (town == "Ulm") - 1.0 * member - 0.5
    return pd.DataFrame(
        {
            "age": np.where(rng.random(rows) < 0.05, np.nan, age),
            "town": town,
            "member": member,
            "since": pd.date_range("2015-01-01", periods=rows, freq="7h").strftime("%Y-%m-%d"),
            "noise": rng.normal(size=rows).round(3),
            "buys": np.where(rng.random(rows) < 1 / (1 + np.exp(-z)), "yes", "no"),
        }
    )


class World(NamedTuple):
    """A table on disk, a model of it, and a folder for more."""

    frame: pd.DataFrame
    csv: Any
    model: Any
    trained: dict
    folder: Any


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Customers as CSV, and a model that learnt from them."""
    folder = tmp_path_factory.mktemp("report")
    frame = customers()
    csv, model = folder / "customers.csv", folder / "customers.safetensors"
    frame.to_csv(csv, index=False)
    said = type_in("train", csv, "--target", "buys", *FAST, "-o", model, "--json")
    assert said.code == 0, said.err
    return World(frame, csv, model, json.loads(said.out), folder)


def reported(model, frame, folder, *words):
    """The report on other rows, as JSON."""
    path = folder / "judged.csv"
    frame.to_csv(path, index=False)
    said = type_in("report", model, path, "--json", *words)
    assert said.code == 0, said.err
    return json.loads(said.out)


@pytest.fixture(scope="session")
def held_out(world):
    """The report on the table that the model learnt from."""
    said = type_in("report", world.model, world.csv, "--json", "--by", "town")
    assert said.code == 0, said.err
    return json.loads(said.out)
