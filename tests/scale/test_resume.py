"""``trilayer train --checkpoint`` and ``--resume``: words, refusals, and the same model file."""

import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cli.conftest import refused, type_in  # noqa: F401 - a fixture
from trilayer.checkpoint.folder import LOCK, Folder
from trilayer.cli import fitting
from trilayer.cli.progress import Shown
from trilayer.modelfile import read

ROWS = 160


class DiedError(BaseException):
    """Stands in for the end of the process."""


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(ROWS, 4)).round(3), columns=list("abcd"))
    frame["id"] = [f"row {i}" for i in range(ROWS)]
    frame["y"] = np.where(frame["a"] * frame["b"] + 0.2 * frame["c"] > 0, "up", "down")
    path = tmp_path_factory.mktemp("table") / "table.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def train(table, *words, target="y"):
    fixed = ["--target", target, "--id", "id", "--solver", "adam", "--max-iter", 60, "--hidden", 3,
             "--l2", 1, "--starts", 1]  # fmt: skip
    given = [word for word in words if str(word).startswith("--")]
    kept = []
    for option, value in zip(fixed[::2], fixed[1::2], strict=True):
        if option not in given or option == "--id":
            kept += [option, value]
    return type_in("train", table, *kept, *words)


@pytest.fixture
def died(table, monkeypatch):
    """A folder `c` left by a run that died in the n-th checkpoint."""
    write = Folder.write

    def at(n, *words):
        left = [n]

        def counted(folder, data):
            write(folder, data)
            left[0] -= 1
            if left[0] == 0:
                raise DiedError

        with monkeypatch.context() as patched:
            patched.setattr(Folder, "write", counted)
            with pytest.raises(DiedError):
                train(table, "-o", "m", "--checkpoint", "c", "--checkpoint-every", 20, *words)

    return at


@pytest.fixture
def whole(table):
    """The bytes of the model file of a run without checkpoints."""
    assert train(table, "-o", "whole").code == 0
    return Path("whole").read_bytes()


@pytest.mark.parametrize(
    ("n", "goes_on"),
    [
        (1, []),
        (2, ["network: goes on from iteration 20"]),
        (4, ["network: had ended after 60 iterations, and is not done again"]),
        (6, ["network: had ended after 60", "unit, no hidden layer: goes on from iteration 40"]),
        (7, ["network: had ended after 60", "unit, no hidden layer: had ended after"]),
    ],
)
def test_it_goes_on_to_the_same_model_file(table, whole, died, n, goes_on):
    died(n)
    assert not Path("m").exists()
    said = train(table, "-o", "m", "--resume", "c")
    assert said.code == 0, said.err
    assert Path("m").read_bytes() == whole
    words = [line for line in said.err.splitlines() if ": goes on" in line or ": had" in line]
    assert len(words) == len(goes_on)
    assert all(line.startswith(start) for line, start in zip(words, goes_on, strict=True))


def test_checkpoints_change_no_byte(table, whole):
    said = train(table, "-o", "m", "--checkpoint", "c", "--checkpoint-every", 1)
    assert said.code == 0
    assert Path("m").read_bytes() == whole


@pytest.mark.usefixtures("whole")
def test_what_may_change(table, died, tmp_path):
    """Threads, the place of the table, the name of the model, how often."""
    died(3)
    (tmp_path / "elsewhere").mkdir()
    moved = shutil.copy(table, tmp_path / "elsewhere")
    said = train(
        moved, "-o", "other", "--resume", "c", "--threads", 1, "--checkpoint-every", "1h", "--json"
    )
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["iterations"] == 60
    ours, theirs = read("other"), read("whole")
    assert np.array_equal(ours.params.W1, theirs.params.W1)
    assert ours.training == theirs.training
    assert ours.hyper_parameters == theirs.hyper_parameters | {"n_threads": 1}


def test_ctrl_c_keeps_the_model_so_far_and_the_run(table, whole, monkeypatch):
    bar = fitting.progress_bar

    class Interrupting:
        def __init__(self, label, most):
            self.bar = bar(label, most)

        def __enter__(self):
            self.bar.__enter__()
            return Shown(None, self.watch)

        def __exit__(self, *error):
            return self.bar.__exit__(*error)

        def watch(self, step):
            if step.k == 33:
                signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(fitting, "progress_bar", Interrupting)
        said = train(table, "-o", "m", "--checkpoint", "c")
    assert said.code == 130
    assert "network: interrupted after 33 iterations" in said.err
    assert Path("m").exists()
    said = train(table, "-o", "m", "--resume", "c")
    assert said.code == 2
    assert "the file exists" in said.err
    said = train(table, "-o", "m", "--resume", "c", "--force")
    assert said.code == 0
    assert "network: goes on from iteration 33" in said.err
    assert Path("m").read_bytes() == whole


