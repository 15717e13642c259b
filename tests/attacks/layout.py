"""Lies of the container: what the header says of where and what the tensors are."""

import numpy as np

from .forge import assemble, contents, lie, parts, sealed, sound, with_header, with_tensor

# ---- where the tensors are -----------------------------------------------------------


@lie("cut short")
def cut_in_the_body() -> bytes:
    """The last number is missing."""
    return sound()[:-8]


@lie("1 bytes behind the last tensor belong to nothing")
def one_byte_more() -> bytes:
    """Something appended."""
    return sound() + b"\0"


@lie("there is a gap of 8 bytes before")
def a_gap() -> bytes:
    """Eight bytes between two tensors, where anything could hide."""

    def shift(header):
        for name, info in header.items():
            if name != "__metadata__" and info["data_offsets"][0] > 0:
                info["data_offsets"] = [x + 8 for x in info["data_offsets"]]

    header, body = parts(sound())
    shift(header)
    return assemble(header, body + bytes(8))


@lie("overlaps")
def an_overlap() -> bytes:
    """W2 reads W1's numbers."""
    return with_tensor("W2", data_offsets=[0, 16])


@lie("takes -32 bytes, its shape and dtype need 32")
def backwards() -> bytes:
    """End before start."""
    return with_tensor("W1", data_offsets=[32, 0])


@lie("is not between 0 and")
def negative_offset() -> bytes:
    """A start before the file."""
    return with_tensor("W1", data_offsets=[-32, 0])


@lie("is not between 0 and")
def offset_beyond_64_bits() -> bytes:
    """A sum that would wrap around."""
    return with_tensor("W1", data_offsets=[2**64 - 1, 2**64 + 31])


@lie("is not an integer")
def offset_is_a_float() -> bytes:
    """1.0 is not 1 to every reader."""
    return with_tensor("W1", data_offsets=[0.0, 32.0])


@lie("is not an integer")
def offset_is_true() -> bytes:
    """True is 1 to Python."""
    return with_tensor("W1", data_offsets=[False, 32])


@lie("W1 has no start and end")
def one_offset() -> bytes:
    """Only a start."""
    return with_tensor("W1", data_offsets=[0])


@lie("has more than 2 elements")
def three_offsets() -> bytes:
    """Start, end, and something."""
    return with_tensor("W1", data_offsets=[0, 32, 64])


# ---- what the tensors are ------------------------------------------------------------


@lie("W1 is not an object")
def tensor_is_a_list() -> bytes:
    """No fields at all."""
    return with_header(lambda header: header.update(W1=[]))


@lie("W1 lacks the field 'dtype'")
def no_dtype() -> bytes:
    """Bytes of no kind."""
    return with_header(lambda header: header["W1"].pop("dtype"))


@lie("W1 has a field that does not belong there")
def a_field_more() -> bytes:
    """A field the library would ignore."""
    return with_tensor("W1", code="import os")


@lie("W1 has the dtype 'F128'")
def unknown_dtype() -> bytes:
    """No such dtype."""
    return with_tensor("W1", dtype="F128")


@lie("W1 has the dtype 'BF16'")
def known_dtype_of_others() -> bytes:
    """The library knows it, NumPy does not."""
    return with_tensor("W1", dtype="BF16", shape=[4, 4])


@lie("its shape and dtype need 16")
def narrower_dtype() -> bytes:
    """Half the bytes."""
    return with_tensor("W1", dtype="F32")


@lie("the checksum does not match")
def same_width_dtype() -> bytes:
    """The same bytes read as integers."""
    return with_tensor("W1", dtype="I64")


@lie("its shape and dtype need 48")
def wrong_shape() -> bytes:
    """More numbers than bytes."""
    return with_tensor("W1", shape=[2, 3])


@lie("the checksum does not match")
def transposed_shape() -> bytes:
    """As many numbers, in another shape."""
    return with_tensor("W1", shape=[4, 1])


@lie("is not between 0 and 2147483648")
def absurd_shape() -> bytes:
    """More numbers than any memory; their product with 0 is 0."""
    return with_tensor("W1", shape=[2**62, 0], data_offsets=[0, 0])


@lie("is not an integer")
def shape_of_text() -> bytes:
    """A text where a number stands."""
    return with_tensor("W1", shape=["2", "2"])


@lie("has more than 8 elements")
def too_many_dimensions() -> bytes:
    """NumPy stops at 64."""
    return with_tensor("W1", shape=[1] * 100 + [4])


@lie("is said to hold booleans")
def booleans_that_are_neither() -> bytes:
    """A byte 2 in a boolean array: neither True nor False, or both."""
    tensors, description = contents()
    tensors["flags"] = np.array([0, 1, 2], np.uint8).view(np.bool_)
    return sealed(tensors, description)


@lie("refuses it")
def the_library_says_no() -> bytes:
    """Half a surrogate pair as a name: JSON to Python, no text to the library."""
    header, body = parts(sound())
    header["\ud800"] = {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]}
    return assemble(header, body)


@lie(r"'\\x1b\[2J\\n.*' is not an object")
def a_name_that_types() -> bytes:
    """A name that would clear the terminal it is printed on, and is a megabyte long."""
    return with_header(lambda header: header.update({"\x1b[2J\n" + "x" * 1_000_000: 0}))
