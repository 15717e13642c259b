"""A folder of small tables with peers' results, and a way to run the trial on it."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from trial.protocol import make_folds

SETS = {"small": 60, "other": 80}


def write_table(folder, name, rows):
    """Numbers and texts with gaps; returns the set's line of the manifest, and the answers."""
    rng = np.random.default_rng(rows)
    x = rng.normal(size=rows)
    word = rng.choice(["NA", "b", "c"], rows).astype(object)
    y = np.where(x + (word == "b") + rng.normal(0, 0.5, rows) > 0.4, "yes", "no")
    frame = pd.DataFrame({"x": np.where(rng.random(rows) < 0.2, np.nan, x), "word": word, "y": y})
    frame.loc[:3, "word"] = None
    frame.to_csv(folder / f"{name}.csv", index=False)
    line = {
        "name": name, "file": f"{name}.csv", "target": "y", "positive": "yes",
        "categorical": ["word"], "n_rows": rows, "n_features": 2,
    }  # fmt: skip
    return line, (y == "yes").astype(int)


def peers_of(line, y):
    """What two peers scored: the one always better than the other."""
    found = []
    for fold in make_folds(line["name"], y):
        for rank, model in enumerate(["catboost", "logreg"]):
            found.append(
                {
                    "split": "developers", "dataset": line["name"], "n_rows": line["n_rows"],
                    "n_features": 2, "positive_rate": round(y.mean(), 4),
                    "n_train": len(fold.train), "n_test": len(fold.test), "model": model,
                    "repeat": 0, "fold": fold.index, "auc": 0.9 - 0.1 * rank,
                    "logloss": 0.2 + 0.1 * rank, "brier": 0.1 + 0.1 * rank,
                    "accuracy": 0.9 - 0.1 * rank, "fit_s": 1.0, "predict_s": 0.1,
                    "prior_logloss": round(fold.prior_log_loss, 6), "error": None,
                }
            )  # fmt: skip
    return found


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """The folder."""
    folder = tmp_path_factory.mktemp("tables")
    made = [write_table(folder, name, rows) for name, rows in SETS.items()]
    manifest = {"split": "developers", "datasets": [line for line, _ in made]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    results = [each for line, y in made for each in peers_of(line, y)]
    pd.DataFrame(results).to_csv(folder / "quality-peers.csv", index=False)
    return folder


class Said(NamedTuple):
    """How a run ended, what it said, and where its results and report are."""

    code: int
    out: str
    err: str
    results: Path
    report: Path


@pytest.fixture
def quality(tables, tmp_path, capsys, monkeypatch):
    """`quality(*words)` does what bench/quality.py does with these words."""
    import quality as program

    monkeypatch.chdir(tmp_path)

    def run(*words, data=tables):
        given = ["--data", data, "--out", "r.csv", "--report", "r.md", "--threads", 1, *words]
        capsys.readouterr()
        try:
            code, words = program.judge(program.options([str(word) for word in given])), ""
        except SystemExit as stop:
            # What Python does with it at the end.
            code, words = (stop.code, "") if isinstance(stop.code, int) else (1, stop.code)
        out, err = capsys.readouterr()
        return Said(code, out, err + words, tmp_path / "r.csv", tmp_path / "r.md")

    return run