def test_a_damaged_checkpoint_is_told(table, whole, died):
    died(4)
    newest = max(path for path in Path("c").iterdir() if path.name != LOCK)
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 1
    newest.write_bytes(data)
    said = train(table, "-o", "m", "--resume", "c")
    assert said.code == 0
    assert f"c: {newest.name} cannot be used (the checksum does not match" in said.err
    assert "network: goes on from iteration 40" in said.err
    assert Path("m").read_bytes() == whole


def test_the_seconds_are_those_of_all_sessions(table, died, monkeypatch):
    died(3)
    folder = Folder(Path("c"), make=False)
    record, _, _ = folder.newest()
    memory = record.stages["network"].memory
    object.__setattr__(memory, "seconds", 1000.0)
    from trilayer.checkpoint.record import encode

    folder.write(encode(record))
    del folder
    said = train(table, "-o", "m", "--resume", "c")
    assert "in 1000." in said.err


# ---- refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--hidden", 4], "--hidden was 3 and is 4"),
        (["--solver", "lbfgs"], '--solver was "adam" and is "lbfgs"'),
        (["--learning-rate", 0.1], "--learning-rate was not given and is 0.1"),
        (["--l2", 2], "--l2 was 1.0 and is 2.0"),
        (["--max-iter", 61], "--max-iter was 60 and is 61"),
        (["--max-seconds", 9], "--max-seconds was not given and is 9.0"),
        (["--seed", 1], "--seed was 0 and is 1"),
        (["--test-share", 0.3], "--test-share was 0.2 and is 0.3"),
        (["--threshold", 0.4], "--threshold was 0.5 and is 0.4"),
        (["--positive", "down"], '--positive was not given and is "down"'),
        (["--drop", "d"], '--drop was [] and is ["d"]'),
        (["--categorical", "d"], '--categorical was [] and is ["d"]'),
        (["--id", "a"], '--id was ["id"] and is ["id","a"]'),
        (["--valid", "other.csv"], "--valid was not given and is"),
    ],
)
def test_other_settings_are_refused_by_the_names_of_options(table, died, words, named):
    died(3)
    shutil.copy(table, "other.csv")
    before = sorted(Path("c").iterdir())
    said = train(table, "-o", "m", "--resume", "c", *words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"trilayer: cannot go on from 'c': {named}")
    assert said.err.count("\n") == 1
    assert sorted(Path("c").iterdir()) == before
    assert not Path("m").exists()


def test_other_data_are_refused_by_name(table, died):
    died(3)
    other = Path("table.csv")
    other.write_bytes(table.read_bytes().replace(b"row 9,", b"row 8,"))
    said = train(other, "-o", "m", "--resume", "c")
    assert said.code == 2
    assert "trilayer: cannot go on from 'c': DATA was" in said.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--checkpoint-every", "5s"], "--checkpoint-every needs --checkpoint FOLDER or --resume"),
        (["--checkpoint", "c", "--checkpoint-every", "often"], "cannot be written every 'often'"),
        (["--checkpoint", "c", "--checkpoint-every", "0"], "give a number of iterations (100)"),
        (["--checkpoint", "c", "--resume", "."], "leave out --checkpoint"),
        (["--resume", "c"], "c: no such file or folder"),
        (["--resume", "file"], "Not a directory"),
        (["--checkpoint", "file"], "it is a file"),
        (["--checkpoint", "no/c"], "name a folder that can be made"),
    ],
)
def test_options_that_cannot_be(refused, table, words, sentence):  # noqa: F811
    Path("file").touch()
    said = refused("train", table, "--target", "y", "-o", "m", *words)
    assert sentence in said


def test_a_folder_of_an_earlier_run(table, died):
    died(2)
    said = train(table, "-o", "m", "--checkpoint", "c")
    assert said.code == 2
    assert "'c' holds checkpoints of an earlier run" in said.err
    assert "--resume" in said.err


def test_bad_input_leaves_no_folder(refused, table):  # noqa: F811
    refused("train", table, "--target", "a", "-o", "m", "--checkpoint", "c")


def test_an_empty_folder_begins(table, whole):
    Path("c").mkdir()
    said = train(table, "-o", "m", "--resume", "c")
    assert said.code == 0
    assert "c: no checkpoint yet, so the run begins" in said.err
    assert Path("m").read_bytes() == whole
