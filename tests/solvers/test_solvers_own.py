"""A solver of one's own, declared in this file alone, goes wherever trilayer's own go."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from trilayer import Checkpoint, TriLayerClassifier, load
from trilayer.checkpoint.record import Record, Stage, encode
from trilayer.cli import main
from trilayer.errors import InputError
from trilayer.fit.records import Memory
from trilayer.lab.about import hello
from trilayer.lab.exporting import KINDS
from trilayer.lab.faults import RefusalError
from trilayer.lab.frames import plain
from trilayer.lab.lab import Lab
from trilayer.lab.restoring import restore
from trilayer.lab.run import Slice
from trilayer.lab.settings import changed, defaults
from trilayer.lab.showing import link
from trilayer.lab.steps import trace_message
from trilayer.params import pack
from trilayer.solvers import SOLVERS, Option, Solver, Step, register, unregister
from trilayer.solvers.declaration import COUNT, VECTOR
from trilayer.solvers.epochs import BATCH_SIZE, COUNTS, SCHEDULE, TOLD, epochs
from trilayer.solvers.rule import Rule

LONG = 60.0  # seconds: more than any of these runs takes


def drift(objective, theta, *, learning_rate, drag, shape, state=None):
    """Descent of a body with drag: the speed is the memory."""
    k, speed = (state["k"], state["speed"]) if state else (0, np.zeros_like(theta))
    J, gradient = objective(theta)
    if not state:
        yield Step(0, theta, J, float(abs(gradient).max()), 1, {"k": 0, "speed": speed})
    while True:
        pull = np.tanh(gradient) if shape == "soft" else gradient
        speed = (1 - drag) * speed - learning_rate * pull
        theta, k = theta + speed, k + 1
        J, gradient = objective(theta)
        state = {"k": k, "speed": speed}
        yield Step(k, theta, J, float(abs(gradient).max()), k + 1, state)


DRIFT = Solver(
    name="drift",
    run=drift,
    options={
        "learning_rate": Option(0.3, 1e-6, 10.0, live=True),
        "drag": Option(0.5, 0.0, 1.0, live=True, on_few=0.4),
        "shape": Option("hard", choices=("hard", "soft")),
    },
    state={"k": COUNT, "speed": VECTOR},
    carries=("k", "speed"),
)


def signs(objective, theta, **walk):
    """Steps of one length, on batches: a rule that no engine knows."""
    rule = Rule((), lambda theta, g, memory, rate, t: (theta - rate * np.sign(g), memory))
    return epochs(rule, objective, theta, **walk)


SIGNS = Solver(
    name="signs",
    run=signs,
    needs="batches",
    options={
        "learning_rate": Option(0.01, 1e-6, 1.0, live=True),
        "schedule": SCHEDULE,
        "batch_size": BATCH_SIZE,
    },
    state=COUNTS,
    told=TOLD,
)

OWN = pytest.mark.parametrize("name", ["drift", "signs"])


@pytest.fixture(autouse=True)
def _registered():
    for mine in (DRIFT, SIGNS):
        register(mine)
    yield
    for mine in (DRIFT, SIGNS):
        unregister(mine.name)


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


@pytest.fixture
def lab():
    lab = Lab()
    yield lab
    lab.close()


def learner(name, **more):
    given = {"random_state": 0, "max_iter": 30, "tol": 0.0, "l2": 0.1} | more
    return TriLayerClassifier(3, solver=name, **given)


def same(a, b):
    return np.array_equal(pack(a), pack(b))


# ---- the estimator -------------------------------------------------------------------------


@OWN
@pytest.mark.parametrize("engine", ["fused", "reference"])
def test_the_estimator_learns_with_it(name, engine, problem):
    clf = clone(learner(name, engine=engine)).fit(*problem)
    assert (clf.solver_, clf.n_iter_, clf.engine_) == (name, 30, engine)
    assert clf.loss_curve_[-1] < clf.loss_curve_[0]
    starts = learner(name, n_starts=2).fit(*problem)
    assert starts.params_.n2 == 6


def test_its_options_are_the_estimator_s_where_they_have_one_name(problem):
    fast, slow = (learner("drift", learning_rate=r).fit(*problem) for r in (0.3, 0.1))
    assert same(fast.params_, learner("drift").fit(*problem).params_)
    assert not same(fast.params_, slow.params_)
    with pytest.raises(InputError, match=r"'drift' does not take momentum=0.5: .* gd or sgd"):
        learner("drift", momentum=0.5).fit(*problem)


def test_partial_fit_is_there_where_the_state_carries_over(problem):
    whole, parts = learner("drift", max_iter=4).fit(*problem), learner("drift")
    for _ in range(4):
        parts.partial_fit(*problem, classes=[0, 1])
    assert same(whole.params_, parts.params_)
    assert not hasattr(learner("signs"), "partial_fit")


def test_what_is_not_registered_is_refused_with_the_names_that_are(problem):
    with pytest.raises(InputError, match=r"one of auto, .* drift, signs, got 'drifting'"):
        learner("drifting").fit(*problem)
    unregister("drift")
    with pytest.raises(InputError, match=r"one of auto, .* lbfgs, signs, got 'drift'"):
        learner("drift").fit(*problem)


def test_a_model_file_is_read_where_the_solver_is_not_known(problem, tmp_path):
    from trilayer import save

    clf = learner("drift").fit(*problem)
    save(clf, tmp_path / "m.safetensors")
    unregister("drift")
    assert same(load(tmp_path / "m.safetensors").params_, clf.params_)


# ---- checkpoints ---------------------------------------------------------------------------


class StoppedError(RuntimeError):
    """A fault."""


@OWN
def test_a_run_goes_on_from_its_checkpoint_to_the_bit(name, problem, tmp_path):
    def fail(progress):
        if progress.k == 17:
            raise StoppedError

    with pytest.raises(StoppedError):
        learner(name).fit(*problem, on_step=fail, checkpoint=Checkpoint(tmp_path, every=5))
    seen = []
    again = learner(name).fit(
        *problem, on_step=lambda p: seen.append(p.k), checkpoint=Checkpoint(tmp_path, resume=True)
    )
    whole = learner(name).fit(*problem)
    assert seen[0] > 10
    assert same(again.params_, whole.params_)
    assert again.loss_curve_ == whole.loss_curve_


def test_a_state_that_is_not_as_declared_is_not_written(problem, tmp_path):
    def forgetful(objective, theta, **options):
        for step in drift(objective, theta, **options):
            yield Step(*list(vars(step).values())[:5], {"k": step.k, "velocity": step.theta})

    register(
        Solver(name="forgetful", run=forgetful, options=DRIFT.options, state=DRIFT.state),
        replace=True,
    )
    with pytest.raises(InputError, match=r"'forgetful' leaves the state \['k', 'velocity'\]"):
        learner("forgetful").fit(*problem, checkpoint=Checkpoint(tmp_path, every=1))
    unregister("forgetful")


def test_its_checkpoints_are_read_only_where_it_is_registered():
    from trilayer.checkpoint.record import decode

    theta = np.zeros(3)
    step = Step(0, theta, 0.7, 0.1, 1, {"k": 0, "speed": theta})
    memory = Memory(step, 0, 0.7, step, 0.7, 0, None, np.inf, 0, 0, [], [], 0.0)
    data = encode(Record({}, {"fit": Stage("drift", "fused", 0, {}, {}, memory)}))
    assert decode(data).stages["fit"].memory.last.state["k"] == 0
    unregister("drift")
    with pytest.raises(InputError, match="solver must be one of gd"):
        decode(data)


# ---- the shell -----------------------------------------------------------------------------


@OWN
def test_the_shell_trains_with_it(name, problem, tmp_path, capsys):
    X, y = problem
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(y=np.where(y, "yes", "no"))
    frame.to_csv(tmp_path / "t.csv", index=False)
    model = str(tmp_path / "m.safetensors")
    words = ["train", str(tmp_path / "t.csv"), "--target", "y", "-o", model, "--hidden", "2"]
    words += ["--max-iter", "9", "--solver", name, "--json"]
    checkpoint = ["--checkpoint", str(tmp_path / "c")]
    assert main([*words, "--learning-rate", "0.05", *checkpoint]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["solver"], said["iterations"]) == (name, 9)
    assert main(["predict", model, str(tmp_path / "t.csv")]) == 0


def test_the_shell_names_it_among_the_solvers(tmp_path, capsys):
    assert main(["train", "t.csv", "--target", "y", "--solver", "drifting"]) == 2
    assert '"lbfgs", "drift", "signs"' in capsys.readouterr().err
    unregister("drift")
    assert main(["train", "t.csv", "--target", "y", "--solver", "drift"]) == 2
    assert '"drift"' not in capsys.readouterr().err.partition("choose from")[2]


# ---- the lab -------------------------------------------------------------------------------


def test_the_lab_describes_knobs_for_its_options():
    told = hello(None).header
    json.dumps(plain(told), allow_nan=False)
    assert told["settings"]["solver"]["choices"][-2:] == ["drift", "signs"]
    assert told["solvers"]["drift"] == {
        "learning_rate": {"default": 0.3, "min": 1e-6, "max": 10.0, "whole": False, "live": True},
        "drag": {"default": 0.4, "min": 0.0, "max": 1.0, "whole": False, "live": True},
        "shape": {"default": "hard", "choices": ["hard", "soft"]},
    }
    assert list(told["solvers"]["signs"])[-1] == "epochs"


@OWN
def test_the_lab_runs_it_back_and_forth(name, lab):
    lab.change(changed(lab.settings, {"solver": name, "points": 40, "hidden": 3}))
    run = lab.run
    assert run.advance(Slice(LONG, 30)) == "iteration"
    there = run.step.theta
    at = run.history.at(12).theta
    run.go_back(12)
    assert np.array_equal(run.step.theta, at)
    run.advance(Slice(LONG, 30))
    assert np.array_equal(run.step.theta, there)
    lab.change(changed(lab.settings, {"learning_rate": 0.02}))
    assert run is lab.run
    run.advance(Slice(LONG, 40))
    kind = trace_message(run, 35, None).header["update"]["kind"]
    assert kind == {"drift": "other", "signs": "epoch"}[name]
    settings, theta = lab.settings, run.step.theta
    again = Lab()
    restore(again, json.loads(json.dumps(link(lab))))
    assert again.settings == settings
    assert np.array_equal(again.run.step.theta, theta)
    again.close()


def test_the_lab_s_model_and_script_repeat_it(lab):
    lab.change(changed(defaults("drift"), {"points": 40, "hidden": 3, "shape": "soft"}))
    lab.run.advance(Slice(LONG, 20))
    source = KINDS["trilayer"].make(lab, 20).decode()
    # This file is no module that a script could import: it stands for one.
    source, found = re.subn(r"\nimport (\S+)  # registers the solver", "", source)
    assert found == 1
    names = {}
    exec(compile(source, "script", "exec"), names)
    assert np.array_equal(names["theta"], lab.run.step.theta)
    assert KINDS["latex"].make(lab, 20).isascii()
    assert KINDS["model"].make(lab, 20)


def test_a_script_that_cannot_be_written_is_refused_in_a_sentence(lab):
    lab.change(changed(lab.settings, {"solver": "drift"}))
    with pytest.raises(RefusalError, match="no script like this can be written of drift") as no:
        KINDS["numpy"].make(lab, 0)
    assert no.value.code == "no_script"


# ---- declarations --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"needs": "rows"}, "needs must be"), ({"told": ("time",)}, "got 'time'"),
     ({"options": {"tol": Option(1)}}, "'tol' needs another name"),
     ({"state": {"k": VECTOR}}, "'k' as 'count'"), ({"state": {"k": COUNT, "v": "x"}}, "a kind"),
     ({"carries": ("velocity",)}, "'velocity', which is not in the state")],
)  # fmt: skip
def test_a_declaration_that_contradicts_itself_is_refused(wrong, words):
    with pytest.raises(InputError, match=words):
        Solver(name="wrong", run=drift, **wrong)


@pytest.mark.parametrize("name", ["auto", "gd", "drift", "", "a\nb", 7])
def test_a_name_that_is_taken_or_none_is_refused(name):
    with pytest.raises(InputError, match="name"):
        register(Solver(name=name, run=drift))


def test_a_cell_that_is_run_again_replaces_its_solver():
    other = Solver(name="drift", run=signs)
    assert register(other, replace=True) is other
    assert SOLVERS["drift"] is other
