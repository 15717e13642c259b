"""Settings, samples and links: what is taken, what is refused, what comes back."""

import base64
import json

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.metrics import confusion_matrix, log_loss, roc_auc_score

from trilayer.derivation import core
from trilayer.lab import limits, toys
from trilayer.lab.faults import CODES, RefusalError
from trilayer.lab.frames import plain
from trilayer.lab.lab import Lab
from trilayer.lab.metrics import metrics
from trilayer.lab.restoring import restore
from trilayer.lab.run import Slice
from trilayer.lab.samples import Edits, edited, split, toy_origin, with_point, without_point
from trilayer.lab.settings import changed, defaults, effect, fields, knobs_of
from trilayer.lab.showing import link as link_of
from trilayer.solvers import SOLVERS

from .conftest import refusal_of

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@pytest.fixture
def lab():
    lab = Lab()
    yield lab
    lab.close()


def wanted_of(field):
    if field.choices:
        return st.sampled_from(field.choices)
    if field.whole:
        return st.integers(int(field.least), int(min(field.most, 1e6)))
    return st.floats(field.least, field.most)


def choices():
    return st.sampled_from(sorted(SOLVERS)).flatmap(
        lambda solver: st.fixed_dictionaries(
            {"solver": st.just(solver)},
            optional={
                name: wanted_of(field) | (st.none() if field.optional else st.nothing())
                for name, field in {**fields(), **knobs_of(solver)}.items()
                if name != "solver"
            },
        )
    )


@given(choices())
def test_what_is_within_its_range_is_taken(wanted):
    new = changed(defaults(), wanted)
    assert wanted.items() <= new.items()
    assert set(new) == set(fields()) | set(knobs_of(new["solver"]))
    assert changed(new, {}) == new
    assert not any(effect(new, new))


@given(st.sampled_from([*fields(), "learning_rate", "momentum", "x"]), anything)
def test_anything_else_is_refused_by_name(name, value):
    refusal = refusal_of(lambda: changed(defaults(), {name: value}))
    if refusal is not None:
        assert refusal.code in {"bad_value", "not_a_knob"}
        json.dumps(plain(refusal.as_note()), allow_nan=False)
        return
    field = {**fields(), **knobs_of("gd")}[name]
    assert changed(defaults(), {name: value})[name] == value
    assert value is None or value in field.choices or field.least <= value <= field.most


def test_another_solver_brings_its_own_knobs():
    new = changed(defaults(), {"learning_rate": 3.0})
    adam = changed(new, {"solver": "adam"})
    assert adam["learning_rate"] == knobs_of("adam")["learning_rate"].default
    assert "momentum" not in adam
    with pytest.raises(RefusalError) as refused:
        changed(adam, {"momentum": 0.5})
    assert refused.value.params == {"name": "momentum", "solver": "adam"}


@pytest.mark.parametrize(
    ("wanted", "restarts"),
    [({"learning_rate": 0.1}, False), ({"momentum": 0.1}, False), ({"axis_x": 1}, False),
     ({"stop_loss": 0.1}, False), ({"hidden": 2}, True), ({"seed": 1}, True), ({"l2": 1.0}, True),
     ({"noise": 0.0}, True), ({"solver": "adam"}, True), ({"start": "zero"}, True)],
)  # fmt: skip
def test_only_live_knobs_let_a_run_go_on(lab, wanted, restarts):
    lab.run.advance(Slice(60.0, 10))
    lab.change(changed(lab.settings, wanted))
    assert lab.run.step.k == (0 if restarts else 10)


# ---- toys and samples -----------------------------------------------------------------------


@given(
    st.sampled_from(sorted(toys.TOYS)),
    st.integers(10, 300),
    st.floats(0, 1),
    st.integers(0, 2**31 - 1),
)
def test_a_toy_set_is_drawn_the_same_from_the_same_seed(name, m, noise, seed):
    X, Y = toys.draw(name, m, noise, seed)
    assert X.shape == (2, m)
    assert set(Y) <= {0.0, 1.0}
    assert np.isfinite(X).all()
    again = toys.draw(name, m, noise, seed)
    assert np.array_equal(X, again[0])
    assert np.array_equal(Y, again[1])


@pytest.mark.parametrize("name", sorted(toys.TOYS))
def test_a_toy_set_without_noise_can_be_learnt(name):
    from sklearn.neighbors import KNeighborsClassifier

    X, Y = toys.draw(name, 1000, 0.0, 0)
    nearest = KNeighborsClassifier(1).fit(X[:, :700].T, Y[:700])
    assert nearest.score(X[:, 700:].T, Y[700:]) > 0.87
    assert 0.3 < Y.mean() < 0.7


@given(st.integers(4, 200), st.floats(0, 0.9), st.integers(0, 9))
def test_a_split_takes_its_share_of_each_class(m, share, seed):
    Y = np.arange(m) % 2 + 0.0
    if refusal := refusal_of(lambda: split(Y, share, seed)):
        assert refusal.code == "too_few"
        return
    held_out = split(Y, share, seed)
    for label in (0, 1):
        assert held_out[Y == label].sum() == round(share * (Y == label).sum())
    assert np.array_equal(held_out, split(Y, share, seed))


