"""The harness of the three ways, on a small table: what it compares and what it says."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

EVERYWHERE = Path(__file__).parents[2] / "bench" / "everywhere.py"


def small(folder: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=120)
    answers = np.where(x + rng.normal(size=120) > 0, "yes", "no")
    pd.DataFrame({"x": x, "y": answers}).to_csv(folder / "small.csv", index=False)
    about = {
        "name": "small", "file": "small.csv", "target": "y", "positive": "yes", "categorical": [],
        "n_rows": 120, "n_features": 1,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"datasets": [about]}))


def run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, EVERYWHERE, "--data", folder, "--folder", folder / "out", *words]
    return subprocess.run(
        [str(word) for word in command], check=False, capture_output=True, text=True
    )


def test_memory_and_stream_are_one(tmp_path: Path) -> None:
    small(tmp_path)
    said = run(tmp_path, "--ways", "memory,stream")
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines()[2].startswith("| small | 120 | yes | ")
    (found,) = json.loads((tmp_path / "out" / "everywhere.json").read_text())
    assert found["log_loss"]["memory"] == found["log_loss"]["stream"] < 0.7


def test_a_way_that_there_is_not(tmp_path: Path) -> None:
    said = run(tmp_path, "--ways", "memory,cloud")
    assert said.returncode == 2
    assert "'cloud' is none of memory, stream, dask" in said.stderr
