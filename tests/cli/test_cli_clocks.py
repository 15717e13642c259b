"""Clocks that are set, and machines that sleep: no result depends on what time it is."""

import random
import time
from itertools import count
from types import SimpleNamespace

import pytest

from trilayer.fit import loop
from trilayer.modelfile import read

PLAIN = ("--target", "buys", "--id", "row", "--hidden", 2, "--starts", 1, "--l2", 1)


@pytest.fixture
def wild(monkeypatch):
    """The time of day jumps by years at every look, mostly backwards."""
    chance = random.Random(0)

    def jumping():
        return chance.uniform(0, 2e9)

    monkeypatch.setattr(time, "time", jumping)
    monkeypatch.setattr(time, "time_ns", lambda: int(jumping() * 1e9))


def test_the_time_of_day_is_nobodys_business(trilayer, people, tmp_path, wild):
    words = ("train", people.csv, *PLAIN, "--max-iter", 9)
    timed = ("--max-seconds", 600, "--checkpoint", tmp_path / "kept", "--checkpoint-every", "1h")
    assert trilayer(*words, "-o", tmp_path / "m").code == 0
    assert trilayer(*words, *timed, "-o", tmp_path / "timed").code == 0
    networks = [read(tmp_path / name) for name in ("m", "timed")]
    assert networks[0].params.W1.tobytes() == networks[1].params.W1.tobytes()
    assert [each.training["stop_reason"] for each in networks] == ["max_iter"] * 2
    # One when it began, and one for each of the two stages that ended: an hour has not passed.
    kept = sorted(path.name for path in (tmp_path / "kept").glob("*.safetensors"))
    assert kept == [f"checkpoint-{number:08d}.safetensors" for number in (2, 3)]


def test_hours_that_were_slept_count_as_spent(trilayer, people, tmp_path, monkeypatch):
    """The run ends as it does when its time is over: well, with the best so far."""
    looks = count()

    def slept():
        return time.monotonic() + 86_400 * (next(looks) // 5)

    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=slept))
    words = (*PLAIN, "--solver", "adam", "--max-iter", 10**6, "--max-seconds", 600)
    said = trilayer("train", people.csv, *words, "-o", tmp_path / "m")
    assert said.code == 0
    assert read(tmp_path / "m").training["stop_reason"] == "max_seconds"
