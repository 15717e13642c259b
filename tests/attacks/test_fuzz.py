"""Whatever the bytes are: a ModelFileError, or exactly the model they say."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer.errors import ModelFileError
from trilayer.modelfile import restore
from trilayer.modelfile.decode import decode
from trilayer.modelfile.record import encode

from .chaos import changes, mutated, places, values
from .forge import assemble, contents, parts, record, sealed

DATA = encode(record(feature_names=None))  # or predicting from plain arrays would warn
OTHER = encode(record(classes=np.array([0, 1]), positive=0, threshold=0.25))


def outcome(data):
    """The bytes of the model that the data load as, or None if they are refused."""
    try:
        loaded = decode(data)
    except ModelFileError:
        return None
    return encode(loaded)


@pytest.mark.parametrize("mask", [*(1 << bit for bit in range(8)), 0x5A, 0xFF])
def test_one_changed_byte_never_loads_as_another_model(mask):
    changed = bytearray(DATA)
    loaded = 0
    for position in range(len(DATA)):
        changed[position] ^= mask
        same = outcome(bytes(changed))
        assert same in (None, DATA), f"byte {position} ^ {mask:#x}"
        loaded += same is not None
        changed[position] ^= mask
    # Nothing but the header's padding may change and still load.
    assert loaded <= 8


@pytest.mark.parametrize("end", [0, 1, 7, 8, 9])
def test_no_beginning_of_a_file_loads(end):
    for cut in range(end, len(DATA), 10):
        assert outcome(DATA[:cut]) is None


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data):
    assert outcome(data) is None


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_random_headers_are_refused(head):
    assert outcome(assemble(b"{" + head, b"")) is None


positions = st.integers(0, len(DATA))


@settings(max_examples=300)
@given(positions, positions, positions, st.binary(max_size=20))
def test_random_splices_are_refused_or_the_same(start, stop, at, inserted):
    for data in (
        DATA[:start] + inserted + DATA[stop:],
        DATA[:at] + DATA[start:stop] + DATA[at:],
        DATA[:start] + OTHER[stop:],
        OTHER[:start] + DATA[start:stop] + OTHER[stop:],
    ):
        assert outcome(data) in (None, DATA, OTHER)


# ---- an attacker who can compute checksums ---------------------------------------------

TENSORS, DESCRIPTION = contents(DATA)
HEADER, BODY = parts(DATA)


@settings(max_examples=300)
@given(st.sampled_from(list(places(DESCRIPTION))), changes, values)
def test_a_sealed_description_is_refused_or_makes_a_working_model(path, change, new):
    data = sealed(TENSORS, mutated(DESCRIPTION, path, change, new))
    try:
        loaded = decode(data)
        model = restore(loaded)
    except ModelFileError:
        return
    assert json.loads(json.dumps(loaded.summary, allow_nan=False)) == loaded.summary
    assert np.all(np.isfinite(model.predict_proba(loaded.check_X.T)))
    assert set(model.predict(loaded.check_X.T).tolist()) <= set(loaded.classes.tolist())
    assert encode(decode(encode(loaded))) == encode(loaded)


@settings(max_examples=300)
@given(st.sampled_from(list(places(HEADER))), changes, values)
def test_a_changed_header_is_refused_or_the_same(path, change, new):
    assert outcome(assemble(mutated(HEADER, path, change, new), BODY)) in (None, DATA)


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(TENSORS)),
    st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_]),
    st.lists(st.integers(0, 3), max_size=3),
    st.floats(width=32),
)
def test_sealed_arrays_are_refused_or_compute(name, dtype, shape, value):
    with np.errstate(invalid="ignore"):
        array = np.full(shape, value).astype(dtype)
    try:
        loaded = decode(sealed(TENSORS | {name: array}, DESCRIPTION))
    except ModelFileError:
        return
    assert np.all(np.isfinite(restore(loaded).decision_function(loaded.check_X.T)))
