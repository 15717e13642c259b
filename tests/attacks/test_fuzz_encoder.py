"""An encoder that someone else described: refused, or it encodes."""

import contextlib
import warnings

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trilayer.errors import InputError, ModelFileError
from trilayer.modelfile import restore
from trilayer.modelfile.decode import decode
from trilayer.modelfile.record import encode

from .chaos import changes, mutated, places, values
from .encoder import TABLE, pipeline_contents, sound_pipeline
from .forge import sealed

TENSORS, DESCRIPTION = pipeline_contents()


def check(data):
    """Load it if it can be, and predict with it if its table is this one."""
    try:
        loaded = decode(data)
        model = restore(loaded)
    except ModelFileError:
        return False
    assert encode(decode(encode(loaded))) == encode(loaded)
    try:
        probabilities = model.predict_proba(TABLE)
    except InputError:
        return False  # a sound encoder of another table
    assert np.all(np.isfinite(probabilities))
    return True


def test_the_sound_pipeline_passes():
    assert check(sound_pipeline())


def test_one_changed_byte_never_loads_as_another_pipeline():
    sound = sound_pipeline()
    changed = bytearray(sound)
    for position in range(len(sound)):
        changed[position] ^= 1 << position % 8
        with contextlib.suppress(ModelFileError):
            assert encode(decode(bytes(changed))) == sound
        changed[position] = sound[position]


@settings(max_examples=150)
@given(st.sampled_from(list(places(DESCRIPTION["encoder"]))), changes, values)
def test_a_sealed_spec_is_refused_or_encodes(path, change, new):
    spec = mutated(DESCRIPTION["encoder"], path, change, new)
    check(sealed(TENSORS, DESCRIPTION | {"encoder": spec}))


@settings(max_examples=150)
@given(
    st.sampled_from([name for name in sorted(TENSORS) if name.startswith("encoder.")]),
    st.integers(0, 30),
    st.one_of(
        st.floats(allow_nan=False, allow_infinity=False),
        st.integers(-3, 300),
        st.sampled_from([1.7e308, -1.7e308, 5e-324, 0.0, 2**40]),
    ),
)
def test_sealed_arrays_of_an_encoder_are_refused_or_encode(name, position, value):
    array = TENSORS[name].copy()
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        array[position % len(array)] = np.array(value).astype(array.dtype)
    check(sealed(TENSORS | {name: array}, DESCRIPTION))
