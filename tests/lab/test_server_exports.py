"""What is taken away repeats the run, or holds the same bits."""

import io
import json
import re

import numpy as np
import pandas as pd
import pytest

from trilayer import load, trace
from trilayer.lab.exporting import KINDS, literals
from trilayer.lab.exporting.derivation import pmatrix
from trilayer.lab.lab import Lab
from trilayer.lab.run import Slice
from trilayer.lab.settings import changed
from trilayer.lab.steps import matrices, traced

LONG = 60.0
NAMES = ("W1", "b1", "W2", "b2")


@pytest.fixture
def labs():
    """Make sessions that are closed at the end."""
    made = []

    def make(last, *changes, **wanted):
        lab = Lab()
        made.append(lab)
        lab.change(changed(lab.settings, {"points": 60, "hidden": 3, **wanted}))
        for k, knobs in changes:
            lab.run.advance(Slice(LONG, k))
            lab.change(changed(lab.settings, knobs))
        lab.run.advance(Slice(LONG, last))
        return lab

    yield make
    for lab in made:
        lab.close()


def executed(lab, what, k):
    source = KINDS[what].make(lab, k).decode()
    names = {"__name__": "exported"}
    exec(compile(source, KINDS[what].name, "exec"), names)
    return names


RUNS = {
    "gd": (300, {}),
    "gd with momentum": (300, {"momentum": 0.9}),
    "gd with decay": (300, {"l2": 2.0}),
    "gd, no hidden layer": (300, {"hidden": 0}),
    "gd from zero": (300, {"start": "zero"}),
    "sgd": (25, {"solver": "sgd"}),
    "sgd, cosine": (25, {"solver": "sgd", "schedule": "cosine", "epochs": 30}),
    "sgd, batches beyond all": (25, {"solver": "sgd", "batch_size": 1000}),
    "adam": (25, {"solver": "adam", "batch_size": 7}),
    "adam, falling": (25, {"solver": "adam", "schedule": "inverse-scaling", "l2": 1.0}),
    "lbfgs": (120, {"solver": "lbfgs"}),
    "lbfgs with decay": (80, {"solver": "lbfgs", "l2": 0.5, "toy": "moons"}),
    "lbfgs, no hidden layer": (80, {"solver": "lbfgs", "hidden": 0}),
    "many samples": (20, {"points": 2000, "held_out": 0.0, "hidden": 2}),
    "nothing done yet": (0, {}),
}


@pytest.mark.parametrize("run", RUNS)
def test_the_numpy_script_repeats_the_run(labs, run):
    last, wanted = RUNS[run]
    lab = labs(last, **wanted)
    k = lab.run.step.k
    names = executed(lab, "numpy", k)
    for name in NAMES:
        truth = getattr(lab.run.params(), name)
        np.testing.assert_allclose(names[name], truth, rtol=1e-12, atol=1e-12)
    assert names["J"] == pytest.approx(traced(lab.run, k).J + decay_of(lab), rel=1e-12)


def decay_of(lab):
    p = lab.run.params()
    return lab.run.l2 / 2 * (np.sum(p.W1**2) + np.sum(p.W2**2)) / lab.run.objective.source.m


def test_the_numpy_script_needs_nothing_but_numpy(labs):
    source = KINDS["numpy"].make(labs(5, solver="lbfgs"), 5).decode()
    imported = set(re.findall(r"^(?:from|import) (\w+)", source, flags=re.MULTILINE))
    assert imported <= {"numpy", "math", "dataclasses", "typing", "io", "base64"}


@pytest.mark.parametrize("run", RUNS)
def test_the_trilayer_script_has_the_same_bits(labs, run):
    last, wanted = RUNS[run]
    lab = labs(last, **wanted)
    names = executed(lab, "trilayer", lab.run.step.k)
    for name in NAMES:
        assert np.array_equal(names[name], getattr(lab.run.params(), name))


CHANGES = {
    "gd": ((40, {"learning_rate": 0.1}), (90, {"learning_rate": 0.8, "momentum": 0.5})),
    "sgd": ((5, {"learning_rate": 0.01}), (9, {"momentum": 0.1})),
    "adam": ((5, {"learning_rate": 0.1}),),
}


