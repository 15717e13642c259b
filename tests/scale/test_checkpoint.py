"""Checkpoints of fits: they change no bit, and a run that goes on ends with the same bits."""

import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning

from conftest import learning_problem
from trilayer import Checkpoint, Params, TriLayerClassifier
from trilayer.checkpoint import keeping
from trilayer.checkpoint.every import Every, every
from trilayer.checkpoint.folder import Folder
from trilayer.engines import fused
from trilayer.errors import CheckpointError, InputError
from trilayer.fit import loop as training
from trilayer.fit import run as fitting
from trilayer.solvers import SOLVERS
from trilayer.solvers.declaration import COUNT, NUMBER, VECTOR, VECTORS

RNG = np.random.default_rng(11)
X = RNG.normal(size=(240, 4))
Y = (X[:, 0] * X[:, 1] + 0.3 * RNG.normal(size=240) > 0).astype(int)
WEIGHTS = RNG.uniform(0.5, 2, 240)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class DiedError(BaseException):
    """Stands in for the end of the process: nobody may catch it and write something down."""


@pytest.fixture
def dying(monkeypatch):
    """`dying(n)`: the process dies in the n-th checkpoint written from now; after it, if asked."""
    write = Folder.write

    def at(n, *, after=True):
        left = [n]

        def counted(folder, data):
            left[0] -= 1
            if left[0] > 0 or after:
                write(folder, data)
            if left[0] == 0:
                raise DiedError

        monkeypatch.setattr(Folder, "write", counted)

    return at


@pytest.fixture
def safe(monkeypatch):
    """`safe()`: the process does not die any more."""
    write = Folder.write
    return lambda: monkeypatch.setattr(Folder, "write", write)


def learner(**changes):
    chosen = {"hidden_units": 3, "max_iter": 40, "tol": 0, "random_state": 5, "n_threads": 2}
    return TriLayerClassifier(**chosen | changes)


def fitted(model, **given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, Y, **given)


def assert_same(ours, theirs):
    for name in ("W1", "b1", "W2", "b2"):
        assert np.array_equal(getattr(ours.params_, name), getattr(theirs.params_, name))
    for name in (
        "loss_curve_", "validation_curve_", "n_iter_", "best_iter_", "n_evaluations_",
        "stop_reason_", "solver_", "engine_",
    ):  # fmt: skip
        assert getattr(ours, name) == getattr(theirs, name), name


# ---- the same bits -----------------------------------------------------------------


@pytest.mark.parametrize("engine", ["fused", "reference"])
@pytest.mark.parametrize("early", [False, "auc"])
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("n", "after"), [(2, False), (2, True), (4, True)])
def test_a_run_that_died_goes_on_to_the_same_bits(
    tmp_path, dying, safe, solver, early, engine, n, after
):
    """Died while writing its n-th checkpoint, before or after the file was there."""
    chosen = {"solver": solver, "early_stopping": early, "engine": engine, "n_iter_no_change": 25}
    whole = fitted(learner(**chosen), sample_weight=WEIGHTS)
    dying(n, after=after)
    with pytest.raises(DiedError):
        fitted(
            learner(**chosen), sample_weight=WEIGHTS, checkpoint=Checkpoint(tmp_path / "c", every=7)
        )
    safe()
    checkpoint = Checkpoint(tmp_path / "c", every=7, resume=True)
    written = n - 2 + after  # the first one holds no stage
    assert checkpoint.done == ({"fit": (7 * written, False)} if written else {})
    assert_same(fitted(learner(**chosen), sample_weight=WEIGHTS, checkpoint=checkpoint), whole)
    assert checkpoint.done == {"fit": (whole.n_iter_, True)}