@settings(max_examples=25)
@given(st.lists(st.tuples(st.booleans(), st.floats(-3, 3), st.integers(0, 200)), max_size=15))
def test_points_come_and_go_as_they_are_clicked(clicks):
    samples = edited(toy_origin(changed(defaults(), {"points": 50})), Edits())
    truth = [(*x, y) for x, y in zip(samples.X.T.tolist(), samples.Y.tolist(), strict=True)]
    for adds, x, index in clicks:
        if adds:
            samples = with_point(samples, np.array([x, -x]), index % 2)
            truth.append((x, -x, float(index % 2)))
        elif index < len(truth):
            samples = without_point(samples, index)
            del truth[index]
        else:
            with pytest.raises(RefusalError) as refused:
                without_point(samples, index)
            assert refused.value.code == "no_index"
    found = [(*x, y) for x, y in zip(samples.X.T.tolist(), samples.Y.tolist(), strict=True)]
    assert found == truth
    assert samples.added.sum() == len(samples.edits.added)
    assert not (samples.added & samples.held_out).any()


def test_a_class_cannot_be_clicked_away():
    samples = edited(toy_origin(changed(defaults(), {"points": 10, "held_out": 0.0})), Edits())
    for _ in range(int(samples.Y.sum()) - 1):
        samples = without_point(samples, int(np.argmax(samples.Y)))
    with pytest.raises(RefusalError) as refused:
        without_point(samples, int(np.argmax(samples.Y)))
    assert refused.value.code == "one_class"


# ---- metrics --------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from([-2.0, -0.5, 0.0, 0.3, 4.0]), st.booleans()), min_size=2))
def test_metrics_are_those_of_scikit_learn(pairs):
    Z2 = np.array([[z for z, _ in pairs]])
    Y = np.array([[float(y) for _, y in pairs]])
    found = metrics(Z2, Y)
    said = Z2[0] > 0
    assert found["accuracy"] == np.mean(said == Y[0])
    assert found["confusion"] == confusion_matrix(Y[0], said, labels=[0, 1]).ravel().tolist()
    assert found["loss"] == pytest.approx(log_loss(Y[0], core.sigmoid(Z2)[0], labels=[0, 1]))
    if len(set(Y[0])) == 2:
        assert found["auc"] == pytest.approx(roc_auc_score(Y[0], Z2[0]))
    else:
        assert found["auc"] is None


# ---- links ----------------------------------------------------------------------------------


def through_an_address(link):
    text = base64.urlsafe_b64encode(json.dumps(link).encode()).decode()
    return json.loads(base64.urlsafe_b64decode(text))


@pytest.mark.parametrize(
    "wanted",
    [{}, {"toy": "xor"}, {"toy": "xor", "noise": 0.2}, {"solver": "adam", "batch_size": 7},
     {"solver": "lbfgs", "l2": 0.5}, {"solver": "sgd", "hidden": 0, "start": "zero"},
     {"stop_loss": 0.25, "axis_x": 1, "axis_y": 0}],
)  # fmt: skip
def test_a_link_brings_the_same_session_back(lab, wanted):
    lab.change(changed(lab.settings, {"points": 50, **wanted}))
    lab.use(with_point(lab.samples, np.array([0.1, 0.2]), 1))
    lab.use(without_point(lab.samples, 7))
    lab.run.advance(Slice(60.0, 15))
    if "learning_rate" in lab.settings:
        lab.change(changed(lab.settings, {"learning_rate": 0.05}))
    lab.run.advance(Slice(60.0, 25))
    link = through_an_address(link_of(lab))
    other = Lab()
    restore(other, link)
    assert other.settings == lab.settings
    assert np.array_equal(other.samples.X, lab.samples.X)
    assert other.run.step.k == lab.run.step.k
    assert np.array_equal(other.run.step.theta, lab.run.step.theta)
    assert link_of(other) == link
    other.close()


@settings(max_examples=150)
@given(
    st.fixed_dictionaries(
        {"v": st.just(1)},
        optional={
            "points": st.integers(0, 60) | anything,
            "solver": st.sampled_from(sorted(SOLVERS)) | anything,
            "learning_rate": st.floats() | anything,
            "added": st.lists(st.lists(anything, max_size=4), max_size=3) | anything,
            "removed": st.lists(st.integers(-2, 60) | anything, max_size=3) | anything,
            "changes": st.lists(
                st.tuples(st.integers(0, 9), st.just({"learning_rate": 0.1})).map(list) | anything,
                max_size=3,
            )
            | anything,
            "k": st.integers(-1, 20) | anything,
            "hidden": st.integers(-1, 4),
            "toy": st.sampled_from(sorted(toys.TOYS)) | anything,
        },
    )
    | anything
)
def test_any_link_is_followed_or_refused(link):
    lab = Lab()
    before = lab.samples
    if refusal := refusal_of(lambda: restore(lab, link)):
        assert refusal.code in CODES
        assert lab.samples is before
    assert np.isfinite(lab.run.step.theta).all()
    lab.close()


def test_a_restored_run_can_be_traced_as_the_first_one(lab):
    lab.run.advance(Slice(60.0, 700))
    other = Lab()
    restore(other, link_of(lab))
    assert other.run.history.oldest == lab.run.history.oldest == 700 - limits.RING + 1
    k = lab.run.history.oldest
    assert np.array_equal(other.run.history.at(k).theta, lab.run.history.at(k).theta)
    other.close()
