"""Checkpoints as bytes: whatever they are, a refusal, or exactly the run they say."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.chaos import changes, mutated, places, values
from attacks.forge import assemble, parts, sealed
from attacks.forge import sound as model_file
from conftest import learning_problem
from trilayer.checkpoint.record import Record, Stage, decode, encode
from trilayer.errors import CheckpointError, DivergenceError, ModelFileError
from trilayer.fit.loop import Limits, Validation, train
from trilayer.modelfile.container import unpack
from trilayer.solvers import SOLVERS

REFUSALS = (ModelFileError, CheckpointError)
WALK = {"learning_rate": 0.1, "schedule": "constant", "batch_size": 7, "seed": 3, "max_iter": 9}
OPTIONS = {"gd": {"learning_rate": 0.5, "momentum": 0.5}, "sgd": WALK, "adam": WALK, "lbfgs": {}}


def run(solver, k, *, scored=True, memory=None):
    """The memory and the outcome of a run of k iterations."""
    J, theta = learning_problem("fused", n1=2, n2=2)
    options = dict(OPTIONS[solver])
    if memory is not None:
        theta, options["state"] = memory.last.theta, memory.last.state
    judge = Validation("log_loss", lambda theta: float(np.sum(theta**2))) if scored else None
    seen = []

    class Keeper:
        def look(self, memory):
            seen.append(memory.settled())

        def keep(self, memory):
            raise AssertionError

        def finish(self, outcome):
            seen.append(outcome)

    steps = SOLVERS[solver].run(J, theta, **options)
    train(steps, Limits(k, 0, 3), judge, None, Keeper(), memory)
    return (seen[-2] if len(seen) > 1 else None), seen[-1]


def stage(memory=None, outcome=None, solver="lbfgs"):
    said = {"hidden_units": 2, "class_weight": {"pairs": [["yes", 2.0]]}}
    return Stage(solver, "fused (avx2)", 7, said, {"X": "ab", "y": "cd"}, memory, outcome)


def record(solver="lbfgs"):
    memory, outcome = run(solver, 6)
    ended, begun = stage(outcome=outcome, solver=solver), stage(memory, solver=solver)
    return Record({"--target": "y", "rows": 3}, {"network": ended, "unit": begun})


RECORDS = {solver: encode(record(solver)) for solver in SOLVERS}
DATA, OTHER = RECORDS["lbfgs"], RECORDS["adam"]


def outcome(data):
    """The bytes of the record that the data are read as, or None if they are refused."""
    try:
        found = decode(data)
    except REFUSALS:
        return None
    return encode(found)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_record_read_back_is_the_same(solver):
    assert outcome(RECORDS[solver]) == RECORDS[solver]


@settings(max_examples=30)
@given(st.sampled_from(sorted(SOLVERS)), st.integers(2, 8), st.integers(9, 14), st.booleans())
def test_a_run_goes_on_from_what_was_read(solver, k, end, scored):
    memory, _ = run(solver, k, scored=scored)
    data = encode(Record({}, {"run": stage(memory, solver=solver)}))
    read = decode(data).stages["run"].memory
    _, resumed = run(solver, end, scored=scored, memory=read)
    _, whole = run(solver, end, scored=scored)
    assert np.array_equal(resumed.theta, whole.theta)
    assert resumed.loss_curve == whole.loss_curve
    assert resumed.validation_curve == whole.validation_curve
    assert resumed.evaluations == whole.evaluations


@pytest.mark.parametrize("mask", [1 << bit for bit in range(8)])
def test_one_changed_byte_never_reads_as_another_run(mask):
    changed, read = bytearray(DATA), 0
    for position in range(mask.bit_length() % 3, len(DATA), 3):  # every byte, over the masks
        changed[position] ^= mask
        same = outcome(bytes(changed))
        assert same in (None, DATA), f"byte {position} ^ {mask:#x}"
        read += same is not None
        changed[position] ^= mask
    assert read <= 8  # the header's padding


@pytest.mark.parametrize("start", [0, 7])
def test_no_beginning_of_a_file_is_read(start):
    for cut in range(start, len(DATA), 10):
        assert outcome(DATA[:cut]) is None


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data):
    assert outcome(data) is None
    assert outcome(assemble(b"{" + data, b"")) is None


positions = st.integers(0, len(DATA))


@settings(max_examples=200)
@given(positions, positions, positions, st.binary(max_size=20))
def test_random_splices_are_refused_or_the_same(start, stop, at, inserted):
    for data in (
        DATA[:start] + inserted + DATA[stop:],
        DATA[:at] + DATA[start:stop] + DATA[at:],
        DATA[:start] + OTHER[stop:],
    ):
        assert outcome(data) in (None, DATA, OTHER)


def test_a_model_file_is_named_as_one():
    with pytest.raises(ModelFileError, match="it is a model file, not a checkpoint"):
        decode(model_file())


# ---- an attacker who can compute checksums ---------------------------------------------

TENSORS = unpack(DATA).tensors
DESCRIPTION = json.loads(unpack(DATA).text)
HEADER, BODY = parts(DATA)


def works(data):
    """Refused, or a record that is written again as it is and goes on, if only to diverge."""
    try:
        found = decode(data)
    except REFUSALS:
        return
    assert encode(decode(encode(found))) == encode(found)
    for each in found.stages.values():
        if each.memory is not None and each.memory.last.theta.size == 9:
            with contextlib.suppress(DivergenceError):
                run(each.solver, each.memory.last.k + 3, scored=False, memory=each.memory)


@settings(max_examples=300)
@given(st.sampled_from(list(places(DESCRIPTION))), changes, values)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_sealed_description_is_refused_or_goes_on(path, change, new):
    works(sealed(TENSORS, mutated(DESCRIPTION, path, change, new)))


@settings(max_examples=300)
@given(st.sampled_from(list(places(HEADER))), changes, values)
def test_a_changed_header_is_refused_or_the_same(path, change, new):
    assert outcome(assemble(mutated(HEADER, path, change, new), BODY)) in (None, DATA)


@settings(max_examples=300)
@given(
    st.sampled_from([*sorted(TENSORS), "1.state.T", "2.theta", "theta", "01.theta", "1.", "x.y"]),
    st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_]),
    st.lists(st.integers(0, 10), max_size=3),
    st.floats(width=32),
)
def test_sealed_arrays_are_refused_or_go_on(name, dtype, shape, value):
    with np.errstate(invalid="ignore"):
        array = np.full(shape, value).astype(dtype)
    works(sealed(TENSORS | {name: array}, DESCRIPTION))


def lie(stage=1, memory=None, **arrays):
    """The record saying something else of the stage that goes on, sealed."""
    description = json.loads(json.dumps(DESCRIPTION))
    description["stages"][stage]["memory"].update(memory or {})
    changed = {f"{stage}.{key.replace('__', '.')}": array for key, array in arrays.items()}
    return sealed(TENSORS | changed, description)


CURVE = TENSORS["1.loss_curve"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (lie(memory={"k": 9}), "the state is of iteration 5, not 9"),
        (lie(memory={"lowest_k": 6}), "are not within those from the start to 5"),
        (lie(memory={"best_k": 6}), "are not within those from the start to 5"),
        (lie(memory={"best_k": None}), "'best.theta' does not belong there"),
        (lie(memory={"since_best": 6}), "more than 5 iterations are said to be without"),
        (lie(memory={"start_k": 3}), "3 iterations left 5 losses"),
        (lie(memory={"state": {"k": 5}}), "not the counts of a state of lbfgs"),
        (lie(loss_curve=CURVE[:-1]), "5 iterations left 4 losses"),
        (lie(loss_curve=CURVE[::-1].copy()), "the last objective is not that of its curve"),
        (lie(validation_curve=CURVE[:-1]), "5 losses stand beside 4 scores"),
        (lie(lowest_J=np.array(0.0)), "the lowest objective is not the least"),
        (lie(seconds=np.array(-1.0)), "its time is negative"),
        (lie(theta=np.empty(0)), "has the shape"),
        (lie(theta=np.full(9, np.nan)), "theta holds NaN or infinity"),
        (lie(lowest__theta=np.ones(8)), "lowest.theta has the shape [8]"),
        (lie(state__gradient=np.ones(8)), "gradient has the shape [8]"),
        (lie(state__S=-TENSORS["1.state.S"]), "no positive curvature"),
        (lie(state__S=TENSORS["1.state.S"][1:]), "changes of theta and"),
        (lie(state__J=np.array(np.inf)), "J holds NaN or infinity"),
    ],
)  # fmt: skip
def test_each_lie_has_its_own_words(data, words):
    with pytest.raises(ModelFileError) as refusal:
        decode(data)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("solver", "change", "words"),
    [
        ("adam", {"state": {"k": 5, "updates": 4}}, "no whole number of batches"),
        ("adam", {"state": {"k": 5, "updates": 26}}, "no whole number of batches"),
        ("sgd", {"state": {"k": 4, "updates": 25}}, "the state is of iteration 4, not 5"),
    ],
)
def test_lies_about_batches(solver, change, words):
    container = unpack(RECORDS[solver])
    description = json.loads(container.text)
    description["stages"][1]["memory"].update(change)
    with pytest.raises(ModelFileError, match=words):
        decode(sealed(container.tensors, description))


def test_negative_squares_are_a_lie():
    container = unpack(OTHER)
    tensors = container.tensors | {"1.state.square": -np.ones(9)}
    with pytest.raises(ModelFileError, match="square holds negative numbers"):
        decode(sealed(tensors, container.text))
