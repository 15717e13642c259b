"""The harness of the large table, on a small one: what it measures and what it says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

LARGE = Path(__file__).parents[2] / "bench" / "large.py"


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the harness."""
    command = [str(word) for word in (sys.executable, LARGE, *words)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_a_small_run_tells_log_loss_time_and_memory(tmp_path: Path) -> None:
    said = run("--rows", "2e3", "--learners", "trilayer,stream", "--folder", tmp_path)
    assert said.returncode == 0, said.stderr
    assert len(said.stdout.splitlines()) == 4
    found = json.loads((tmp_path / "large.json").read_text())
    assert [row["learner"] for row in found] == ["trilayer", "stream"]
    for row in found:
        assert row["floor"] < row["log_loss"] < 0.7
        assert 0 < row["processor"] < row["wall"] * 64
        assert row["peak_mb"] > 50


@pytest.mark.parametrize("words", [("--learners", "nobody"), ("--rows", "few")])
def test_what_it_does_not_know(words: tuple[str, str], tmp_path: Path) -> None:
    said = run(*words, "--folder", tmp_path)
    assert said.returncode == 2
    assert words[1] in said.stderr


def test_a_learner_that_fails_is_no_result(tmp_path: Path) -> None:
    said = run("--rows", "3", "--learners", "trilayer", "--folder", tmp_path)
    assert said.returncode == 1
    assert "exit code 2, see" in said.stderr