@pytest.mark.parametrize("solver", CHANGES)
@pytest.mark.parametrize("what", ["numpy", "trilayer"])
def test_scripts_repeat_what_was_changed_on_the_way(labs, solver, what):
    last = 150 if solver == "gd" else 15
    lab = labs(last, *CHANGES[solver], solver=solver)
    for k in (last, last - 3):
        names = executed(lab, what, k)
        for name in NAMES:
            truth = getattr(lab.run.params(k), name)
            np.testing.assert_allclose(names[name], truth, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("what", ["numpy", "trilayer"])
def test_many_samples_are_an_archive_in_the_script(labs, what, monkeypatch):
    monkeypatch.setattr(literals, "_WRITTEN_OUT", 10)
    lab = labs(20)
    names = executed(lab, what, 20)
    X, Y = lab.samples.train
    assert np.array_equal(names["X"], X)
    assert np.array_equal(names["Y"], Y)
    np.testing.assert_allclose(names["W1"], lab.run.params().W1, rtol=1e-12)


def test_scripts_repeat_points_that_were_clicked(labs):
    from trilayer.lab.samples import with_point, without_point

    lab = labs(0)
    lab.use(with_point(lab.samples, lab.view.point(0.5, -0.5), 1))
    lab.use(without_point(lab.samples, 3))
    lab.run.advance(Slice(LONG, 50))
    names = executed(lab, "numpy", 50)
    np.testing.assert_allclose(names["W1"], lab.run.params().W1, rtol=1e-12)
    assert names["X"].shape == lab.samples.train[0].shape


def test_the_model_file_predicts_what_the_lab_shows(labs, tmp_path):
    lab = labs(40)
    path = tmp_path / "model.safetensors"
    path.write_bytes(KINDS["model"].make(lab, 40))
    model = load(path)
    t = traced(lab.run, 40)
    rows = pd.DataFrame(t.X.T, columns=["x1", "x2"])
    np.testing.assert_allclose(model.decision_function(rows), t.Z2[0], rtol=1e-12, atol=1e-13)
    assert list(model.feature_names_in_) == ["x1", "x2"]


@pytest.mark.parametrize("hidden", [0, 3])
def test_matrices_read_back_as_the_same_bits(labs, hidden):
    lab = labs(12, hidden=hidden)
    truth = matrices(traced(lab.run, 9))
    with np.load(io.BytesIO(KINDS["npz"].make(lab, 9)), allow_pickle=False) as archive:
        assert set(archive) == set(truth)
        assert all(np.array_equal(archive[name], truth[name]) for name in truth)
    said = json.loads(KINDS["json"].make(lab, 9))
    assert said["iteration"] == 9
    for name, M in truth.items():
        assert np.array_equal(said["matrices"][name]["values"], M)


@pytest.mark.parametrize("hidden", [0, 3, 20])
def test_the_derivation_is_whole_latex(labs, hidden):
    lab = labs(12, hidden=hidden)
    tex = KINDS["latex"].make(lab, 12).decode()
    assert tex.isascii()
    begun = re.findall(r"\\begin\{(\w+)\}", tex)
    ended = re.findall(r"\\end\{(\w+)\}", tex)
    assert sorted(begun) == sorted(ended)
    assert begun[0] == ended[-1] == "document"
    assert tex.count(r"\[") == tex.count(r"\]")
    assert tex.count("{") == tex.count("}")
    assert tex.count("$") % 2 == 0
    known = set(re.findall(r"\\tag\{(\w+)\}", tex))
    t = trace(lab.run.params(), *lab.samples.train)
    assert known >= {equation.id for equation in t.equations} | {"E35"}
    for equation in t.equations:
        assert equation.tex in tex
    values = [f"{x:.4g}" for x in t.W2[:, 0]][: 4 if len(t.W2) > 6 else None]
    assert all(value in tex for value in values if "e" not in value)


@pytest.mark.parametrize("wanted", [{"solver": "adam"}, {"solver": "lbfgs"}, {"momentum": 0.9}])
def test_the_derivation_says_E35_of_no_other_step(labs, wanted):
    tex = KINDS["latex"].make(labs(5, **wanted), 5).decode()
    assert r"\tag{E35}" not in tex
    assert "a rule of its own" in tex


def test_large_matrices_are_dotted():
    tex = pmatrix(np.arange(200.0).reshape(20, 10))
    assert tex.count(r"\\") == 5
    assert r"\ddots" in tex
    assert r"\vdots" in tex
    assert "199" in tex
    assert pmatrix(np.eye(2)) == "\\begin{pmatrix}\n1 & 0 \\\\\n0 & 1\n\\end{pmatrix}"
