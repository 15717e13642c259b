"""``trilayer tune``: a model that train writes too, and a gain on rows that it never saw."""

import json
import shlex
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from trilayer.cli import tuning
from trilayer.modelfile import read

COLUMNS = ("--target", "buys", "--id", "row", "--id", "name")
QUICK = ("--starts", 1, "--max-iter", 15, "--threads", 1)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tuned(trilayer, people, *words):
    """What `tune --json` prints, and what it says meanwhile."""
    said = trilayer("tune", people.csv, *COLUMNS, *QUICK, "--json", "--force", *words)
    assert said.code == 0, said.err
    return json.loads(said.out), said.err


def test_train_writes_the_same_model(trilayer, people, here):
    words = ("--threshold", 0.4, "--missing=-9999", "--trials", 6, "-o", "tuned.safetensors")
    result, said = tuned(trilayer, people, *words)
    told = result["tuning"]
    assert f"the same model: {told['command']}\n" in said
    command = shlex.split(told["command"].replace("tuned.saf", "trained.saf"))
    assert command[:2] == ["trilayer", "train"]
    assert trilayer(*command[1:]).code == 0
    trained = (here / "trained.safetensors").read_bytes()
    assert (here / "tuned.safetensors").read_bytes() == trained
    assert told["trials"] == 6
    assert told["set_aside"]["log_loss"] <= told["set_aside"]["defaults"]


def test_the_gain_is_that_of_the_rows_held_out(trilayer, people, here):
    result, _ = tuned(trilayer, people, "--trials", 4, "-o", "tuned.safetensors")
    told = result["tuning"]
    beside = trilayer("train", people.csv, *COLUMNS, *QUICK, "--json", "-o", "plain.safetensors")
    assert told["defaults"] == json.loads(beside.out)["network"]
    gain = told["defaults"]["log_loss"] - result["network"]["log_loss"]
    assert told["gained"] == pytest.approx(gain, abs=1e-12)
    assert result["network"] == read("tuned.safetensors").summary["network"]
    assert "tuning" not in read("tuned.safetensors").summary


def test_what_is_said_is_not_searched(trilayer, people, here):
    result, _ = tuned(trilayer, people, "--hidden", 3, "--bins", 4, "--trials", 3)
    setting = result["tuning"]["setting"]
    assert (setting["hidden"], setting["bins"]) == (3, 4)
    assert result["hidden"] == 3
    encoder = read("people.safetensors").encoder
    assert max(column.bins for column in encoder.columns if column.kind == "number") <= 4


def test_a_report_is_written_that_is_asked_for(trilayer, people, here):
    tuned(trilayer, people, "--trials", 1, "-o", "tuned.safetensors", "--report", "tuned.md")
    assert "tuned.safetensors" in (here / "tuned.md").read_text(encoding="utf-8")


def test_rows_to_judge_by_are_never_seen(trilayer, people, here):
    other = people.frame.sample(200, random_state=1)
    other["buys"] = other["buys"].to_numpy()[::-1]
    people.frame.head(200).to_csv("one.csv", index=False)
    other.to_csv("other.csv", index=False)
    found = [
        tuned(
            trilayer, people, "--trials", 4, "--valid", f"{name}.csv", "--storage", f"{name}.trials"
        )[0]
        for name in ("one", "other")
    ]
    one, other = (each["tuning"] for each in found)
    assert one["setting"] == other["setting"]
    assert one["set_aside"] == other["set_aside"]
    assert trials_of(here / "one.trials") == trials_of(here / "other.trials")
    assert found[0]["network"]["log_loss"] != found[1]["network"]["log_loss"]


def test_trials_that_were_kept_are_not_done_again(trilayer, people, here):
    words = ("--storage", "people.trials")
    tuned(trilayer, people, *words, "--trials", 2)
    again, said = tuned(trilayer, people, *words, "--trials", 2)
    assert "people.trials: goes on after 2 trials\n" in said
    assert again["tuning"]["trials"] == 4
    settings = trials_of(here / "people.trials")
    assert len({json.dumps(each) for each in settings}) == 4


