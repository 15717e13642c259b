"""Messages: what is written is read back, and nothing else gets through."""

import json

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays

from trilayer.lab.faults import RefusalError
from trilayer.lab.frames import Message, decode, encode, plain, read_json

from .conftest import refusal_of

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
blocks = st.sampled_from(["<f8", "<f4", "<i4", "|u1"]).flatmap(
    lambda dtype: arrays(dtype, array_shapes(min_dims=1, max_dims=3, min_side=0))
)


@given(st.dictionaries(st.text(), values), st.dictionaries(st.text(max_size=5), blocks, max_size=4))
def test_a_message_comes_back(header, named):
    header.pop("arrays", None)
    back = decode(encode(Message(header, named)))
    assert back.header == plain(header)
    assert list(back.arrays) == list(named)
    for name, array in named.items():
        assert back.arrays[name].dtype == array.dtype
        assert back.arrays[name].shape == array.shape
        assert back.arrays[name].tobytes() == array.tobytes()


@given(st.text(max_size=50), st.lists(blocks, max_size=4))
def test_a_browser_can_look_at_every_array_in_place(text, listed):
    named = {f"a{i}": array for i, array in enumerate(listed)}
    data = encode(Message({"text": text}, named))
    size = int.from_bytes(data[:4], "little")
    header = json.loads(data[4 : 4 + size])
    assert [entry["offset"] % 8 for entry in header["arrays"]] == [0] * len(named)
    assert len(data) % 8 == 0


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_of_the_header_are_exact(number):
    back = decode(encode(Message({"x": np.float64(number)}, {}))).header["x"]
    assert back == number


@given(st.binary(max_size=200))
def test_bytes_are_refused_or_read_and_nothing_else(data):
    refusal = refusal_of(lambda: decode(data))
    assert refusal is None or refusal.code == "bad_message"


entries = st.fixed_dictionaries(
    {},
    optional={
        "name": values,
        "dtype": st.sampled_from(["f8", "u1", "i4", "O", "<M8", ""]) | values,
        "shape": st.lists(st.integers(-(2**70), 2**70), max_size=3) | values,
        "offset": st.integers(-(2**70), 2**70) | values,
    },
)


@given(st.lists(entries | values, max_size=3) | values)
def test_a_lying_header_is_refused_or_read_within_the_message(listed):
    head = json.dumps({"arrays": listed}).encode()
    data = len(head).to_bytes(4, "little") + head + bytes(64)
    refusal = refusal_of(lambda: decode(data))
    if refusal is None:
        assert all(array.nbytes <= len(data) for array in decode(data).arrays.values())
    else:
        assert refusal.code == "bad_message"


@pytest.mark.parametrize("text", ["", "[]", "3", "{", '{"a": }', "[" * 100_000])
def test_what_is_no_object_is_refused(text):
    with pytest.raises(RefusalError) as refused:
        read_json(text)
    assert refused.value.code == "bad_message"