@settings(max_examples=15)
@given(
    st.sampled_from(sorted(SOLVERS)), st.lists(st.integers(1, 39), max_size=4), st.integers(1, 50)
)
def test_however_often_it_is_interrupted(tmp_path_factory, solver, stops, often):
    """Ctrl-C at any iterations: the run goes on from where it was, whatever is due."""
    folder = tmp_path_factory.mktemp("run") / "c"
    whole = fitted(learner(solver=solver))
    for k in sorted(stops):

        def interrupt(progress, k=k):
            if progress.k == k:
                raise KeyboardInterrupt

        checkpoint = Checkpoint(folder, often, resume=folder.exists())
        found = fitted(learner(solver=solver), checkpoint=checkpoint, on_step=interrupt)
        if found.stop_reason_ == "interrupted":
            assert checkpoint.done == {"fit": (k, False)}
    checkpoint = Checkpoint(folder, often, resume=folder.exists())
    assert_same(fitted(learner(solver=solver), checkpoint=checkpoint), whole)


@pytest.mark.parametrize("slices", [0.0, 60.0])
@pytest.mark.parametrize("often", [1, 7, 10**6, "1h"])
def test_unwatched_strides_keep_their_bits(tmp_path, monkeypatch, slices, often):
    monkeypatch.setattr(fused, "SLICE", slices)
    whole = fitted(learner(solver="gd", max_iter=100))
    seen = []
    steps = fitting.train

    def counting(walk, *rest):
        def each():
            for step in walk:
                seen.append(step.k)
                yield step

        return steps(each(), *rest)

    monkeypatch.setattr(fitting, "train", counting)
    checkpoint = Checkpoint(tmp_path / "c", often)
    assert_same(fitted(learner(solver="gd", max_iter=100), checkpoint=checkpoint), whole)
    if slices:  # the only thing that ends a stride is the checkpoint that is due
        stride = min(often, 100) if isinstance(often, int) else 100
        assert seen == [*range(0, 100, stride), 100]


