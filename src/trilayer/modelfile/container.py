"""A safetensors file as bytes: named arrays and one sealed text, none of it believed.

The format: eight bytes with the length of the header, the header (JSON, padded with
spaces), the arrays' bytes, back to back. The header's ``__metadata__`` holds two
strings here: ``trilayer``, a text that this module does not interpret, and ``sha256``,
the seal over the arrays and that text.
"""

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from trilayer.errors import ModelFileError
from trilayer.modelfile.schema import (
    LieError,
    fixed,
    integer,
    items,
    json_loads,
    shown,
    text,
)

MAX_HEADER_BYTES = 16 << 20
"""A longer header is refused: parsed, its JSON could take twenty times the memory."""

MAX_DIMENSION = 1 << 31

DTYPES: dict[str, np.dtype[Any]] = {
    name: np.dtype(numpy_name)
    for name, numpy_name in [
        ("F64", "<f8"), ("F32", "<f4"),
        ("I64", "<i8"), ("I32", "<i4"), ("I16", "<i2"), ("I8", "i1"),
        ("U64", "<u8"), ("U32", "<u4"), ("U16", "<u2"), ("U8", "u1"),
        ("BOOL", "?"),
    ]
}  # fmt: skip
"""The kinds of numbers a model file may hold."""

_SIGNATURES = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"PAR1": "a Parquet file",
    b"\x93NUMPY": "a NumPy file",
    b"\x89HDF": "an HDF5 file",
    **{bytes([0x80, protocol]): "a pickle, which trilayer never opens" for protocol in range(2, 6)},
}

_METADATA = fixed({"sha256": text(64), "trilayer": text(MAX_HEADER_BYTES)})
_TENSOR = fixed(
    {
        "data_offsets": items(integer(0, 1 << 62), at_most=2),
        "dtype": text(16),
        "shape": items(integer(0, MAX_DIMENSION), at_most=8),
    }
)


@dataclass(frozen=True, eq=False)
class Container:
    """What a file holds once its layout is known to be sound.

    Parameters
    ----------
    tensors : dict of str to array
    text : str
    sha256 : str
        The seal as the file states it; `verify` compares it.
    """

    tensors: dict[str, NDArray[Any]]
    text: str
    sha256: str

    def verify(self) -> None:
        """Compare the seal with what it seals.

        Raises
        ------
        ModelFileError
            If arrays or text are not those that were saved.
        """
        if seal(self.tensors, self.text) != self.sha256:
            raise LieError("the checksum does not match: arrays or description were changed")


def seal(tensors: Mapping[str, NDArray[Any]], text: str) -> str:
    """SHA-256 of every array's name, dtype, shape and bytes, by name, then of the text.

    Each piece is preceded by its length, so that no two contents read the same.
    """
    digest = hashlib.sha256()

    def add(piece: Any) -> None:
        digest.update(struct.pack("<Q", len(piece)))
        digest.update(piece)

    for name in sorted(tensors):
        array = tensors[name]
        for word in (name, _code(array.dtype), str(list(array.shape))):
            add(word.encode())
        add(_raw(array))
    add(text.encode())
    return digest.hexdigest()


def pack(tensors: Mapping[str, NDArray[Any]], text: str) -> bytes:
    """Write a file's bytes; the same content gives the same bytes.

    The library's own writer puts the metadata's strings in random order and copies
    the memory of a transposed array as if it were not, so the header is written here.
    """
    header: dict[str, Any] = {"__metadata__": {"sha256": seal(tensors, text), "trilayer": text}}
    body = []
    end = 0
    # Widest first: then every array starts at a multiple of its own width.
    for name in sorted(tensors, key=lambda name: (-tensors[name].itemsize, name)):
        array = tensors[name]
        start, end = end, end + array.nbytes
        header[name] = {
            "dtype": _code(array.dtype),
            "shape": list(array.shape),
            "data_offsets": [start, end],
        }
        body.append(_raw(array))
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return b"".join([struct.pack("<Q", len(head)), head, *body])


