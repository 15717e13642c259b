"""Ctrl-C ends the training, not the command: the best so far is judged and saved."""

import json
import signal

import pytest

from trilayer import load
from trilayer.cli import fitting, training
from trilayer.cli.progress import Shown
from trilayer.errors import ModelFileError
from trilayer.modelfile import read


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def interrupt_at(monkeypatch, label, k):
    """Let Ctrl-C come in iteration k of the run with that label (0: before the first)."""
    bar = fitting.progress_bar

    def interrupting(name, max_iter):
        if name.startswith(label) and k == 0:
            raise KeyboardInterrupt
        manager = bar(name, max_iter)

        class Interrupting:
            def __enter__(self):
                manager.__enter__()
                return Shown(None, self.watch)

            def __exit__(self, *error):
                return manager.__exit__(*error)

            def watch(self, step):
                if name.startswith(label) and step.k == k:
                    raise KeyboardInterrupt

        return Interrupting()

    monkeypatch.setattr(fitting, "progress_bar", interrupting)


def test_ctrl_c_keeps_the_best_so_far(trilayer, people, monkeypatch):
    interrupt_at(monkeypatch, "network", 3)
    said = trilayer("train", people.csv, "--target", "buys", "--l2", 1, "-o", "m", "--json")
    told = json.loads(said.out)
    assert said.code == 130
    assert "network: interrupted after 3 iterations" in said.err
    assert (told["iterations"], told["stop_reason"]) == (3, "interrupted")
    assert told["baselines"]["unit"] is None
    assert "no comparison" in told["verdict"]
    assert load("m").predict(people.frame).shape == (500,)


def test_ctrl_c_after_the_choice_keeps_every_start_as_far_as_it_is(trilayer, people, monkeypatch):
    interrupt_at(monkeypatch, "network", 3)
    said = trilayer("train", people.csv, "--target", "buys", "-o", "m", "--json")
    told = json.loads(said.out)
    assert (said.code, told["stop_reason"], told["hidden"]) == (
        130,
        "interrupted",
        224,
    )  # 4 starts, and 10 of the folds
    assert load("m").predict(people.frame).shape == (500,)


def test_ctrl_c_while_choosing_writes_nothing(trilayer, people, monkeypatch):
    select_on = fitting.select_on

    def impatient(*data, **named):
        def once_tried(*_):
            raise KeyboardInterrupt

        return select_on(*data, **named | {"on_choice": once_tried})

    monkeypatch.setattr(fitting, "select_on", impatient)
    said = trilayer("train", people.csv, "--target", "buys", "-o", "m")
    assert (said.code, said.out) == (130, "")
    with pytest.raises(ModelFileError, match="no such file"):
        read("m")


@pytest.mark.parametrize("k", [0, 2])
def test_ctrl_c_while_the_unit_trains_saves_the_network(trilayer, people, monkeypatch, k):
    interrupt_at(monkeypatch, "unit", k)
    said = trilayer("train", people.csv, "--target", "buys", "-o", "m")
    assert said.code == 130
    assert "unit, no hidden layer  " not in said.out
    assert load("m").predict(people.frame).shape == (500,)


def test_ctrl_c_before_the_first_iteration_writes_nothing(trilayer, people, monkeypatch):
    interrupt_at(monkeypatch, "network", 0)
    said = trilayer("train", people.csv, "--target", "buys", "-o", "m")
    assert (said.code, said.out) == (130, "")
    assert said.err.endswith("trilayer: interrupted\n")
    with pytest.raises(ModelFileError, match="no such file"):
        read("m")


def test_ctrl_c_while_saving_is_put_off(trilayer, people, monkeypatch):
    save = training.save

    def impatient(*args, **kwargs):
        signal.raise_signal(signal.SIGINT)
        save(*args, **kwargs)

    monkeypatch.setattr(training, "save", impatient)
    before = signal.getsignal(signal.SIGINT)
    said = trilayer("train", people.csv, "--target", "buys", "-o", "m")
    assert said.code == 130
    assert "The hidden layer" in said.out
    assert signal.getsignal(signal.SIGINT) is before
    assert load("m").predict(people.frame).shape == (500,)


def test_it_runs_in_any_thread(trilayer, people):
    """Signals can only be put off in the main one."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        words = ("train", people.csv, "--target", "buys", "--max-iter", 2, "-o", "m")
        assert pool.submit(trilayer, *words).result().code == 0