def test_the_lowest_point_within_a_stride_is_kept(tmp_path, dying, safe):
    """A run that ends above its start: what is kept of it lay within a stride, before a death."""
    chosen = {"solver": "gd", "learning_rate": 20.0, "momentum": 0.9, "l2": 5.0, "tol": 1e-9}
    chosen |= {"hidden_units": 4, "max_iter": 200}
    whole = fitted(learner(**chosen))
    assert whole.stop_reason_ == "diverged"
    assert whole.best_iter_ % 10
    dying(whole.best_iter_ // 10 + 2)  # the checkpoint after the lowest point
    with pytest.raises(DiedError):
        fitted(learner(**chosen), checkpoint=Checkpoint(tmp_path / "c", 10))
    safe()
    checkpoint = Checkpoint(tmp_path / "c", 50, resume=True)
    assert whole.best_iter_ < checkpoint.done["fit"][0] < whole.best_iter_ + 10
    assert_same(fitted(learner(**chosen), checkpoint=checkpoint), whole)


def test_a_failing_source_leaves_its_last_iteration(tmp_path, monkeypatch):
    """As when all workers are gone: the error goes its way, what was done stays."""

    class GoneError(Exception):
        pass

    steps = fitting.train

    def failing(walk, *rest):
        def each():
            for step in walk:
                if step.k == 9:
                    raise GoneError
                yield step

        return steps(each(), *rest)

    with monkeypatch.context() as patched:
        patched.setattr(fitting, "train", failing)
        with pytest.raises(GoneError):
            fitted(learner(solver="sgd"), checkpoint=Checkpoint(tmp_path / "c", "1h"))
    checkpoint = Checkpoint(tmp_path / "c", resume=True)
    assert checkpoint.done == {"fit": (8, False)}
    assert_same(fitted(learner(solver="sgd"), checkpoint=checkpoint), fitted(learner(solver="sgd")))


def test_a_fit_that_ended_is_not_done_again(tmp_path, monkeypatch):
    whole = fitted(learner(), checkpoint=Checkpoint(tmp_path / "c"))
    monkeypatch.setattr(fitting, "train", None)
    again = fitted(learner(), checkpoint=Checkpoint(tmp_path / "c", resume=True))
    assert_same(again, whole)


@pytest.mark.parametrize("chance", [None, "generator"])
def test_chance_is_drawn_once(tmp_path, dying, safe, chance):
    def model():
        state = np.random.RandomState(3) if chance else None
        return learner(solver="sgd", random_state=state, early_stopping=True, n_iter_no_change=99)

    dying(3)
    with pytest.raises(DiedError):
        fitted(model(), checkpoint=Checkpoint(tmp_path / "c", 5))
    safe()
    started = (tmp_path / "c").iterdir()
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in started:
        (copy / file.name).write_bytes(file.read_bytes())
    one = fitted(model(), checkpoint=Checkpoint(tmp_path / "c", 5, resume=True))
    other = fitted(model(), checkpoint=Checkpoint(copy, 5, resume=True))
    assert_same(one, other)
    assert one.n_iter_ == 40


@pytest.fixture
def clock(monkeypatch):
    """`clock.now`: seconds, as the training and the checkpoints see them."""
    clock = SimpleNamespace(now=0.0)
    for module in (training, keeping):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_the_time_spent_counts(tmp_path, dying, safe, clock):
    """A second an iteration, and a thousand between death and resumption."""

    def second(_):
        clock.now += 1.0

    chosen = {"max_iter": 10**6, "max_seconds": 20, "solver": "gd", "learning_rate": 1e-6}
    dying(12)
    with pytest.raises(DiedError):
        fitted(learner(**chosen), on_step=second, checkpoint=Checkpoint(tmp_path / "c", 1))
    safe()
    clock.now += 1000.0
    checkpoint = Checkpoint(tmp_path / "c", 1, resume=True)
    assert checkpoint.done == {"fit": (11, False)}
    assert checkpoint.seconds == 10.0  # as iteration 11 was noted, before it was watched
    again = fitted(learner(**chosen), on_step=second, checkpoint=checkpoint)
    assert (again.stop_reason_, again.n_iter_) == ("max_seconds", 21)


# ---- stages ------------------------------------------------------------------------


def test_stages_are_kept_beside_each_other(tmp_path, dying, safe):
    """Those that ended are not done again, the one that runs goes on."""
    sizes = {"network": 3, "unit": 0, "wide": 9}
    whole = {name: fitted(learner(hidden_units=size)) for name, size in sizes.items()}

    def all_of(checkpoint):
        return {
            name: fitted(learner(hidden_units=size), checkpoint=checkpoint.stage(name))
            for name, size in sizes.items()
        }

    dying(8)
    with pytest.raises(DiedError):
        all_of(Checkpoint(tmp_path / "c", 11))
    safe()
    checkpoint = Checkpoint(tmp_path / "c", 11, resume=True)
    assert checkpoint.done["network"] == (whole["network"].n_iter_, True)
    assert not all(ended for _, ended in checkpoint.done.values())
    again = all_of(checkpoint)
    for name in sizes:
        assert_same(again[name], whole[name])
    assert list(checkpoint.done) == list(sizes)


def test_another_fit_needs_another_stage(tmp_path):
    checkpoint = Checkpoint(tmp_path / "c")
    fitted(learner(), checkpoint=checkpoint)
    with pytest.raises(CheckpointError, match=r"stage 'fit': hidden_units was 3 and is 2"):
        fitted(learner(hidden_units=2), checkpoint=checkpoint)


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "\ud800", None, 3])
def test_names_that_no_stage_has(tmp_path, name):
    with pytest.raises(InputError, match="a stage's name is a text of up to 200"):
        Checkpoint(tmp_path / "c").stage(name)


# ---- other settings, other data -----------------------------------------------------

INIT = Params(np.ones((4, 3)), np.ones((3, 1)), np.ones((3, 1)), np.ones((1, 1)))