def unpack(data: bytes) -> Container:
    """Read a file's bytes.

    Raises
    ------
    ModelFileError
        If they are not a safetensors file of trilayer's, with the first reason found.
    """
    header, body_bytes = _header(data)
    # Without this a file of another program would be blamed for a missing field.
    if not isinstance(header.get("__metadata__"), dict):
        raise ModelFileError(
            "it is a safetensors file of another program, without trilayer's metadata; "
            "name a file that trilayer saved"
        )
    metadata = _METADATA(header.pop("__metadata__"), "__metadata__")
    spans = {name: _span(name, info) for name, info in header.items()}
    _check_layout(spans, body_bytes)
    try:
        tensors = safetensors.numpy.load(data)
    except (safetensors.SafetensorError, ValueError) as error:
        raise LieError("the safetensors library refuses it") from error
    for name, array in tensors.items():
        if array.dtype == np.bool_ and np.any(array.view(np.uint8) > 1):
            raise LieError(f"{shown(name)} is said to hold booleans and holds other bytes")
    return Container(tensors, metadata["trilayer"], metadata["sha256"])


def _code(dtype: np.dtype[Any]) -> str:
    for code, known in DTYPES.items():
        if dtype.newbyteorder("<") == known:
            return code
    raise ModelFileError(f"a model file cannot hold an array of dtype {dtype}")


def _raw(array: NDArray[Any]) -> "memoryview[int]":
    """Give the array's numbers row by row, little-endian, whatever its memory looks like."""
    plain = np.ascontiguousarray(array, dtype=DTYPES[_code(array.dtype)])
    return plain.reshape(-1).view(np.uint8).data


def _header(data: bytes) -> tuple[dict[str, Any], int]:
    if len(data) < 8:
        raise LieError("it is empty" if not data else "it is too short to be a safetensors file")
    (length,) = struct.unpack("<Q", data[:8])
    if length > min(MAX_HEADER_BYTES, len(data) - 8):
        raise _wrong_length(data, length)
    head = data[8 : 8 + length]
    if not head.startswith(b"{"):
        raise LieError("its header does not start like a safetensors header")
    header: dict[str, Any] = json_loads(head, "its header")
    return header, len(data) - 8 - length


def _wrong_length(data: bytes, length: int) -> ModelFileError:
    """Say what the file may be instead, if its first bytes give it away."""
    printable = all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in data[:64])
    other = [what for start, what in _SIGNATURES.items() if data.startswith(start)]
    if other or printable:
        what = other[0] if other else "a text file"
        return ModelFileError(f"it is {what}; name a file that trilayer saved")
    if length > MAX_HEADER_BYTES:
        return LieError(f"its header claims {length} bytes, and {MAX_HEADER_BYTES} are the limit")
    return LieError(f"its header claims {length} bytes and {len(data) - 8} follow: cut short")


def _span(name: str, info: Any) -> tuple[int, int]:
    """Where a tensor lies, if its three fields agree with each other."""
    tensor = _TENSOR(info, shown(name))
    if tensor["dtype"] not in DTYPES:
        raise LieError(f"{shown(name)} has the dtype {tensor['dtype']!r}, and none has that")
    if len(tensor["data_offsets"]) != 2:
        raise LieError(f"{shown(name)} has no start and end")
    start, end = tensor["data_offsets"]
    expected = math.prod(tensor["shape"]) * DTYPES[tensor["dtype"]].itemsize
    if end - start != expected:
        raise LieError(
            f"{shown(name)} takes {end - start} bytes, its shape and dtype need {expected}"
        )
    return start, end


def _check_layout(spans: Mapping[str, tuple[int, int]], body_bytes: int) -> None:
    """Every byte behind the header belongs to exactly one tensor."""
    position = 0
    for name in sorted(spans, key=spans.__getitem__):
        start, end = spans[name]
        if start < position:
            raise LieError(f"{shown(name)} overlaps the tensor before it")
        if start > position:
            raise LieError(f"there is a gap of {start - position} bytes before {shown(name)}")
        position = end
    if position > body_bytes:
        raise LieError(f"the tensors need {position} bytes and {body_bytes} are there: cut short")
    if position < body_bytes:
        raise LieError(f"{body_bytes - position} bytes behind the last tensor belong to nothing")
