"""SIGKILL, SIGHUP, SIGSTOP at any moment: the run goes on to the byte-identical model file."""

import os
import random
import signal
import time
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from .victims import Victims

KILLS = 13
"""Of each of the four solvers: 52 in all."""

ITERATIONS = {"gd": 100, "sgd": 100, "adam": 100, "lbfgs": 100}


@pytest.fixture(scope="module")
def victims():
    with Victims() as server:
        yield server


@pytest.fixture(scope="module")
def rings(tmp_path_factory):
    """A table with rows enough for a share that stops early."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(900, 5))
    y = (X[:, 0] ** 2 + X[:, 1] ** 2 + 0.5 * rng.normal(size=900) > 1.5).astype(int)
    path = tmp_path_factory.mktemp("rings") / "rings.csv"
    pd.DataFrame(X.round(3), columns=list("abcde")).assign(y=y).to_csv(path, index=False)
    return path


class Run:
    """One training, uninterrupted once, then killed and gone on with as often as asked."""

    def __init__(self, victims, folder, words):
        self.victims, self.folder, self.words = victims, folder, ["train", *words]
        self.said, self.models, self.number = folder / "said", [], 0
        # Without checkpoints: they must not matter. Then with them: it takes longer.
        assert victims.run([*self.words, "-o", folder / "whole"], self.said) == 0, self.told()
        self.whole = (folder / "whole").read_bytes()
        self.anew()
        began = time.monotonic()
        assert victims.run(self.going_on(), self.said) == 0, self.told()
        self.seconds = time.monotonic() - began
        assert self.model.read_bytes() == self.whole

    def told(self):
        return self.said.read_text()

    def anew(self):
        self.number += 1
        self.checkpoints = self.folder / f"checkpoints-{self.number}"
        self.model = self.folder / f"model-{self.number}"

    def going_on(self):
        """What a user types: the command, or the same with --resume once there is a folder."""
        option = "--resume" if self.checkpoints.is_dir() else "--checkpoint"
        asked = [option, self.checkpoints, "--checkpoint-every", 1]
        return [*self.words, "-o", self.model, "--force", *asked]

    def kill_when(self, ready, number=signal.SIGKILL):
        """Start, or go on, and kill as soon as `ready` says; return whether it lived till then."""
        pid = self.victims.start(self.going_on(), self.said)
        end = time.monotonic() + 30
        while not ready() and time.monotonic() < end:
            time.sleep(0.0002)
        os.kill(pid, number)
        code = self.victims.wait()
        assert code in (0, -number), self.told()
        return code != 0

    def stop_often(self, moments):
        """Start, and stop for a while at each of these moments; run to the end."""
        pid = self.victims.start(self.going_on(), self.said)
        for seconds in moments:
            time.sleep(seconds)
            os.kill(pid, signal.SIGSTOP)
            time.sleep(0.01)
            os.kill(pid, signal.SIGCONT)
        assert self.victims.wait() == 0, self.told()

    def finish(self):
        assert self.victims.run(self.going_on(), self.said) == 0, self.told()
        assert self.model.read_bytes() == self.whole

    def names(self):
        """Of the files beside the lock."""
        there = self.checkpoints.iterdir() if self.checkpoints.is_dir() else ()
        return [path.name for path in there if path.name != ".lock"]

    def leftovers(self):
        return [name for name in self.names() if name.endswith(".part")]


@pytest.mark.parametrize("solver", ITERATIONS)
def test_killed_at_random_moments(victims, rings, tmp_path, solver):
    """Each time it goes on to the same bytes, though some are killed again on the way."""
    table, target = (rings, "y")
    if solver in {"gd", "lbfgs"}:  # no share to stop early by: ends at --max-iter, or converged
        table, target = files("trilayer") / "data" / "breast_cancer.csv", "diagnosis"
    words = [table, "--target", target, "--solver", solver, "--hidden", 6, "--l2", 1, "--starts", 1]
    run = Run(victims, tmp_path, [*words, "--max-iter", ITERATIONS[solver]])
    chance, killed = random.Random(f"{solver} {time.time_ns()}"), 0
    while killed < KILLS:
        run.anew()
        while True:
            at = time.monotonic() + chance.uniform(0, run.seconds)
            killed += run.kill_when(lambda at=at: time.monotonic() >= at)
            if chance.random() < 0.7:
                break
        run.finish()


@pytest.fixture
def run(victims, rings, tmp_path):
    words = [rings, "--target", "y", "--solver", "adam", "--hidden", 6, "--l2", 1, "--starts", 1]
    return Run(victims, tmp_path, [*words, "--max-iter", 60])


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_told_to_end_at_random_moments(run, number):
    """What is half written is gone at once, and the run goes on to the same bytes."""
    chance = random.Random(time.time_ns())
    for _ in range(4):
        run.anew()
        at = time.monotonic() + chance.uniform(0, run.seconds)
        run.kill_when(lambda at=at: time.monotonic() >= at, number)
        assert not run.leftovers()
        assert not [path for path in run.folder.iterdir() if path.name.endswith(".part")]
        run.finish()


def test_stopped_at_random_moments(run):
    """A laptop that is closed, a batch system that gives way: nothing is different."""
    chance = random.Random(time.time_ns())
    for _ in range(3):
        run.anew()
        run.stop_often([chance.uniform(0, run.seconds / 5) for _ in range(5)])
        assert run.model.read_bytes() == run.whole


def test_two_that_write_one_model(victims, run):
    """Whoever is last has written it, and whole."""
    with Victims() as others:
        for _ in range(3):
            words = [*run.words, "-o", run.model, "--force"]
            victims.start(words, run.said)
            others.start(words, run.folder / "said-too")
            assert (victims.wait(), others.wait()) == (0, 0)
            assert run.model.read_bytes() == run.whole
            assert not [path for path in run.folder.iterdir() if path.name.endswith(".part")]


def test_killed_while_a_checkpoint_is_written(victims, rings, tmp_path):
    """Files large enough to be met half-written; what is half-written is cleared away."""
    words = [rings, "--target", "y", "--solver", "lbfgs", "--hidden", 2000, "--max-iter", 8,
             "--l2", 1, "--starts", 1]  # fmt: skip
    run = Run(victims, tmp_path, words)
    met = 0
    for _ in range(60):
        run.anew()
        run.kill_when(lambda: _is_written(run))
        met += bool(run.leftovers())
        run.finish()
        assert not run.leftovers()
        if met == 3:
            break
    assert met == 3


def _is_written(run):
    """Whether a sound checkpoint is there, and another half there."""
    return len(run.names()) > 1 and bool(run.leftovers())