@pytest.fixture
def begun(tmp_path, dying, safe):
    """A folder with a run that died on its way."""
    dying(3)
    given = {"sample_weight": WEIGHTS, "X_val": X[:50], "y_val": Y[:50]}
    with pytest.raises(DiedError):
        fitted(learner(solver="sgd"), checkpoint=Checkpoint(tmp_path / "c", 5), **given)
    safe()
    return tmp_path / "c", given


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hidden_units": 5}, "hidden_units was 3 and is 5"),
        ({"n_starts": 2}, "n_starts was 1 and is 2"),
        ({"solver": "adam"}, 'solver was "sgd" and is "adam"'),
        ({"learning_rate": 0.2}, "learning_rate was not given and is 0.2"),
        ({"momentum": 0.5}, "momentum was not given and is 0.5"),
        ({"schedule": "cosine"}, 'schedule was not given and is "cosine"'),
        ({"batch_size": 16}, "batch_size was not given and is 16"),
        ({"l2": 2.0}, "l2 was 1.0 and is 2.0"),
        ({"max_iter": 41}, "max_iter was 40 and is 41"),
        ({"max_seconds": 9.5}, "max_seconds was not given and is 9.5"),
        ({"tol": 0.1}, "tol was 0 and is 0.1"),
        ({"n_iter_no_change": 3}, "n_iter_no_change was 10 and is 3"),
        ({"shuffle": False}, "shuffle was true and is false"),
        ({"early_stopping": "auc"}, 'early_stopping was false and is "auc"'),
        ({"validation_fraction": 0.2}, "validation_fraction was 0.1 and is 0.2"),
        ({"class_weight": {0: 2.0, 1: 1.0}}, "class_weight was not given and is"),
        ({"random_state": 6}, "random_state was 5 and is 6"),
        ({"init": INIT}, "start (init, warm_start) was"),
        ({"engine": "reference"}, 'engine was "auto" and is "reference"'),
        ({"dtype": "float32"}, 'dtype was not given and is "float32"'),
    ],
)
def test_other_settings_are_refused_by_name(begun, change, words):
    folder, given = begun
    before = sorted(folder.iterdir())
    with pytest.raises(CheckpointError) as refusal:
        fitted(
            learner(**{"solver": "sgd"} | change),
            checkpoint=Checkpoint(folder, 5, resume=True),
            **given,
        )
    assert words in str(refusal.value)
    assert "begin again in another folder" in str(refusal.value)
    assert sorted(folder.iterdir()) == before


def test_every_setting_is_held_against_the_checkpoint():
    """But those that change no bit, and a start that is given by its numbers."""
    tried = {
        key
        for mark in test_other_settings_are_refused_by_name.pytestmark
        for change, _ in mark.args[1]
        for key in change
    }
    assert tried == TriLayerClassifier().get_params().keys() - {
        "n_threads",
        "warm_start",
        "verbose",
    }


@pytest.mark.parametrize(
    ("name", "key", "change"),
    [
        ("X", "X", lambda X: np.nextafter(X, np.inf)),
        ("X", "X", lambda X: X[::-1]),
        ("y", "y", lambda y: np.concatenate([1 - y[:1], y[1:]])),
        ("sample_weight", "sample_weight", lambda s: s * (1 + np.eye(1, 240, 9)[0])),
        ("X_val", "X_val", lambda X: X + 1),
        ("y_val", "y_val", lambda y: 1 - y),
    ],
)
def test_other_data_are_refused_by_name(begun, name, key, change):
    folder, given = begun
    data = {"X": X, "y": Y} | given
    data[name] = change(data[name])
    with pytest.raises(CheckpointError, match=rf"begun with other data \({key} differs\)"):
        learner(solver="sgd").fit(**data, checkpoint=Checkpoint(folder, 5, resume=True))