def trials_of(path):
    """The settings that a file of trials holds."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    told = (line.get("user_attr", {}) for line in lines)
    return [each["setting"] for each in told if "setting" in each]


def test_trials_of_another_search_are_refused(trilayer, people, here, refused):
    tuned(trilayer, people, "--storage", "people.trials", "--trials", 1)
    words = ("--storage", "people.trials", "--force", "--trials", 1)
    said = trilayer("tune", people.csv, *COLUMNS, *QUICK, *words, "--seed", 5)
    assert (said.code, said.out) == (2, "")
    assert "people.trials: these trials are of another search: --seed was 0 and is 5" in said.err
    people.frame.head(300).to_csv("fewer.csv", index=False)
    said = trilayer("tune", "fewer.csv", *COLUMNS, *QUICK, *words)
    assert "another search: DATA was " in said.err


def test_what_is_no_file_of_trials_is_left_as_it_is(trilayer, people, here):
    for name, text in {"a.csv": "x,y\n1,2\n", "b.json": '{"a": 1}\n', "c": "[]\n"}.items():
        (here / name).write_text(text)
        said = trilayer("tune", people.csv, *COLUMNS, "--storage", name, "--trials", 1)
        assert (said.code, said.out) == (2, "")
        assert f"{name}: this is no file of trials" in said.err
        assert (here / name).read_text() == text


def test_without_time_there_are_the_defaults(trilayer, people, here):
    result, said = tuned(trilayer, people, "--minutes", 1e-9, "-o", "tuned.safetensors")
    assert result["tuning"]["setting"] == {"hidden": None, "l2": None, "bins": None}
    assert result["tuning"]["gained"] == 0.0
    assert "none of 0 trials did better than the defaults" in said
    trilayer("train", people.csv, *COLUMNS, *QUICK, "-o", "plain.safetensors")
    plain = (here / "plain.safetensors").read_bytes()
    assert (here / "tuned.safetensors").read_bytes() == plain


def test_ctrl_c_ends_the_search_and_keeps_the_best(trilayer, people, here, monkeypatch):
    from trilayer.select import tuning as search

    judged, calls = search.Tuner._fit, []

    def interrupted(self, *given):
        calls.append(given)
        if len(calls) > 12:  # the defaults, one trial, and half of another
            raise KeyboardInterrupt
        return judged(self, *given)

    monkeypatch.setattr(search.Tuner, "_fit", interrupted)
    result, _ = tuned(trilayer, people)
    assert result["tuning"]["trials"] == 2


def test_tables_that_are_too_large_are_refused(refused, people, monkeypatch):
    monkeypatch.setattr(tuning, "is_large", lambda _: True)
    assert "tune on a part of them" in refused("tune", people.csv, *COLUMNS)


def test_a_label_that_is_too_rare_is_refused(trilayer, here):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "y": [1] + [0] * 59})
    frame.to_csv("rare.csv", index=False)
    frame.head(40).to_csv("valid.csv", index=False)
    said = trilayer("tune", "rare.csv", "--target", "y", "--valid", "valid.csv", "--trials", 1)
    assert (said.code, said.out) == (2, "")
    assert "too few rows of one label to tune by: use train" in said.err


def test_without_optuna_the_extra_is_named():
    code = (
        "import sys; sys.modules['optuna'] = None\n"
        "from trilayer.cli import main\n"
        "sys.exit(main(['tune', 'x.csv', '--target', 'y']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    said = "trilayer: optuna is not installed: pip install 'trilayer[tune]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


@pytest.mark.parametrize("bins", [0, 3, 12])
def test_bins_are_as_many_as_is_said_wherever_rows_are_kept(trilayer, people, here, bins):
    words = ("train", people.csv, *COLUMNS, *QUICK, "--hidden", 2, "--bins", bins)
    assert trilayer(*words, "-o", "memory.safetensors").code == 0
    assert trilayer(*words, "-o", "stream.safetensors", "--stream").code == 0
    encoder = read("memory.safetensors").encoder
    assert all(part.bins <= bins for column in encoder.columns for part in column.parts)
    assert max(part.bins for column in encoder.columns for part in column.parts) == bins
    memory = (here / "memory.safetensors").read_bytes()
    assert (here / "stream.safetensors").read_bytes() == memory
