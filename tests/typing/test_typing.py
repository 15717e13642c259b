"""The program whose types `make lint` checks does what it says, and leaves nothing out."""

import ast
import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trilayer

PROGRAM = Path(__file__).with_name("program.py")


@pytest.fixture
def program():
    spec = importlib.util.spec_from_file_location("program", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_program_runs(program, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    X = np.random.default_rng(0).normal(size=(120, 3))
    y = (X[:, 0] + X[:, 1] ** 2 > 0.5).astype(np.int64)
    program.classify(X, y)
    program.choose(X, y)
    program.tables(pd.DataFrame(X, columns=["a", "b", "c"]), y)
    clf = trilayer.TriLayerClassifier(4, l2=1.0, random_state=0).fit(X, y)
    program.keep(clf, tmp_path / "model.safetensors")
    program.look(clf, X, y)
    program.resume(X, y)
    assert trilayer.__version__ in capsys.readouterr().out
    assert (tmp_path / "hub" / "README.md").exists()


def test_the_program_has_every_public_name():
    used = {node.id for node in ast.walk(ast.parse(PROGRAM.read_text())) if type(node) is ast.Name}
    used |= {
        node.attr
        for node in ast.walk(ast.parse(PROGRAM.read_text()))
        if type(node) is ast.Attribute
    }
    assert set(trilayer.__all__) <= used


def test_the_package_says_that_it_is_typed():
    assert Path(trilayer.__file__).with_name("py.typed").exists()