def test_what_changes_no_bit_may_change(begun):
    """Threads, and rows or columns in memory."""
    folder, given = begun
    whole = fitted(learner(solver="sgd"), **given)
    model = learner(solver="sgd", n_threads=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(np.asfortranarray(X), Y, **given, checkpoint=Checkpoint(folder, 5, resume=True))
    assert_same(model, whole)


def test_another_instruction_set_goes_on_and_is_told(begun, monkeypatch):
    folder, given = begun
    monkeypatch.setattr(fused.FusedEngine, "description", "fused (other)")
    with pytest.warns(RuntimeWarning, match=r"goes on with fused \(other\): the last bits"):
        fitted(learner(solver="sgd"), checkpoint=Checkpoint(folder, 5, resume=True), **given)


def test_what_the_caller_says_of_the_run_is_held_against_it(tmp_path):
    Checkpoint(tmp_path / "c", about={"table": "a", "rows": 3})
    Checkpoint(tmp_path / "c", about={"rows": 3, "table": "a"}, resume=True)
    with pytest.raises(CheckpointError, match="rows was 3 and is 4"):
        Checkpoint(tmp_path / "c", about={"table": "a", "rows": 4}, resume=True)
    with pytest.raises(CheckpointError, match='table was "a" and is not given'):
        Checkpoint(tmp_path / "c", about={"rows": 3}, resume=True)
    with pytest.raises(CheckpointError, match="cannot be written as JSON"):
        Checkpoint(tmp_path / "d", about={"table": object()})
    for unread in ("x" * 10_001, "\ud800", 1 << 70):
        with pytest.raises(CheckpointError, match="cannot be written in a checkpoint"):
            Checkpoint(tmp_path / "d", about={"table": unread})
    assert not (tmp_path / "d").exists()


# ---- the parameter ------------------------------------------------------------------


def test_how_often():
    assert every(100) == every("100") == every(" 100 ") == Every(100, None)
    assert every("30s") == every("30 s") == Every(None, 30.0)
    assert every("0.5min") == Every(None, 30.0)
    assert every("2h") == Every(None, 7200.0)
    for wrong in (0, -1, 1.5, "0", "0s", "1.5", "s", "5 days", "", True, None, "1e3s", "9" * 30):
        with pytest.raises(InputError, match="give a number of iterations"):
            every(wrong)


def test_a_time_is_kept_but_for_what_writing_costs(tmp_path, monkeypatch, clock):
    """Due every 10 s; a checkpoint that takes 3 s to write is next due after 300."""
    write, written = Folder.write, []

    def slow(folder, data):
        write(folder, data)
        written.append(clock.now)
        clock.now += 3.0

    checkpoint = Checkpoint(tmp_path / "c", "10s")
    monkeypatch.setattr(Folder, "write", slow)

    def second(_):
        clock.now += 1.0

    fitted(learner(max_iter=400, solver="gd"), on_step=second, checkpoint=checkpoint)
    assert written[:2] == [10.0, 313.0]


def test_a_checkpoint_is_no_name(tmp_path):
    with pytest.raises(InputError, match=r"checkpoint must be a trilayer.Checkpoint, got str"):
        fitted(learner(), checkpoint=str(tmp_path))


def test_it_is_not_sent_to_other_processes(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be sent to another"):
        pickle.dumps(Checkpoint(tmp_path / "c"))


@pytest.mark.parametrize("name", SOLVERS)
def test_states_are_as_declared(name):
    """What a solver leaves behind is what its checkpoints are checked against."""
    J, theta = learning_problem("fused")
    walk = {"schedule": "constant", "batch_size": 7, "seed": 3, "max_iter": 9}
    options = {
        "gd": {"learning_rate": 0.1}, "lbfgs": {}, "sgd": {"learning_rate": 0.1} | walk,
        "adam": {"learning_rate": 0.1} | walk,
    }[name]  # fmt: skip
    steps = SOLVERS[name].run(J, theta, **options)
    for _ in range(3):
        state = next(steps).state
        assert state.keys() == SOLVERS[name].state.keys()
        for key, kind in SOLVERS[name].state.items():
            value = state[key]
            if kind == COUNT:
                assert isinstance(value, int)
            elif kind == NUMBER:
                assert isinstance(value, float)
            else:
                parts = value if kind == VECTORS else [value]
                assert kind in {VECTOR, VECTORS}
                assert all(part.shape == theta.shape for part in parts)
